"""Sheets between preview and confirmation: kept in a table, which every server reads, for an hour at most."""

import datetime as dt
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.tmp_storages import BaseStorage

from briefs.models import SheetFile
from briefs.models.bulk_writes import delete_in_batches

from .table import SheetRefused, build_sheet_refusal

SHEET_RETENTION: Final = dt.timedelta(hours=1)


def keep_sheet(data: bytes) -> str:
    """Store a sheet whose preview is shown. Return its key."""
    return str(SheetFile.objects.create(data=data, created_at=timezone.now()).pk)


class SheetStorage(BaseStorage):  # type: ignore[misc]
    """The store that import-export's pages use. What they save before they read it stays in memory."""

    _unread: bytes | None = None

    def save(self, data: bytes) -> None:
        self._unread = data

    def read(self) -> bytes:
        """Return the file. Raise SheetRefused if it expired or was imported already."""
        if self._unread is not None:
            return self._unread
        since = timezone.now() - SHEET_RETENTION
        try:
            return bytes(SheetFile.objects.get(pk=self.name, created_at__gt=since).data)
        except (SheetFile.DoesNotExist, ValidationError):
            raise build_missing_refusal() from None

    def remove(self) -> None:
        SheetFile.objects.filter(pk=self.name).delete()


def build_missing_refusal() -> SheetRefused:
    return build_sheet_refusal(
        _("This preview is more than an hour old, or was imported already. Upload the sheet again.")
    )


def delete_expired(now: dt.datetime) -> None:
    delete_in_batches(SheetFile.objects.filter(created_at__lt=now - SHEET_RETENTION), batch_size=5)
