"""Parse search queries. Pure: no database. No input is an error, and only tokens of it reach SQL.

科技 戰略          both, each as an exact stretch of Chinese
"export controls"  a phrase; also “”, 「」, 『』
techn*             words that begin so
-中國              without it
author:Rey  source:"Foreign Policy"  keyword:科技       作者：  來源：  關鍵字：
date:2025  date:2024-05..2025-06     日期：
after:2025-01, since:, 自：    from its first day on          until:2025, 迄：    to its last day        before:2025    2024 and earlier
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Final, Literal, NamedTuple

from .analysis import TextRun, build_bigrams, find_runs, fold, fold_with_offsets, stem

MAX_PARSED_LENGTH: Final = 400
MAX_QUERY_TERMS: Final = 16
"""Further terms are ignored and set `ParsedQuery.is_truncated`."""

type QueryField = Literal["", "author", "source", "keyword"]

_FIELDS: Mapping[str, QueryField] = {
    **dict.fromkeys(("author", "authors", "by", "作者", "撰文"), "author"),
    **dict.fromkeys(("source", "來源", "出處", "原文出處", "網站來源"), "source"),
    **dict.fromkeys(("keyword", "keywords", "關鍵字", "關鍵詞", "主題"), "keyword"),
}
_DATES = {
    **dict.fromkeys(("date", "日期"), "date"),
    **dict.fromkeys(("after", "since", "起", "自"), "after"),
    **dict.fromkeys(("until", "迄", "至"), "until"),
    "before": "before",
}
_LABELS: Mapping[str, QueryField] = {fold(name): field for name, field in _FIELDS.items()}
_DATE_LABELS = {fold(name): kind for name, kind in _DATES.items()}
_QUOTES = {"“": "”", "「": "」", "『": "』", '"': '"', "„": "“", "«": "»"}
_CLOSING = "".join(_QUOTES.values())
_CHUNK = re.compile(
    r"(?P<minus>(?:(?<=\s)|^)[-−－])?"
    r"(?:(?P<label>[^\s:：\"“”「」『』()（）-]{1,12})[:：]\s*(?=[^\s:：]))?"
    rf"(?:(?P<quote>[{''.join(_QUOTES)}])(?P<phrase>[^{_CLOSING}]*)(?:[{_CLOSING}]|$)|(?P<bare>[^\s{''.join(_QUOTES)}]+))"
)
_QUOTATION = re.compile(f"[{''.join(_QUOTES)}][^{_CLOSING}]*[{_CLOSING}]")
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?", re.ASCII)
_RANGE = re.compile(r"\.\.+|…|~|～|–|—|至|到")


class QueryWord(NamedTuple):
    """A run of Chinese or a word, folded. `is_prefix` means any ending (`techn*`)."""

    is_han: bool
    text: str
    is_prefix: bool = False

    @property
    def stem(self) -> str:
        return self.text if self.is_han else stem(self.text)


type Phrase = tuple[QueryWord, ...]
"""Consecutive words."""


def tokenise_phrase(phrase: Phrase) -> tuple[list[str], bool]:
    """Return the phrase as consecutive tokens, and whether the last one is a prefix."""
    made: list[str] = []
    for word in phrase[:-1]:
        made += build_bigrams(word.text) if word.is_han else [word.stem]
    last = phrase[-1]
    if last.is_han and len(last.text) > 1:
        return made + build_bigrams(last.text)[:-1], False
    if last.is_prefix:
        return [*made, _common_prefix(last.text, last.stem)], True
    return [*made, last.stem], last.is_han


def _common_prefix(one: str, other: str) -> str:
    """Return the common prefix of a word and its stem."""
    n = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[:n]


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One required or excluded term. Any of its alternatives matches. `span`: its position in the query.

    `kind`: a name, another thing, or an amount or date of which the alternatives are all renderings; empty for words.
    """

    alternatives: tuple[Phrase, ...]
    field: QueryField = ""
    is_excluded: bool = False
    is_quoted: bool = dataclass_field(default=False, compare=False)
    span: tuple[int, int] = dataclass_field(default=(0, 0), compare=False)
    kind: Literal["", "name", "thing", "figure"] = dataclass_field(default="", compare=False)
    month: str = dataclass_field(default="", compare=False)
    """Facet of the month of a date: m202506."""

    @property
    def is_flexible(self) -> bool:
        """Return whether the term may be replaced by other renderings, corrected or dropped."""
        return not (self.is_quoted or self.field or self.is_excluded or self.alternatives[0][-1].is_prefix)


