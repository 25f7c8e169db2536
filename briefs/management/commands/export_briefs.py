from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize
from django.utils import timezone

from briefs.derived import corpus
from briefs.exchange import find_exportable_briefs, write_brief_files, write_table_files, write_word_files

WRITERS = {
    "text": write_brief_files,
    "docx": write_word_files,
    "digest": write_word_files,
    "table": write_table_files,
}
"""Writer by format, for Word by layout."""


class Command(BaseCommand):
    help = "Write every brief of the desk as a document, or all public briefs as one file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format",
            choices=("text", "docx", *corpus.WRITERS),
            default="text",
            help="text, docx: the desk's briefs; jsonl, tmx: the public corpus",
        )
        parser.add_argument(
            "--layout",
            choices=("digest", "table"),
            help="of Word files: as the team's documents (usual), or as a table for a translator",
        )
        parser.add_argument(
            "--output", metavar="DIR", help="folder for the files; without it, to the terminal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["format"] == "docx" and not options["output"]:
            raise CommandError("Word files need --output DIR.", returncode=2)
        if options["layout"] and options["format"] != "docx":
            raise CommandError("--layout needs --format docx.", returncode=2)
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
        write = WRITERS[options["layout"] or options["format"]]
        for file in write(find_exportable_briefs()):
            if folder:
                (folder / file.name).write_bytes(file.data)
            else:
                self.stdout.write(file.text)
            if lost := file.find_lost_parts():
                self.stderr.write(f"{file.name}: would not be read back the same: {', '.join(lost)}.")
            count += 1
        self.stderr.write(f"{count} brief{pluralize(count)} written.")

    def _write_corpus(self, file_format: str, folder: Path | None) -> None:
        parts = corpus.WRITERS[file_format](timezone.now())
        if not folder:
            for part in parts:
                self.stdout.write(part.decode(), ending="")
            return
        file = folder / f"digest.{file_format}"
        unfinished = file.with_name(f"{file.name}.part")
        with unfinished.open("wb") as opened:
            opened.writelines(parts)
        unfinished.replace(file)
        self.stderr.write(f"{file} written.")
