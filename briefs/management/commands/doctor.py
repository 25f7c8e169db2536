"""Print what is wrong with this installation."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from briefs.operations.accounts.second_factor import make_fingerprint
from briefs.operations.installation import describe_last_backup, find_faults
from briefs.publications.bounces import describe_received_mail


class Command(BaseCommand):
    help = "Look for everything that is wrong or will go wrong. Exit 1 if something was found."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--message", metavar="FILE", help="Look at a mail that was received instead.")

    def handle(self, *args: Any, message: str | None = None, **options: Any) -> None:
        if message:
            self._report_mail(message)
            return
        key = make_fingerprint(settings.SECRET_KEY)
        self.stdout.write(f"Version {settings.VERSION}, {settings.SITE_URL}, secret key {key}")
        self.stdout.write(describe_last_backup())
        self._report(list(find_faults()))

    def _report_mail(self, file: str) -> None:
        try:
            facts, faults = describe_received_mail(Path(file).read_bytes())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        for fact in facts:
            self.stdout.write(fact)
        self._report(faults)

    def _report(self, faults: list[str]) -> None:
        for fault in faults:
            self.stdout.write(f"- {fault}")
        if faults:
            raise CommandError(f"{len(faults)} found.")
        self.stdout.write("All is well.")
