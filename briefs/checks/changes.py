"""Decide whether a change is minor by listing differences that affect meaning, and apply the edits of repairs.

Figures, names, URLs, negations and opposites are compared as sequences, not sets: a second 不, or two names that
swap positions, changes the meaning. White space, punctuation, width and spelling do not count.
"""

import dataclasses
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from rapidfuzz.distance import LCSseq

from briefs.checks.english import read_words
from briefs.checks.names import ASCII_LOWER, KnownNames, LatinName, extract_names, find_occurrences
from briefs.checks.texts import (
    CheckContext,
    Edit,
    FindingField,
    TextPair,
    find_urls,
    fold_and_mask_urls,
    fold_characters,
    has_words,
    index_text_pairs,
    iterate_text_pairs,
)
from briefs.content import SIDES, Content, Facts, Side
from briefs.lexicon import numbers_en, numbers_zh
from briefs.lexicon.axes import can_link
from briefs.lexicon.figure import format_decimal
from briefs.lexicon.meanings import NAME_SECTIONS, find_meanings
from briefs.lexicon.word_links import read_words_en, read_words_zh

DifferenceKind = Literal["number", "name", "url", "negation", "opposite", "missing", "fact"]
Token = tuple[str, str]
"""The key for comparison, and the token as written."""

_NEGATION_ZH = re.compile("[不沒没未非無无勿別别否]")
_SIMPLIFIED = str.maketrans("没无别", "沒無別")
_NEGATION_EN = re.compile(
    r"(?<![A-Za-z])(?:no|not|never|without|cannot|nor|neither|none|nothing|nobody|nowhere)(?![A-Za-z])|n't(?![A-Za-z])",
    re.IGNORECASE,
)
_NEGATION_FORMS = {"n't": "not", "cannot": "not"}
_NEGATION_KEY = "\0"
_PIECE = re.compile(
    r"\s*(n't(?![A-Za-z])|[A-Za-z\u00c0-\u024f\d]+?(?=n't(?![A-Za-z]))|[A-Za-z\u00c0-\u024f\d]+|[^\W\d_])"
)
"""Matches words and single characters, without punctuation, which may change."""
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{1,60}(?:['.&-][A-Za-z\u00c0-\u024f]{1,60}){0,8}")
_POSSESSIVE = re.compile("'s$|'$")
# Words capitalized only at the start of a sentence, never in a name.
_OPENER_WORDS = frozenset(read_words("capitalized openers"))


@dataclass(frozen=True, slots=True)
class SubstantiveDifference:
    """A difference in meaning. `before` and `after` are the two wordings, empty where one version lacks it."""

    kind: DifferenceKind
    field: FindingField | Literal["facts"]
    bullet: int | None = None
    side: Side | Literal[""] = ""
    before: str = ""
    after: str = ""


def find_substantive_differences(
    old: Content, new: Content, context: CheckContext
) -> Iterator[SubstantiveDifference]:
    """Yield every difference in meaning between two contents. The change is minor if there is none."""
    before = {(pair.field, pair.bullet): pair for pair in (*iterate_text_pairs(old), _alt_text_pair(old))}
    after = {(pair.field, pair.bullet): pair for pair in (*iterate_text_pairs(new), _alt_text_pair(new))}
    context = _select_names([*before.values(), *after.values()], context)
    for location in dict.fromkeys([*before, *after]):
        for side in SIDES:
            was = before[location].text(side) if location in before else ""
            now = after[location].text(side) if location in after else ""
            if was != now:
                for kind, a, b in _compare_texts(side, was, now, context):
                    yield SubstantiveDifference(kind, *location, side, a, b)
    yield from _compare_facts(old.facts, new.facts)


def _select_names(pairs: Iterable[TextPair], context: CheckContext) -> CheckContext:
    """Return the context with only the terms and names of these texts: all would be looked for in each text."""
    texts = (fold_and_mask_urls(pair.text(side)) for pair in pairs for side in SIDES)
    known = KnownNames.select_for(texts, context)
    found = {term for term, _forms in known.terms}
    terms = tuple(term for term in context.terms if term in found)
    return replace(context, terms=terms, names=known.names)


def _alt_text_pair(content: Content) -> TextPair:
    return TextPair("picture", None, content.picture_alt_zh, content.picture_alt_en)


def _compare_texts(
    side: Side, was: str, now: str, context: CheckContext
) -> Iterator[tuple[DifferenceKind, str, str]]:
    if has_words(was) != has_words(now):
        yield "missing", was, now
        return
    old, new = _tokens(side, was, context), _tokens(side, now, context)
    for kind in old:
        for a, b in _unmatched_tokens(old[kind], new[kind]):
            yield kind, a, b
    if [key for key, _ in old["negation"]] == [key for key, _ in new["negation"]]:
        for a, b in _moved_negations(side, fold_and_mask_urls(was), fold_and_mask_urls(now)):
            yield "negation", a, b
    yield from dict.fromkeys(_find_opposites(side, fold_and_mask_urls(was), fold_and_mask_urls(now)))


def _tokens(side: Side, text: str, context: CheckContext) -> dict[DifferenceKind, list[Token]]:
    plain_text = fold_and_mask_urls(text)
    codes, rest = extract_names(plain_text)
    return {
        "number": _numbers(side, rest),
        "name": _names(side, plain_text, codes, context),
        "url": [(url, url) for url in find_urls(text)],
        "negation": _negations(side, plain_text),
    }


def _numbers(side: Side, text: str) -> list[Token]:
    """Return figures, keyed by value and unit: 3項 equals 三項, 500公里 is not 500英里. A bare 一 or "one" is none."""
    language = numbers_zh if side == "zh" else numbers_en
    figures = (
        figure for figure in language.find_figures(text) if figure.needs_counterpart or figure.value != 1
    )
    counted = [(f"{format_decimal(figure.value)} {figure.unit}", figure.raw.strip()) for figure in figures]
    worded: list[Token] = language.find_number_words(text)
    return counted + worded


def _negations(side: Side, text: str) -> list[Token]:
    if side == "zh":
        return [(match[0].translate(_SIMPLIFIED), match[0]) for match in _NEGATION_ZH.finditer(text)]
    words = (match[0].lower() for match in _NEGATION_EN.finditer(text))
    return [(_NEGATION_FORMS.get(word, word), word) for word in words]


def _moved_negations(side: Side, was: str, now: str) -> Iterator[tuple[str, str]]:
    """Yield negations that moved to another word: 甲不去，乙去 is not 甲去，乙不去."""
    old, new = _pieces(side, was), _pieces(side, now)
    while old and new and old[-1][0] == new[-1][0]:
        del old[-1], new[-1]
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a[0] != b[0]), len(old))
    del old[:start], new[:start]
    if not any(key == _NEGATION_KEY for key, _ in old):
        return
    for a, b, c, d in _find_changed_ranges(old, new):
        if any(key == _NEGATION_KEY for key, _ in (*old[a:b], *new[c:d])):
            yield (
                "".join(raw for _, raw in old[a : b + 1]).strip(),
                "".join(raw for _, raw in new[c : d + 1]).strip(),
            )


