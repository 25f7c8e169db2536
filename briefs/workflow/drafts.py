"""Drafts of pages: write, say yes, take back. The yes that settles all leaves of a page makes it public. See decision 4."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from briefs.derived import build, name_changes
from briefs.models import Draft, Event, Person, SignOff, SiteText, Term
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import policy

from .rules.leaves import LEAVES, Leaf, LeafName, find_changers
from .rules.page_values import PageRow, PageValues, build_row, find_row, hash_leaves, hash_values, read_values
from .rules.refusals import build_refusal
from .rules.revisions import record_renaming
from .rules.transitions import notify, require_allowed


@dataclass
class PageDraft:
    """The newest draft of a page that waits, and the row that it would change."""

    draft: Draft
    stored: PageRow | None

    @cached_property
    def current(self) -> PageValues:
        """The values that readers have."""
        return read_values(self.stored)

    @property
    def row(self) -> Any:
        """The row with the values of the draft, unsaved."""
        return build_row(self.draft.page, self.stored, self.draft.values)

    @cached_property
    def is_outdated(self) -> bool:
        """Whether the row, or the one to merge it into, has changed since the draft was written."""
        heir = self.draft.values.get("merged_into")
        return self.draft.base_hash != hash_values(self.current) or bool(
            heir and read_values(self.row)["merged_into"] != heir
        )

    @cached_property
    def authors(self) -> list[Person]:
        """Who wrote the drafts of this change, the newest first."""
        return list(dict.fromkeys(draft.by for draft in reversed(self._drafts)))

    @cached_property
    def _drafts(self) -> list[Draft]:
        """The drafts since the page was last published or taken back, the oldest first."""
        drafts = Draft.objects.filter(page=self.draft.page, number__lte=self.draft.number)
        ended = drafts.filter(values={}).order_by("-number").values_list("number", flat=True).first() or 0
        return list(drafts.filter(number__gt=ended).select_related("by").order_by("number"))

    @cached_property
    def answers(self) -> list[SignOff]:
        """Every yes to a leaf as it is in this draft, or to `common` with a language."""
        hashes = hash_leaves(self.draft.values)
        rows = SignOff.objects.filter(page=self.draft.page, revision__gte=self._drafts[0].number)
        return [
            row
            for row in rows.select_related("by").order_by("pk")
            if hashes["common"] == row.hash_common or hashes[row.leaf] == row.hash  # type: ignore[index]
        ]

    @cached_property
    def leaves(self) -> dict[LeafName, Leaf]:
        hashes, base = hash_leaves(self.draft.values), hash_leaves(self.current)
        steps = [
            (hash_leaves(d.values), d.by_id) for d in self._drafts if d.base_hash == self.draft.base_hash
        ]
        return {
            name: Leaf(
                name,
                hashes[name],
                changed_by=find_changers(base[name], ((step[name], (by,)) for step, by in steps)),
                voices=frozenset(
                    s.by_id
                    for s in self.answers
                    if (name == "common" and s.hash_common == hashes[name])
                    or (s.leaf == name and s.hash == hashes[name])
                ),
                is_public=hashes[name] == base[name],
            )
            for name in LEAVES
        }

    @property
    def unsettled(self) -> list[LeafName]:
        return [
            n for n, leaf in self.leaves.items() if not leaf.is_settled(four_eyes=settings.DIGEST_FOUR_EYES)
        ]

    @cached_property
    def _staff(self) -> list[Person]:
        return policy.load_staff()

    @cached_property
    def _reviewers(self) -> set[int]:
        return {person.pk for person in self._staff if policy.get_roles(person) & policy.REVIEWER_ROLES}

    def list_signable(self, person: Person) -> list[LeafName]:
        """Return the leaves to which a yes of this person is needed. A yes to a language covers `common`.

        If none needs one, since four eyes was switched off meanwhile, one more yes publishes the draft.
        """
        if not self.unsettled:
            return ["common"] if person.pk in self._reviewers else []
        names = [name for name in self.unsettled if self._may_sign(self.leaves[name], person)]
        return [name for name in names if name != "common"] or names

    def _may_sign(self, leaf: Leaf, person: Person) -> bool:
        four_eyes = settings.DIGEST_FOUR_EYES
        is_own = four_eyes and leaf.changed_by == {person.pk}
        is_new = person.pk not in leaf.voices
        return (
            is_new and not is_own and leaf.may_be_signed_by(person.pk, self._reviewers, four_eyes=four_eyes)
        )

    def find_signers(self) -> list[Person]:
        """Return everybody whose yes is needed."""
        return [person for person in self._staff if self.list_signable(person)]


def format_signers(state: PageDraft) -> str:
    names = [str(person) for person in state.find_signers()[:3]]
    return gettext(", ").join(names) or gettext("another reviewer")


def load_draft(page: str, stored: PageRow | None = None) -> PageDraft | None:
    """Return the draft of the page that waits. `stored`: the row, if it is loaded."""
    draft = Draft.objects.filter(page=page).select_related("by").order_by("-number").first()
    return PageDraft(draft, stored or find_row(page)) if draft and draft.values else None


def hash_shown(page: str, stored: PageRow | None) -> str:
    """Hash what a form of this page shows: the values of the draft that waits, or those of the row."""
    state = load_draft(page, stored)
    return hash_values(state.draft.values if state and not state.is_outdated else read_values(stored))


def require_seen(page: str, stored: PageRow | None, seen: str) -> None:
    """Raise Refused unless `seen` is `hash_shown`, by default of a page without a draft."""
    state, current = load_draft(page, stored), read_values(stored)
    if hash_shown(page, stored) == (seen or hash_values(current)):
        return
    raise (
        build_refusal("draft-waits", name=str(state.draft.by))
        if state and not seen
        else build_refusal("seen", about="text")
    )


def write_draft(
    page: str,
    values: PageValues,
    *,
    by: Person,
    now: dt.datetime,
    note: str,
    seen: str = "",
    is_announced: bool = True,
) -> Draft | None:
    """Store the next draft of a page. Return it, or None if nothing waits: the values are public already.

    `seen`: as in `require_seen`. Call it in a transaction that holds the lock of `build.lock_names_exclusively`.
    """
    state, stored = load_draft(page), find_row(page)
    if state and not state.is_outdated and state.draft.values == values:
        return state.draft  # a double click
    require_seen(page, stored, seen)
    current = read_values(stored)
    if hash_values(values) == hash_values(current):
        if state:
            _end(state, "take_back_draft", by=by, now=now)
        return None
    newest = Draft.objects.filter(page=page).order_by("-number").values_list("number", flat=True).first()
    draft = Draft.objects.create(
        page=page,
        number=(newest or 0) + 1,
        values=dict(values),
        base_hash=hash_values(current),
        by=by,
        at=now,
    )
    Event.objects.create(about=page, verb="write_draft", by=by, at=now, note=note)
    state = PageDraft(draft, stored)
    if settles_alone(by):
        _sign(state, LEAVES, by=by, now=now)
        return None
    if is_announced:
        announce_drafts([draft])
    return draft


def settles_alone(person: Person) -> bool:
    """Return whether a change needs no second person: without four eyes, that of a reviewer or publisher."""
    return not settings.DIGEST_FOUR_EYES and bool(policy.get_roles(person) & policy.REVIEWER_ROLES)


def announce_drafts(drafts: Sequence[Draft]) -> None:
    """Notify those whose yes is needed, once for all drafts of one act."""
    if not drafts:
        return
    state = PageDraft(drafts[-1], find_row(drafts[-1].page))
    event = Event.objects.filter(about=state.draft.page, verb="write_draft").latest("id")
    one: dict[str, Any] = {"draft": state.draft.pk, "label": str(state.row)} if len(drafts) == 1 else {}
    notify(event, "drafted", state.find_signers(), n=len(drafts), **one)


def sign_draft(
    draft: Draft, leaves: Collection[LeafName], *, by: Person, now: dt.datetime | None = None
) -> bool:
    """Say yes to leaves of a draft as its page showed it. Return whether all are settled, so that it is public now."""
    with transaction.atomic():
        build.lock_names_exclusively()
        state = _lock_draft(draft, "sign_draft", by=by)
        if state.is_outdated:
            raise build_refusal("draft-outdated")
        return _sign(state, leaves, by=by, now=now or timezone.now())


def take_back_draft(draft: Draft, *, by: Person, now: dt.datetime | None = None) -> None:
    """End a draft without its change: an author, a reviewer or a publisher."""
    with transaction.atomic():
        build.lock_names_exclusively()
        state = _lock_draft(draft, "take_back_draft", by=by)
        if not may_take_back(state, by):
            raise build_refusal("draft-not-own", name=str(state.draft.by))
        _end(state, "take_back_draft", by=by, now=now or timezone.now())


def may_take_back(state: PageDraft, person: Person) -> bool:
    return person in state.authors or bool(policy.get_roles(person) & policy.REVIEWER_ROLES)


def _lock_draft(draft: Draft, verb: str, *, by: Person) -> PageDraft:
    require_allowed(by, verb)
    state = load_draft(draft.page, find_row(draft.page, lock=True))
    if state is None or state.draft.pk != draft.pk:
        raise build_refusal("draft-over")
    return state


def _sign(state: PageDraft, leaves: Collection[LeafName], *, by: Person, now: dt.datetime) -> bool:
    """Record a yes to those of the leaves that need it, and publish the draft once all are settled."""
    names = [name for name in state.list_signable(by) if name in leaves]
    if not names:
        raise build_refusal("draft-signers", name=format_signers(state))
    hashes = {name: leaf.hash for name, leaf in state.leaves.items()}
    SignOff.objects.bulk_create(
        SignOff(
            page=state.draft.page,
            leaf=name,
            hash=hashes[name],
            hash_common=hashes["common"],
            revision=state.draft.number,
            answer=SignOff.Answer.YES,
            by=by,
            at=now,
        )
        for name in names
    )
    state = PageDraft(state.draft, state.stored)
    if state.unsettled:
        return False
    _store(state, now=now)
    _end(state, "publish_draft", by=by, now=now)
    return True


def _end(state: PageDraft, verb: str, *, by: Person, now: dt.datetime) -> None:
    """Record that the draft went public or was taken back, and notify its authors."""
    draft, label = state.draft, str(state.row)
    Draft.objects.create(page=draft.page, number=draft.number + 1, base_hash=draft.base_hash, by=by, at=now)
    event = Event.objects.create(about=draft.page, verb=verb, by=by, at=now, note=label)
    notify(event, "settled", state.authors, draft=draft.pk, label=label, outcome=verb)


def _store(state: PageDraft, *, now: dt.datetime) -> None:
    row, author, stored = state.row, state.draft.by, cast("Vocabulary | None", state.stored)
    if isinstance(row, SiteText):
        store_text(row, by=author, now=now)
    elif stored and build.get_merged_into_id(row) != build.get_merged_into_id(stored):
        set_merged_into(stored, row.merged_into, by=author, now=now)
    else:
        _validate(row)
        store_row(row, stored, by=author, now=now)


def _validate(row: Vocabulary) -> None:
    """Raise Refused if another entry took the name meanwhile."""
    try:
        row.full_clean(exclude={"slug", "merged_into"}, validate_unique=False, validate_constraints=False)
        row.validate_constraints(exclude={"slug"})
    except ValidationError as error:
        raise build_refusal("label-taken-now", label=str(row)) from error


def store_text(text: SiteText, *, by: Person, now: dt.datetime) -> None:
    text.updated_at, text.updated_by = now, by
    text.save()


def store_row(row: Vocabulary, before: Vocabulary | None, *, by: Person, now: dt.datetime) -> None:
    """Write a row, find a term again in the texts, and record who changed what open briefs print."""
    row.save(force_insert=before is None, force_update=before is not None)
    _follow_changes([(row, before)], by=by, now=now)


def store_rows(rows: Sequence[tuple[Any, Any]], *, by: Person, now: dt.datetime) -> None:
    """Write many rows of one kind as `store_row` does, each with the row before it. Few queries.

    Changed rows are written in this order and before new ones, so that a name that one gives up is free for the next.
    """
    if not rows:
        return
    new = [row for row, before in rows if before is None]
    update_rows([row for row, before in rows if before is not None])
    type(rows[0][0])._default_manager.bulk_create(new)
    _follow_changes(rows, by=by, now=now)


def update_rows(rows: Sequence[Any], columns: Collection[str] = ()) -> None:
    """Update columns, by default all, of stored rows of one kind. A tenth of the time of `bulk_update`."""
    if not rows:
        return
    names = columns or [f.name for f in rows[0]._meta.concrete_fields if not f.primary_key]
    type(rows[0])._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=names
    )


def _follow_changes(rows: Sequence[tuple[Any, Any]], *, by: Person, now: dt.datetime) -> None:
    if terms := [one for pair in rows for one in pair if isinstance(one, Term)]:
        name_changes.find_terms_again(terms)
    renamed = [
        (row, before)
        for row, before in rows
        if (name_changes.is_changed_for_readers(before, row) if before else isinstance(row, Term))
    ]
    record_renaming([one for pair in renamed for one in pair if one], by=by, now=now)


def set_merged_into(row: Vocabulary, heir: Vocabulary | None, *, by: Person, now: dt.datetime) -> None:
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
    record_renaming([row, listed_as, *([heir] if heir else [])], by=by, now=now)
