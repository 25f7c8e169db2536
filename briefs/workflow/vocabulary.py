"""Verbs on vocabulary rows, merges and site texts. What would change public pages at once becomes a proposal."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from briefs.content import SIDES, tidy
from briefs.derived import build, name_changes
from briefs.derived.name_changes import find_terms_again, is_changed_for_readers
from briefs.models import Event, Person, Proposal, SiteText
from briefs.models.vocabulary import Author, Term, Vocabulary, append_free_number, find_free_vocabulary_slug

from .rules import proposed_rows
from .rules.proposed_rows import SITE_TEXT_PREFIX, build_about
from .rules.refusals import build_refusal
from .rules.transitions import require_allowed


def save_vocabulary_row(
    row: Vocabulary, *, by: Person, now: dt.datetime | None = None, is_announced: bool = True
) -> Proposal | None:
    """Store a new or changed row. If public pages would change at once, store a proposal instead and return it.

    `is_announced`: notify who may decide.
    """
    now = now or timezone.now()
    with transaction.atomic():
        if row.pk is not None or isinstance(row, Term):  # terms are found in the text, other rows by their id
            build.lock_names_exclusively()  # before locking the row and before checking where it is used
        before = _lock_stored_row(row)
        _divide_name(before, row)
        if _is_refused_or_proposed(before, row, by=by):
            return _propose_row(before, row, by=by, now=now, is_announced=is_announced)
        store_row(row, before, by=by, now=now)
    return None


class VocabularyCheck:
    """Checks many rows of one kind. At most four queries for all changed rows, and one for each new term."""

    def __init__(self, kind: type[Vocabulary], *, by: Person) -> None:
        self.kind, self.by = kind, by

    @cached_property
    def _stored(self) -> dict[int, Vocabulary]:
        return self.kind._default_manager.in_bulk()

    @cached_property
    def _used(self) -> set[int]:
        return build.find_used_ids(self.kind)

    @cached_property
    def _open_proposals(self) -> dict[str, Proposal]:
        found = Proposal.objects.filter(outcome="").select_related("author")
        return {proposal.about: proposal for proposal in found}

    def would_be_proposed(self, row: Vocabulary) -> bool:
        """Return whether `save_vocabulary_row` would propose the row. Raise Refused if it would refuse it."""
        require_allowed(self.by, "edit_vocabulary")
        before = self._stored.get(row.pk)
        _divide_name(before, row)
        if not proposed_rows.needs_proposal(before, row, by=self.by, used=self._used):
            return False
        if before is not None:
            proposed_rows.refuse_proposal_of_another(self._open_proposals.get(build_about(row)), by=self.by)
        return True


def _is_refused_or_proposed(before: Vocabulary | None, row: Vocabulary, *, by: Person) -> bool:
    require_allowed(by, "edit_vocabulary")
    if not proposed_rows.needs_proposal(before, row, by=by):
        return False
    if before is not None:
        proposed_rows.require_no_other_proposal(build_about(row), by=by)
    return True


def _divide_name(before: Vocabulary | None, row: Vocabulary) -> None:
    if isinstance(before, Author) and isinstance(row, Author):
        row.divide_again(before)


def _lock_stored_row(row: Vocabulary) -> Vocabulary | None:
    """Return the stored row, locked. Raise Refused if it was merged since `row` was read: a save would undo the merge."""
    if row.pk is None:
        return None
    # no_key: editions that reference the row can still be inserted meanwhile.
    before: Vocabulary = type(row)._default_manager.select_for_update(no_key=True).get(pk=row.pk)
    if build.get_merged_into_id(before) != build.get_merged_into_id(row):
        raise build_refusal("merged-already", label=str(before))
    return before


def _propose_row(
    before: Vocabulary | None, row: Vocabulary, *, by: Person, now: dt.datetime, is_announced: bool
) -> Proposal:
    after = proposed_rows.read_values(row)
    common: dict[str, Any] = {"by": by, "now": now, "is_announced": is_announced}
    if before is not None:
        values = proposed_rows.read_values(before)
        note = f"{before} → {row}"
        return proposed_rows.open_proposal("change", build_about(row), values, after, note=note, **common)
    open_ones = Proposal.objects.filter(kind="new", outcome="")
    if twin := open_ones.filter(author=by, after=after).first():  # a double click
        return twin
    base = find_free_vocabulary_slug(type(row), *row.slug_names())
    name = f"{type(row)._meta.model_name}/"
    used = {about.removeprefix(name) for about in open_ones.values_list("about", flat=True)}
    about = name + append_free_number(base, used)
    return proposed_rows.open_proposal("new", about, {}, after, note=str(row), **common)


def store_row(
    row: Vocabulary, before: Vocabulary | None, *, by: Person, now: dt.datetime, is_recorded: bool = True
) -> None:
    """Write a row. `is_recorded`: record who named it, which the approval of the first brief with the row needs."""
    if before is None:
        row.slug = find_free_vocabulary_slug(type(row), *row.slug_names())
        row.save(force_insert=True)
        _find_again(row)
        if is_recorded:
            record_vocabulary_event(row, "name_entry", by=by, now=now, note=str(row))
        return
    row.save(force_update=True)
    _find_again(row, before)
    if is_recorded and build.is_used_in_editions(row):
        record_vocabulary_event(row, "relabel", by=by, now=now, note=f"{before} → {row}")
    elif is_recorded and is_changed_for_readers(before, row):
        record_vocabulary_event(row, "name_entry", by=by, now=now, note=f"{before} → {row}")


def _find_again(*rows: Vocabulary) -> None:
    if terms := [row for row in rows if isinstance(row, Term)]:
        find_terms_again(terms)


def record_vocabulary_event(row: Vocabulary, verb: str, *, by: Person, now: dt.datetime, note: str) -> None:
    Event.objects.create(about=build_about(row), verb=verb, by=by, at=now, note=note)


def revise_site_text(
    key: str,
    text_zh: str,
    text_en: str,
    *,
    by: Person,
    version: int,
    start_here: Sequence[Mapping[str, Any]] = (),
    now: dt.datetime | None = None,
) -> Proposal | None:
    """Store a new site text. An introduction of a topic becomes a proposal, which is returned.

    Raise Refused when `version` is not the newest one. `start_here` is as in `SiteText`. The event keeps the whole
    text, so that earlier ones can be read.
    """
    now = now or timezone.now()
    require_allowed(by, "edit_site")
    chosen = [{**choice, **{side: tidy(choice[side]) for side in SIDES}} for choice in start_here]
    values = {"text_zh": tidy(text_zh), "text_en": tidy(text_en), "start_here": chosen}
    note = _describe_site_text(values)
    about = build_site_text_topic(key)
    with transaction.atomic():
        if is_introduction(key):
            build.lock_names_exclusively()  # before locking the row, as proposals of names do
        old = SiteText.objects.select_for_update().filter(key=key).first()
        if old is not None and old.version != version:
            raise build_refusal("seen", about="text")
        if is_introduction(key) and proposed_rows.needs_second_person(by):
            before = read_site_text(old)
            after = {**values, "version": before["version"]}
            if after == before:
                return None
            return proposed_rows.open_proposal(
                "introduction", about, before, after, by=by, now=now, note=note
            )
        store_site_text(key, values, old, by=by, now=now)
        Event.objects.create(about=about, verb="edit_site", by=by, at=now, note=note)
    return None


def is_introduction(key: str) -> bool:
    """Return whether the key is of a topic, author or source: `keyword/SLUG`."""
    return "/" in key


SITE_TEXT_VALUES: Final = ("text_zh", "text_en", "start_here")


def read_site_text(text: SiteText | None) -> dict[str, Any]:
    row = text or SiteText(version=0)
    return {name: getattr(row, name) for name in (*SITE_TEXT_VALUES, "version")}


def store_site_text(
    key: str, values: Mapping[str, Any], old: SiteText | None, *, by: Person, now: dt.datetime
) -> None:
    values = {**values, "updated_at": now, "updated_by": by}
    if old is None:
        SiteText.objects.create(key=key, **values)
        return
    for name, value in {**values, "version": old.version + 1}.items():
        setattr(old, name, value)
    old.save(force_update=True)


def _describe_site_text(values: Mapping[str, Any]) -> str:
    chosen = (f"{choice['zh']}\n{choice['en']}" for choice in values["start_here"])
    return "\n\n".join(filter(None, (values["text_zh"], values["text_en"], *chosen)))


def build_site_text_topic(key: str) -> str:
    """Return `Event.about` of a site text."""
    return f"{SITE_TEXT_PREFIX}{key}"


# Merge duplicate vocabulary entries into one, and undo merges.


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
        build.lock_names_exclusively()
        rows = _lock_rows(kind, ids | {into.pk})
        if len(rows) != len(ids) + 1:
            raise build_refusal("unknown-row")
        for row in rows.values():
            if build.get_merged_into_id(row):
                raise build_refusal("merged-already", label=str(row))
        done = {pk: _move_or_propose(rows[pk], rows[into.pk], by=by, now=now) for pk in sorted(ids)}
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
        build.lock_names_exclusively()
        rows = _lock_rows(kind, {row.pk})
        loser = rows.get(row.pk)
        if loser is None or not build.get_merged_into_id(loser):
            raise build_refusal("not-merged")
        if proposal := _move_or_propose(loser, None, by=by, now=now):
            proposed_rows.announce_proposals([proposal])
            return proposal
    return None


def find_rows_merged_into(row: Vocabulary) -> list[Vocabulary]:
    """Return the entries merged directly into this one."""
    return list(type(row)._default_manager.filter(merged_into=row).order_by("pk"))


def set_merged_into(row: Vocabulary, heir: Vocabulary | None) -> None:
    """Merge the row or undo its merge. Raise Refused when another entry has the name of one whose merge is undone."""
    listed_as = build.resolve_merged(type(row), {row.pk})[row.pk]
    row.merged_into = heir
    try:
        with transaction.atomic():
            row.validate_constraints()
            row.save(force_update=True, update_fields=["merged_into"])
    except (ValidationError, IntegrityError) as error:
        raise build_refusal("label-taken", label=str(row)) from error
    name_changes.move_in_lists(row, listed_as)


def _lock_rows(kind: type[Vocabulary], ids: set[int]) -> dict[int, Vocabulary]:
    rows = kind._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _move_or_propose(
    row: Vocabulary, heir: Vocabulary | None, *, by: Person, now: dt.datetime
) -> Proposal | None:
    """Set `merged_into` to `heir`, or propose that if public pages would change."""
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
