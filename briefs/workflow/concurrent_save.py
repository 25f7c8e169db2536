"""Saving where several people write: what only one of them touched merges, what both touched is a clash.

A page says from which revision its words began (`base`) and names its new bullets by keys of its own; both
outlive a lost answer. What this very page saved without hearing of it is no other person's word.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from ..content import Content
from ..models import Brief, Person, Revision, RowKey, State
from ..text.three_way_merge import MergeChoice, MergeResult, collect_values_by_key, merge
from .editing import PreparedContent, create_many, store_revision
from .rules import working_copy
from .rules.refusals import Reason, Refused, Stale, build_refusal
from .rules.transitions import format_time, lock_brief, require_allowed

type BuildContent = Callable[[Content, Mapping[str, int]], Content]
"""From the content that the page began from, and the numbers of its new bullets, to what it says."""
type RevertRefused = Callable[[Content, Content, Sequence[Reason]], Content]
"""What the page says and what it began from, and why that cannot be taken: to what can be taken."""

PAGE_KEY: Final = re.compile(r"[0-9a-f]{32}")
ROW_KEY: Final = re.compile(r"n[0-9a-f]{32}")
MAX_UNACKNOWLEDGED: Final = 200
"""Revisions behind the newest one among which a page's own unheard ones are looked for."""


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """What a page sends. `keys` are those of its new bullets that have words; `page` is its own name.

    `takes` are choices at clashes, made with the revision `against` in view. `left` names, after `build` and
    `mend`, the places that the page holds otherwise than they say: where others wrote there too, both did.
    `repaired` gives the content that an automatic repair would make of the stored one.
    """

    build_content: BuildContent
    base_revision: int = 0
    row_keys: Sequence[str] = ()
    page_key: str = ""
    revert_refused: RevertRefused | None = None
    list_unstored_keys: Callable[[], Iterable[str]] = tuple
    choices: Mapping[str, MergeChoice] = field(default_factory=dict)
    choices_revision: int = 0
    apply_repair: Callable[[Content], Content | None] | None = None


@dataclass(frozen=True, slots=True)
class SaveResult:
    """What is stored now, what the page said of it, and who else wrote since the page's base."""

    brief: Brief
    content: Content
    mine: Content
    revision_number: int
    revision: Revision | None
    bullet_numbers: Mapping[str, int]
    keys_from_theirs: tuple[str, ...] = ()
    other_editors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _SaveHistory:
    """The newest revision; the content of the page's base, and with what the page itself saved since; what was
    on the screen when choices were made; who else wrote since.
    """

    newest: Revision
    base: Content
    base_with_own_saves: Content
    shown_content: Content | None
    other_editors: tuple[str, ...] = ()


class SaveConflict(Stale):
    """Both changed the same `places`. `theirs` is what is stored, as revision `number`.

    `taken` are the places that would have merged, `numbers` those of the page's new bullets.
    """

    def __init__(
        self,
        row: Brief,
        history: _SaveHistory,
        merged: MergeResult,
        *,
        stored: Content,
        numbers: Mapping[str, int],
    ) -> None:
        self.by, self.at = str(history.newest.by), format_time(history.newest.at)
        reason = Reason("stale", {"name": self.by, "time": self.at})
        super().__init__(reason, theirs=stored, version=row.version)
        self.revision_number = history.newest.number
        self.conflict_keys, self.keys_from_theirs, self.bullet_numbers = (
            merged.conflict_keys,
            merged.keys_from_theirs,
            numbers,
        )


