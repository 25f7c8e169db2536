import gc
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from briefs.bilingual.documents import list_formats, serialize_pairing, serialize_parsed_document
from briefs.exchange.intake import ImportOutcome, create_import_job, find_files, import_files
from briefs.models import Person
from briefs.operations.installation import prepare_dictionary


class Command(BaseCommand):
    help = f"Import documents, {list_formats('en')}, or folders of them, as briefs. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, store nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--date-order", choices=("mdy", "dmy"), default="mdy", help="of 06/09/2025")
        parser.add_argument("--written-by", metavar="USER", help="whose words they are (a username)")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["paths"]:
            if not Path(path).exists():
                raise CommandError(f"{path}: no such file or folder.", returncode=2)
        if reason := prepare_dictionary():
            self.stderr.write(f"{reason} Points are paired by names, numbers and lengths alone.")
        work = create_import_job(
            writer=self._find_writer(options["written_by"]),
            date_order=options["date_order"],
            dry_run=options["dry_run"],
        )
        show = self._print_json if options["format"] == "json" else self._print_text
        refused = 0
        files = list(find_files(options["paths"]))
        gc.freeze()  # exempts loaded objects from garbage collection, which took a tenth of the time
        for outcome in import_files(self._show_progress(files), work):
            show(outcome)
            refused += outcome.status == "refused"
        if refused:
            raise SystemExit(1)

    def _show_progress(self, files: list[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
        """Show a progress bar if there are more than 20 files and stderr is a terminal."""
        shown = len(files) > 20 and self.stderr.isatty()
        for done, file in enumerate(files, 1):
            if shown and (done % 20 == 0 or done == len(files)):
                bar = "█" * (30 * done // len(files))
                self.stderr.write(
                    f"\r{bar:<30} {done} of {len(files)}", ending="" if done < len(files) else "\n"
                )
                self.stderr.flush()
            yield file

    def _find_writer(self, username: str | None) -> Person | None:
        if username is None:
            return None
        person = Person.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"--written-by: nobody here is called {username!r}.", returncode=2)
        return person

    def _print_json(self, outcome: ImportOutcome) -> None:
        error = outcome.refusal
        line = {
            "file": outcome.file,
            "index": outcome.index,
            "status": outcome.status,
            "brief": outcome.brief,
            "warnings": [{"line": c.line, "code": c.code, "message": c.message()} for c in outcome.cautions],
            "error": error
            and {"line": error.line, "code": error.code, "message": error.message("en", outcome.file)},
            "parsed": outcome.parsed and serialize_parsed_document(outcome.parsed),
            "pairing": outcome.parsed and serialize_pairing(outcome.parsed),
        }
        self.stdout.write(json.dumps(line, ensure_ascii=False))

    def _print_text(self, outcome: ImportOutcome) -> None:
        where = f"{outcome.file} [{outcome.index}]"
        if outcome.refusal:
            self.stderr.write(f"{where}: refused. {outcome.refusal.message('en', outcome.file)}")
            return
        brief = f" as brief {outcome.brief}" if outcome.brief else ""
        would = f", would be {outcome.dry_run_status}" if outcome.dry_run_status else ""
        self.stdout.write(f"{where}: {outcome.status}{brief}{would}")
        for caution in outcome.cautions:
            line = f"line {caution.line}: " if caution.line else ""
            self.stdout.write(f"    {line}{caution.message()} ({caution.code})")
