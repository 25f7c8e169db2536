from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from briefs.exchange.brief_text import find_exportable_briefs, write_brief_files


class Command(BaseCommand):
    help = "Write every brief of the desk as a document in the team's own layout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("text",), default="text")
        parser.add_argument(
            "--output", metavar="DIR", help="one file a brief; without it, all to the terminal"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["output"]) if options["output"] else None
        if folder:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CommandError(f"{folder}: {error.strerror}.", returncode=2) from error
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
