"""Expand a query with the other renderings of its concepts, amounts and dates. Pure: no database."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from briefs.bilingual.checks import TermData
from briefs.bilingual.checks.chinese import load_default_wordings
from briefs.bilingual.lexicon import SHORT_NAMES, load_renderings, numbers_en, numbers_zh
from briefs.bilingual.lexicon.figure import Figure, blank_out_figures, blank_out_matches, format_decimal
from briefs.bilingual.text.date_format import ENGLISH_MONTHS, format_day, format_month

from .analysis import fold
from .query import ParsedQuery, Phrase, QueryTerm, QueryWord, Spelling, build_phrase, parse_unquoted

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


_NUMBER: Final = re.compile(
    r"[^\w]*[\d.,]*\s?[零〇一二兩两三四五六七八九十百千萬万億亿兆]*[\s-]?(?:trillion|billion|million|thousand)?",
    re.IGNORECASE,
)
"""The number at the beginning of a figure, without its unit."""


class Quantity(NamedTuple):
    """An amount without its unit, or a date, in a query. `month`: facet of a date's month, m202506."""

    start: int
    end: int
    forms: tuple[str, ...]
    month: str = ""


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
    number = _NUMBER.match(figure.raw)
    end = figure.start + len(number[0].rstrip()) if number and number[0].strip() else figure.end
    return Quantity(figure.start, end, tuple(forms))


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
        yield Quantity(*match.span(), _date_forms(date, has_day=bool(day)), f"m{date:%Y%m}")


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


COUNTRIES: Final = {fold(letter): name for letter, name in SHORT_NAMES.items() if letter not in "以加港陸義"}
"""Names of the countries of single characters that are rarely anything else beside another country."""
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
    """Whether it is another word in small letters. Then it is never searched for."""

    def fits(self, typed: str) -> bool:
        return typed.isupper() or typed == self.written or not self.needs_capitals

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
    forms: Iterable[str], looked_up: Iterable[str], *, avoided: Iterable[str] = (), term: int = 0
) -> list[tuple[Key, Form]]:
    found = []
    searched = tuple(form for form in forms if not needs_capitals(form)) or tuple(forms)
    for form in looked_up:
        written = form.removeprefix(_CAPITALS)
        if key := _key(build_phrase(written)):
            needs = form != written or (needs_capitals(form) and form not in searched)
            found.append((key, Form(written, searched, term, written in set(avoided), needs)))
    return found


@cache
def _list_words_in_capitals() -> frozenset[str]:
    looked_up = (form for renderings in load_renderings() for form in renderings.lookup_only)
    return frozenset(form.removeprefix(_CAPITALS) for form in looked_up if form.startswith(_CAPITALS))


def needs_capitals(form: str) -> bool:
    """Return whether a form is an acronym that is another word in small letters: WHO, US."""
    return form in _list_words_in_capitals()


def _key(phrase: Phrase) -> Key:
    return tuple([word.stem for word in phrase])


def expand_query(query: ParsedQuery, concepts: Concepts) -> ParsedQuery:
    """Make one term of each concept, amount and date among the flexible terms, with all its renderings."""
    typed = _name_countries(_join_amounts_and_dates(query))
    terms: list[QueryTerm] = []
    used: list[Form] = []
    while len(typed) > 0:
        count, forms = _find_concept(query.text, typed, concepts)
        used += forms
        if forms:
            terms.append(_build_concept_term(typed[:count], forms, concepts))
        elif typed[0].is_flexible and not typed[0].kind:
            terms.append(_respell(typed[0], concepts, used))
        else:
            terms.append(typed[0])
        typed = typed[count or 1 :]
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


@cache
def _build_phrases(forms: tuple[str, ...]) -> tuple[Phrase, ...]:
    return tuple(phrase for form in forms if (phrase := build_phrase(form)))


