import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from briefs.publications import bounces
from briefs.publications.bounces import Verdict


class Command(BaseCommand):
    help = "Read delivery reports sent to BOUNCE_ADDRESS: from a mailbox file, from a file with one mail, or from a pipe (-)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="PATH|-")

    def handle(self, *args: Any, source: str, **options: Any) -> None:
        try:
            data = sys.stdin.buffer.read(bounces.MAX_REPORT_BYTES) if source == "-" else None
            counts = bounces.read_reports(bounces.open_reports(source, data))
        except OSError as error:
            raise CommandError(f"{source}: {error.strerror}") from error
        self.stdout.write(
            f"{counts[Verdict.DEAD]} dead addresses, {counts[Verdict.POLICY]} blocked, {counts[Verdict.FAILED]} failed, "
            f"{counts[Verdict.DELAYED]} delayed, {counts[Verdict.COMPLAINT]} complaints, {counts[None]} not understood."
        )
