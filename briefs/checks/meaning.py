"""Find meanings that differ: a name, direction, quantity or date on one side and another on the other."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from briefs.checks.finding import CheckContext, Finding, Span
from briefs.checks.texts import (
    CheckedText,
    check,
    fold_and_mask_urls,
    gettext_noop,
    has_words,
    iterate_text_pairs,
)
from briefs.content import SIDES, Content, Side
from briefs.lexicon.concepts import CONCEPTS, normalize_english
from briefs.lexicon.meanings import NAME_SECTIONS, OPPOSITE_SECTIONS, Meaning, find_meanings

_CODES = {
    **dict.fromkeys(NAME_SECTIONS, "names"),
    **dict.fromkeys(("month", "weekday", "season", "year"), "dates"),
    **dict.fromkeys(("multiple", "share", "percentage"), "multiples"),
    **dict.fromkeys(("should", "can"), "obligation"),
    **dict.fromkeys(OPPOSITE_SECTIONS, "opposites"),
}
_SENTENCE_END: dict[Side, re.Pattern[str]] = {
    "zh": re.compile("(?<=[。！？])[」』）]*(?=.)"),
    "en": re.compile(r"(?<![A-Z]\.[A-Z])(?<![A-Z][a-z])(?<=[.?!])[”’)]*\s+(?=[“‘(A-Z0-9])"),
}
_OTHER_SUBJECT: dict[Side, re.Pattern[str]] = {
    "zh": re.compile("[被遭受由獲與和]|來自|[，；]"),
    "en": re.compile(
        r"\b(?:by|under|of|and|or|was|were|been|be)\b|^(?!.*\b(?:bu[yi]|bought|import|purchas)).*\bfrom\b|[;,](?!\d)"
    ),
}
_CONTRAST_ZH = re.compile(
    "不[應該宜能可]?該?(?P<rejected>[^，。；]{2,40})，而(?P<chosen>是?[應該要須]?[^，。；]{2,40})"
)
_CONTRAST_EN = re.compile(
    r"(?:should|must|ought to) (?P<chosen>(?!not )[^.;]{4,120}?) (?P<turn>rather than|instead of) (?P<rejected>[^.;]{4,120})"
)


@check(
    rules="M1 M2 M3 M4 M5 M6 M7",
    messages={
        "names": gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
        "dates": gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
        "multiples": gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
        "currency": gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
        "direction": gettext_noop("The Chinese says %(zh)s, the English %(en)s: one is up, one is down."),
        "certainty": gettext_noop("The Chinese says %(zh)s, the English %(en)s: one is certain, one is not."),
        "quantity": gettext_noop("The Chinese says %(zh)s, the English %(en)s: not the same share."),
        "opposites": gettext_noop("The Chinese says %(zh)s, the English %(en)s: they exclude each other."),
        "obligation": gettext_noop("The Chinese says %(zh)s, the English %(en)s: only one says no."),
        "negation_zh": gettext_noop("The Chinese has %(value)s; the English has no negation."),
        "negation_en": gettext_noop("The English has “%(value)s”; the Chinese has no negation."),
        "contrast": gettext_noop("One language recommends what the other rejects."),
        "actors": gettext_noop("%(zh)s acts in the Chinese, %(en)s in the English. Who does what to whom?"),
    },
)
def check_meaning(content: Content, context: CheckContext) -> list[Finding]:
    findings: list[Finding] = []
    for pair in iterate_text_pairs(content):
        if has_words(pair.zh) and has_words(pair.en):
            zh, en = (CheckedText.from_text(pair.field, pair.bullet, side, pair.text(side)) for side in SIDES)
            findings += _check_contrast(zh, en)
            for zh_meanings, en_meanings in find_by_sentence(zh.original, en.original):
                findings += _compare(zh, en, zh_meanings, en_meanings)
                findings += _check_actors(zh, en, zh_meanings, en_meanings)
    return findings


def find_by_sentence(zh: str, en: str) -> Iterator[tuple[list[Meaning], list[Meaning]]]:
    """Yield the meanings of both sides, by sentence if both have as many sentences."""
    texts: dict[Side, str] = {"zh": zh, "en": en}
    ends = {
        side: [match.end() for match in _SENTENCE_END[side].finditer(text)] for side, text in texts.items()
    }
    if len(ends["zh"]) != len(ends["en"]):
        ends = {"zh": [], "en": []}
    sides = [
        _group(list(find_meanings(fold_and_mask_urls(text), side)), ends[side])
        for side, text in texts.items()
    ]
    yield from zip(*sides, strict=True)


def _group(meanings: list[Meaning], ends: list[int]) -> list[list[Meaning]]:
    bounds = [0, *ends, max([0, *(meaning.end for meaning in meanings)]) + 1]
    return [
        [meaning for meaning in meanings if start <= meaning.start < end] for start, end in pairwise(bounds)
    ]


def _compare(
    zh: CheckedText, en: CheckedText, zh_meanings: list[Meaning], en_meanings: list[Meaning]
) -> Iterator[Finding]:
    for section in sorted(
        {meaning.section for meaning in (*zh_meanings, *en_meanings)} - {"ignored", "action"}
    ):
        mine, theirs = (
            [meaning for meaning in side if meaning.section == section] for side in (zh_meanings, en_meanings)
        )
        if section == "negation":
            yield from _check_negation(zh, mine, theirs)
            yield from _check_negation(en, theirs, mine)
        elif differing := _find_difference(mine, theirs):
            yield _build_finding(zh, en, _CODES.get(section, section), *differing)


def _find_difference(mine: list[Meaning], theirs: list[Meaning]) -> tuple[Meaning, Meaning] | None:
    """Return one meaning from each side that the other side has less often, if the other side lacks one of them."""
    lone_zh, lone_en = _find_surplus(mine, theirs), _find_surplus(theirs, mine)
    if not (lone_zh and lone_en) or (lone_zh[0] and lone_en[0]):
        return None
    return lone_zh[1], lone_en[1]


def _find_surplus(side: list[Meaning], other: list[Meaning]) -> tuple[int, Meaning] | None:
    """Return (count on the other side, meaning) for a meaning that occurs less often there; the lowest count wins."""
    counts = Counter(meaning.key for meaning in other)
    surplus = Counter(meaning.key for meaning in side if meaning.raises) - counts
    candidates = [
        (counts[meaning.key], meaning) for meaning in side if meaning.raises and meaning.key in surplus
    ]
    return min(candidates, key=lambda item: item[0], default=None)


def _check_negation(text: CheckedText, mine: list[Meaning], theirs: list[Meaning]) -> Iterator[Finding]:
    if (lone := next((meaning for meaning in mine if meaning.raises), None)) and not theirs:
        span = lone.start, lone.end
        yield text.build_finding(
            f"meaning.negation_{text.side}", span, {"value": text.original[slice(*span)]}
        )


def _check_actors(
    zh: CheckedText, en: CheckedText, zh_meanings: list[Meaning], en_meanings: list[Meaning]
) -> Iterator[Finding]:
    """Report two names in the other order around the same verb: 中國攻擊菲律賓, the Philippines attacked China."""
    first, second = _find_actors(zh, zh_meanings), _find_actors(en, en_meanings)
    if (
        first
        and second
        and first[0].key == second[1].key
        and first[1].key == second[0].key
        and first[2] & second[2]
    ):
        yield _build_finding(zh, en, "actors", first[0], second[0])


def _find_actors(text: CheckedText, side: list[Meaning]) -> tuple[Meaning, Meaning, set[str]] | None:
    """Return the only two names and the verbs between them, or after them in 甲對乙實施制裁."""
    names = {
        meaning.key: meaning
        for meaning in reversed(side)
        if meaning.section in NAME_SECTIONS and meaning.raises
    }
    if len(names) != 2:
        return None
    one, other = sorted(names.values(), key=lambda meaning: meaning.start)
    between = text.original[one.end : other.start]
    if _OTHER_SUBJECT[text.side].search(between):
        return None
    end = len(text.original) if text.side == "zh" and re.search("[對向]", between) else other.start
    return one, other, {m.key for m in side if m.section == "action" and one.end <= m.start < end}


def _check_contrast(zh: CheckedText, en: CheckedText) -> Iterator[Finding]:
    if spans := find_contrast(zh.original, en.original):
        yield zh.build_finding("meaning.contrast", spans[0])


def find_contrast(zh: str, en: str) -> tuple[Span, Span] | None:
    """Return the spans of 不應 and "rather than" if 不應A，而應B is paired with "should A rather than B", its opposite.

    Decided by the words that each half shares with the other language.
    """
    chinese, english = _CONTRAST_ZH.search(zh), _CONTRAST_EN.search(en)
    if not chinese or not english:
        return None
    same, crossed = (
        _count_shared(chinese["rejected"], english[one]) + _count_shared(chinese["chosen"], english[other])
        for one, other in (("rejected", "chosen"), ("chosen", "rejected"))
    )
    return ((chinese.start(), chinese.start("rejected")), english.span("turn")) if crossed > same else None


def _count_shared(chinese: str, english: str) -> int:
    words = normalize_english(english)
    return sum(
        any(form in chinese for form in concept.chinese) and any(form in words for form in concept.english)
        for concept in CONCEPTS
    )


def _build_finding(zh: CheckedText, en: CheckedText, code: str, one: Meaning, other: Meaning) -> Finding:
    values = {"zh": zh.original[one.start : one.end], "en": en.original[other.start : other.end]}
    return zh.build_finding(f"meaning.{code}", (one.start, one.end), values)
