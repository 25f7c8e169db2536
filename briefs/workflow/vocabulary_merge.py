"""Merge duplicate vocabulary entries into one, and undo merges.

A merge sets only `merged_into`. Editions and working copies keep the ids that they reference, and everything that
shows a name resolves the id with `build.resolve_merged`. To undo a merge, the column is cleared.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from ..derived import build, label_propagation
from ..models import Event, Person
from ..models.vocabulary import Vocabulary
from .rules.refusals import Refused, build_refusal
from .rules.transitions import require_allowed


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
        _check_may_relabel(rows.values(), by)
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
        _check_may_relabel((loser, heir), by)
        try:
            with transaction.atomic():
                _set_merged_into(loser, None, verb="unmerge", by=by, now=now)
        except (ValidationError, IntegrityError) as error:
            raise build_refusal("label-taken", label=str(loser)) from error
        label_propagation.relabel(
            heir, loser
        )  # terms are found in the text, so the heir's uses do not include the loser's


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


def _check_may_relabel(rows: Iterable[Vocabulary], by: Person) -> None:
    if any(build.is_used_in_editions(row) for row in rows):
        try:
            require_allowed(by, "relabel")
        except Refused as error:
            raise build_refusal("used-in-public") from error


def _set_merged_into(
    row: Vocabulary, heir: Vocabulary | None, *, verb: str, by: Person, now: dt.datetime
) -> None:
    before = row.merged_into
    row.merged_into = heir
    row.validate_constraints()
    row.save(force_update=True, update_fields=["merged_into"])
    about = f"{type(row)._meta.model_name}/{row.slug}"
    note = f"{row} ({row.slug}) → {heir} ({heir.slug})" if heir else f"{before} ↛ {row} ({row.slug})"
    Event.objects.create(about=about, verb=verb, by=by, at=now, note=note)