def _find_concept(text: str, terms: Sequence[QueryTerm], concepts: Concepts) -> tuple[int, list[Form]]:
    """Return how many of the first terms name a concept together, at most, and its renderings."""
    flexible = list(takewhile(lambda term: term.is_flexible and not term.kind, terms[:_MAX_WORDS]))
    for count in range(len(flexible), 0, -1):
        key = tuple([stem for term in flexible[:count] for stem in _key(term.alternatives[0])])
        typed = text[flexible[0].span[0] : flexible[count - 1].span[1]]
        if forms := [form for form in concepts.find(key) if form.fits(typed)]:
            return count, forms
    return 0, []


def _build_concept_term(terms: Sequence[QueryTerm], forms: Sequence[Form], concepts: Concepts) -> QueryTerm:
    """Build the term of a concept. An acronym that is also a word is not searched as typed: *who* for WHO."""
    typed = tuple(word for term in terms for word in term.alternatives[0])
    written = [form for one in (*forms, *concepts.find_alike(forms)) for form in one.forms]
    phrases = [] if any(form.needs_capitals for form in forms) else [typed]
    phrases += [phrase for form in written if (phrase := build_phrase(form))]
    ways: dict[Key, Phrase] = {}
    for phrase in phrases:
        ways.setdefault(_key(phrase), phrase)
    alternatives = tuple(ways.values())[: MAX_ALTERNATIVES + 1]
    english = [form for form in written if form.isascii()]
    is_name = bool(english) and all(form[0].isupper() for form in english)
    span = (terms[0].span[0], terms[-1].span[1])
    return QueryTerm(alternatives, span=span, kind="name" if is_name else "thing")


def _name_countries(terms: Sequence[QueryTerm]) -> list[QueryTerm]:
    """Replace single characters that are countries beside each other by their names: 英 法 核武."""
    letters = [
        COUNTRIES.get(term.alternatives[0][0].text, "") if term.is_flexible and not term.kind else ""
        for term in terms
    ]
    named = list(terms)
    for one, other in pairwise(range(len(terms))):
        if letters[one] and letters[other] and letters[one] != letters[other]:
            for n in (one, other):
                named[n] = replace(terms[n], alternatives=(build_phrase(letters[n]),))
    return named


def _join_amounts_and_dates(query: ParsedQuery) -> list[QueryTerm]:
    """Make a term of each amount and date, also within a longer run: 40億 of 40億美元."""
    terms, text = list(query.terms), query.text
    if not any(character.isdigit() or character in "一二三四五六七八九十" for character in text) and not any(
        word in text.lower() for word in ("illion", "thousand")
    ):
        return terms
    for quantity in find_quantities(text):
        within = [
            n
            for n, term in enumerate(terms)
            if term.is_flexible and term.span[0] < quantity.end and quantity.start < term.span[1]
        ]
        if within:
            first, last = within[0], within[-1]
            written = (text[quantity.start : quantity.end], *quantity.forms)
            term = QueryTerm(
                tuple(dict.fromkeys(_build_phrases(written))),
                span=(quantity.start, quantity.end),
                kind="figure",
                month=quantity.month,
            )
            before = parse_unquoted(text, terms[first].span[0], quantity.start)
            after = parse_unquoted(text, quantity.end, terms[last].span[1])
            terms[first : last + 1] = [*before, term, *after]
    return terms


def _respell(term: QueryTerm, concepts: Concepts, used: list[Form]) -> QueryTerm:
    """Add the phrase with each Chinese name replaced by its preferred rendering: 東盟峰會, 東協峰會."""
    phrase = term.alternatives[0]
    words = []
    for word in phrase:
        text, at = "", 0
        for start, end, form in concepts.find_within(word.text) if word.is_han else ():
            used.append(form)
            text += word.text[at:start] + fold(form.preferred)
            at = end
        words.append(QueryWord(True, text + word.text[at:]) if at else word)
    other = tuple(words)
    return term if other == phrase else replace(term, alternatives=(phrase, other))
