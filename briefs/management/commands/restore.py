"""Restore a backup archive, or only check it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from briefs.database import describe_error
from briefs.models import Subscriber
from briefs.operations.accounts import second_factor
from briefs.operations.backup import BackupError, find_faults, list_key_fingerprints, read_manifest, restore
from briefs.publications import departures


class Command(BaseCommand):
    help = (
        "Restore a backup with the server stopped. SQLite: replaces the file of DATABASE_URL and keeps the old"
        " one beside it. PostgreSQL: fills the empty database of DATABASE_URL."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--check",
            action="store_true",
            help="restore nothing: check every byte and every row of the archive, which alone is read",
        )

    def handle(self, *args: Any, file: Path, check: bool, **options: Any) -> None:
        try:
            if check:
                self._check(file)
            else:
                self._restore(file)
        except (BackupError, DatabaseError, OSError) as error:
            raise CommandError(describe_error(error)) from error

    def _check(self, file: Path) -> None:
        manifest = read_manifest(file)
        if faults := find_faults(file):
            raise CommandError("\n".join(faults))
        keys = list_key_fingerprints(file)
        if foreign := sorted(set(keys) - second_factor.list_own_fingerprints()):
            self.stderr.write(
                f"Its second factors need the secret key {', '.join(foreign)}, which this installation does not have:"
                " add it to SECRET_KEY_FALLBACKS when you restore it."
            )
        proof = "proved" if manifest.proved else "NOT proved"
        self.stdout.write(
            f"{file}: whole. Version {manifest.version}, made {manifest.made_at}, {proof} when it was made."
        )

    def _restore(self, file: Path) -> None:
        kept = restore(file)
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
