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
from .editing import New, create_many, put
from .rules import working_copy
from .rules.refusals import Reason, Refused, Stale, refuse
from .rules.transitions import check, clock, locked

type Build = Callable[[Content, Mapping[str, int]], Content]
"""From the content that the page began from, and the numbers of its new bullets, to what it says."""
type Mend = Callable[[Content, Content, Sequence[Reason]], Content]
"""What the page says and what it began from, and why that cannot be taken: to what can be taken."""

PAGE_KEY: Final = re.compile(r"[0-9a-f]{32}")
ROW_KEY: Final = re.compile(r"n[0-9a-f]{32}")
MOST_UNHEARD: Final = 200
"""Revisions behind the newest one among which a page's own unheard ones are looked for."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a page sends. `keys` are those of its new bullets that have words; `page` is its own name.

    `takes` are choices at clashes, made with the revision `against` in view. `left` names, after `build` and
    `mend`, the places that the page holds otherwise than they say: where others wrote there too, both did.
    `repaired` gives the content that an automatic repair would make of the stored one.
    """

    build: Build
    base: int = 0
    keys: Sequence[str] = ()
    page: str = ""
    mend: Mend | None = None
    left: Callable[[], Iterable[str]] = tuple
    takes: Mapping[str, MergeChoice] = field(default_factory=dict)
    against: int = 0
    repaired: Callable[[Content], Content | None] | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """What is stored now, what the page said of it, and who else wrote since the page's base."""

    brief: Brief
    content: Content
    mine: Content
    number: int
    revision: Revision | None
    numbers: Mapping[str, int]
    taken: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Past:
    """The newest revision; the content of the page's base, and with what the page itself saved since; what was
    on the screen when choices were made; who else wrote since.
    """

    newest: Revision
    base: Content
    was: Content
    shown: Content | None
    others: tuple[str, ...] = ()


class Clashed(Stale):
    """Both changed the same `places`. `theirs` is what is stored, as revision `number`.

    `taken` are the places that would have merged, `numbers` those of the page's new bullets.
    """

    def __init__(
        self, row: Brief, past: _Past, merged: MergeResult, *, stored: Content, numbers: Mapping[str, int]
    ) -> None:
        self.by, self.at = str(past.newest.by), clock(past.newest.at)
        reason = Reason("stale", {"name": self.by, "time": self.at})
        super().__init__(reason, theirs=stored, version=row.version)
        self.number = past.newest.number
        self.places, self.taken, self.numbers = merged.conflict_keys, merged.keys_from_theirs, numbers


def save_together(
    brief: Brief | int,
    typed: Typed,
    *,
    by: Person,
    now: dt.datetime | None = None,
    kind: Revision.Kind = Revision.Kind.SAVE,
) -> Together:
    """Store what a page says, merged with what others saved since. Nothing changed: nothing written.

    Raises Clashed when both changed the same places; Refused when the brief is not open, or a content that
    `mend` cannot make takeable.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        if row.state == State.APPROVED:
            raise refuse("approved-closed")
        check(by, "edit", row)
        stored = working_copy.content_of(row)
        past = _past(row, typed, stored)
        numbers, free = _fresh(typed.keys, numbers_of(row, typed.keys), row.next_number)
        mine, free = _taken(typed, past.was, numbers, free)
        merged, given = MergeResult(mine), numbers
        if past.newest.number != typed.base:
            mine, given = _same_rows(mine, numbers, row.next_number, past.base, stored)
            merged = _merged(typed, past, mine, stored)
            if merged.conflict_keys:
                raise Clashed(row, past, merged, stored=stored, numbers=given)
        content = merged.content
        if content not in (mine, stored):
            content, free = working_copy.tidied(content, next_number=free)
        given, first = _surviving(given, content), row.next_number
        number, revision = past.newest.number, None
        if content != stored:
            number += 1
            kind = _kind(typed, stored, content, kind)
            revision = put(row, New(content, free), stored, by=by, now=now, kind=kind, number=number)
            _remember(row, typed, given, first, number)
        return Together(row, content, mine, number, revision, given, merged.keys_from_theirs, past.others)


def begin_together(typed: Typed, *, by: Person, begun_as: str, now: dt.datetime | None = None) -> Together:
    """A new brief, once however often the page is sent: the same page again saves into its brief.

    The caller has asked the policy.
    """
    try:
        with transaction.atomic():
            if brief := Brief.objects.filter(begun_as=begun_as).first():
                return save_together(brief, typed, by=by, now=now)
            return _begun(typed, by=by, begun_as=begun_as, now=now)
    except IntegrityError:  # two at one moment: the constraint decides
        brief = Brief.objects.filter(begun_as=begun_as).first()
        if brief is None:
            raise
        return save_together(brief, typed, by=by, now=now)


def _begun(typed: Typed, *, by: Person, begun_as: str, now: dt.datetime | None) -> Together:
    numbers, free = _fresh(typed.keys, {}, 1)
    content, free = _taken(typed, Content(), numbers, free)
    columns = {"begun_as": begun_as, "article_date_confirmed": bool(content.facts.date)}
    brief = create_many([New(content, free, columns)], by=by, now=now)[0]
    given = _surviving(numbers, content)
    _remember(brief, typed, given, 1, 1)
    return Together(brief, content, content, 1, brief.revisions.get(), given)


def numbers_of(brief: Brief, keys: Iterable[str]) -> dict[str, int]:
    """The numbers that new bullets of a page have by now, by the page's keys."""
    wanted = [key for key in keys if ROW_KEY.fullmatch(key)]
    rows = RowKey.objects.filter(brief=brief, key__in=wanted)
    return dict(rows.values_list("key", "number")) if wanted else {}


