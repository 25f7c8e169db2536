"""The lens: highlight words that both languages must share: negations, modals and directions, numbers, names.

Words and counterparts are found as by the checks: a word is lit if it is linked, and boxed if the corresponding clause of
the other language lacks it. Names and figures are also boxed where they have no counterpart in the whole pair.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from briefs.checks.claims import find_claim_findings
from briefs.checks.glossary import find_mentions
from briefs.checks.meaning import (
    find_by_sentence,
    find_contrast,
    find_lone_negations,
    find_opposed,
    link_texts,
    match_negations,
)
from briefs.checks.names import KnownNames, find_terms_in_both
from briefs.checks.numbers import SideFigures, find_lone_names, find_unit_mismatches
from briefs.checks.texts import CheckContext, Span, TermData, TextPair, has_words
from briefs.content import SIDES, Side
from briefs.lexicon.figure import Figure
from briefs.lexicon.meanings import NAME_SECTIONS, Meaning
from briefs.lexicon.word_links import Word

LensKind = Literal["negation", "modal", "number", "name"]
LENS_KINDS: tuple[LensKind, ...] = ("negation", "modal", "number", "name")

_SECTION_KINDS: dict[str, LensKind] = {
    **dict.fromkeys(("multiple", "share", "percentage", "currency"), "number"),
    **dict.fromkeys(("month", "weekday", "season"), "number"),
    **dict.fromkeys(NAME_SECTIONS, "name"),
}
_AXIS_KINDS: dict[str, LensKind] = {
    **dict.fromkeys(
        ("direction", "limit", "compare", "modality", "prohibition", "likely", "maxmin"), "modal"
    ),
    **dict.fromkeys(("scope", "relative year", "relative day"), "number"),
}
_UNLIT = "recommend"
"""A pole whose words are mostly nouns: 建議, *proposals*."""
_DIRECTIONS: tuple[tuple[Side, Side], ...] = (("zh", "en"), ("en", "zh"))
_ORDER: tuple[LensKind, ...] = ("negation", "name", "number", "modal")
"""Of overlapping words with the same length, the one whose kind comes first is shown."""
_NO_SPANS: tuple[Span, Span] = ((0, 0), (0, 0))


@dataclass(frozen=True, slots=True)
class LensSpan:
    """A highlighted word. `partner`: index of its counterpart in the other side's spans; None without one."""

    start: int
    end: int
    kind: LensKind
    is_matched: bool
    partner: int | None = None


LensSpans = dict[Side, list[LensSpan]]


def light_pair(zh: str, en: str, context: CheckContext) -> LensSpans:
    return next(light_pairs([(zh, en)], context))


def light_pairs(pairs: Sequence[tuple[str, str]], context: CheckContext) -> Iterator[LensSpans]:
    """Yield the highlighted words of each pair by side, in text order. A pair with an empty side has none."""
    pairs = [pair if all(map(has_words, pair)) else ("", "") for pair in pairs]
    known = KnownNames.select_for([text for pair in pairs for text in pair], context)
    for pair, mentions in zip(pairs, find_mentions(pairs, context), strict=True):
        yield _light(*pair, known, mentions) if pair[0] else {side: [] for side in SIDES}


@dataclass(slots=True, eq=False)
class _Word:
    """A word of one side. Unless `shown`, it is highlighted only as the counterpart of another word."""

    start: int
    end: int
    kind: LensKind
    shown: bool = True
    is_matched: bool = False
    partner: "_Word | None" = None

    @property
    def span(self) -> Span:
        return self.start, self.end

    def match(self, partner: "_Word | None") -> None:
        self.is_matched, self.partner = True, self.partner or partner
        if partner:
            partner.is_matched, partner.partner = True, partner.partner or self


_Words = dict[Side, list[_Word]]
_Sections = dict[Side, dict[str, list[tuple[_Word, Meaning]]]]


def _light(
    zh: str, en: str, known: KnownNames, mentions: dict[Side, list[tuple[Span, TermData, bool]]]
) -> LensSpans:
    pair = TextPair("bullet", 1, zh, en)
    read = {side: SideFigures.from_pair(pair, side) for side in SIDES}
    words: _Words = {"zh": [], "en": []}
    for source in (
        _read_meanings(zh, en),
        _read_links(zh, en),
        _read_figures(read, known),
        _read_latin_names(read, known),
        _read_mentions(mentions),
    ):
        for side in SIDES:
            words[side] += source[side]
    return _resolve(words)


