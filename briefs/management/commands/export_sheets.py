import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize
from django.utils import timezone, translation

from briefs.exchange.sheets.brief_sheets import build_brief_rows, write_brief_workbook
from briefs.exchange.sheets.sheet_files import write_csv
from briefs.exchange.sheets.table import SheetRefused
from briefs.models import Brief, State


class Command(BaseCommand):
    help = "Write briefs as sheets: a workbook with the sheets briefs and bullets, or two CSV files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("output", metavar="PATH", help="the workbook, or with --format csv the folder")
        parser.add_argument("--format", choices=("xlsx", "csv"), default="xlsx")
        parser.add_argument("--state", choices=State.values, action="append", help="may be repeated")
        parser.add_argument("--brief", type=int, action="append", metavar="ID", help="may be repeated")
        parser.add_argument(
            "--changed-since",
            type=dt.date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="first day of the changes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        briefs = Brief.objects.exclude(state=State.DISCARDED)
        if options["state"]:
            briefs = Brief.objects.filter(state__in=options["state"])
        if wanted := options["brief"]:
            unknown = set(wanted) - set(Brief.objects.filter(pk__in=wanted).values_list("pk", flat=True))
            if unknown:
                raise CommandError(f"--brief: there is no brief {min(unknown)}.", returncode=2)
            briefs = briefs.filter(pk__in=wanted)
        if day := options["changed_since"]:
            briefs = briefs.filter(updated_at__gte=timezone.make_aware(dt.datetime.combine(day, dt.time())))
        path = Path(options["output"])
        with translation.override("en"):
            rows = build_brief_rows(briefs)
        try:
            if options["format"] == "csv":
                path.mkdir(parents=True, exist_ok=True)
                for name, sheet in rows.items():
                    (path / f"{name}.csv").write_bytes(write_csv(sheet))
            else:
                path.write_bytes(write_brief_workbook(rows))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.", returncode=2) from error
        except SheetRefused as refused:
            raise CommandError(f"{refused}") from refused
        written, bullets = len(rows["briefs"]) - 1, len(rows["bullets"]) - 1
        self.stderr.write(
            f"{written} brief{pluralize(written)} and {bullets} bullet{pluralize(bullets)} written."
        )
