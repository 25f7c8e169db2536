"""Store sheets until their owner confirms them, for one day and at most ten per person."""

import datetime as dt
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from briefs.database.bulk_writes import delete_in_batches
from briefs.models import Person, Upload

UPLOAD_RETENTION: Final = dt.timedelta(hours=24)
MAX_PENDING_UPLOADS: Final = 10
"""Pending uploads per person; the oldest is deleted when another is created."""


def create_upload(owner: Person) -> Upload:
    """Store a new upload, deleting the owner's oldest beyond the limit."""
    now = timezone.now()
    own = Upload.objects.filter(owner=owner).order_by("-created_at").values_list("pk", flat=True)
    Upload.objects.filter(pk__in=list(own[MAX_PENDING_UPLOADS - 1 :])).delete()
    return Upload.objects.create(owner=owner, created_at=now)


def delete_expired(now: dt.datetime) -> None:
    """Delete uploads an hour after they expired, since one that just expired may be being confirmed."""
    old = now - UPLOAD_RETENTION - dt.timedelta(hours=1)
    delete_in_batches(Upload.objects.filter(created_at__lt=old), batch_size=5)  # an upload may hold 64 MB


def _find_uploads(owner: Person) -> QuerySet[Upload]:
    """Return the owner's uploads that have not expired."""
    return Upload.objects.filter(owner=owner, created_at__gt=timezone.now() - UPLOAD_RETENTION)


def list_pending_uploads(owner: Person) -> list[Upload]:
    """Return the owner's uploads that are not finished, newest first."""
    rows = _find_uploads(owner).filter(Q(done_at=None) | Q(results__conflicts__gt=0))
    return list(rows.order_by("-created_at")[:MAX_PENDING_UPLOADS])


def find_pending_upload(owner: Person, pk: Any) -> Upload | None:
    """Return the owner's upload if it has not expired."""
    return _find_uploads(owner).filter(pk=pk).first()
