"""Find glossary terms that occur on one side only, and renderings that the glossary avoids.

The longest form is matched first, so that 延伸嚇阻 is not also counted as 嚇阻. An avoided form still counts as
a mention of the term, and is allowed inside quotations.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from briefs.checks.bilingual.name_agreement import ASCII_LOWER, find_occurrences
from briefs.checks.bilingual.paired_names import BUILT_IN_TERMS
from briefs.checks.context import CheckContext, TermData
from briefs.checks.finding import Finding, FindingField
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, find_sentence_start, list_side_texts, match_case
from briefs.checks.spans import ClaimedSpans
from briefs.checks.texts import fold_characters, has_words, mask_urls
from briefs.content import SIDES, Bullet, Content, Side

_DIRECTIONS: tuple[tuple[Side, Side], ...] = (("zh", "en"), ("en", "zh"))
_PLURAL = re.compile("(?:e?s)(?![a-z])")
_FOLD = {ord("臺"): "台", ord("-"): " ", 0xA0: " "}
# In these words 算法 means "method of calculation".
_SAFE_ZH = ("計算法", "估算法", "換算法", "運算法", "推算法", "驗算法")


@dataclass(frozen=True, slots=True)
class _TermForm:
    """One way to write a term.

    `exact` marks an avoided form that differs from an approved one only in capitals or a hyphen.
    """

    written: str
    kind: Literal["safe", "avoid", "approved"]
    term: TermData | None = None
    exact: bool = False


_TextKey = tuple[FindingField, int | None]


@dataclass(frozen=True, slots=True)
class _SearchableText:
    """A text with its folded and lower-case copies for searching."""

    text: CheckedText
    folded: str
    lower: str

    @classmethod
    def from_text(cls, text: CheckedText) -> "_SearchableText":
        folded = fold_characters(text.without_urls).translate(_FOLD)
        return cls(text, folded, folded.translate(ASCII_LOWER))

    @property
    def key(self) -> _TextKey:
        return self.text.field, self.text.bullet

    def find_spans(self, form: _TermForm, *, first: bool = False) -> list[tuple[int, int]]:
        if form.exact:
            return find_occurrences(form.written, fold_characters(self.text.without_urls), first=first)
        return find_occurrences(form.written, self.folded, self.lower, first=first)

    def contains(self, form: str) -> bool:
        return bool(find_occurrences(_fold_form(form), self.folded, self.lower, first=True))


def check(content: Content, context: CheckContext) -> list[Finding]:
    if not context.terms:
        return []
    read = {
        side: [_SearchableText.from_text(text) for text in list_side_texts(content, side)] for side in SIDES
    }
    found: list[Finding] = []
    for side, other in _DIRECTIONS:
        forms, places = (
            _forms_present(read[side], side, context),
            {reading.key: reading for reading in read[other]},
        )
        for reading in read[side]:
            found += _check_text(reading, forms, _other_side(reading, places))
    return found


@dataclass(frozen=True, slots=True)
class RenderingCount:
    """How often one rendering of a term occurs in a text, and its status in the glossary."""

    written: str
    kind: Literal["preferred", "accepted", "avoided"]
    count: int


def find_terms_in_pair(zh: str, en: str, context: CheckContext) -> list[tuple[TermData, frozenset[Side]]]:
    """Return the terms used in a pair, in text order, each with the sides on which any rendering occurs."""
    content = Content(bullets=(Bullet(1, zh, en),))
    read = {
        side: _SearchableText.from_text(text) for side in SIDES for text in list_side_texts(content, side)
    }
    found: dict[TermData, None] = {}
    for side, reading in read.items():
        for form, _ in _find_matches(reading, _forms_present([reading], side, context)):
            if form.term:
                found.setdefault(form.term)
    return [
        (term, frozenset(side for side, reading in read.items() if _is_rendered(term, reading)))
        for term in found
    ]


def count_term_renderings(
    text: str, side: Side, term: TermData, context: CheckContext
) -> list[RenderingCount]:
    """Count the renderings of a term in a text, leaving out those inside a longer form of another term."""
    content = Content(bullets=(Bullet(1, text, "") if side == "zh" else Bullet(1, "", text),))
    counted: dict[tuple[str, str], int] = {}
    for reading in map(_SearchableText.from_text, list_side_texts(content, side)):
        for form, (start, end) in _find_matches(reading, _forms_present([reading], side, context)):
            if form.term == term:
                key = (text[start:end], _kind_of(form, term, side))
                counted[key] = counted.get(key, 0) + 1
    return [RenderingCount(written, kind, n) for (written, kind), n in counted.items()]  # type: ignore[arg-type]


def find_term_spans(
    side_texts: Sequence[str], side: Side, context: CheckContext
) -> list[list[tuple[TermData, int, int]]]:
    """Return, for each text, the approved and accepted renderings with start and end, in text order.

    The span includes an English plural ending.
    """
    readings = [
        _SearchableText.from_text(CheckedText("bullet", n, side, text, mask_urls(text)))
        for n, text in enumerate(side_texts)
    ]
    forms = _forms_present(readings, side, context)
    return [
        [
            (form.term, start, end + len(_plural_ending(reading, end)) if side == "en" else end)
            for form, (start, end) in _find_matches(reading, forms)
            if form.kind == "approved" and form.term
        ]
        for reading in readings
    ]


def _plural_ending(reading: _SearchableText, end: int) -> str:
    found = _PLURAL.match(reading.lower, end)
    return found[0] if found else ""


def _kind_of(form: _TermForm, term: TermData, side: Side) -> str:
    preferred = term.zh if side == "zh" else term.en
    if form.kind == "avoid":
        return "avoided"
    return "preferred" if form.written == _singular(_fold_form(preferred)) else "accepted"


def _other_side(reading: _SearchableText, places: dict[_TextKey, _SearchableText]) -> _SearchableText | None:
    """Return the other language of a text. None for a headline, which may shorten, and for an empty side."""
    other = None if reading.text.field == "headline" else places.get(reading.key)
    return other if other and has_words(other.text.original) else None


def _check_text(
    reading: _SearchableText, forms: Iterable[_TermForm], other: _SearchableText | None
) -> Iterator[Finding]:
    text, own, told = reading.text, reading.text.without_quotations, set()
    for form, (start, end) in _find_matches(reading, forms):
        if form.term is None:
            continue
        quoted = own[start:end] != text.without_urls[start:end]
        if form.kind == "avoid" and not quoted and not (form.exact and text.field == "headline"):
            yield _avoided_finding(reading, form, form.term, start, end)
        elif other and form.term not in told and not _is_rendered(form.term, other):
            told.add(form.term)
            yield _one_sided_finding(text, form.term, start, end)


def _find_matches(
    reading: _SearchableText, forms: Iterable[_TermForm]
) -> Iterator[tuple[_TermForm, tuple[int, int]]]:
    taken = ClaimedSpans(len(reading.folded))
    found = []
    for form in forms:
        found += [(form, span) for span in reading.find_spans(form)[:MAX_FINDINGS] if taken.claim(*span)]
    yield from sorted(found, key=lambda match: match[1])


def _avoided_finding(
    reading: _SearchableText, form: _TermForm, term: TermData, start: int, end: int
) -> Finding:
    text = reading.text
    return text.build_replacement_finding(
        "glossary.avoid",
        (start, end),
        term.zh if text.side == "zh" else _correct_english(reading, form, term, start, end),
    )


def _correct_english(reading: _SearchableText, form: _TermForm, term: TermData, start: int, end: int) -> str:
    """Return the preferred English with suitable capitals.

    The glossary's own capitals are kept (QUAD); so are those required by the position (Grey zone).
    """
    text = reading.text
    if reading.folded[start:end] != form.written and not form.exact:
        return match_case(text.original[start:end], term.en)
    opens = not text.without_urls[find_sentence_start(text.without_urls, start) : start].strip(" “‘\"'(")
    return term.en[0].upper() + term.en[1:] if opens else term.en


def _one_sided_finding(text: CheckedText, term: TermData, start: int, end: int) -> Finding:
    rendering = term.en if text.side == "zh" else term.zh
    values = {"value": text.original[start:end], "b": rendering}
    return text.build_finding(f"glossary.{text.side}_only", (start, end), values)


def _is_rendered(term: TermData, other: _SearchableText) -> bool:
    """Return whether the term, or its built-in pair, occurs in any form, even within a longer form."""
    return any(other.contains(form) for form in _renderings(term, other.text.side))


@lru_cache(maxsize=4096)
def _renderings(term: TermData, side: Side) -> tuple[str, ...]:
    own = {"zh": {term.zh, *term.also_zh}, "en": {term.en, *term.also_en}}
    more = [row for row in BUILT_IN_TERMS if own["zh"] & {*row.also_zh} or own["en"] & {*row.also_en}]
    forms = [*term.renderings(side), *(form for row in more for form in row.renderings(side))]
    return tuple(_singular(form) for form in forms)


def _singular(form: str) -> str:
    """Remove a plural s, because a match may end in one: rare earths, rare-earth."""
    return form[:-1] if form.isascii() and len(form) > 4 and form.endswith("s") and form[-2] != "s" else form


def _forms_present(readings: list[_SearchableText], side: Side, context: CheckContext) -> list[_TermForm]:
    """Return the forms that occur anywhere in the given texts."""
    lower = "\n".join(reading.lower for reading in readings)
    return [form for form, needle in _forms(context, side) if needle in lower]


@lru_cache(maxsize=16)
def _forms(context: CheckContext, side: Side) -> tuple[tuple[_TermForm, str], ...]:
    """Return every form with its search string, longest first; of equal length: safe, avoided, approved."""
    forms = [_TermForm(_fold_form(form), "safe") for form in _safe_words(context, side)]
    for term in context.terms:
        own = (term.zh, *term.also_zh) if side == "zh" else (term.en, *term.also_en)
        approved = {_fold_form(form).lower(): form for form in own if form}
        forms += [_TermForm(_singular(_fold_form(form)), "approved", term) for form in approved.values()]
        for form in term.avoid_zh if side == "zh" else term.avoid_en:
            exact = _fold_form(form).lower() in approved
            forms.append(
                _TermForm(fold_characters(form) if exact else _fold_form(form), "avoid", term, exact)
            )
    order = {"safe": 0, "avoid": 1, "approved": 2}
    forms.sort(key=lambda form: (-len(form.written), order[form.kind]))
    return tuple((form, _fold_form(form.written).translate(ASCII_LOWER)) for form in forms if form.written)


def _safe_words(context: CheckContext, side: Side) -> set[str]:
    """Return words that hide a match inside them: safe words of terms and mainland list, and known names."""
    safe = {form for term in context.terms for form in (term.safe_zh if side == "zh" else term.safe_en)}
    if side == "zh":
        safe |= {word for row in context.mainland_wordings for word in row.safe} | {*_SAFE_ZH}
    return safe | set(context.names)


def _fold_form(form: str) -> str:
    return fold_characters(form).translate(_FOLD)