def _find_opposites(side: Side, was: str, now: str) -> Iterator[tuple[DifferenceKind, str, str]]:
    """Yield words replaced by words that exclude them: supports by opposes, 支持 by 反對, 中國 by 日本.

    A word that is only added or only removed, such as 更 in 更進一步, is no opposite. English names are found by
    their capitals.
    """
    old, new = _group_meanings(side, was), _group_meanings(side, now)
    for section in sorted(old.keys() & new.keys()):
        is_name = section in NAME_SECTIONS
        changed = [] if is_name and side == "en" else list(_unmatched_tokens(old[section], new[section]))
        before, after = (
            (" ".join(filter(None, wordings)) for wordings in zip(*changed, strict=True))
            if changed
            else ("", "")
        )
        if before and after:
            yield "name" if is_name else "opposite", before, after


def _group_meanings(side: Side, text: str) -> dict[str, list[Token]]:
    """Return the names, dates and poles by section or axis: the meanings of one group exclude each other."""
    rows = [
        (meaning.start, meaning.end, meaning.section, meaning.key) for meaning in find_meanings(text, side)
    ]
    for word in read_words_zh(text) if side == "zh" else read_words_en(text):
        rows += [
            (word.start, word.end, sense.pole.axis, sense.pole.name)
            for sense in word.senses
            if can_link(sense.pole)
        ]
    by_section: dict[str, list[Token]] = defaultdict(list)
    ends: dict[str, int] = {}
    for start, end, section, key in sorted(rows, key=lambda row: (row[0], -row[1])):
        if section != "ignored" and start >= ends.get(section, 0):
            by_section[section].append((key, text[start:end]))
            ends[section] = end
    return by_section


