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
from ..models import Person, Proposal
from ..models.vocabulary import Vocabulary
from .rules import proposed_rows
from .rules.refusals import build_refusal
from .rules.transitions import require_allowed
from .vocabulary import record_vocabulary_event


def merge_vocabulary(
    losers: Sequence[Vocabulary], *, into: Vocabulary, by: Person, now: dt.datetime | None = None
) -> list[Proposal]:
    """Merge every loser into `into`. Propose it for those that public pages show, and return the proposals.

    Raise Refused unless all are of one kind and none is merged already.
    """
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
        done = {pk: _move_or_propose(rows[pk], rows[into.pk], by=by, now=now) for pk in sorted(ids)}
        label_propagation.relabel(*(rows[pk] for pk, proposal in done.items() if not proposal))
        proposals = [proposal for proposal in done.values() if proposal]
        proposed_rows.announce_proposals(proposals)
    return proposals


def unmerge_vocabulary(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> Proposal | None:
    """Undo the merge of an entry, or propose it if public pages would change.

    Raise Refused when another entry has its name now.
    """
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
        if proposal := _move_or_propose(loser, None, by=by, now=now):
            proposed_rows.announce_proposals([proposal])
            return proposal
        # Terms are found in the text, so uses of the kept term do not include uses of the merged one.
        label_propagation.relabel(heir, loser)
    return None


def find_rows_merged_into(row: Vocabulary) -> list[Vocabulary]:
    """Return the entries merged directly into this one."""
    return list(type(row)._default_manager.filter(merged_into=row).order_by("pk"))


def set_merged_into(row: Vocabulary, heir: Vocabulary | None) -> None:
    """Raise Refused when another entry has the name of one whose merge is undone."""
    row.merged_into = heir
    try:
        with transaction.atomic():
            row.validate_constraints()
            row.save(force_update=True, update_fields=["merged_into"])
    except (ValidationError, IntegrityError) as error:
        raise build_refusal("label-taken", label=str(row)) from error


def _lock_rows(kind: type[Vocabulary], ids: set[int]) -> dict[int, Vocabulary]:
    rows = kind._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _move_or_propose(
    row: Vocabulary, heir: Vocabulary | None, *, by: Person, now: dt.datetime
) -> Proposal | None:
    """Set where the row is merged into, or propose it if public pages would change."""
    verb = "merge" if heir else "unmerge"
    before, about = proposed_rows.read_values(row), proposed_rows.build_about(row)
    after = {**before, "merged_into": heir.slug if heir else ""}
    old = row.merged_into
    note = f"{row} ({row.slug}) → {heir} ({heir.slug})" if heir else f"{old} ↛ {row} ({row.slug})"
    if proposed_rows.needs_proposal(row, proposed_rows.build_row(about, row, after), by=by):
        return proposed_rows.open_proposal(
            verb, about, before, after, by=by, now=now, note=note, is_announced=False
        )
    set_merged_into(row, heir)
    record_vocabulary_event(row, verb, by=by, now=now, note=note)
    return None
