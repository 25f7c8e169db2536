"""The glossary: a term that stands on one side only, and renderings to avoid.

The longest form claims its place first, so that 延伸嚇阻 is not also 嚇阻. A form that the glossary avoids still
says that the concept is there, and quoted words may keep it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from briefs.checks.bilingual.name_agreement import ASCII_LOWER, occurrences
from briefs.checks.bilingual.paired_names import PAIRED
from briefs.checks.context import Context, TermData
from briefs.checks.finding import Field, Finding
from briefs.checks.repairs import MOST, Text, cased, sentence_start, texts
from briefs.checks.spans import Taken
from briefs.checks.texts import fold, has_words, masked_urls
from briefs.content import SIDES, Bullet, Content, Side

_BOTH_WAYS: tuple[tuple[Side, Side], ...] = (("zh", "en"), ("en", "zh"))
_PLURAL = re.compile("(?:e?s)(?![a-z])")
_FOLD = {ord("臺"): "台", ord("-"): " ", 0xA0: " "}
# 算法 is method of calculation in these.
_SAFE_ZH = ("計算法", "估算法", "換算法", "運算法", "推算法", "驗算法")


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a term. `exact` is one that differs from an approved one by capitals or a hyphen alone."""

    written: str
    kind: Literal["safe", "avoid", "approved"]
    term: TermData | None = None
    exact: bool = False


