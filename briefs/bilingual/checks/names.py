"""Names that both languages keep or have as a pair: built-in pairs, capital acronyms and designations (5G, F-35, COVID-19)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Self

from briefs.bilingual.checks.texts import HAN_RANGES, CheckContext, Span, TermData, find_word_spans
from briefs.bilingual.lexicon import ACRONYM_NAMES, CHECKED_NAMES
from briefs.bilingual.lexicon.figure import blank_out_matches
from briefs.content import Side

BUILT_IN_TERMS = tuple(
    TermData(also_zh=tuple(chinese), also_en=tuple(english)) for chinese, english in CHECKED_NAMES
)
"""Pairs of names whose two languages share no letters. ZTE is not included: the glossary has it or the editor is asked.
AI is the one acronym that Chinese texts use unchanged, and it also matches 人工智慧.
"""

_ACRONYM_TERMS = tuple(TermData(also_zh=tuple(zh), also_en=tuple(en)) for zh, en in ACRONYM_NAMES)

# Letters of a series and the Chinese for them: J-20 is 殲20. Chinese that is also an ordinary word (載運20名) counts
# only with a hyphen.
_DESIGNATIONS = """
J=殲-? H=轟-? Y=運- Z=直- DF=東風-? JL=巨浪-? HQ=紅旗-? YJ=鷹擊-? PL=霹靂-?
WZ=無偵-? GJ=攻擊- CJ=長劍-? Su=蘇(?:愷|霍伊)?- Tu=圖- MiG=米格-? HF=雄風- CZ=長征-
"""
DESIGNATION_PATTERNS = dict(pair.split("=") for pair in _DESIGNATIONS.split())


# Mid-2025 and Shenzhou-19 contain a number and Q3 is one; Su-57 and COVID-19 are names.
_NUMBERED = r"(?:(?!Covid)[A-Z][a-z]{2,}-\d+|[QH][1-4])(?![A-Za-z0-9$])"
_CODE = re.compile(
    rf"(?<![A-Za-z0-9$€£¥])(?<!\d[.,])(?!(?:USD|NTD|RMB|EUR|GBP|CNY|JPY)\d)(?!{_NUMBERED})"
    r"(?:[A-Z][A-Za-z]{0,11}-?\d{1,6}[A-Za-z0-9]{0,8}|\d{1,6}[A-Z]{1,4}[A-Za-z0-9]{0,4}|\d{19,})"
    r"(?![A-Za-z0-9$])"
)
# 1.5GW and 15 GW have a unit, not a name with digits.
_UNIT = re.compile(r"(?:(?<=\d)|(?<=\d ))(?P<letters>[KMGTk]Wh?|[KMGTP]B|[kMG]Hz)(?![A-Za-z0-9])")
_SHOUTED = re.compile("(?<![A-Za-z])[A-Z]+(?: [A-Z]+){2,}(?![A-Za-z])")
_ACRONYM = re.compile(r"(?<![A-Za-z0-9$])(?P<letters>[A-Z][A-Z&]{1,8})(?:s(?![A-Za-z]))?(?![A-Za-z0-9$])")
_LOWER_OR_HAN = re.compile(f"[a-z{HAN_RANGES}]")
_ROMAN = re.compile("[IVX]+")
_DESIGNATION = re.compile(
    f"(?=[{''.join(sorted({zh[0] for zh in DESIGNATION_PATTERNS.values()}))}])"
    f"(?:{'|'.join(f'(?P<{letters}>{zh})' for letters, zh in DESIGNATION_PATTERNS.items())})"
    r"(?P<number>\d{1,3}[A-Z]{0,3})"
)
_WORD = re.compile("[A-Za-z]+")
_SMALL_WORDS = {"of", "and", "the", "for", "in", "on", "to"}
ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class LatinName:
    """A Latin name in a text. `key` is the name in capitals without hyphens, for comparing the two sides."""

    start: int
    end: int
    raw: str
    key: str


def extract_names(text: str) -> tuple[list[LatinName], str]:
    """Return the names in order, and the text with names that contain digits masked out, for finding figures.

    Expects text from `fold_and_mask_urls`.
    """
    series = [_build_name(match, _letters(match) + match["number"]) for match in _DESIGNATION.finditer(text)]
    rest = blank_out_matches(_DESIGNATION, text)
    units = [_build_name(match, match["letters"]) for match in _UNIT.finditer(rest)]
    rest = blank_out_matches(_UNIT, rest)
    codes = [_build_name(match, match[0]) for match in _CODE.finditer(rest)]
    rest = blank_out_matches(_CODE, rest)
    rest = blank_out_matches(_SHOUTED, rest)
    acronyms = [_build_name(match, match["letters"]) for match in _ACRONYM.finditer(rest)]
    if len(acronyms) > 1 and not _LOWER_OR_HAN.search(rest):
        acronyms = []  # a headline in capitals
    names = [*series, *units, *codes, *(name for name in acronyms if not _ROMAN.fullmatch(name.key))]
    return sorted(names, key=lambda name: name.start), rest


def _letters(match: re.Match[str]) -> str:
    return next(letters for letters in DESIGNATION_PATTERNS if match[letters] is not None)


def _build_name(match: re.Match[str], written: str) -> LatinName:
    key = re.sub("(?<=[0-9A-Z])s$", "", written).upper().replace("-", "")  # F-35s is F-35
    return LatinName(match.start(), match.end(), match[0], key)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The terms, including built-in ones, and the names of authors and sources that may occur in a brief.

    `terms`: each with its renderings in lower case, so that a pair without any is left quickly.
    `introduced`: acronyms that one side explains once, as in 議員（AM） and Guard Corps (GC); the other may leave them out.
    """

    terms: tuple[tuple[TermData, tuple[str, ...]], ...]
    names: tuple[str, ...]
    introduced: frozenset[str] = frozenset()

    @classmethod
    def select_for(cls, texts: Iterable[str], context: CheckContext) -> Self:
        """Select the terms and names that may occur in the texts.

        Searching every pair for all of them would dominate the run time of the checks.
        """
        joined = "\n".join(texts)
        lower = joined.translate(ASCII_LOWER)
        threes = {lower[at : at + 3] for at in range(len(lower))}
        found = tuple(
            (term, forms)
            for term, forms in _list_terms(context)
            if any((len(form) < 3 or form[:3] in threes) and form in lower for form in forms)
        )
        return cls(found, tuple(name for name in context.names if name in joined))


