"""Find glossary terms that occur on one side only, and renderings that the glossary avoids.

The longest form is matched first, so that 延伸嚇阻 is not also counted as 嚇阻. An avoided form still counts as
a mention of the term, and is allowed inside quotations.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self

from briefs.bilingual.checks.names import ASCII_LOWER, BUILT_IN_TERMS, find_occurrences
from briefs.bilingual.checks.texts import (
    MAX_FINDINGS,
    CheckContext,
    CheckedText,
    Finding,
    Span,
    TermData,
    check,
    claim_span,
    fold_characters,
    fold_for_names,
    gettext_noop,
    has_words,
    iterate_text_pairs,
    list_side_texts,
    match_case,
    opens_sentence,
)
from briefs.bilingual.lexicon.dictionary import find_stems_en, is_own_word
from briefs.content import SIDES, Content, Side

_DIRECTIONS: tuple[tuple[Side, Side], ...] = (("zh", "en"), ("en", "zh"))
_PLURAL = re.compile("(?:e?s)(?![a-z])")
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


@dataclass(frozen=True, slots=True)
class _SearchableText:
    """A text with its folded and lower-case copies for searching."""

    text: CheckedText
    folded: str
    lower: str

    @classmethod
    def from_text(cls, text: CheckedText) -> Self:
        folded = fold_for_names(text.without_urls)
        return cls(text, folded, folded.translate(ASCII_LOWER))

    @classmethod
    def from_bullet(cls, text: str, side: Side, number: int = 1) -> Self:
        return cls.from_text(CheckedText.from_text("bullet", number, side, text))

    def find_spans(self, form: _TermForm) -> list[Span]:
        if form.exact:
            return find_occurrences(form.written, fold_characters(self.text.without_urls))
        return find_occurrences(form.written, self.folded, self.lower)

    def contains(self, form: str) -> bool:
        return bool(find_occurrences(fold_for_names(form), self.folded, self.lower, first=True))


@check(
    is_plain=True,
    messages={
        "zh_only": gettext_noop("%(value)s appears in the Chinese only. Is it missing from the English?"),
        "en_only": gettext_noop("%(value)s appears in the English only. Is it missing from the Chinese?"),
        "avoid": gettext_noop("The glossary prefers %(b)s to %(a)s."),
    },
)
def check_glossary(content: Content, context: CheckContext) -> list[Finding]:
    if not context.terms:
        return []
    read = {
        side: {
            (text.field, text.bullet): _SearchableText.from_text(text)
            for text in list_side_texts(content, side)
        }
        for side in SIDES
    }
    findings: list[Finding] = []
    for side, other in _DIRECTIONS:
        forms = _forms_present(read[side].values(), side, context)
        for key, reading in read[side].items():
            findings += _check_text(reading, forms, read[other].get(key))
    return findings


def find_terms_in_pair(zh: str, en: str, context: CheckContext) -> list[tuple[TermData, frozenset[Side]]]:
    """Return the terms used in a pair, in text order, each with the sides on which any rendering occurs."""
    read = _read_pair((zh, en))
    used_terms: dict[TermData, None] = {}
    for side, reading in read.items():
        for form, _ in _find_matches(reading, _forms_present([reading], side, context)):
            if form.term:
                used_terms.setdefault(form.term)
    return [
        (term, frozenset(side for side, reading in read.items() if _is_rendered(term, reading)))
        for term in used_terms
    ]


def _read_pair(pair: tuple[str, str]) -> dict[Side, _SearchableText]:
    return {side: _SearchableText.from_bullet(text, side) for side, text in zip(SIDES, pair, strict=True)}


def find_term_spans(
    pairs: Sequence[tuple[str, str]], context: CheckContext
) -> list[dict[Side, list[tuple[TermData, int, int]]]]:
    """Return, for each pair and side, the approved and accepted renderings with start and end, in text order.

    A rendering counts if it is a word of its own and the other text has a rendering of the same term. The span includes
    an English plural ending.
    """
    read = [_read_pair(pair) for pair in pairs]
    forms = {side: _forms_present([both[side] for both in read], side, context) for side in SIDES}
    spans_by_pair: list[dict[Side, list[tuple[TermData, int, int]]]] = []
    for both in read:
        matches = {side: [*_find_words(both[side], forms[side])] for side in SIDES}
        terms = {side: {term for _, term, _ in matches[side]} for side in SIDES}
        spans_by_pair.append(
            {
                side: [
                    (term, start, end + len(_plural_ending(both[side], end) if side == "en" else ""))
                    for kind, term, (start, end) in matches[side]
                    if kind == "approved" and (term in terms[other] or _has_built_in_pair(term, both[other]))
                ]
                for side, other in _DIRECTIONS
            }
        )
    return spans_by_pair


def _find_words(reading: _SearchableText, forms: Iterable[_TermForm]) -> Iterator[tuple[str, TermData, Span]]:
    """Yield kind, term and span of the mentions that are words of their own."""
    for form, (start, end) in _find_matches(reading, forms):
        if form.term and (
            reading.text.side == "en" or is_own_word(reading.folded, start, end, _stems(form.term))
        ):
            yield form.kind, form.term, (start, end)


def _has_built_in_pair(term: TermData, other: _SearchableText) -> bool:
    """Return whether the other text has a rendering that the checks know besides the glossary's: AI for 人工智慧."""
    own, side = term.renderings(other.text.side), other.text.side
    return any(
        other.contains(form)
        for form in list_renderings(term, side)
        if form not in own and (side == "en" or not form.isascii())
    )


