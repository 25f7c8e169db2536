"""Keep the plan of a sheet import in the database, which every app server shares, and save it batch by batch.

Each `UploadFile` is one batch of the plan. What a transaction saves it takes out of its batch, so a killed import goes
on where it was, on any server (decision 21). Batches of conflicts have a code in `refused`.
"""

import json
import time
import zlib
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import Final

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from ...content import Content
from ...database.write_turns import let_other_writers_in
from ...exchange.sheets.brief_import import (
    BATCH_SIZE,
    BriefChange,
    BriefImportPlan,
    save_changes,
)
from ...models import Person, Upload, UploadFile
from ..common.pending_uploads import create_upload

BRIEF_SHEET: Final = "brief"
_CONFLICT: Final = "conflict"


def store_plan(person: Person, name: str, plan: BriefImportPlan) -> Upload:
    conflicts, changes = _pack(plan.conflicts), _pack(plan.changes)  # a second of work, before the lock
    with transaction.atomic():
        upload = create_upload(person, words_of=person, date_order="mdy")
        upload.results = {
            "sheet": BRIEF_SHEET,
            "file": name[:255],
            "left": len(plan.changes),
            "conflicts": len(plan.conflicts),
            "unchanged": plan.unchanged,
            "done": 0,
            "notices": plan.notices,
        }
        upload.save(update_fields=["results"])
        _add_batches(upload, conflicts, refused=_CONFLICT)
        _add_batches(upload, changes)
    return upload


def _pack(changes: Iterable[BriefChange]) -> list[bytes]:
    """Return the changes in batches."""
    rows = ([change.brief, change.version, change.content.as_json()] for change in changes)
    batches = (json.dumps(batch, ensure_ascii=False).encode() for batch in batched(rows, BATCH_SIZE))
    return [zlib.compress(batch, 1) for batch in batches]


def _add_batches(upload: Upload, batches: Iterable[bytes], *, refused: str = "") -> None:
    last = upload.files.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    UploadFile.objects.bulk_create(
        UploadFile(upload=upload, position=n, size=len(data), data=data, refused=refused)
        for n, data in enumerate(batches, first)
    )


def read_batch(batch: UploadFile) -> list[BriefChange]:
    rows = json.loads(zlib.decompress(bytes(batch.data)))
    return [BriefChange(brief, version, Content.from_json(content)) for brief, version, content in rows]


def list_pages(upload: Upload) -> list[list[int]]:
    """Return the ids of the batches on each page of the preview: conflicts first, then what is still to save.

    All are on one page if one batch could hold them.
    """
    batches = list(_sort(upload.files.all()).values_list("pk", flat=True))
    count = upload.results["left"] + upload.results["conflicts"]
    return [batches] if count <= BATCH_SIZE else [[pk] for pk in batches]


def load_batches(upload: Upload, page: Sequence[int]) -> list[UploadFile]:
    """Return the batches of a page, without those that another request saved just now."""
    return list(_sort(upload.files.filter(pk__in=page)))


def _sort(batches: QuerySet[UploadFile]) -> QuerySet[UploadFile]:
    return batches.order_by("-refused", "position")


def save_batches(upload: Upload, *, by: Person, seconds: float) -> Upload:
    """Save batches for about this long, each in its own transaction. Sets `done_at` after the last."""
    until = time.monotonic() + seconds
    while True:
        row = _save_batch(upload, by=by)
        if row.done_at:
            return row
        let_other_writers_in()
        if time.monotonic() > until:
            return row


def _save_batch(upload: Upload, *, by: Person) -> Upload:
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        batch = row.files.filter(refused="").order_by("position").first()
        if batch:
            changes = read_batch(batch)
            late, left = save_changes(changes, by=by)
            handled = len(changes) - len(left)
            _replace_batch(batch, left)
            _add_batches(row, _pack(late), refused=_CONFLICT)
            row.results["left"] -= handled
            row.results["done"] += handled - len(late)
            row.results["conflicts"] += len(late)
            done = [change.brief for change in changes[:handled] if change not in late]
            row.results["saved"] = row.results.get("saved", []) + done
        if not row.results["left"]:
            row.done_at = row.done_at or timezone.now()
        row.save(update_fields=["results", "done_at"])
    return row


def _replace_batch(batch: UploadFile, left: Sequence[BriefChange]) -> None:
    """Keep what is left of a batch, or delete it."""
    if not left:
        batch.delete()
        return
    (batch.data,) = _pack(left)
    batch.size = len(batch.data)
    batch.save(update_fields=["data", "size"])