def _nearest(word: _Word, others: Sequence[_Word], lengths: tuple[int, int]) -> _Word | None:
    """Return the counterpart at the most similar relative position. `others` are in text order."""
    expected = word.start / (lengths[0] or 1) * lengths[1]
    at = bisect_left(others, expected, key=_get_start)
    return min(others[max(at - 1, 0) : at + 1], key=lambda other: abs(other.start - expected), default=None)


def _get_start(word: _Word) -> int:
    return word.start


def _sort_shown(words: Iterable[_Word]) -> Sequence[_Word]:
    """Return the shown words in text order, or all of them if none is shown."""
    ordered = sorted(words, key=_get_start)
    return [word for word in ordered if word.shown] or ordered


# Words of meaning


def _read_meanings(zh: str, en: str) -> _Words:
    """Read names, dates and multiples, which count as matched wherever the other side has them."""
    words: _Words = {"zh": [], "en": []}
    lengths = len(zh), len(en)
    for sides in find_by_sentence(zh, en):
        by_section: _Sections = {"zh": {}, "en": {}}
        for side, meanings in zip(SIDES, sides, strict=True):
            for meaning in meanings:
                if kind := _SECTION_KINDS.get(meaning.section):
                    word = _Word(meaning.start, meaning.end, kind, meaning.raises)
                    by_section[side].setdefault(meaning.section, []).append((word, meaning))
        for section in {*by_section["zh"], *by_section["en"]}:
            here, there = (by_section[side].get(section, []) for side in SIDES)
            _match_by_key(here, there, lengths)
            _match_by_key(there, here, lengths[::-1])
        for side in SIDES:
            words[side] += [word for rows in by_section[side].values() for word, _ in rows]
    return words


def _read_links(zh: str, en: str) -> _Words:
    """Read linked opposites and negations. Only what the checks report has no counterpart."""
    words: _Words = {"zh": [], "en": []}
    pair, contrast = link_texts(zh, en), find_contrast(zh, en)
    turned = contrast or _NO_SPANS

    def add(kind: LensKind, mine: Word | None, theirs: Word | None, *, is_matched: bool) -> None:
        one, other = (_Word(word.start, word.end, kind) if word else None for word in (mine, theirs))
        for side, word, span in zip(SIDES, (one, other), turned, strict=True):
            if word and not _overlap(word.span, span):
                words[side].append(word)
        if is_matched and one:
            one.match(other)

    for mine, theirs in pair.links():
        strong = {sense.pole for sense in (*mine.senses, *theirs.senses) if not sense.is_weak}
        poles = strong & {sense.pole for sense in mine.senses} & {sense.pole for sense in theirs.senses}
        axes = sorted({pole.axis for pole in poles if pole.name != _UNLIT} & _AXIS_KINDS.keys())
        if axes:
            add(_AXIS_KINDS[axes[0]], mine, theirs, is_matched=True)
    for _, mine, theirs in find_opposed(pair):
        add("modal", mine, theirs, is_matched=False)
    for mine, theirs in match_negations(pair):
        add("negation", mine, theirs, is_matched=True)
    for side, lone in find_lone_negations(pair):
        add("negation", *((lone, None) if side == "zh" else (None, lone)), is_matched=False)
    for code, lone_zh, lone_en in find_claim_findings(pair):
        if code in ("hedge", "tense"):
            add("modal", lone_zh, lone_en, is_matched=False)
    if contrast:
        for side, span in zip(SIDES, contrast, strict=True):
            words[side].append(_Word(*span, "negation"))
    return words


def _match_by_key(
    here: list[tuple[_Word, Meaning]], there: list[tuple[_Word, Meaning]], lengths: tuple[int, int]
) -> None:
    """Match each shown word with a word of the same meaning on the other side, which may match several words."""
    by_key: dict[str, list[_Word]] = defaultdict(list)
    for other, meaning in there:
        by_key[meaning.key].append(other)
    same = {key: _sort_shown(words) for key, words in by_key.items()}
    for word, meaning in here:
        if (
            word.shown
            and not word.is_matched
            and (partner := _nearest(word, same.get(meaning.key, ()), lengths))
        ):
            word.match(partner)


# Figures, Latin names and terms