@lru_cache(maxsize=4096)
def _stems(term: TermData) -> frozenset[str]:
    return frozenset(find_stems_en(" ".join(term.approved("en"))))


def _plural_ending(reading: _SearchableText, end: int) -> str:
    match = _PLURAL.match(reading.lower, end)
    return match[0] if match else ""


def _check_text(
    reading: _SearchableText, forms: Iterable[_TermForm], other: _SearchableText | None
) -> Iterator[Finding]:
    text, own, reported_terms = reading.text, reading.text.without_quotations, set()
    if text.field == "headline" or not (other and has_words(other.text.original)):
        other = None  # a headline may leave out a term, and an empty side has none yet
    for form, (start, end) in _find_matches(reading, forms):
        if form.term is None:
            continue
        quoted = own[start:end] != text.without_urls[start:end]
        if form.kind == "avoid" and not quoted and not (form.exact and text.field == "headline"):
            right = (
                form.term.zh if text.side == "zh" else _correct_english(reading, form, form.term, start, end)
            )
            yield text.build_replacement_finding("glossary.avoid", (start, end), right)
        elif other and form.term not in reported_terms and not _is_rendered(form.term, other):
            reported_terms.add(form.term)
            values = {"value": text.original[start:end], "b": form.term.approved(other.text.side)[0]}
            yield text.build_finding(f"glossary.{text.side}_only", (start, end), values)


def _find_matches(
    reading: _SearchableText, forms: Iterable[_TermForm]
) -> Iterator[tuple[_TermForm, tuple[int, int]]]:
    taken: set[int] = set()
    matches = []
    for form in forms:
        spans = reading.find_spans(form)[:MAX_FINDINGS]
        matches += [(form, span) for span in spans if claim_span(taken, span)]
    yield from sorted(matches, key=lambda match: match[1])


def _correct_english(reading: _SearchableText, form: _TermForm, term: TermData, start: int, end: int) -> str:
    """Return the preferred English with suitable capitals.

    The glossary's own capitals are kept (QUAD); so are those required by the position (Grey zone).
    """
    text = reading.text
    if reading.folded[start:end] != form.written and not form.exact:
        return match_case(text.original[start:end], term.en)
    return term.en[0].upper() + term.en[1:] if opens_sentence(text.without_urls, start) else term.en


