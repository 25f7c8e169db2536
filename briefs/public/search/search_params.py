"""Parse search parameters from a query string and format them. Invalid values are ignored."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Self
from urllib.parse import quote_plus

from ...search.name_filters import FACET_LETTERS, FacetKind
from ...search.query import parse_date_range

RESULTS_PER_PAGE: Final = 10
MAX_QUERY_LENGTH: Final = 1_000
_MAX_SLUG_LENGTH: Final = 80
_MAX_START: Final = 1_000


@dataclass(frozen=True, slots=True)
class SearchParams:
    query_text: str = ""
    filter_slugs: Mapping[FacetKind, str] = field(default_factory=dict)
    """Slug by facet kind."""
    year: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    newest_first: bool = False
    before: int | None = None
    after: int | None = None
    start: int = 0

    @classmethod
    def from_query(cls, parameters: Mapping[str, str]) -> Self:
        typed = parameters.get("q", "")[:MAX_QUERY_LENGTH].replace("\0", "").strip()
        chosen = {
            kind: parameters[kind]
            for kind in FACET_LETTERS
            if 0 < len(parameters.get(kind, "")) <= _MAX_SLUG_LENGTH
        }
        year = parameters.get("year", "")
        return cls(
            typed,
            chosen,
            year if len(year) == len("2025") and parse_date_range(year) else "",
            _parse_date(parameters.get("from", ""), 0),
            _parse_date(parameters.get("to", ""), 1),
            newest_first=parameters.get("order") == "newest" or not typed,
            before=_parse_number(parameters.get("before", ""), 16, 1 << 60),
            after=_parse_number(parameters.get("after", ""), 16, 1 << 60),
            start=_parse_number(parameters.get("start", ""), 10, _MAX_START) or 0,
        )

    @property
    def is_empty(self) -> bool:
        return not (self.query_text or self.is_filtered)

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter_slugs or self.year or self.since or self.until)

    @property
    def is_first_page(self) -> bool:
        return self.before is None and self.after is None and not self.start

    def without_filter(self, kind: str) -> "SearchParams":
        """Return the first page of the search without this filter."""
        chosen: dict[FacetKind, str] = {
            name: slug for name, slug in self.filter_slugs.items() if name != kind
        }
        year = "" if kind == "year" else self.year
        since, until = (None, None) if kind == "dates" else (self.since, self.until)
        return replace(self.first_page(), filter_slugs=chosen, year=year, since=since, until=until)

    def with_filter(self, kind: str, slug: str) -> "SearchParams":
        if kind == "year":
            return replace(self.first_page(), year=slug)
        chosen = {
            name: value
            for name in FACET_LETTERS
            if (value := slug if name == kind else self.filter_slugs.get(name))
        }
        return replace(self.first_page(), filter_slugs=chosen)

    def first_page(self) -> "SearchParams":
        return replace(self, before=None, after=None, start=0)

    def to_parameters(self) -> dict[str, str]:
        """Return the parameters in canonical form, so that equal searches have equal addresses."""
        values: dict[str, str] = {
            "q": self.query_text,
            **{str(kind): slug for kind, slug in self.filter_slugs.items()},
            "year": self.year,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "order": "newest" if self.newest_first and self.query_text else "",
            "before": f"{self.before:x}" if self.before is not None else "",
            "after": f"{self.after:x}" if self.after is not None else "",
            "start": str(self.start) if self.start else "",
        }
        return {name: value for name, value in values.items() if value}

    def __str__(self) -> str:
        said = "&".join([f"{name}={_quote(value)}" for name, value in self.to_parameters().items()])
        return f"?{said}" if said else ""


@lru_cache(1_000)
def _quote(value: str) -> str:
    """Cache quoting, as a page repeats the same text in about thirty links."""
    return quote_plus(value)


def _parse_date(text: str, span_end: int) -> dt.date | None:
    span = parse_date_range(text) if len(text) <= len("2025-06-09") else None
    return span[span_end] if span else None


def _parse_number(text: str, base: int, maximum: int) -> int | None:
    if not text.isascii() or not text.isalnum() or len(text) > 15:
        return None
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if number < maximum else None