def _fresh(keys: Sequence[str], known: Mapping[str, int], free: int) -> tuple[dict[str, int], int]:
    """A number for every key, and the next free one."""
    numbers = dict(known)
    for key in keys:
        if key not in numbers:
            numbers[key], free = free, free + 1
    return numbers, free


def _surviving(numbers: Mapping[str, int], content: Content) -> dict[str, int]:
    there = {bullet.number for bullet in content.bullets}
    return {key: number for key, number in numbers.items() if number in there}


def _taken(typed: Typed, was: Content, numbers: Mapping[str, int], free: int) -> tuple[Content, int]:
    content = typed.build(was, numbers)
    try:
        return working_copy.tidied(content, next_number=free)
    except Refused as refused:
        if typed.mend is None:
            raise
        return working_copy.tidied(typed.mend(content, was, refused.reasons), next_number=free)


def _past(row: Brief, typed: Typed, stored: Content) -> _Past:
    """One query if the page knew the newest revision, else a few, however many it missed."""
    newest = row.revisions.select_related("by").defer("content").order_by("-number")[0]
    if newest.number == typed.base:
        return _Past(newest, stored, stored, stored)
    own = _unheard(row, typed, newest.number)
    wanted = {typed.base, typed.against, *own, *(number - 1 for number in own)}
    rows = row.revisions.filter(number__in=wanted).values_list("number", "content")
    contents = {number: Content.from_json(content) for number, content in rows}
    base = was = contents.get(typed.base, Content())
    for number in own:  # what the page added to what stood before it
        before = contents.get(number - 1, Content())
        was = merge(before, was, contents[number], lambda place: "theirs").content
    since = row.revisions.filter(number__gt=typed.base).exclude(number__in=own)
    people = Person.objects.filter(pk__in=since.order_by().values("by"))
    return _Past(newest, base, was, contents.get(typed.against), tuple(map(str, people)))


def _unheard(row: Brief, typed: Typed, newest: int) -> list[int]:
    """Revisions that this page made and never heard of: their answers were lost."""
    if not PAGE_KEY.fullmatch(typed.page):
        return []
    since = range(max(typed.base + 1, newest - MOST_UNHEARD), newest + 1)
    rows = RowKey.objects.filter(brief=row, key__in=[_page_key(typed.page, number) for number in since])
    return sorted(rows.values_list("number", flat=True))


def _page_key(page: str, number: int) -> str:
    """Of a revision that the page made."""
    return "p" + blake2b(f"{page}:{number}".encode(), digest_size=16).hexdigest()


def _remember(row: Brief, typed: Typed, given: Mapping[str, int], first: int, number: int) -> None:
    """The new bullets by their keys, and that the page made this revision; of those it heard of, none."""
    rows = [
        RowKey(brief=row, key=k, number=n) for k, n in given.items() if n >= first and ROW_KEY.fullmatch(k)
    ]
    if PAGE_KEY.fullmatch(typed.page):
        rows.append(RowKey(brief=row, key=_page_key(typed.page, number), number=number))
        RowKey.objects.filter(brief=row, key=_page_key(typed.page, typed.base)).delete()
    RowKey.objects.bulk_create(rows)


def _merged(typed: Typed, past: _Past, mine: Content, stored: Content) -> MergeResult:
    merged = merge(past.was, mine, stored, _choices(typed, past, stored))
    left = set(typed.left())
    both = tuple(place for place in merged.keys_from_theirs if place in left)
    taken = tuple(place for place in merged.keys_from_theirs if place not in left)
    return replace(merged, conflict_keys=merged.conflict_keys + both, keys_from_theirs=taken)


def _choices(typed: Typed, past: _Past, stored: Content) -> Callable[[str], MergeChoice | None]:
    """A choice holds while theirs is still what was on the screen."""
    if past.shown is None or not typed.takes:
        return lambda place: None
    shown, now = collect_values_by_key(past.shown), collect_values_by_key(stored)
    return lambda place: typed.takes.get(place) if shown.get(place) == now.get(place) else None


def _kind(typed: Typed, stored: Content, content: Content, kind: Revision.Kind) -> Revision.Kind:
    """A repair is one only if nothing else is changed."""
    repaired = typed.repaired(stored) if typed.repaired else None
    if repaired is None:
        return kind
    return Revision.Kind.REPAIR if repaired == content else Revision.Kind.SAVE


def _same_rows(
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
