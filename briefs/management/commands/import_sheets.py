from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize
from django.utils import translation

from briefs import policy, workflow
from briefs.database.bulk_writes import let_other_writers_in
from briefs.exchange.sheets.brief_sheets import (
    BriefChange,
    BriefImportPlan,
    describe_conflict,
    list_differences,
    plan_brief_import,
    read_brief_sheets,
    save_changes,
)
from briefs.exchange.sheets.columns import SheetNames
from briefs.exchange.sheets.table import SheetRefused
from briefs.models import Brief, Person


class Command(BaseCommand):
    help = "Save the changes of exported sheets in their drafts. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="a workbook, CSV files or their folder")
        parser.add_argument(
            "--by", required=True, metavar="USER", help="whose revisions they are (a username)"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change, store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        person = self._find_writer(options["by"])
        with translation.override("en"):
            try:
                plan = self._plan([Path(path) for path in options["paths"]])
            except SheetRefused as reasons:
                raise CommandError(f"Nothing was changed.\n{reasons}") from reasons
            refused: list[BriefChange] = []
            left: Sequence[BriefChange] = [] if options["dry_run"] else plan.changes
            while left:
                late, left = save_changes(left, by=person)
                refused += late
                let_other_writers_in()
            self._report(plan, refused, dry_run=options["dry_run"])

    def _find_writer(self, username: str) -> Person:
        person = Person.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"--by: nobody here is called {username!r}.", returncode=2)
        if not policy.is_allowed(person, "import"):
            raise CommandError(f"--by: {username!r} may not import.", returncode=2)
        return person

    def _plan(self, paths: list[Path]) -> BriefImportPlan:
        try:
            file_paths = [
                p for path in paths for p in (sorted(path.glob("*.csv")) if path.is_dir() else [path])
            ]
            files = [(path.name, path.read_bytes()) for path in file_paths]
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.", returncode=2) from error
        plan = plan_brief_import(*read_brief_sheets(files))
        for notice in plan.notices:
            self.stderr.write(notice)
        return plan

    def _report(self, plan: BriefImportPlan, refused: list[BriefChange], *, dry_run: bool) -> None:
        conflicts = [*plan.conflicts, *refused]
        names = SheetNames()
        for change in conflicts:
            brief = Brief.objects.get(pk=change.brief)
            self.stderr.write(f"brief {brief.pk}: not saved. {describe_conflict(brief, change)}")
            stored = workflow.load_working_copy(brief)
            for column, now, sheet in list_differences(stored, change.content, names):
                self.stderr.write(f"    {column}, now: {now}\n    {column}, in the sheet: {sheet}")
        saved = len(plan.changes) - len(refused)
        done = "would be changed" if dry_run else "changed"
        self.stdout.write(
            f"{saved} brief{pluralize(saved)} {done}, {plan.unchanged} unchanged, {len(conflicts)} not saved."
        )
        if conflicts:
            raise SystemExit(1)
