"""Verbs on vocabulary rows, merges and site texts. What readers see becomes a draft (`drafts`), anything else is stored."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from briefs.content import SIDES, hash_json, tidy
from briefs.derived import build
from briefs.derived.name_changes import is_changed_for_readers
from briefs.models import Brief, Draft, Event, Person, SiteText, State
from briefs.models.site import REVIEW_CARD_KEY
from briefs.models.vocabulary import (
    Author,
    Keyword,
    Source,
    Term,
    Vocabulary,
    append_free_number,
    find_free_vocabulary_slug,
)

from . import drafts
from .rules.page_values import build_page_name, build_row, find_row, hash_values, read_values
from .rules.refusals import build_refusal
from .rules.transitions import require_allowed


def save_vocabulary_row(
    row: Vocabulary,
    *,
    by: Person,
    now: dt.datetime | None = None,
    page: str = "",
    seen: str = "",
) -> Draft | None:
    """Store a new or changed row. Return the draft that waits, if readers see the row.

    `page`: of a new term whose draft this one follows. `seen`: as in `write_draft`.
    """
    now = now or timezone.now()
    require_allowed(by, "edit_vocabulary")
    with transaction.atomic():
        if row.pk is not None or isinstance(row, Term):
            build.lock_names_exclusively()  # before locking the row and before checking where it is used
        before = _lock_stored_row(row)
        _divide_name(before, row)
        is_draft_shown = before is not None and seen not in ("", hash_values(read_values(before)))
        if is_draft_shown or _needs_draft(before, row):
            return _write_draft_of_row(before, row, page, by=by, now=now, seen=seen)
        if before is None:
            row.slug = find_free_vocabulary_slug(type(row), *row.slug_names())
        drafts.store_row(row, before, by=by, now=now)
        if before is None or is_changed_for_readers(before, row):
            note = f"{before} → {row}" if before else str(row)
            record_vocabulary_event(row, "name_entry", by=by, now=now, note=note)
    return None


def _write_draft_of_row(
    before: Vocabulary | None, row: Vocabulary, page: str, **options: Any
) -> Draft | None:
    """Store the columns of the desk, and the others as a draft. A draft of a new row has all of them."""
    desk_values = {
        f.name: getattr(row, f.name) for f in row._meta.concrete_fields if f.name in row.desk_columns
    }
    values, note = read_values(row), f"{before} → {row}" if before else str(row)
    if before is not None:
        type(row)._default_manager.filter(pk=row.pk).update(**desk_values)
        return drafts.write_draft(build_page_name(row), values, note=note, **options)
    values |= desk_values
    page = page or _choose_page(row, values)
    draft = drafts.write_draft(page, values, note=note, **options)
    if draft is None:  # public already
        vars(row).update(vars(find_row(page)))
    return draft


def _choose_page(row: Vocabulary, values: Mapping[str, Any]) -> str:
    """Return the page of a new entry, with a slug that no row and no other draft has. The same values have the same page."""
    waiting = Draft.objects.waiting().filter(page__startswith=f"{row._meta.model_name}/")
    pages = {draft.page: draft.values for draft in waiting}
    if twin := next((page for page, drafted in pages.items() if drafted == values), ""):
        return twin
    row.slug = find_free_vocabulary_slug(type(row), *row.slug_names())
    return append_free_number(build_page_name(row), pages)


def _needs_draft(before: Vocabulary | None, row: Vocabulary, used: Collection[int] | None = None) -> bool:
    """Return whether readers may see the change: of a term, or of a row that an edition uses. `used`: ids of such rows."""
    if before is None or isinstance(row, Term):
        return isinstance(row, Term) and (before is None or is_changed_for_readers(before, row))
    if not is_changed_for_readers(before, row):
        return False
    shown = (before, *([before.merged_into] if before.merged_into else []))
    return any(build.is_used_in_editions(one) if used is None else one.pk in used for one in shown)


class VocabularyBatch:
    """Checks and stores many rows of one kind in a few queries, as `save_vocabulary_row` does one by one."""

    def __init__(self, kind: type[Vocabulary], *, by: Person) -> None:
        require_allowed(by, "edit_vocabulary")
        self.kind, self.by = kind, by

    @cached_property
    def _stored(self) -> dict[int, Vocabulary]:
        return self.kind._default_manager.in_bulk()

    @cached_property
    def _used(self) -> set[int]:
        return build.find_used_ids(self.kind)

    @cached_property
    def _drafts(self) -> dict[str, Draft]:
        """The drafts that wait, by page."""
        rows = Draft.objects.waiting().filter(page__startswith=f"{self.kind._meta.model_name}/")
        return {draft.page: draft for draft in rows.select_related("by")}

    def list_drafted_slugs(self) -> set[str]:
        return {page.partition("/")[2] for page in self._drafts}

    def would_wait(self, row: Vocabulary) -> bool:
        """Return whether `save` would write a draft that waits. Raise Refused if another one waits."""
        before = self._stored.get(row.pk)
        _divide_name(before, row)
        if not _needs_draft(before, row, self._used):
            return False
        draft = self._drafts.get(build_page_name(row)) if before else None
        if (
            before
            and draft
            and draft.values != read_values(row)
            and draft.base_hash == hash_values(read_values(before))
        ):
            raise build_refusal("draft-waits", name=str(draft.by))
        return not drafts.settles_alone(self.by)

    def save(self, rows: Sequence[Vocabulary], *, now: dt.datetime | None = None) -> list[Draft]:
        """Store the rows, and notify of the drafts among them once. Return the drafts that wait.

        Call it in a transaction that has held the lock of `build.lock_names_exclusively` since before the first query.
        A change that needs no second person is stored and has no draft.
        """
        now = now or timezone.now()
        waiting: list[Vocabulary] = []
        stored: list[tuple[Vocabulary, Vocabulary | None]] = []
        for row in rows:
            if self.would_wait(row):
                waiting.append(row)
            else:
                stored.append((row, self._stored.get(row.pk)))
        drafts.store_rows(stored, by=self.by, now=now)
        named = [(row, before) for row, before in stored if not before or is_changed_for_readers(before, row)]
        self._record("name_entry", [(build_page_name(row), row, before) for row, before in named], now)
        return self._write_drafts(waiting, now)

    def _write_drafts(self, rows: Sequence[Vocabulary], now: dt.datetime) -> list[Draft]:
        desk_columns = [f.name for f in self.kind._meta.concrete_fields if f.name in self.kind.desk_columns]
        if desk_columns:
            drafts.update_rows([row for row in rows if row.pk], desk_columns)
        found = Draft.objects.filter(page__startswith=f"{self.kind._meta.model_name}/").order_by()
        numbers = dict(found.values_list("page").annotate(Max("number")))
        twins = {hash_json(draft.values): draft for draft in self._drafts.values()}
        written, new, said = [], [], []
        for row in rows:
            before, values = self._stored.get(row.pk), read_values(row)
            if before is None:
                values |= {name: getattr(row, name) for name in desk_columns}
            base = hash_values(read_values(before))
            page = build_page_name(row)
            twin = self._drafts.get(page) if before else twins.get(hash_json(values))
            if twin and (twin.values, twin.base_hash) == (values, base):
                written.append(twin)  # the same sheet again
                continue
            number = numbers.get(page, 0) + 1
            new.append(Draft(page=page, number=number, values=values, base_hash=base, by=self.by, at=now))
            said.append((page, row, before))
        Draft.objects.bulk_create(new)
        self._record("write_draft", said, now)
        drafts.announce_drafts(new)
        return [*written, *new]

    def _record(self, verb: str, rows: Sequence[tuple[str, Vocabulary, Any]], now: dt.datetime) -> None:
        Event.objects.bulk_create(
            Event(about=page, verb=verb, by=self.by, at=now, note=f"{before} → {row}" if before else str(row))
            for page, row, before in rows
        )


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


def record_vocabulary_event(row: Vocabulary, verb: str, *, by: Person, now: dt.datetime, note: str) -> None:
    Event.objects.create(about=build_page_name(row), verb=verb, by=by, at=now, note=note)


def leave_out_discarded[R: Vocabulary](rows: QuerySet[R]) -> QuerySet[R]:
    """Leave out the entries whose briefs were all discarded, such as those that an import named. *Recover* shows them again."""
    if not (path := _USE_PATHS.get(rows.model)):
        return rows
    briefs = Brief.objects.filter(**{path: OuterRef("pk")})
    discarded = Q(state=State.DISCARDED)
    return rows.exclude(Exists(briefs.filter(discarded)) & ~Exists(briefs.exclude(discarded)))


_USE_PATHS: Final[dict[type[Vocabulary], str]] = {
    Author: "bylines__author",
    Keyword: "labels__keyword",
    Source: "source",
}


def revise_site_text(
    key: str,
    text_zh: str,
    text_en: str,
    *,
    by: Person,
    seen: str = "",
    start_here: Sequence[Mapping[str, Any]] = (),
    now: dt.datetime | None = None,
) -> Draft | None:
    """Store a draft of a public text, or a text of the desk. Return the draft that waits.

    `seen`: as in `write_draft`. `start_here`: as in `SiteText`.
    """
    now = now or timezone.now()
    require_allowed(by, "edit_site")
    text = SiteText(key=key, text_zh=tidy(text_zh), text_en=tidy(text_en))
    text.start_here = [{**choice, **{side: tidy(choice[side]) for side in SIDES}} for choice in start_here]
    page, note = build_page_name(text), f"{text.text_zh}\n\n{text.text_en}"
    with transaction.atomic():
        build.lock_names_exclusively()
        if key != REVIEW_CARD_KEY:
            return drafts.write_draft(page, read_values(text), by=by, now=now, note=note, seen=seen)
        old = SiteText.objects.select_for_update().filter(key=key).first()
        drafts.require_seen(page, old, seen)
        drafts.store_text(text, by=by, now=now)
        Event.objects.create(about=page, verb="edit_site", by=by, at=now, note=note)
    return None


def merge_vocabulary(
    losers: Sequence[Vocabulary], *, into: Vocabulary, by: Person, now: dt.datetime | None = None
) -> list[Draft]:
    """Merge every loser into `into`. For those that readers see, write drafts and return them.

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
        written = [_move(rows[pk], rows[into.pk], by=by, now=now) for pk in sorted(ids)]
        waiting = [draft for draft in written if draft]
        drafts.announce_drafts(waiting)
    return waiting