def _pieces(side: Side, text: str) -> list[Token]:
    """Split into words and single Chinese characters, each with its preceding space.

    All negations share one key.
    """
    is_no = _NEGATION_ZH if side == "zh" else _NEGATION_EN
    return [
        (_NEGATION_KEY if is_no.fullmatch(match[1]) else match[1].lower(), match[0])
        for match in _PIECE.finditer(text)
    ]


def _names(side: Side, text: str, codes: Iterable[LatinName], context: CheckContext) -> list[Token]:
    """Return known names, identified by what they refer to, and other capitalized words, in text order."""
    positioned_tokens: list[tuple[int, Token]] = []
    covered: set[int] = set()
    for start, end, key in _find_known_names(side, text, context):
        covered.update(range(start, end))
        positioned_tokens.append((start, (key, text[start:end])))
    for name in codes:
        if name.start not in covered:
            covered.update(range(name.start, name.end))
            positioned_tokens.append((name.start, (name.key, name.raw)))
    for match in _LATIN_WORD.finditer(text):
        word = _POSSESSIVE.sub("", match[0])
        if match.start() not in covered and _is_name(word):
            positioned_tokens.append((match.start(), (_remove_dots(word), word)))
    return [token for _, token in sorted(positioned_tokens)]


def _remove_dots(word: str) -> str:
    """Remove the dots of capital abbreviations, so that U.S. and US are one name."""
    return word.replace(".", "") if word.isupper() else word


def _is_name(word: str) -> bool:
    """Return whether a word has a capital and is no sentence opener. IT and WHO count as names."""
    if word.isupper() and len(word) > 1:
        return True
    return any(letter.isupper() for letter in word) and word.lower() not in _OPENER_WORDS


def _find_known_names(side: Side, text: str, context: CheckContext) -> list[tuple[int, int, str]]:
    """Find terms, authors and sources without overlaps.

    All renderings of a term share one key: replacing an avoided rendering keeps the name.
    """
    lower = text.translate(ASCII_LOWER)
    spans = [
        (start, -end, f"#{n}")
        for n, term in enumerate(context.terms)
        for form in term.renderings(side)
        for start, end in find_occurrences(form, text, lower)
    ]
    spans += [(s, -e, name) for name in context.names for s, e in find_occurrences(name, text)]
    kept: list[tuple[int, int, str]] = []
    for start, negative_end, key in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, -negative_end, key))
    return kept


