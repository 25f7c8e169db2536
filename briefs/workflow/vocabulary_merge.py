"""Two entries for one thing: one is kept, the others lead to it.

Only `merged_into` is set. Frozen editions and working copies go on naming the entry that they named, and
everything that shows a name asks `derive.current` who it is now; so undoing it is no more than clearing the column.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from ..derived import build, label_propagation
from ..models import Event, Person
from ..models.vocabulary import Vocabulary
from .rules.refusals import Refused, refuse
from .rules.transitions import check


def merge(
    losers: Sequence[Vocabulary], *, into: Vocabulary, by: Person, now: dt.datetime | None = None
) -> None:
    """Let every loser stand for `into`. All are of one kind, none was merged before."""
    now = now or timezone.now()
    check(by, "merge")
    kind = type(into)
    ids = {row.pk for row in losers}
    if not ids or into.pk in ids or any(type(row) is not kind for row in losers):
        raise refuse("merge-two")
    with transaction.atomic():
        label_propagation.alone()
        rows = _locked(kind, ids | {into.pk})
        if len(rows) != len(ids) + 1:
            raise refuse("unknown-row")
        for row in rows.values():
            if build.merged_into(row):
                raise refuse("merged-already", label=str(row))
        _check_use(rows.values(), by)
        heir = rows[into.pk]
        for pk in sorted(ids):
            _lead(rows[pk], heir, verb="merge", by=by, now=now)
        label_propagation.relabel(*(rows[pk] for pk in sorted(ids)))


def unmerge(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> None:
    """Let it stand for itself again, unless somebody gave its name to another entry meanwhile."""
    now = now or timezone.now()
    check(by, "merge")
    kind = type(row)
    with transaction.atomic():
        label_propagation.alone()
        rows = _locked(kind, {row.pk})
        loser = rows.get(row.pk)
        if loser is None or not build.merged_into(loser):
            raise refuse("not-merged")
        heir = build.current(kind, {loser.pk})[loser.pk]
        _check_use((loser, heir), by)
        try:
            with transaction.atomic():
                _lead(loser, None, verb="unmerge", by=by, now=now)
        except (ValidationError, IntegrityError) as error:
            raise refuse("label-taken", label=str(loser)) from error
        label_propagation.relabel(
            heir, loser
        )  # a term is found in the words, where nothing leads from its heir


def merged(row: Vocabulary) -> list[Vocabulary]:
    """The entries that lead straight to this one."""
    return list(type(row)._default_manager.filter(merged_into=row).order_by("pk"))


def family(kind: type[Vocabulary], pk: int) -> set[int]:
    """The entry and all that lead to it: for asking which briefs mean it."""
    found, new = {pk}, {pk}
    while new:
        new = set(kind._default_manager.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def _locked(kind: type[Vocabulary], ids: set[int]) -> dict[int, Vocabulary]:
    rows = kind._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _check_use(rows: Iterable[Vocabulary], by: Person) -> None:
    if any(build.is_used(row) for row in rows):
        try:
            check(by, "relabel")
        except Refused as error:
            raise refuse("used-in-public") from error


def _lead(row: Vocabulary, heir: Vocabulary | None, *, verb: str, by: Person, now: dt.datetime) -> None:
    before = row.merged_into
    row.merged_into = heir
    row.validate_constraints()
    row.save(force_update=True, update_fields=["merged_into"])
    about = f"{type(row)._meta.model_name}/{row.slug}"
    note = f"{row} ({row.slug}) → {heir} ({heir.slug})" if heir else f"{before} ↛ {row} ({row.slug})"
    Event.objects.create(about=about, verb=verb, by=by, at=now, note=note)