class Spelling(NamedTuple):
    """A rendering that the house avoids, and the preferred one."""

    avoided: str
    preferred: str


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    text: str = ""
    terms: tuple[QueryTerm, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    is_truncated: bool = False
    spellings: tuple[Spelling, ...] = ()
    """Avoided renderings in the query, of which the preferred ones are searched too."""
    glossary_terms: tuple[int, ...] = ()
    """Ids of the glossary terms that the query names."""

    @property
    def required_terms(self) -> tuple[QueryTerm, ...]:
        return tuple(term for term in self.terms if not term.is_excluded)

    @property
    def excluded_terms(self) -> tuple[QueryTerm, ...]:
        return tuple(term for term in self.terms if term.is_excluded)

    @property
    def highlighted_phrases(self) -> tuple[Phrase, ...]:
        """Return all alternatives of required terms without a field."""
        return tuple(way for term in self.required_terms if not term.field for way in term.alternatives)

    @property
    def is_empty(self) -> bool:
        return not (self.terms or self.since or self.until)


def parse_query(text: str) -> ParsedQuery:
    text = " ".join(text.split())
    given = text[:MAX_PARSED_LENGTH]
    terms: list[QueryTerm] = []
    since: dt.date | None = None
    until: dt.date | None = None
    for chunk in _CHUNK.finditer(given):
        if span := _parse_date_filter(chunk):
            since, until = span[0] or since, span[1] or until
        else:
            terms += _parse_chunk(chunk)
    is_truncated = text != given or len(terms) > MAX_QUERY_TERMS
    return ParsedQuery(text, tuple(terms[:MAX_QUERY_TERMS]), since, until, is_truncated)


def has_quotation(text: str) -> bool:
    """Return whether the text contains quotation marks, so that messages quote it without further ones."""
    return bool(_QUOTATION.search(text))


def as_prefix_query(query: ParsedQuery) -> ParsedQuery:
    """Return the query with its last word as a prefix, for suggestions while typing."""
    if not query.terms or query.terms[-1].is_excluded or query.terms[-1].alternatives[0][-1].is_han:
        return query
    last = query.terms[-1]
    ways = tuple((*way[:-1], way[-1]._replace(is_prefix=True)) for way in last.alternatives)
    return replace(query, terms=(*query.terms[:-1], replace(last, alternatives=ways)))


def _parse_chunk(chunk: re.Match[str]) -> Iterator[QueryTerm]:
    field = _LABELS.get(fold(chunk["label"] or ""))
    without = bool(chunk["minus"])
    start = chunk.start("label") if chunk["label"] and not field else -1
    if chunk["quote"]:
        if start >= 0:
            yield from parse_unquoted(chunk.string, start, chunk.end("label"), "", without)
        if phrase := build_phrase(chunk["phrase"]):
            yield QueryTerm((phrase,), field or "", without, is_quoted=True, span=chunk.span())
    else:
        start = start if start >= 0 else chunk.start("bare")
        yield from parse_unquoted(chunk.string, start, chunk.end("bare"), field or "", without)


def parse_unquoted(
    query: str, start: int, end: int, field: QueryField = "", without: bool = False
) -> Iterator[QueryTerm]:
    """Yield a term for each group of adjacent runs (AI競爭). Punctuation separates groups."""
    folded, places = fold_with_offsets(query[start:end])
    group: list[TextRun] = []
    for run in [*find_runs(folded), None]:
        if group and (run is None or run.start != group[-1].end):
            phrase = _build_phrase(group, star=folded[group[-1].end :].startswith("*"))
            first, last = group[0].start, group[-1].end
            if places is not None:
                first, last = places[first], places[last - 1] + 1
            yield QueryTerm((phrase,), field, without, span=(start + first, start + last))
            group = []
        if run is not None:
            group.append(run)


def build_phrase(text: str) -> Phrase:
    """Return all words of a text as one phrase."""
    return _build_phrase(find_runs(fold(text)))


def _build_phrase(runs: Iterable[TextRun], *, star: bool = False) -> Phrase:
    words = [QueryWord(run.is_han, run.text) for run in runs]
    if words and star and not words[-1].is_han:
        words[-1] = words[-1]._replace(is_prefix=True)
    return tuple(words)


type DateRange = tuple[dt.date | None, dt.date | None]


def _parse_date_filter(chunk: re.Match[str]) -> DateRange | None:
    """Return the first and last day, both included, or None when the chunk is no date filter."""
    if chunk["quote"] or chunk["minus"]:
        return None
    kind = _DATE_LABELS.get(fold(chunk["label"] or ""))
    text = chunk["bare"]
    if kind is None:
        return parse_date_range(text) if not chunk["label"] and ".." in text else None
    if kind == "date":
        return parse_date_range(text)
    whole = parse_date_range(text) if not _RANGE.search(text) else None
    if whole is None:
        return None
    if kind == "after":
        return whole[0], None
    first, last = whole
    return None, last if kind == "until" or first is None else _day_before(first)


def _day_before(day: dt.date) -> dt.date:
    return dt.date.fromordinal(max(day.toordinal() - 1, 1))


def parse_date_range(text: str) -> DateRange | None:
    """Parse 2025, 2025-06, 2025-06-09, 2024..2025-06, 2024.. or ..2025. Return None for anything else."""
    parts = _RANGE.split(text)
    if len(parts) > 2 or not any(parts):
        return None
    days = [_parse_date(part) if part else (None, None) for part in parts]
    first, last = days[0], days[-1]
    return (first[0], last[1]) if first and last else None


def _parse_date(text: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of a year, month or day."""
    found = _DAY.fullmatch(fold(text))
    if not found:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        first = dt.date(year, month or 1, day or 1)
        end = month or 12
        return first, first if day else dt.date(year, end, calendar.monthrange(year, end)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None
