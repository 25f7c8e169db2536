"""Merge duplicate vocabulary entries into one, and undo merges.

A merge sets only `merged_into`. Editions and working copies keep the ids that they reference, and everything that
shows a name resolves the id with `build.resolve_merged`. To undo a merge, the column is cleared.
"""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from ..derived import build, label_propagation
from ..models import Person
from ..models.vocabulary import Vocabulary
from .rules.refusals import build_refusal
from .rules.transitions import require_allowed
from .vocabulary import record_vocabulary_event, require_may_relabel


def merge_vocabulary(
    losers: Sequence[Vocabulary], *, into: Vocabulary, by: Person, now: dt.datetime | None = None
) -> None:
    """Merge every loser into `into`. Raise Refused unless all are of one kind and none is merged already."""
    now = now or timezone.now()
    require_allowed(by, "merge")
    kind = type(into)
    ids = {row.pk for row in losers}
    if not ids or into.pk in ids or any(type(row) is not kind for row in losers):
        raise build_refusal("merge-two")
    with transaction.atomic():
        label_propagation.lock_names_exclusively()
        rows = _lock_rows(kind, ids | {into.pk})
        if len(rows) != len(ids) + 1:
            raise build_refusal("unknown-row")
        for row in rows.values():
            if build.get_merged_into_id(row):
                raise build_refusal("merged-already", label=str(row))
        require_may_relabel(rows.values(), by=by)
        heir = rows[into.pk]
        for pk in sorted(ids):
            _set_merged_into(rows[pk], heir, verb="merge", by=by, now=now)
        label_propagation.relabel(*(rows[pk] for pk in sorted(ids)))


def unmerge_vocabulary(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> None:
    """Undo the merge of an entry. Raise Refused when another entry has its name now."""
    now = now or timezone.now()
    require_allowed(by, "merge")
    kind = type(row)
    with transaction.atomic():
        label_propagation.lock_names_exclusively()
        rows = _lock_rows(kind, {row.pk})
        loser = rows.get(row.pk)
        if loser is None or not build.get_merged_into_id(loser):
            raise build_refusal("not-merged")
        heir = build.resolve_merged(kind, {loser.pk})[loser.pk]
        require_may_relabel((loser, heir), by=by)
        try:
            with transaction.atomic():
                _set_merged_into(loser, None, verb="unmerge", by=by, now=now)
        except (ValidationError, IntegrityError) as error:
            raise build_refusal("label-taken", label=str(loser)) from error
        # Terms are found in the text, so uses of the kept term do not include uses of the merged one.
        label_propagation.relabel(heir, loser)


def find_rows_merged_into(row: Vocabulary) -> list[Vocabulary]:
    """Return the entries merged directly into this one."""
    return list(type(row)._default_manager.filter(merged_into=row).order_by("pk"))


def find_family_ids(kind: type[Vocabulary], pk: int) -> set[int]:
    """Return the ids of the entry and of all entries merged into it, directly or not."""
    found, new = {pk}, {pk}
    while new:
        new = set(kind._default_manager.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def _lock_rows(kind: type[Vocabulary], ids: set[int]) -> dict[int, Vocabulary]:
    rows = kind._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _set_merged_into(
    row: Vocabulary, heir: Vocabulary | None, *, verb: str, by: Person, now: dt.datetime
) -> None:
    before = row.merged_into
    row.merged_into = heir
    row.validate_constraints()
    row.save(force_update=True, update_fields=["merged_into"])
    note = f"{row} ({row.slug}) → {heir} ({heir.slug})" if heir else f"{before} ↛ {row} ({row.slug})"
    record_vocabulary_event(row, verb, by=by, now=now, note=note)
