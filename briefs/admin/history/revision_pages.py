"""What the pages about a brief's revisions show: the list by sittings, and two of them compared."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from ...content import Content
from ...models import Brief, Edition, Revision
from ...text.text_diff import ContentDifference, diff_contents
from ..common.diff_html import beginning, in_words
from ..common.signoff_status import editions_of
from .edit_sessions import Sitting, sittings

MOST: Final = 100
"""Sittings on one page."""
MOST_ROWS: Final = 1_000
"""Revisions that are looked at for one page."""

_CHOICE = re.compile(r"(edition-)?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Line:
    """One sitting of the list; `before` as in `History`."""

    sitting: Sitting
    said: str
    before: int
    editions: tuple[int, ...]


@dataclass
class History:
    """What the pages about a brief's revisions share. `until` cuts off the newer ones."""

    brief: Brief
    until: int = 0

    @cached_property
    def editions(self) -> list[Edition]:
        """The newest first, without those that were called off."""
        return [edition for edition in editions_of([self.brief])[self.brief.pk] if not edition.is_cancelled]

    @cached_property
    def newest(self) -> int:
        return self.brief.revisions.order_by("-number").values_list("number", flat=True)[0]

    @cached_property
    def rows(self) -> list[Revision]:
        rows = self.brief.revisions.select_related("by").defer("content", "document_notes")
        if self.until:
            rows = rows.filter(number__lt=self.until)
        return list(rows.order_by("-number")[: MOST_ROWS + 1])

    @cached_property
    def sittings(self) -> list[Sitting]:
        signed = set(self.brief.signoffs.values_list("revision_id", flat=True))
        ends = signed | {edition.revision_id for edition in self.editions}
        return sittings(self.rows[:MOST_ROWS], ends=ends)[:MOST]

    @cached_property
    def older(self) -> int:
        """Where the next page begins, if there is one."""
        first = self.sittings[-1].first if self.sittings else None
        return first.number if first and first.pk != self.rows[-1].pk else 0

    def lines(self) -> Iterator[Line]:
        contents = self.contents(
            {number for s in self.sittings for number in (s.last.number, self.before(s))}
        )
        approved: dict[int, list[int]] = {}
        for edition in self.editions:
            approved.setdefault(edition.revision_id, []).append(edition.number)
        for sitting in self.sittings:
            before, now = self.before(sitting), contents[sitting.last.number]
            said = in_words(diff_contents(contents[before], now)) if before else beginning(now)
            yield Line(sitting, said, before, tuple(approved.get(sitting.last.pk, ())))

    def before(self, sitting: Sitting) -> int:
        """The number of the revision that it began from; 0 for the first."""
        return self._earlier.get(sitting.first.number, 0)

    @cached_property
    def _earlier(self) -> dict[int, int]:
        return {later.number: row.number for later, row in pairwise(self.rows)}

    def contents(self, numbers: set[int]) -> dict[int, Content]:
        rows = self.brief.revisions.filter(number__in=numbers).values_list("number", "content")
        return {number: Content.from_json(content) for number, content in rows}


@dataclass(frozen=True, slots=True)
class Pick:
    """One side of a comparison, as the address names it: `14`, or `edition-2`."""

    value: str
    content: Content
    revision: int

    @property
    def is_edition(self) -> bool:
        return self.value.startswith("edition-")

    def __str__(self) -> str:
        return name_of(self.value)


def name_of(value: str) -> str:
    """`r14`, or the edition's number in words."""
    kind, number = _parts(value)
    return _("Edition %(n)s") % {"n": number} if kind else f"r{number}"


def _parts(value: str) -> tuple[str, int]:
    found = _CHOICE.fullmatch(value)
    if not (found and value.isascii()):
        raise Http404
    return found[1] or "", int(found[2])


@dataclass
class Comparison:
    history: History
    asked: tuple[str, str]
    picks: tuple[Pick, Pick] = field(init=False)

    def __post_init__(self) -> None:
        if not self.history.rows:
            raise Http404
        old, new = (value or default for value, default in zip(self.asked, self._defaults(), strict=True))
        contents = self.history.contents({number for kind, number in map(_parts, (old, new)) if not kind})
        self.picks = self._pick(old, contents), self._pick(new, contents)

    def _defaults(self) -> tuple[str, str]:
        """What changed since the last approved edition; without one, at the last sitting."""
        newest = self.history.newest
        if self.history.editions:
            return f"edition-{self.history.editions[0].number}", str(newest)
        latest = self.history.sittings[0]
        return str(self.history.before(latest) or latest.first.number), str(newest)

    def _pick(self, value: str, contents: Mapping[int, Content]) -> Pick:
        kind, number = _parts(value)
        if not kind:
            if number not in contents:
                raise Http404
            return Pick(str(number), contents[number], number)
        edition = next((e for e in self.history.editions if e.number == number), None)
        if edition is None:
            raise Http404
        return Pick(f"{kind}{number}", _frozen(edition), edition.revision.number)

    @cached_property
    def difference(self) -> ContentDifference:
        """An edition does not hold what is for the desk alone, so beside one it is left out."""
        old, new = (pick.content for pick in self.picks)
        if any(pick.is_edition for pick in self.picks):
            old, new = old.public(), new.public()
        return diff_contents(old, new)

    @property
    def other(self) -> Pick | None:
        """The one that may be restored: beside the newest revision, whichever of the two it is not."""
        newest = str(self.history.newest)
        others = [pick for pick in self.picks if pick.value != newest]
        return others[0] if len(others) == 1 else None

    @property
    def at(self) -> tuple[str, str]:
        return self.picks[0].value, self.picks[1].value

    @property
    def backwards(self) -> bool:
        """Whether restoring undoes what is marked, rather than doing it."""
        return self.other is self.picks[0]

    def revisions(self) -> list[tuple[str, str]]:
        """To choose from: the last of each sitting, and the ones that are compared."""
        rows = {s.last.number: s.last for s in self.history.sittings}
        if missing := {pick.revision for pick in self.picks if not pick.is_edition} - rows.keys():
            found = self.history.brief.revisions.select_related("by").defer("content", "document_notes")
            rows |= {row.number: row for row in found.filter(number__in=missing)}
        return [(str(number), _label(rows[number])) for number in sorted(rows, reverse=True)]

    def editions(self) -> list[tuple[str, str]]:
        values = [(f"edition-{edition.number}", edition) for edition in self.history.editions]
        return [(value, f"{name_of(value)} · {_clock(edition.approved_at)}") for value, edition in values]


def _label(row: Revision) -> str:
    return f"r{row.number} · {row.by} · {_clock(row.at)} · {row.get_kind_display()}"


def _clock(moment: dt.datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _frozen(edition: Edition) -> Content:
    return Content.from_json(Edition.objects.values_list("content", flat=True).get(pk=edition.pk))
