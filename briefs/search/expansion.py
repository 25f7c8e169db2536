"""Expand a query with the other renderings of its concepts, amounts and dates. Pure: no database."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache, cached_property
from itertools import takewhile
from typing import Final, NamedTuple

from briefs.checks.chinese import load_default_wordings
from briefs.checks.texts import TermData
from briefs.lexicon import numbers_en, numbers_zh
from briefs.lexicon.figure import Figure, blank_out_figures, blank_out_matches, format_decimal
from briefs.lexicon.meanings import load_near_words, load_renderings
from briefs.text.date_format import ENGLISH_MONTHS, format_day, format_month

from .analysis import fold
from .query import ParsedQuery, Phrase, QueryTerm, QueryWord, Spelling, build_phrase

# Amounts and dates, as both languages write them: 40億 is 4 billion.

_SMALLEST_AMOUNT: Final = 10_000
_SCALES_ZH: Final = (("兆", 10**12), ("億", 10**8), ("萬", 10**4))
_SCALES_EN: Final = (("trillion", 10**12), ("billion", 10**9), ("million", 10**6), ("thousand", 10**3))
_MAX_DECIMALS: Final = 3

_MONTH: Final = "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in ENGLISH_MONTHS)
_DATE: Final = re.compile(
    r"(?<!\d)(?P<y1>\d{4})(?:[-/.](?P<m1>\d{1,2})(?:[-/.](?P<d1>\d{1,2}))?|年(?P<m2>\d{1,2})月(?:(?P<d2>\d{1,2})日)?)(?!\d)"
    rf"|\b(?:(?P<d3>\d{{1,2}}) )?(?P<m3>{_MONTH})\.?(?: (?P<d4>\d{{1,2}}),?)? (?P<y2>\d{{4}})\b",
    re.IGNORECASE,
)


class Quantity(NamedTuple):
    """An amount or date in a query. `day` is set for a complete date, and `month` for any: m202506."""

    start: int
    end: int
    forms: tuple[str, ...]
    month: str = ""
    day: dt.date | None = None


def find_quantities(text: str) -> list[Quantity]:
    found = list(_find_dates(text))
    rest = blank_out_matches(_DATE, text)
    # Chinese first, because the English reader would take the 40 of 40億 as a number.
    chinese = [figure for figure in numbers_zh.find_figures(rest) if figure.scale > 1 or _is_spelt(figure)]
    figures = [*chinese, *numbers_en.find_figures(blank_out_figures(rest, chinese))]
    return [*found, *(_build_amount(figure) for figure in figures if figure.value >= _SMALLEST_AMOUNT)]


def _is_spelt(figure: Figure) -> bool:
    return not figure.raw[0].isascii() and figure.value >= _SMALLEST_AMOUNT


def _build_amount(figure: Figure) -> Quantity:
    value = figure.value
    forms = [
        *(f"{number}{scale}" for number, scale in _scale(value, _SCALES_ZH)),
        *(f"{number} {scale}" for number, scale in _scale(value, _SCALES_EN)),
        *([f"{value:,f}"] if value < 10**6 and value == int(value) else []),
    ]
    return Quantity(figure.start, figure.end, tuple(forms))


def _scale(value: Decimal, scales: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, str]]:
    """Yield the number in its largest scale (4 billion), if few decimals are needed."""
    for name, scale in scales:
        if value >= scale:
            number = value / scale
            if round(number, _MAX_DECIMALS) == number:
                yield format_decimal(number), name
            return


def _find_dates(text: str) -> Iterator[Quantity]:
    for match in _DATE.finditer(text):
        part = {name: value for name, value in match.groupdict().items() if value}
        year = int(part.get("y1") or part["y2"])
        month = part.get("m1") or part.get("m2") or _month_number(part["m3"])
        day = part.get("d1") or part.get("d2") or part.get("d3") or part.get("d4")
        try:
            date = dt.date(year, int(month), int(day or 1))
        except ValueError:
            continue
        yield Quantity(
            *match.span(), _date_forms(date, has_day=bool(day)), f"m{date:%Y%m}", date if day else None
        )


def _month_number(name: str) -> int:
    return [month[:3].lower() for month in ENGLISH_MONTHS].index(name[:3].lower()) + 1


def _date_forms(date: dt.date, *, has_day: bool) -> tuple[str, ...]:
    if not has_day:
        return format_month(date, "zh"), format_month(date, "en")
    month = ENGLISH_MONTHS[date.month - 1]
    return (
        format_day(date, "zh"),
        format_day(date, "en"),
        f"{month} {date.day}, {date.year}",
        date.isoformat(),
    )


MAX_ALTERNATIVES: Final = 12
"""Renderings that are added to one term."""
_MAX_WORDS: Final = 8
"""Longest rendering, in terms of a query."""
_CAPITALS: Final = "!"

type Key = tuple[str, ...]
"""Stems of a rendering."""


class Form(NamedTuple):
    """A rendering of a concept. `forms`: all renderings to search for, the preferred first. `term`: glossary id, or 0."""

    written: str
    forms: tuple[str, ...]
    term: int = 0
    is_avoided: bool = False
    needs_capitals: bool = False

    @property
    def preferred(self) -> str:
        """Return the preferred rendering in the script of this one."""
        script = self.written.isascii()
        return next((form for form in self.forms if form.isascii() == script), self.forms[0])


class Concepts:
    """Index of renderings by their stems. Build it once per glossary."""

    def __init__(self, glossary: Iterable[tuple[int, str, TermData]] = ()) -> None:
        self._forms: dict[Key, list[Form]] = defaultdict(list)
        self._han: dict[str, dict[str, Form]] = defaultdict(dict)
        """Chinese renderings, folded, by their first two characters, the longest first."""
        for pk, _, term in glossary:
            self._add(_term_forms(pk, term))
        self._add(_lexicon_forms())
        for start, forms in self._han.items():
            self._han[start] = dict(sorted(forms.items(), key=lambda one: -len(one[0])))

    def _add(self, forms: Iterable[tuple[Key, Form]]) -> None:
        for key, form in forms:
            self._forms[key].append(form)
            if len(key) == 1 and not key[0].isascii() and len(key[0]) > 1:
                some = self._han[key[0][:2]]
                some[key[0]] = form if form.is_avoided else some.get(key[0], form)

    def find(self, key: Key) -> list[Form]:
        return self._forms.get(key, [])

    def find_alike(self, forms: Iterable[Form]) -> list[Form]:
        """Return the renderings of concepts for which others use our preferred rendering of these."""
        return [alike for form in forms for alike in self.find(_key(build_phrase(form.forms[0])))]

    def knows_word(self, folded: str) -> bool:
        return (folded,) in self._forms

    @cached_property
    def words(self) -> Mapping[str, None]:
        """Return the folded words of all renderings, in their order."""
        forms = dict.fromkeys(form.written for forms in self._forms.values() for form in forms)
        return dict.fromkeys(word.text for form in forms for word in build_phrase(form))

    def find_within(self, folded: str) -> Iterator[tuple[int, int, Form]]:
        """Yield start, end and form of Chinese renderings in a run, in text order, the longest at each position."""
        at = 0
        while at < len(folded) - 1:
            some = self._han.get(folded[at : at + 2], {})
            word = next((word for word in some if folded.startswith(word, at)), "")
            if word:
                yield at, at + len(word), some[word]
            at += len(word) or 1


@cache
def _lexicon_forms() -> list[tuple[Key, Form]]:
    found: list[tuple[Key, Form]] = []
    for forms, lookup_only in load_renderings():
        found += _index(forms, (*forms, *lookup_only))
    for row in load_default_wordings():
        forms = (*row.use_zh, row.avoid_zh)
        found += _index(forms, forms, avoided=[row.avoid_zh])
    return found


def _term_forms(pk: int, term: TermData) -> list[tuple[Key, Form]]:
    forms = tuple(dict.fromkeys([*term.renderings("zh")]))
    return _index(forms, forms, avoided=[*term.avoid_zh, *term.avoid_en], term=pk)


def _index(
    forms: tuple[str, ...], looked_up: Iterable[str], *, avoided: Iterable[str] = (), term: int = 0
) -> list[tuple[Key, Form]]:
    found = []
    for form in looked_up:
        written = form.removeprefix(_CAPITALS)
        if key := _key(build_phrase(written)):
            found.append((key, Form(written, forms, term, written in set(avoided), form != written)))
    return found


def _key(phrase: Phrase) -> Key:
    return tuple([word.stem for word in phrase])


class NearPhrases(NamedTuple):
    """Phrases that mean nearly the same as one, and what lies in the region that it names."""

    near: tuple[Phrase, ...]
    parts: tuple[Phrase, ...]


def find_near(phrase: Phrase) -> list[NearPhrases]:
    """Return the groups of `near_words.txt` that have the phrase."""
    return _index_near_words().get(_key(phrase), [])


@cache
def _index_near_words() -> Mapping[Key, list[NearPhrases]]:
    found: dict[Key, list[NearPhrases]] = defaultdict(list)
    for forms, parts in load_near_words():
        near = _build_phrases(forms)
        for key in dict.fromkeys(map(_key, near)):
            found[key].append(NearPhrases(near, _build_phrases(parts)))
    return dict(found)


def expand_query(query: ParsedQuery, concepts: Concepts) -> ParsedQuery:
    """Add alternatives to the flexible terms of a query."""
    others: list[dict[Phrase, None]] = [{} for _ in query.terms]
    used: list[Form] = []
    for start, end, forms in find_concepts(query, concepts):
        used += forms
        for ways in others[start:end]:
            for form in (*forms, *concepts.find_alike(forms)):
                ways.update(dict.fromkeys(_build_phrases(form.forms)))
    for start, end, phrases in _find_amounts_and_dates(query):
        for ways in others[start:end]:
            ways.update(dict.fromkeys(phrases))
    for term, ways in zip(query.terms, others, strict=True):
        if term.is_flexible and not ways:
            ways.update(_respell(term.alternatives[0], concepts, used))
    if not used and not any(others):
        return query
    terms = [_add_alternatives(term, list(ways)) for term, ways in zip(query.terms, others, strict=True)]
    spellings = {
        form.written: Spelling(form.written, form.preferred) for form in reversed(used) if form.is_avoided
    }
    ids = [form.term for form in used if form.term]
    return replace(
        query,
        terms=tuple(terms),
        spellings=tuple(reversed(spellings.values())),
        glossary_terms=tuple(dict.fromkeys(ids)),
    )


def _add_alternatives(term: QueryTerm, ways: list[Phrase]) -> QueryTerm:
    own = {_key(way) for way in term.alternatives}
    new = {_key(way): way for way in reversed(ways) if _key(way) not in own}
    return replace(term, alternatives=(*term.alternatives, *list(reversed(new.values()))[:MAX_ALTERNATIVES]))


@cache
def _build_phrases(forms: tuple[str, ...]) -> tuple[Phrase, ...]:
    return tuple(phrase for form in forms if (phrase := build_phrase(form)))


def find_concepts(query: ParsedQuery, concepts: Concepts) -> Iterator[tuple[int, int, list[Form]]]:
    """Yield start and end of the terms that name a concept, the longest first, and its renderings."""
    start = 0
    while start < len(query.terms):
        flexible = list(takewhile(lambda term: term.is_flexible, query.terms[start : start + _MAX_WORDS]))
        for count in range(len(flexible), 0, -1):
            key = tuple([stem for term in flexible[:count] for stem in _key(term.alternatives[0])])
            typed = query.text[flexible[0].span[0] : flexible[count - 1].span[1]]
            forms = [form for form in concepts.find(key) if typed.isupper() or not form.needs_capitals]
            if forms:
                yield start, start + count, forms
                start += count - 1
                break
        start += 1


def _find_amounts_and_dates(query: ParsedQuery) -> Iterator[tuple[int, int, list[Phrase]]]:
    """Yield start, end and spellings of each amount or date in the query."""
    if not any(
        character.isdigit() or character in "一二三四五六七八九十" for character in query.text
    ) and not any(word in query.text.lower() for word in ("illion", "thousand")):
        return
    for quantity in find_quantities(query.text):
        within = [
            n
            for n, term in enumerate(query.terms)
            if term.is_flexible and term.span[0] < quantity.end and quantity.start < term.span[1]
        ]
        if within:
            phrases = [build_phrase(form) for form in quantity.forms]
            yield within[0], within[-1] + 1, phrases


def _respell(phrase: Phrase, concepts: Concepts, used: list[Form]) -> dict[Phrase, None]:
    """Return the phrase with each Chinese name replaced by its preferred rendering: 東盟峰會 → 東協峰會."""
    words = []
    for word in phrase:
        text, at = "", 0
        for start, end, form in concepts.find_within(word.text) if word.is_han else ():
            used.append(form)
            text += word.text[at:start] + fold(form.preferred)
            at = end
        words.append(QueryWord(True, text + word.text[at:]) if at else word)
    return {} if tuple(words) == phrase else {tuple(words): None}