def _is_rendered(term: TermData, other: _SearchableText) -> bool:
    """Return whether the term, or its built-in pair, occurs in any form, even within a longer form."""
    return any(other.contains(form) for form in list_renderings(term, other.text.side))


@lru_cache(maxsize=4096)
def list_renderings(term: TermData, side: Side) -> tuple[str, ...]:
    """Return every rendering of a term on one side, with those that the checks know besides the glossary's."""
    zh, en = {*term.approved("zh")}, {*term.approved("en")}
    more = [row for row in BUILT_IN_TERMS if zh & {*row.also_zh} or en & {*row.also_en}]
    forms = [*term.renderings(side), *(form for row in more for form in row.renderings(side))]
    return tuple(_singular(form) for form in forms)


def _singular(form: str) -> str:
    """Remove a plural s, because a match may end in one: rare earths, rare-earth."""
    return form[:-1] if form.isascii() and len(form) > 4 and form.endswith("s") and form[-2] != "s" else form


def _forms_present(
    readings: Collection[_SearchableText], side: Side, context: CheckContext
) -> list[_TermForm]:
    """Return the forms that occur anywhere in the given texts."""
    lower = "\n".join(reading.lower for reading in readings)
    return [form for form, needle in _forms(context, side) if needle in lower]


@lru_cache(maxsize=16)
def _forms(context: CheckContext, side: Side) -> tuple[tuple[_TermForm, str], ...]:
    """Return every form with its search string, longest first; of equal length: safe, avoided, approved."""
    forms = [_TermForm(fold_for_names(form), "safe") for form in _safe_words(context, side)]
    for term in context.terms:
        approved = {fold_for_names(form).lower(): form for form in term.approved(side) if form}
        forms += [_TermForm(_singular(fold_for_names(form)), "approved", term) for form in approved.values()]
        for form in term.avoid_zh if side == "zh" else term.avoid_en:
            exact = fold_for_names(form).lower() in approved
            written = fold_characters(form) if exact else fold_for_names(form)
            forms.append(_TermForm(written, "avoid", term, exact))
    order = {"safe": 0, "avoid": 1, "approved": 2}
    forms.sort(key=lambda form: (-len(form.written), order[form.kind]))
    return tuple(
        (form, fold_for_names(form.written).translate(ASCII_LOWER)) for form in forms if form.written
    )


def _safe_words(context: CheckContext, side: Side) -> set[str]:
    """Return words that hide a match inside them: safe words of terms and mainland list, and known names."""
    safe = {form for term in context.terms for form in (term.safe_zh if side == "zh" else term.safe_en)}
    if side == "zh":
        safe |= {word for row in context.mainland_wordings for word in row.safe} | {*_SAFE_ZH}
    return safe | set(context.names)


_UNFILTERED_LIMIT = 300
_LONG_PREFIX, _SHORT_PREFIX = 4, 2


def prefilter_names(names: tuple[str, ...], content: Content) -> tuple[str, ...]:
    """Return the names whose prefix occurs in the content; all names if there are at most 300."""
    if len(names) <= _UNFILTERED_LIMIT:
        return names
    text = fold_for_names(
        "\n".join(side for pair in iterate_text_pairs(content) for side in (pair.zh, pair.en))
    ).lower()
    grams = {text[at : at + n] for n in (1, _SHORT_PREFIX, _LONG_PREFIX) for at in range(len(text))}
    index = _index_by_prefix(names)
    return tuple(name for gram in sorted(grams & index.keys()) for name in index[gram])


@lru_cache(maxsize=4)
def _index_by_prefix(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Index names by their first four characters, or two or one for shorter names."""
    index: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folded = fold_for_names(name).lower()
        n = next((n for n in (_LONG_PREFIX, _SHORT_PREFIX) if len(folded) >= n), 1)
        index[folded[:n]].append(name)
    return index