@lru_cache(maxsize=8)
def _list_terms(context: CheckContext) -> tuple[tuple[TermData, tuple[str, ...]], ...]:
    """Return all terms with their renderings in lower case: the Chinese ones include the English ones."""
    return tuple(
        (term, tuple(form.translate(ASCII_LOWER) for form in term.renderings("zh")))
        for term in (*context.terms, *BUILT_IN_TERMS, *_ACRONYM_TERMS)
    )


def mark_matched_names(side: Side, text: str, other_text: str, known_names: KnownNames) -> set[int]:
    """Return the positions in `text` inside a name whose counterpart occurs in `other_text`.

    A known author or source needs no counterpart.
    """
    lower, other_lower = text.translate(ASCII_LOWER), other_text.translate(ASCII_LOWER)
    other: Side = "en" if side == "zh" else "zh"
    covered: set[int] = set()
    for term, forms in known_names.terms:
        if not any(form in lower for form in forms):  # nearly always
            continue
        spans = [span for form in term.renderings(side) for span in find_occurrences(form, text, lower)]
        if spans and _occurs(term, other, other_text, other_lower):
            covered.update(at for span in spans for at in range(*span))
    for name in known_names.names:
        covered.update(at for span in find_occurrences(name, text) for at in range(*span))
    return covered


def collect_initials(english: str) -> str:
    """Return the initials in capitals, without small words: "AIT" for "American Institute in Taiwan".

    A short lower-case word becomes a dash, so that ordinary phrases do not spell an acronym.
    """
    words = (word for word in _WORD.findall(english) if word not in _SMALL_WORDS)
    return "".join(word[0].upper() if word[0].isupper() or len(word) > 3 else "-" for word in words)


def is_spelled_out(acronym: str, letters: str) -> bool:
    return len(acronym) > 2 and acronym in letters


def _occurs(term: TermData, side: Side, text: str, lower: str) -> bool:
    return any(find_occurrences(form, text, lower, first=True) for form in term.renderings(side))


def find_occurrences(form: str, text: str, lower: str = "", *, first: bool = False) -> list[Span]:
    """Return the spans of a rendering. Case is ignored unless it is all capitals (WHO, who). Latin forms match whole words.

    Without `lower`, match the exact case: "Science" is a source, science is not.
    """
    exact = not lower or form == form.upper()
    hay, needle = (text, form) if exact else (lower, form.translate(ASCII_LOWER))
    if needle not in hay:  # nearly always; without this line all checks take a tenth longer
        return []
    whole_words = (span for span in find_word_spans(needle, hay) if _is_whole_word(hay, *span))
    return list(islice(whole_words, 1 if first else None))


def _is_whole_word(text: str, start: int, end: int) -> bool:
    """Return whether no Latin letter or digit adjoins the span and no $ follows (US$). A plural s may follow."""
    if start and _is_latin(text[start - 1]) and _is_latin(text[start]):
        return False
    if end < len(text) and text[end] == "s" and _is_latin(text[end - 1]):
        end += 1
    return not (end < len(text) and (_is_latin(text[end]) or text[end] == "$") and _is_latin(text[end - 1]))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
