"""Restore a backup archive."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from briefs.accounts import second_factor
from briefs.backup.backup_archive import BackupError
from briefs.backup.restoration import restore
from briefs.database.faults import describe_error
from briefs.models import Subscriber
from briefs.publications import departures


class Command(BaseCommand):
    help = (
        "Restore a backup with the server stopped. SQLite: replaces the file of DATABASE_URL and keeps the old"
        " one beside it. PostgreSQL: fills the empty database of DATABASE_URL."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = restore(options["file"])
        except (BackupError, DatabaseError, OSError) as error:
            raise CommandError(describe_error(error)) from error
        self.stdout.write("Restored. Start the server, then look at /readyz.")
        for path in kept:
            self.stdout.write(f"What was there before: {path}")
        if departures.is_empty() and Subscriber.objects.exists():
            self.stderr.write(
                f"{departures.get_path()} is empty. Who unsubscribed since this backup would get mail again: put a copy of the"
                " file there and restore once more."
            )
        if sentence := second_factor.describe_missing_keys():
            self.stderr.write(sentence)
