"""Back up database and media to one archive."""

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from briefs.database import describe_error
from briefs.models import JobRun
from briefs.operations.backup import BackupError, write_backup
from briefs.operations.health import ping_watcher

PATTERN = "digest-*.zip"


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # they read the database, which may be damaged
    help = (
        "Write the database and the media files to one archive, and restore it into a scratch file to prove that it"
        " comes back. The site may run meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path",
            metavar="FILE.zip|DIR",
            type=Path,
            help="in a folder, which is made if missing, the name is the time",
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="in a folder: afterwards delete all but the newest N archives",
        )
        parser.add_argument(
            "--no-proof",
            action="store_true",
            help="in an emergency: do not restore the archive to prove it, which takes time and space",
        )

    def handle(self, *args: Any, path: Path, keep: int | None, no_proof: bool, **options: Any) -> None:
        folder = path if path.suffix != ".zip" or path.is_dir() else None
        if folder and folder.is_file():
            raise CommandError(
                f"{folder} is no folder, and the name of an archive ends with .zip.", returncode=2
            )
        if keep is not None and (folder is None or keep < 1):
            raise CommandError("--keep needs a folder and a number of at least 1.", returncode=2)
        if keep is not None and no_proof:
            raise CommandError("--keep deletes archives, so it needs the proof of the new one.", returncode=2)
        try:
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"digest-{timezone.now():%Y%m%dT%H%M%SZ}.zip"
            manifest = write_backup(path, settings.VERSION, prove=not no_proof)
        except (BackupError, DatabaseError, OSError) as error:
            raise CommandError(f"No backup was written: {describe_error(error)}") from error
        if manifest.proved:
            JobRun.record(JobRun.PROVED_BACKUP, dt.datetime.fromisoformat(manifest.made_at))
        count = sum(member.rows for member in manifest.members.values())
        native = any(name.startswith("native/") for name in manifest.members)
        proof = (
            "restored and compared"
            if manifest.proved
            else "NOT PROVED: nobody knows whether it can be restored"
        )
        self.stdout.write(f"{path}: {count} rows, {path.stat().st_size:,} bytes, {proof}.")
        if held := manifest.members["rows/briefs.original.jsonl"].rows:
            self.stdout.write(
                f"It holds {held} originals for staff alone; `restore` deletes those that are due."
            )
        if not native:
            self.stderr.write("No native dump: pg_dump is missing, or older than the server.")
        for old in sorted(folder.glob(PATTERN), reverse=True)[keep:] if folder and keep else ():
            old.unlink()
            self.stdout.write(f"{old} deleted.")
        if manifest.proved:
            ping_watcher()
