"""Propagate changed vocabulary names to the derived rows of editions: the newest at once, the others later.

A verb rebuilds only the newest editions in its transaction, so its cost does not grow with the site. The progress
through the others, from the newest to the oldest, is stored in `Relabelling`; `publish_due` continues it.
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ..database.bulk_writes import let_other_writers_in
from ..models.derived import Relabelling
from ..models.edition import Edition
from ..models.vocabulary import Author, Keyword, Source, Term, Vocabulary
from . import build, term_occurrences

MAX_IMMEDIATE_EDITIONS: Final = 50
"""Editions rebuilt in the transaction of the verb."""
BATCH: Final = 100
"""Editions rebuilt in one later transaction."""
MAX_SCANNED_EDITIONS: Final = 1000
"""Editions searched for a term in one transaction."""
MAX_RUN_SECONDS: Final = 45.0
"""Maximum duration of a run. The next run starts after a minute."""

_MODELS_BY_KIND: Final[dict[str, type[Vocabulary]]] = {
    str(kind._meta.model_name): kind for kind in (Author, Keyword, Source, Term)
}
_PROGRESS_FIELDS: Final = ("asked_at", "past", "below")
_LOCK: Final = 0x72656C6162656C  # "relabel"

type PendingRows = list[tuple[int, dt.datetime]]
"""Ids of `Relabelling` rows with their `asked_at`."""


@dataclass(frozen=True, slots=True)
class PropagationProgress:
    """Progress of the propagation of one or more vocabulary rows of one kind. See `Relabelling`."""

    kind: type[Vocabulary]
    row_ids: Sequence[int]
    asked_at: dt.datetime
    past: bool = False
    below: int | None = None

    def next_editions(self, limit: int) -> tuple[list[int], Self | None]:
        """Return up to `limit` editions, the newest first, and the remaining progress, or None at the end."""
        found, rest = (
            self._next_editions_with_terms(limit) if self.kind is Term else self._next_editions_naming(limit)
        )
        if rest is not None:
            return found, replace(self, below=rest + 1)
        return found, None if self.past else replace(self, past=True, below=None)

    def _next_editions_naming(self, limit: int) -> tuple[list[int], int | None]:
        """Return up to `limit` editions and the first remaining one, or None."""
        named = self._remaining_editions().filter(
            pk__in=build.find_edition_ids_using(self.kind, self.row_ids)
        )
        return _split_at(list(named[: limit + 1]), limit)

    def _next_editions_with_terms(self, limit: int) -> tuple[list[int], int | None]:
        editions, further = _split_at(
            list(self._remaining_editions()[: MAX_SCANNED_EDITIONS + 1]), MAX_SCANNED_EDITIONS
        )
        terms = list(Term.objects.filter(pk__in=self.row_ids))
        found, rest = _split_at(
            sorted(term_occurrences.find_affected_editions(terms, editions), reverse=True), limit
        )
        return found, further if rest is None else rest

    def _remaining_editions(self) -> QuerySet[Edition, int]:
        superseded = Q(live_until__lte=self.asked_at)
        standing = Q(live_until=None) | Q(live_until__gt=self.asked_at)
        left = Q() if self.below is None else Q(pk__lt=self.below)
        rows = Edition.objects.filter(superseded if self.past else standing, left)
        return rows.order_by("-pk").values_list("pk", flat=True)


def relabel(*rows: Vocabulary) -> int:
    """Rebuild the editions that show these rows, all of one kind. Call in the transaction of the change or merge.

    Return the number of editions rebuilt at once; `is_relabelling_pending` returns whether more remain.
    """
    if not rows:
        return 0
    with transaction.atomic():
        lock_names_exclusively()
        begun = PropagationProgress(type(rows[0]), [row.pk for row in rows], timezone.now())
        walk: PropagationProgress | None = begun
        editions: list[int] = []
        while walk and walk.below is None:
            found, walk = walk.next_editions(MAX_IMMEDIATE_EDITIONS - len(editions))
            editions += found
        build.rebuild_labels(begun.kind, editions)
        _store_progress(begun, walk)
    return len(editions)


def is_relabelling_pending(*rows: Vocabulary) -> bool:
    """Return whether editions may still show an old name of one of these rows, all of one kind."""
    return bool(rows) and _pending_rows(type(rows[0]), [row.pk for row in rows]).exists()


def continue_relabelling(*, seconds: float = MAX_RUN_SECONDS) -> int:
    """Process pending rows, the oldest first, one transaction per batch. Return the number of editions
    rebuilt.
    """
    end, made = time.monotonic() + seconds, 0
    for pk in list(Relabelling.objects.order_by("asked_at", "pk").values_list("pk", flat=True)):
        while (done := _process_batch(pk)) is not None:
            made += done
            if time.monotonic() > end:
                return made
            let_other_writers_in()
    return made


def list_pending() -> PendingRows:
    return list(Relabelling.objects.values_list("pk", "asked_at"))


def clear_pending(pending: PendingRows) -> None:
    """Delete the rows that were pending before a full rebuild, except those requested again since."""
    for pk, asked_at in pending:
        Relabelling.objects.filter(pk=pk, asked_at=asked_at).delete()


def lock_names_exclusively() -> None:
    """Block other transactions that change or propagate names, until this transaction ends.

    On PostgreSQL two writers of the same edition would collide, and a merge that moves editions to another row would
    hide them from a concurrent change of that row. SQLite serialises write transactions anyway.
    """
    _take_advisory_lock("pg_advisory_xact_lock")


def lock_names_shared() -> None:
    """Block changes of names until this transaction ends, but not other holders of the shared lock.

    So an edition shows every earlier change, and later changes find the edition.
    """
    _take_advisory_lock("pg_advisory_xact_lock_shared")


def _take_advisory_lock(lock: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [_LOCK])


@transaction.atomic
def _process_batch(pk: int) -> int | None:
    """Rebuild one batch for a row and all rows with equal progress. Return None when the row is done."""
    lock_names_exclusively()
    free = Relabelling.objects.select_for_update(skip_locked=True)
    first = free.filter(pk=pk).first()
    if first is None:
        return None
    place = (first.asked_at, first.past, first.below)
    beside = free.filter(kind=first.kind, **dict(zip(_PROGRESS_FIELDS, place, strict=True)))
    begun = PropagationProgress(
        _MODELS_BY_KIND[first.kind], list(beside.values_list("row", flat=True)), *place
    )
    editions, walk = begun.next_editions(BATCH)
    build.rebuild_labels(begun.kind, editions)
    _store_progress(begun, walk)
    return len(editions)


def _store_progress(start: PropagationProgress, progress: PropagationProgress | None) -> None:
    """Store the progress, or delete the rows when done."""
    if progress is None:
        _pending_rows(start.kind, start.row_ids).delete()
        return
    place = {name: getattr(progress, name) for name in _PROGRESS_FIELDS}
    rows = [Relabelling(kind=_kind_name(progress.kind), row=row, **place) for row in progress.row_ids]
    Relabelling.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["kind", "row"], update_fields=_PROGRESS_FIELDS
    )


def _pending_rows(kind: type[Vocabulary], rows: Sequence[int]) -> QuerySet[Relabelling]:
    return Relabelling.objects.filter(kind=_kind_name(kind), row__in=rows)


def _kind_name(kind: type[Vocabulary]) -> str:
    return str(kind._meta.model_name)


def _split_at(ids: list[int], limit: int) -> tuple[list[int], int | None]:
    """Return the first `limit` ids and the next one, or None."""
    return ids[:limit], ids[limit] if len(ids) > limit else None