def unmerge_vocabulary(row: Vocabulary, *, by: Person, now: dt.datetime | None = None) -> Draft | None:
    """Undo the merge of an entry. If readers see it, write a draft and return it.

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
        draft = _move(loser, None, by=by, now=now)
        drafts.announce_drafts([draft] if draft else [])
    return draft


def find_rows_merged_into(row: Vocabulary) -> list[Vocabulary]:
    """Return the entries merged directly into this one."""
    return list(type(row)._default_manager.filter(merged_into=row).order_by("pk"))


def _lock_rows(kind: type[Vocabulary], ids: set[int]) -> dict[int, Vocabulary]:
    rows = kind._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _move(row: Vocabulary, heir: Vocabulary | None, *, by: Person, now: dt.datetime) -> Draft | None:
    """Set `merged_into` to `heir`, or write a draft of that if readers see it."""
    verb = "merge" if heir else "unmerge"
    note = f"{row} ({row.slug}) → {heir} ({heir.slug})" if heir else f"{row.merged_into} ↛ {row} ({row.slug})"
    values = read_values(row) | {"merged_into": {"slug": heir.slug, **read_values(heir)} if heir else None}
    page = build_page_name(row)
    if _needs_draft(row, build_row(page, row, values)):
        return drafts.write_draft(page, values, by=by, now=now, note=note, is_announced=False)
    drafts.set_merged_into(row, heir, by=by, now=now)
    record_vocabulary_event(row, verb, by=by, now=now, note=note)
    return None
