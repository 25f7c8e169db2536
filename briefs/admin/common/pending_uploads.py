"""Uploads that wait for their owner to confirm them: kept for a day, ten a person at the most."""

import datetime as dt
from typing import Any, Final

from django.utils import timezone

from ...models import Person, Upload

UPLOAD_RETENTION: Final = dt.timedelta(hours=24)
MAX_PENDING_UPLOADS: Final = 10
"""Of one person at a time; the oldest gives way."""


def create_upload(owner: Person, *, words_of: Person, date_order: str) -> Upload:
    """Sweeps what is too old, of whomever."""
    now = timezone.now()
    Upload.objects.filter(created_at__lt=now - UPLOAD_RETENTION).delete()
    own = Upload.objects.filter(owner=owner).order_by("-created_at").values_list("pk", flat=True)
    Upload.objects.filter(pk__in=list(own[MAX_PENDING_UPLOADS - 1 :])).delete()
    return Upload.objects.create(owner=owner, words_of=words_of, date_order=date_order, created_at=now)


def find_pending_upload(owner: Person, pk: Any) -> Upload | None:
    """One's own, for a day."""
    rows = Upload.objects.select_related("words_of").filter(
        owner=owner, created_at__gt=timezone.now() - UPLOAD_RETENTION
    )
    return rows.filter(pk=pk).first()