def _read_figures(read: dict[Side, SideFigures], known: KnownNames) -> _Words:
    zh, en = read["zh"], read["en"]
    words = {
        side: {figure: _build_figure_word(figure, read[side]) for figure in read[side].figures}
        for side in SIDES
    }
    wrong = {id(figure) for two in find_unit_mismatches(zh, en) for figure in two}
    for side, other in _DIRECTIONS:
        lengths = len(read[side].text), len(read[other].text)
        equals: dict[tuple[tuple[Decimal, ...], str], tuple[bool, Sequence[_Word]]] = {}
        for figure, word in words[side].items():
            if id(figure) in wrong or word.is_matched:
                continue
            quantity = figure.values, figure.unit
            if quantity not in equals:
                equal = read[other].find_equal(figure)
                equals[quantity] = bool(equal), _sort_shown(words[other][one] for one in set(equal) if one)
            is_expressed, partners = equals[quantity]
            partner = _nearest(word, partners, lengths)
            if partner or (word.shown and is_expressed):
                word.match(partner)
    # As in the checks, a count in words alone is no sign of a fault unless the other side has another one.
    lone = {
        side: {
            id(word)
            for figure, word in words[side].items()
            if word.shown and not word.is_matched and not figure.needs_counterpart
        }
        for side in SIDES
    }
    unboxed = set() if all(lone.values()) else lone["zh"] | lone["en"]
    return {
        side: [
            word
            for figure, word in words[side].items()
            if (figure.value > 1 or word.shown) and id(word) not in unboxed
        ]
        for side in SIDES
    }


def _build_figure_word(figure: Figure, side: SideFigures) -> _Word:
    return _Word(figure.start, figure.end, "number", figure.needs_counterpart or side.counts_in_words(figure))


def _read_latin_names(read: dict[Side, SideFigures], known: KnownNames) -> _Words:
    words: _Words = {"zh": [], "en": []}
    by_key: dict[Side, dict[str, _Word]] = {"zh": {}, "en": {}}
    for side, other in _DIRECTIONS:
        here, there = read[side], read[other]
        lone = {name.key for name in find_lone_names(here, there, known)}
        for name in here.names:
            word = _Word(name.start, name.end, "name", is_matched=name.key not in lone)
            words[side].append(word)
            by_key[side].setdefault(name.key, word)
    for side, other in _DIRECTIONS:
        for word, name in zip(words[side], read[side].names, strict=True):
            if partner := by_key[other].get(name.key):
                word.match(partner)
    for spans, there_span in find_terms_in_both("en", read["en"].text, read["zh"].text, known):
        for word in [word for word in words["en"] if any(_overlap(word.span, span) for span in spans)]:
            partner = _Word(*there_span, "name", shown=False)
            word.match(partner)
            words["zh"].append(partner)
    return words


def _read_mentions(mentions: dict[Side, list[tuple[Span, TermData, bool]]]) -> _Words:
    rows = {
        side: [(_Word(*span, "name", is_matched=met), term) for span, term, met in mentions[side]]
        for side in SIDES
    }
    for word, term in rows["zh"]:
        for other, same in rows["en"]:
            if term is same and (word.partner is None or other.partner is None):
                word.match(other)
    return {side: [word for word, _ in rows[side]] for side in SIDES}


# Overlapping words


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _resolve(words: _Words) -> LensSpans:
    """Keep the longest of overlapping words, and number the counterparts."""
    kept: _Words = {"zh": [], "en": []}
    stands_for: dict[_Word, _Word] = {}
    for side in SIDES:
        lit = [word for word in words[side] if word.shown or word.partner]
        for word in sorted(
            lit, key=lambda word: (word.start - word.end, _ORDER.index(word.kind), not word.partner)
        ):
            at = bisect_left(kept[side], word.start + 1, key=lambda other: other.end)
            over = kept[side][at] if at < len(kept[side]) and kept[side][at].start < word.end else None
            stands_for[word] = over or word
            if over is None:
                kept[side].insert(at, word)
            elif word.span == over.span and word.is_matched and over.kind != "negation":
                over.match(word.partner)
    index = {word: n for side in SIDES for n, word in enumerate(kept[side])}
    return {
        side: [
            LensSpan(
                *word.span, word.kind, word.is_matched,
                index[stands_for[word.partner]] if word.partner in stands_for else None,
            )
            for word in kept[side]
        ]
        for side in SIDES
    }  # fmt: skip