def merge_and_save(
    brief: Brief | int,
    save_request: SaveRequest,
    *,
    by: Person,
    now: dt.datetime | None = None,
    kind: Revision.Kind = Revision.Kind.SAVE,
) -> SaveResult:
    """Store what a page says, merged with what others saved since. Nothing changed: nothing written.

    Raises Clashed when both changed the same places; Refused when the brief is not open, or a content that
    `mend` cannot make takeable.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        if row.state == State.APPROVED:
            raise build_refusal("approved-closed")
        require_allowed(by, "edit", row)
        stored = working_copy.load_working_copy(row)
        past = _load_history(row, save_request, stored)
        numbers, free = _assign_numbers(
            save_request.row_keys, find_bullet_numbers(row, save_request.row_keys), row.next_number
        )
        mine, free = _build_tidied(save_request, past.base_with_own_saves, numbers, free)
        merged, given = MergeResult(mine), numbers
        if past.newest.number != save_request.base_revision:
            mine, given = _reuse_resent_bullets(mine, numbers, row.next_number, past.base, stored)
            merged = _merge_with_stored(save_request, past, mine, stored)
            if merged.conflict_keys:
                raise SaveConflict(row, past, merged, stored=stored, numbers=given)
        content = merged.content
        if content not in (mine, stored):
            content, free = working_copy.tidy_content(content, next_number=free)
        given, first = _drop_missing_numbers(given, content), row.next_number
        number, revision = past.newest.number, None
        if content != stored:
            number += 1
            kind = _determine_kind(save_request, stored, content, kind)
            revision = store_revision(
                row, PreparedContent(content, free), stored, by=by, now=now, kind=kind, number=number
            )
            _store_keys(row, save_request, given, first, number)
        return SaveResult(
            row, content, mine, number, revision, given, merged.keys_from_theirs, past.other_editors
        )


def create_once(
    save_request: SaveRequest, *, by: Person, begun_as: str, now: dt.datetime | None = None
) -> SaveResult:
    """A new brief, once however often the page is sent: the same page again saves into its brief.

    The caller has asked the policy.
    """
    try:
        with transaction.atomic():
            if brief := Brief.objects.filter(begun_as=begun_as).first():
                return merge_and_save(brief, save_request, by=by, now=now)
            return _create_brief(save_request, by=by, begun_as=begun_as, now=now)
    except IntegrityError:  # two at one moment: the constraint decides
        brief = Brief.objects.filter(begun_as=begun_as).first()
        if brief is None:
            raise
        return merge_and_save(brief, save_request, by=by, now=now)


def _create_brief(
    save_request: SaveRequest, *, by: Person, begun_as: str, now: dt.datetime | None
) -> SaveResult:
    numbers, free = _assign_numbers(save_request.row_keys, {}, 1)
    content, free = _build_tidied(save_request, Content(), numbers, free)
    columns = {"begun_as": begun_as, "article_date_confirmed": bool(content.facts.date)}
    brief = create_many([PreparedContent(content, free, columns)], by=by, now=now)[0]
    given = _drop_missing_numbers(numbers, content)
    _store_keys(brief, save_request, given, 1, 1)
    return SaveResult(brief, content, content, 1, brief.revisions.get(), given)


def find_bullet_numbers(brief: Brief, keys: Iterable[str]) -> dict[str, int]:
    """The numbers that new bullets of a page have by now, by the page's keys."""
    wanted = [key for key in keys if ROW_KEY.fullmatch(key)]
    rows = RowKey.objects.filter(brief=brief, key__in=wanted)
    return dict(rows.values_list("key", "number")) if wanted else {}


def _assign_numbers(
    keys: Sequence[str], existing: Mapping[str, int], free: int
) -> tuple[dict[str, int], int]:
    """A number for every key, and the next free one."""
    numbers = dict(existing)
    for key in keys:
        if key not in numbers:
            numbers[key], free = free, free + 1
    return numbers, free


def _drop_missing_numbers(numbers: Mapping[str, int], content: Content) -> dict[str, int]:
    there = {bullet.number for bullet in content.bullets}
    return {key: number for key, number in numbers.items() if number in there}


def _build_tidied(
    save_request: SaveRequest, base: Content, numbers: Mapping[str, int], free: int
) -> tuple[Content, int]:
    content = save_request.build_content(base, numbers)
    try:
        return working_copy.tidy_content(content, next_number=free)
    except Refused as refused:
        if save_request.revert_refused is None:
            raise
        return working_copy.tidy_content(
            save_request.revert_refused(content, base, refused.reasons), next_number=free
        )