def _unmatched_tokens(old: Sequence[Token], new: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield (old, new) texts of each stretch of tokens that differs."""
    for a, b, c, d in _find_changed_ranges(old, new):
        yield " ".join(raw for _, raw in old[a:b]), " ".join(raw for _, raw in new[c:d])


def _find_changed_ranges(old: Sequence[Token], new: Sequence[Token]) -> Iterator[tuple[int, int, int, int]]:
    """Yield start and end, in both lists, of each stretch whose keys differ."""
    before, after = [key for key, _ in old], [key for key, _ in new]
    if before == after:
        return
    a = c = 0
    for b, d, size in LCSseq.opcodes(before, after).as_matching_blocks():  # the last block is empty
        if a < b or c < d:
            yield a, b, c, d
        a, c = b + size, d + size


def _compare_facts(old: Facts, new: Facts) -> Iterator[SubstantiveDifference]:
    """Yield a difference for each field that changed, with its name; the caller labels it and shows the values."""
    for field in dataclasses.fields(Facts):
        if getattr(old, field.name) != getattr(new, field.name):
            yield SubstantiveDifference("fact", "facts", before=field.name, after=field.name)


_LATIN_RUN = re.compile("[A-Za-z0-9\u00c0-\u024f]+")
_MEANINGFUL_SIGNS = "%&@#*/\\?!"
"""Unicode classes these as punctuation, but they carry meaning and must not change."""
_WIDE = str.maketrans("？！", "?!")
_MINUS = re.compile(r"(?<![A-Za-z0-9)])[-\u2013\u2212](?=[0-9])")


def apply_edits(content: Content, edits: Iterable[Edit]) -> Content | None:
    """Return the content with all edits applied.

    Return None if the text of an edit is missing or differs from `expected`, or if two edits overlap.
    """
    by_text: dict[tuple[FindingField, int | None, Side], list[Edit]] = defaultdict(list)
    for edit in edits:
        by_text[edit.field, edit.bullet, edit.side].append(edit)
    pairs = index_text_pairs(content)
    leads: dict[str, str] = {}
    bullets: dict[int | None, dict[str, str]] = defaultdict(dict)
    for (field, number, side), some in by_text.items():
        pair = pairs.get((field, number))
        new = _apply_to_text(pair.text(side), sorted(some, key=lambda edit: edit.span)) if pair else None
        if new is None:
            return None
        if field == "bullet":
            bullets[number][f"text_{side}"] = new
        else:
            leads[f"{field}_{side}"] = new
    edited = (replace(b, **bullets[b.number]) if b.number in bullets else b for b in content.bullets)  # type: ignore[arg-type]
    return replace(content, bullets=tuple(edited), **leads)  # type: ignore[arg-type]


def differs_only_in_punctuation(old: Content, new: Content, context: CheckContext) -> bool:
    """Return whether two contents differ only in white space and punctuation, with the same meaning.

    Compares the letters and the division into Latin words, then runs `find_substantive_differences`.
    """
    if old.facts != new.facts or [b.number for b in old.bullets] != [b.number for b in new.bullets]:
        return False
    texts = ((_side_texts(old, side), _side_texts(new, side)) for side in SIDES)
    has_same = all(len(a) == len(b) and all(map(has_same_words, a, b)) for a, b in texts)
    return has_same and not any(find_substantive_differences(old, new, context))


def has_same_words(old: str, new: str) -> bool:
    """Return whether two texts differ at most in white space, width and punctuation."""
    return _letters_and_words(old) == _letters_and_words(new)


def _letters_and_words(text: str) -> tuple[list[str], list[str]]:
    """Return the characters that are neither space nor punctuation, and the list of Latin words."""
    folded = _MINUS.sub("+", fold_characters(text).translate(_WIDE))
    said = [c for c in folded if c in _MEANINGFUL_SIGNS or unicodedata.category(c)[0] not in "ZPC"]
    return said, _LATIN_RUN.findall(folded)


def _side_texts(content: Content, side: Side) -> list[str]:
    return [pair.text(side) for pair in iterate_text_pairs(content)]


def _apply_to_text(text: str, edits: Sequence[Edit]) -> str | None:
    if any(one.end > other.start for one, other in pairwise(edits)):
        return None
    if any(text[edit.start : edit.end] != edit.expected for edit in edits):
        return None
    starts = [0, *(edit.end for edit in edits)]
    kept = [text[start : edit.start] for start, edit in zip(starts, edits, strict=False)]
    parts = (part for pair in zip(kept, (edit.replacement for edit in edits), strict=True) for part in pair)
    return "".join(parts) + text[starts[-1] :]
