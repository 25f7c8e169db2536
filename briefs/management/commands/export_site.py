from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from briefs.public.static_export import ExportRunning, NotAnExportFolder, StaticExport


class Command(BaseCommand):
    help = "Write the whole public site as files for a static host; again, only what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["folder"])
        try:
            counts = StaticExport(
                folder,
                timezone.now(),
                find_static_file=find_static_file,
                report_progress=self._report_progress,
            ).run()
        except NotAnExportFolder as error:
            raise CommandError(
                f"{error}: not empty, and no earlier export. Choose another folder.", returncode=2
            ) from error
        except ExportRunning as error:
            raise CommandError(
                f"{error}: another export is writing here. Let it end.", returncode=2
            ) from error
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}.", returncode=2) from error
        unchanged = counts.files - counts.written
        self.stdout.write(
            f"{counts.files} files: {counts.written} written, {unchanged} unchanged; {counts.removed} removed."
        )

    def _report_progress(self, done: int) -> None:
        self.stderr.write(f"{done} files")


def find_static_file(name: str) -> Path | None:
    """Return the collected static file, or else the file in its app."""
    collected = Path(settings.STATIC_ROOT, name)
    file_path = str(collected) if collected.is_file() else finders.find(name)
    return Path(file_path) if isinstance(file_path, str) else None