_Place = tuple[Field, int | None]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text, as it is searched: folded, and in small letters."""

    text: Text
    folded: str
    lower: str

    @classmethod
    def of(cls, text: Text) -> "_Reading":
        folded = fold(text.plain).translate(_FOLD)
        return cls(text, folded, folded.translate(ASCII_LOWER))

    @property
    def place(self) -> _Place:
        return self.text.field, self.text.bullet

    def places(self, form: _Form, *, first: bool = False) -> list[tuple[int, int]]:
        if form.exact:
            return occurrences(form.written, fold(self.text.plain), first=first)
        return occurrences(form.written, self.folded, self.lower, first=first)

    def has(self, form: str) -> bool:
        return bool(occurrences(_folded(form), self.folded, self.lower, first=True))


def check(content: Content, context: Context) -> list[Finding]:
    if not context.terms:
        return []
    read = {side: [_Reading.of(text) for text in texts(content, side)] for side in SIDES}
    found: list[Finding] = []
    for side, other in _BOTH_WAYS:
        forms, places = (
            _present(read[side], side, context),
            {reading.place: reading for reading in read[other]},
        )
        for reading in read[side]:
            found += _check_text(reading, forms, _across(reading, places))
    return found


@dataclass(frozen=True, slots=True)
class Uses:
    """A rendering of one term in one text: as it is written there, how the glossary sees it, how often."""

    written: str
    kind: Literal["preferred", "accepted", "avoided"]
    n: int


def standing_terms(zh: str, en: str, context: Context) -> list[tuple[TermData, frozenset[Side]]]:
    """The terms that a pair uses, in the order of its words, and on which sides each stands in any rendering."""
    content = Content(bullets=(Bullet(1, zh, en),))
    read = {side: _Reading.of(text) for side in SIDES for text in texts(content, side)}
    found: dict[TermData, None] = {}
    for side, reading in read.items():
        for form, _ in _matches(reading, _present([reading], side, context)):
            if form.term:
                found.setdefault(form.term)
    return [
        (term, frozenset(side for side, reading in read.items() if _rendered(term, reading)))
        for term in found
    ]


def uses(text: str, side: Side, term: TermData, context: Context) -> list[Uses]:
    """Every rendering of the term that stands in a text, never inside a longer form of another one."""
    content = Content(bullets=(Bullet(1, text, "") if side == "zh" else Bullet(1, "", text),))
    counted: dict[tuple[str, str], int] = {}
    for reading in map(_Reading.of, texts(content, side)):
        for form, (start, end) in _matches(reading, _present([reading], side, context)):
            if form.term == term:
                key = (text[start:end], _kind_of(form, term, side))
                counted[key] = counted.get(key, 0) + 1
    return [Uses(written, kind, n) for (written, kind), n in counted.items()]  # type: ignore[arg-type]


def standings(words: Sequence[str], side: Side, context: Context) -> list[list[tuple[TermData, int, int]]]:
    """Of each text the approved and accepted renderings in it, from where to where, in their order.

    An English plural is taken whole.
    """
    readings = [_Reading.of(Text("bullet", n, side, text, masked_urls(text))) for n, text in enumerate(words)]
    forms = _present(readings, side, context)
    return [
        [
            (form.term, start, end + len(_plural(reading, end)) if side == "en" else end)
            for form, (start, end) in _matches(reading, forms)
            if form.kind == "approved" and form.term
        ]
        for reading in readings
    ]


def _plural(reading: _Reading, end: int) -> str:
    found = _PLURAL.match(reading.lower, end)
    return found[0] if found else ""


def _kind_of(form: _Form, term: TermData, side: Side) -> str:
    preferred = term.zh if side == "zh" else term.en
    if form.kind == "avoid":
        return "avoided"
    return "preferred" if form.written == _singular(_folded(preferred)) else "accepted"


def _across(reading: _Reading, places: dict[_Place, _Reading]) -> _Reading | None:
    """The other language of a pair. None in a headline, which may shorten, and where nothing is written."""
    other = None if reading.text.field == "headline" else places.get(reading.place)
    return other if other and has_words(other.text.original) else None


def _check_text(reading: _Reading, forms: Iterable[_Form], other: _Reading | None) -> Iterator[Finding]:
    text, own, told = reading.text, reading.text.own, set()
    for form, (start, end) in _matches(reading, forms):
        if form.term is None:
            continue
        quoted = own[start:end] != text.plain[start:end]
        if form.kind == "avoid" and not quoted and not (form.exact and text.field == "headline"):
            yield _avoided(reading, form, form.term, start, end)
        elif other and form.term not in told and not _rendered(form.term, other):
            told.add(form.term)
            yield _alone(text, form.term, start, end)


def _matches(reading: _Reading, forms: Iterable[_Form]) -> Iterator[tuple[_Form, tuple[int, int]]]:
    taken = Taken(len(reading.folded))
    found = []
    for form in forms:
        found += [(form, span) for span in reading.places(form)[:MOST] if taken.take(*span)]
    yield from sorted(found, key=lambda match: match[1])


def _avoided(reading: _Reading, form: _Form, term: TermData, start: int, end: int) -> Finding:
    text = reading.text
    return text.change(
        "glossary.avoid",
        (start, end),
        term.zh if text.side == "zh" else _english(reading, form, term, start, end),
    )


def _english(reading: _Reading, form: _Form, term: TermData, start: int, end: int) -> str:
    """Capitals of its own stay as the glossary has them: QUAD. Those of its place are kept: Grey zone."""
    text = reading.text
    if reading.folded[start:end] != form.written and not form.exact:
        return cased(text.original[start:end], term.en)
    opens = not text.plain[sentence_start(text.plain, start) : start].strip(" “‘\"'(")
    return term.en[0].upper() + term.en[1:] if opens else term.en


def _alone(text: Text, term: TermData, start: int, end: int) -> Finding:
    rendering = term.en if text.side == "zh" else term.zh
    values = {"value": text.original[start:end], "b": rendering}
    return text.finding(f"glossary.{text.side}_only", (start, end), values)


def _rendered(term: TermData, other: _Reading) -> bool:
    """In any of its forms, even within a longer one, or by a pair that is built in."""
    return any(other.has(form) for form in _renderings(term, other.text.side))


@lru_cache(maxsize=4096)
def _renderings(term: TermData, side: Side) -> tuple[str, ...]:
    own = {"zh": {term.zh, *term.also_zh}, "en": {term.en, *term.also_en}}
    more = [row for row in PAIRED if own["zh"] & {*row.also_zh} or own["en"] & {*row.also_en}]
    forms = [*term.forms(side), *(form for row in more for form in row.forms(side))]
    return tuple(_singular(form) for form in forms)


def _singular(form: str) -> str:
    """Without a plural s, which a match may have anyway: rare earths, rare-earth."""
    return form[:-1] if form.isascii() and len(form) > 4 and form.endswith("s") and form[-2] != "s" else form


def _present(readings: list[_Reading], side: Side, context: Context) -> list[_Form]:
    """The forms that stand anywhere in the brief."""
    lower = "\n".join(reading.lower for reading in readings)
    return [form for form, needle in _forms(context, side) if needle in lower]


@lru_cache(maxsize=16)
def _forms(context: Context, side: Side) -> tuple[tuple[_Form, str], ...]:
    """Every form with what to look for, the longest first, and one to avoid before an approved one."""
    forms = [_Form(_folded(form), "safe") for form in _safe(context, side)]
    for term in context.terms:
        own = (term.zh, *term.also_zh) if side == "zh" else (term.en, *term.also_en)
        approved = {_folded(form).lower(): form for form in own if form}
        forms += [_Form(_singular(_folded(form)), "approved", term) for form in approved.values()]
        for form in term.avoid_zh if side == "zh" else term.avoid_en:
            exact = _folded(form).lower() in approved
            forms.append(_Form(fold(form) if exact else _folded(form), "avoid", term, exact))
    order = {"safe": 0, "avoid": 1, "approved": 2}
    forms.sort(key=lambda form: (-len(form.written), order[form.kind]))
    return tuple((form, _folded(form.written).translate(ASCII_LOWER)) for form in forms if form.written)


def _safe(context: Context, side: Side) -> set[str]:
    """Words in which a match is none: of the terms, of the mainland list, and the names of people and sources."""
    safe = {form for term in context.terms for form in (term.safe_zh if side == "zh" else term.safe_en)}
    if side == "zh":
        safe |= {word for row in context.mainland for word in row.safe} | {*_SAFE_ZH}
    return safe | set(context.names)


def _folded(form: str) -> str:
    return fold(form).translate(_FOLD)
