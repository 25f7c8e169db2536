"""The address of a search ⇄ what is asked: words, filters, order, place. Any of it may be nonsense."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Self
from urllib.parse import quote_plus

from ...search.name_filters import KINDS, Kind
from ...search.query import between

PAGE: Final = 10
MOST_TYPED: Final = 1_000
_MOST_SLUG: Final = 80
_FARTHEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    typed: str = ""
    chosen: Mapping[Kind, str] = field(default_factory=dict)
    """Slugs."""
    year: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    is_newest: bool = False
    before: int | None = None
    after: int | None = None
    start: int = 0

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        typed = given.get("q", "")[:MOST_TYPED].replace("\0", "").strip()
        chosen = {kind: given[kind] for kind in KINDS if 0 < len(given.get(kind, "")) <= _MOST_SLUG}
        year = given.get("year", "")
        return cls(
            typed,
            chosen,
            year if len(year) == len("2025") and between(year) else "",
            _day(given.get("from", ""), 0),
            _day(given.get("to", ""), 1),
            is_newest=given.get("order") == "newest" or not typed,
            before=_number(given.get("before", ""), 16, 1 << 60),
            after=_number(given.get("after", ""), 16, 1 << 60),
            start=_number(given.get("start", ""), 10, _FARTHEST) or 0,
        )

    @property
    def is_empty(self) -> bool:
        return not (self.typed or self.is_filtered)

    @property
    def is_filtered(self) -> bool:
        return bool(self.chosen or self.year or self.since or self.until)

    @property
    def is_first_page(self) -> bool:
        return self.before is None and self.after is None and not self.start

    def without(self, kind: str) -> "Asked":
        """Without one filter, and from the first page on."""
        chosen: dict[Kind, str] = {name: slug for name, slug in self.chosen.items() if name != kind}
        year = "" if kind == "year" else self.year
        since, until = (None, None) if kind == "dates" else (self.since, self.until)
        return replace(self.first(), chosen=chosen, year=year, since=since, until=until)

    def narrowed(self, kind: str, slug: str) -> "Asked":
        if kind == "year":
            return replace(self.first(), year=slug)
        chosen: dict[Kind, str] = {
            name: slug if name == kind else self.chosen.get(name, "") for name in KINDS
        }
        return replace(self.first(), chosen={name: value for name, value in chosen.items() if value})

    def first(self) -> "Asked":
        return replace(self, before=None, after=None, start=0)

    def parameters(self) -> dict[str, str]:
        """The same search has one spelling."""
        values: dict[str, str] = {
            "q": self.typed,
            **{str(kind): slug for kind, slug in self.chosen.items()},
            "year": self.year,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "order": "newest" if self.is_newest and self.typed else "",
            "before": f"{self.before:x}" if self.before is not None else "",
            "after": f"{self.after:x}" if self.after is not None else "",
            "start": str(self.start) if self.start else "",
        }
        return {name: value for name, value in values.items() if value}

    def __str__(self) -> str:
        said = "&".join([f"{name}={_quoted(value)}" for name, value in self.parameters().items()])
        return f"?{said}" if said else ""


@lru_cache(1_000)
def _quoted(value: str) -> str:
    """A page says the same words in some thirty links."""
    return quote_plus(value)


def _day(text: str, end: int) -> dt.date | None:
    span = between(text) if len(text) <= len("2025-06-09") else None
    return span[end] if span else None


def _number(text: str, base: int, most: int) -> int | None:
    if not text.isascii() or not text.isalnum() or len(text) > 15:
        return None
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if number < most else None