def _load_history(row: Brief, save_request: SaveRequest, stored: Content) -> _SaveHistory:
    """One query if the page knew the newest revision, else a few, however many it missed."""
    newest = row.revisions.select_related("by").defer("content").order_by("-number")[0]
    if newest.number == save_request.base_revision:
        return _SaveHistory(newest, stored, stored, stored)
    own = _find_unacknowledged(row, save_request, newest.number)
    wanted = {
        save_request.base_revision,
        save_request.choices_revision,
        *own,
        *(number - 1 for number in own),
    }
    rows = row.revisions.filter(number__in=wanted).values_list("number", "content")
    contents = {number: Content.from_json(content) for number, content in rows}
    base = was = contents.get(save_request.base_revision, Content())
    for number in own:  # what the page added to what stood before it
        before = contents.get(number - 1, Content())
        was = merge(before, was, contents[number], lambda place: "theirs").content
    since = row.revisions.filter(number__gt=save_request.base_revision).exclude(number__in=own)
    people = Person.objects.filter(pk__in=since.order_by().values("by"))
    return _SaveHistory(
        newest, base, was, contents.get(save_request.choices_revision), tuple(map(str, people))
    )


def _find_unacknowledged(row: Brief, save_request: SaveRequest, newest: int) -> list[int]:
    """Revisions that this page made and never heard of: their answers were lost."""
    if not PAGE_KEY.fullmatch(save_request.page_key):
        return []
    since = range(max(save_request.base_revision + 1, newest - MAX_UNACKNOWLEDGED), newest + 1)
    rows = RowKey.objects.filter(
        brief=row, key__in=[_page_key(save_request.page_key, number) for number in since]
    )
    return sorted(rows.values_list("number", flat=True))


def _page_key(page: str, number: int) -> str:
    """Of a revision that the page made."""
    return "p" + blake2b(f"{page}:{number}".encode(), digest_size=16).hexdigest()


def _store_keys(
    row: Brief, save_request: SaveRequest, bullet_numbers: Mapping[str, int], first: int, number: int
) -> None:
    """The new bullets by their keys, and that the page made this revision; of those it heard of, none."""
    rows = [
        RowKey(brief=row, key=k, number=n)
        for k, n in bullet_numbers.items()
        if n >= first and ROW_KEY.fullmatch(k)
    ]
    if PAGE_KEY.fullmatch(save_request.page_key):
        rows.append(RowKey(brief=row, key=_page_key(save_request.page_key, number), number=number))
        RowKey.objects.filter(
            brief=row, key=_page_key(save_request.page_key, save_request.base_revision)
        ).delete()
    RowKey.objects.bulk_create(rows)


def _merge_with_stored(
    save_request: SaveRequest, history: _SaveHistory, mine: Content, stored: Content
) -> MergeResult:
    merged = merge(history.base_with_own_saves, mine, stored, _build_chooser(save_request, history, stored))
    left = set(save_request.list_unstored_keys())
    both = tuple(place for place in merged.keys_from_theirs if place in left)
    taken = tuple(place for place in merged.keys_from_theirs if place not in left)
    return replace(merged, conflict_keys=merged.conflict_keys + both, keys_from_theirs=taken)


def _build_chooser(
    save_request: SaveRequest, history: _SaveHistory, stored: Content
) -> Callable[[str], MergeChoice | None]:
    """A choice holds while theirs is still what was on the screen."""
    if history.shown_content is None or not save_request.choices:
        return lambda place: None
    shown, now = collect_values_by_key(history.shown_content), collect_values_by_key(stored)
    return lambda place: save_request.choices.get(place) if shown.get(place) == now.get(place) else None


def _determine_kind(
    save_request: SaveRequest, stored: Content, content: Content, kind: Revision.Kind
) -> Revision.Kind:
    """A repair is one only if nothing else is changed."""
    repaired = save_request.apply_repair(stored) if save_request.apply_repair else None
    if repaired is None:
        return kind
    return Revision.Kind.REPAIR if repaired == content else Revision.Kind.SAVE


def _reuse_resent_bullets(
    mine: Content, numbers: Mapping[str, int], first: int, base: Content, stored: Content
) -> tuple[Content, dict[str, int]]:
    """A new bullet without a lasting key, sent twice, is the one that the first sending made."""
    lasting = {number for key, number in numbers.items() if ROW_KEY.fullmatch(key)}
    known = {b.number for b in (*base.bullets, *mine.bullets)}
    others = {replace(b, number=0): b.number for b in reversed(stored.bullets) if b.number not in known}
    again = {
        b.number: others.pop(replace(b, number=0))
        for b in mine.bullets
        if b.number >= first and b.number not in lasting and replace(b, number=0) in others
    }
    rows = tuple(replace(b, number=again.get(b.number, b.number)) for b in mine.bullets)
    return replace(mine, bullets=rows), {key: again.get(n, n) for key, n in numbers.items()}
