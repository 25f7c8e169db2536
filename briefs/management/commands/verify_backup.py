"""Check a backup archive."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from briefs.accounts import second_factor
from briefs.backup.backup_archive import BackupError, find_faults, list_key_fingerprints, read_manifest


class Command(BaseCommand):
    help = "Check every byte and every row of a backup. Reads the archive alone."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest, faults = read_manifest(file), find_faults(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if faults:
            raise CommandError("\n".join(faults))
        proof = "proved" if manifest.proved else "NOT proved"
        keys = list_key_fingerprints(file)
        if foreign := sorted(set(keys) - second_factor.list_own_fingerprints()):
            self.stderr.write(
                f"Its second factors need the secret key {', '.join(foreign)}, which this installation does not have:"
                " add it to SECRET_KEY_FALLBACKS when you restore it."
            )
        self.stdout.write(
            f"{file}: whole. Version {manifest.version}, made {manifest.made_at}, {proof} when it was made."
        )
