from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from briefs.exchange.brief_text import find_exportable_briefs, write_brief_files
from briefs.shapes import corpus


class Command(BaseCommand):
    help = "Write every brief of the desk as a document in the team's own layout, or all public briefs as one file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format",
            choices=("text", *corpus.WRITERS),
            default="text",
            help="text: the desk's briefs; jsonl, tmx: the public corpus",
        )
        parser.add_argument(
            "--output", metavar="DIR", help="folder for the files; without it, to the terminal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["output"]) if options["output"] else None
        if folder:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CommandError(f"{folder}: {error.strerror}.", returncode=2) from error
        if options["format"] in corpus.WRITERS:
            self._write_corpus(options["format"], folder)
            return
        count = 0
        for file in write_brief_files(find_exportable_briefs()):
            if folder:
                (folder / file.name).write_text(file.text, encoding="utf-8")
            else:
                self.stdout.write(file.text)
            if lost := file.find_lost_parts():
                self.stderr.write(f"{file.name}: would not be read back the same: {', '.join(lost)}.")
            count += 1
        self.stderr.write(f"{count} briefs written.")

    def _write_corpus(self, file_format: str, folder: Path | None) -> None:
        parts = corpus.WRITERS[file_format](timezone.now())
        if not folder:
            for part in parts:
                self.stdout.write(part.decode(), ending="")
            return
        file = folder / f"digest.{file_format}"
        with file.open("wb") as opened:
            opened.writelines(parts)
        self.stderr.write(f"{file} written.")
