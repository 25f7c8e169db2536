"""Find meanings that differ: a name, direction, quantity or date on one side and another on the other, or a clause on one alone."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice, pairwise

from briefs.bilingual.checks.claims import find_claim_findings
from briefs.bilingual.checks.roles import find_role_findings
from briefs.bilingual.checks.texts import (
    CheckContext,
    CheckedText,
    Finding,
    Span,
    TextPair,
    check,
    fold_and_mask_urls,
    gettext_noop,
    iterate_translated_pairs,
)
from briefs.bilingual.lexicon import (
    NAME_SECTIONS,
    NEGATION,
    LinkedPair,
    Meaning,
    Word,
    are_opposed,
    find_meanings,
    find_stems_zh,
    link_words,
    list_before,
    list_expressing,
    weigh_stem,
)
from briefs.bilingual.lexicon.dictionary import PARTICLES, VARIANTS, list_same_sounding
from briefs.bilingual.text import count_han
from briefs.content import SIDES, Content, Side

_CODES = {
    **dict.fromkeys(NAME_SECTIONS, "names"),
    **dict.fromkeys(
        (
            "month",
            "weekday",
            "season",
            "quarter",
            "decades",
            "relative year",
            "relative day",
            "part of a time",
            "part of a day",
        ),
        "dates",
    ),
    **dict.fromkeys(("multiple", "share", "percentage", "rough number"), "multiples"),
    "currency": "currency",
    "direction": "direction",
    "modality": "certainty",
    "scope": "quantity",
}
"""Reasons by section of `meanings.txt` and axis of `axes.txt`; others are opposites."""
_SENTENCE_END: dict[Side, re.Pattern[str]] = {
    "zh": re.compile("(?<=[。！？])[」』）]*(?=.)"),
    "en": re.compile(r"(?<![A-Z]\.[A-Z])(?<![A-Z][a-z])(?<=[.?!])[”’)]*\s+(?=[“‘(A-Z0-9])"),
}
_CONTRASTS_ZH = (
    re.compile(
        "不[應該宜能可]?該?(?P<rejected>[^，。；]{2,40})，而(?P<chosen>是?[應該要須]?[^，。；]{2,40})"
    ),
    re.compile(
        "(?:不是|並非|不在於?)(?P<rejected>[^，。；]{2,40})，(?:而?是|而?在於?)(?P<chosen>[^，。；]{2,40})"
    ),
    re.compile(
        "(?:是|在於)(?P<chosen>[^，。；不]{2,40})，(?:而?不是|而?非|而?並非|而?不在於?)(?P<rejected>[^，。；]{2,40})"
    ),
    re.compile(
        "(?:^|(?<=[，。；]))(?P<chosen>[^，。；不]{2,40})，而(?:不是|非|並非)(?P<rejected>[^，。；]{2,40})"
    ),
    re.compile(
        "與其(?P<rejected>[^，。；]{2,40})，[^，。；]{0,6}(?:不如|寧可|寧願|毋寧)(?P<chosen>[^，。；]{2,40})"
    ),
)
_CONTRASTS_EN = (
    re.compile(
        r"(?:^|that |[.;] )(?P<turn>[Rr]ather than|[Ii]nstead of) (?P<rejected>[^,.;]{4,120}), (?P<chosen>[^.;]{4,120})"
    ),
    re.compile(
        r"(?:should|must|ought to) (?P<chosen>(?!not )[^.;]{4,120}?) (?P<turn>rather than|instead of) (?P<rejected>[^.;]{4,120})"
    ),
    re.compile(r"(?P<turn>\bnot) (?P<rejected>[^.;]{4,120}?),? but (?P<chosen>[^.;]{4,120})"),
    re.compile(
        r"(?P<chosen>[^.;]{4,120})(?:, (?=(?:and )?not )|,? (?=rather|instead))(?P<turn>(?:and )?not|rather than|instead of) (?P<rejected>[^.;]{4,120})"
    ),
    re.compile(
        r"(?:rather|better to) (?P<chosen>(?!than )[^.;]{4,120}?) (?P<turn>than) (?P<rejected>[^.;]{4,120})"
    ),
)
_CLAUSE_LIMITS = (6, 8)
"""Chinese and English clauses of a pair beyond which a negation is sought in the whole pair, as clauses are no longer told apart."""
_BACK, _AHEAD_ZH, _AHEAD_EN = 3, 4, 5


@check(
    rules="M1 M2 M3 M4 M5 M6 M7 M8 M9",
    messages={
        **dict.fromkeys(
            ("names", "dates", "multiples", "currency"),
            gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
        ),
        "direction": gettext_noop("The Chinese says %(zh)s, the English %(en)s: one is up, one is down."),
        "certainty": gettext_noop("The Chinese says %(zh)s, the English %(en)s: one is certain, one is not."),
        "quantity": gettext_noop("The Chinese says %(zh)s, the English %(en)s: not the same share."),
        "opposites": gettext_noop("The Chinese says %(zh)s, the English %(en)s: these are opposites."),
        "negation_zh": gettext_noop("The Chinese has %(value)s; the English has no negation."),
        "negation_en": gettext_noop("The English has “%(value)s”; the Chinese has no negation."),
        "contrast": gettext_noop("One language recommends what the other rejects."),
        "actors": gettext_noop("%(zh)s acts in the Chinese, %(en)s in the English. Who does what to whom?"),
        "tense": gettext_noop("The Chinese says %(zh)s, the English %(en)s: one is done, one is to come."),
        "hedge_zh": gettext_noop("The Chinese says %(value)s; the English is certain."),
        "omission_zh": gettext_noop("The English seems to lack: %(value)s"),
        "omission_en": gettext_noop("The Chinese seems to lack: %(value)s"),
    },
)
def check_meaning(content: Content, context: CheckContext) -> list[Finding]:
    return [finding for pair in iterate_translated_pairs(content) for finding in _check_pair(pair)]


@lru_cache(256)
def _check_pair(pair: TextPair) -> tuple[Finding, ...]:
    """Cached, because an autosave changes one pair of a brief. No other check of a pair takes as long."""
    zh, en = (pair.read(side) for side in SIDES)
    linked = link_texts(pair.zh, pair.en)
    findings = list(_check_contrast(zh, en, linked))
    for zh_meanings, en_meanings in _find_by_sentence(zh.original, en.original):
        findings += _compare(zh, en, zh_meanings, en_meanings)
    for code, one, other in _find_opposed(linked):
        findings.append(build_finding(zh, en, f"meaning.{code}", one, other))
    for side, word in _find_lone_negations(linked):
        findings.append(_build_lone(zh if side == "zh" else en, "negation", word))
    for code, mine, theirs in (*find_role_findings(linked), *find_claim_findings(linked)):
        if theirs:
            findings.append(build_finding(zh, en, f"meaning.{code}", mine, theirs))
        else:
            findings.append(_build_lone(zh, code, mine))
    for side, word in find_omissions(linked):
        findings.append(_build_lone(zh if side == "zh" else en, "omission", word))
    return tuple(findings)


@check(rules="Z13", messages={"word": gettext_noop("“%(a)s” has a wrong character. Change to %(b)s")})
def check_homophones(content: Content, context: CheckContext) -> Iterator[Finding]:
    """Find a wrong character of the same sound, if the English has the meaning of the right word and nothing else for it."""
    for pair in iterate_translated_pairs(content):
        for word, right in find_homophones(link_texts(pair.zh, pair.en)):
            yield pair.read("zh").build_replacement_finding("homophones.word", word, right)


_LEAST_WEIGHT, _SHORTEST_WORD, _LONGEST_WORD = 2.0, 2, 3
_NOT_CONFUSED = frozenset("的了只也他她它們一二三四五六七八九十兩")
"""Particles, pronouns and figures: 三季 is no word, but right."""
_RIGHT_WORDS = frozenset(("原訂", "小廠", "核指"))


def find_homophones(pair: LinkedPair) -> Iterator[tuple[Span, str]]:
    """Yield the place of characters that are no word, and the word of the same sound that the English translates."""
    english = {
        stem: word
        for word in pair.en
        if not word.is_inner and word.text.islower() and (not word.link or len(word.link.text) == 1)
        for stem in word.stems
        if weigh_stem(stem) >= _LEAST_WEIGHT
    }
    end = 0
    for words in _list_doubtful(pair) if english else ():
        start, text = words[0].start, pair.zh_text[words[0].start : words[-1].end]
        if start < end or text in _RIGHT_WORDS:
            continue
        doubtful = (word for word in words if not word.link or len(word.text) == 1)
        positions = tuple(at - start for word in doubtful for at in range(word.start, word.end))
        for right, stems in list_same_sounding(text, positions):
            said = {
                stem
                for one, other in zip(text, right, strict=True)
                if one == other
                for stem in find_stems_zh(one)
            }
            sought = [english[stem] for stem in stems - said if stem in english]
            if not VARIANTS.issuperset(set(text) ^ set(right)) and any(
                _may_translate(pair, words, word) for word in sought
            ):
                end = words[-1].end
                yield (start, end), right
                break


def _may_translate(pair: LinkedPair, words: tuple[Word, Word], english: Word) -> bool:
    """Return whether an English word translates nothing else, and the Chinese ones no other English word."""
    is_free = english.link is None or english.link in words
    return (
        is_free
        and all(word.link in (None, english) for word in words)
        and pair.are_comparable(words[0].clause, english.clause)
    )


def _list_doubtful(pair: LinkedPair) -> Iterator[tuple[Word, Word]]:
    """Yield two adjacent words of two or three characters together that may be one wrong word."""
    for one, other in pairwise(pair.zh):
        size = len(one.text) + len(other.text)
        is_together = one.end == other.start and size <= _LONGEST_WORD
        if not is_together or (one.link and other.link) or not (_may_be_wrong(one) and _may_be_wrong(other)):
            continue
        has_particle = one.text in PARTICLES or other.text in PARTICLES
        if not has_particle or (size == _SHORTEST_WORD and not (one.link or other.link)):
            yield one, other


def _may_be_wrong(word: Word) -> bool:
    is_part = word.is_foreign or word.is_inner
    return word.is_han and not (is_part or word.negates or word.text in _NOT_CONFUSED)


def link_texts(zh: str, en: str) -> LinkedPair:
    """Return the linked words of both sides as the checks read them: folded, without addresses."""
    return link_words(fold_and_mask_urls(zh), fold_and_mask_urls(en).replace("'", "’"))


def _find_by_sentence(zh: str, en: str) -> Iterator[tuple[list[Meaning], list[Meaning]]]:
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
    for section in sorted({meaning.section for meaning in (*zh_meanings, *en_meanings)} - {"ignored"}):
        mine, theirs = (
            [meaning for meaning in side if meaning.section == section] for side in (zh_meanings, en_meanings)
        )
        if differing := _find_difference(mine, theirs):
            yield build_finding(zh, en, f"meaning.{_CODES.get(section, 'opposites')}", *differing)


def _find_difference(mine: list[Meaning], theirs: list[Meaning]) -> tuple[Meaning, Meaning] | None:
    """Return one meaning from each side that the other side has less often, if the other side lacks one of them."""
    if not (mine and theirs):
        return None
    if not (lone_zh := _find_surplus(mine, theirs)) or not (lone_en := _find_surplus(theirs, mine)):
        return None
    if lone_zh[0] and lone_en[0]:
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


def _find_opposed(pair: LinkedPair) -> Iterator[tuple[str, Word, Word]]:
    """Yield a code and two words of opposed poles, neither of them linked, in clauses that correspond.

    Other words of their clauses must translate each other. Both must be equally negated, and neither may have a
    counterpart that only another word has taken.
    """
    lone_en = [word for word in pair.en if word.senses and not word.link and not word.is_inner]
    for zh in pair.zh:
        if not zh.senses or zh.link:
            continue
        matches = [
            (pair.distance(zh, en), en, axis)
            for en in lone_en
            if (axis := _find_opposed_axis(zh, en)) and _can_be_compared(pair, zh, en)
        ]
        if matches:
            _, en, axis = min(matches, key=lambda row: row[0])
            lone_en.remove(en)
            yield _CODES.get(axis, "opposites"), zh, en


def _find_opposed_axis(zh: Word, en: Word) -> str:
    for mine in zh.senses:
        for theirs in en.senses:
            if not mine.is_weak and not theirs.is_weak and are_opposed(mine.pole, theirs.pole):
                return mine.pole.axis
    return ""


def _can_be_compared(pair: LinkedPair, zh: Word, en: Word) -> bool:
    if zh.expresses("scope", "all") and _says_no_after(pair, zh):
        return False
    if not pair.are_comparable(zh.clause, en.clause) or _is_negated(pair.zh, zh) != _is_negated(pair.en, en):
        return False
    if not pair.weigh(zh.clause, en.clause):
        return False
    free_en = [word for word in pair.english_for(zh.clause) if word is not en and not _is_taken(word)]
    free_zh = [word for word in pair.chinese_for(en.clause) if word is not zh and not _is_taken(word)]
    return not (
        any(zh.shares_stem(word) for word in free_en) or any(word.shares_stem(en) for word in free_zh)
    )


def _says_no_after(pair: LinkedPair, word: Word) -> bool:
    """Return whether a negation follows in the clause: 始終未達 is *never reached*."""
    return any(
        other.clause == word.clause and _NEGATIVE_CORE.search(other.text)
        for other in pair.zh[word.index + 1 :]
    )


def _is_taken(word: Word) -> bool:
    """Return whether a word translates another one, so that it cannot explain a repetition: 下跌…下跌 for *rose … fell*."""
    return word.link is not None and word.shares_stem(word.link)


_AS_GOOD_AS_NOT = ("far", "hardly", "barely", "scarcely", "rather", "instead")


def _is_negated(words: list[Word], word: Word) -> bool:
    return any(
        other.negates
        or (other.lower in _AS_GOOD_AS_NOT and other.expresses(NEGATION, "soft"))
        or (_NEGATIVE_CORE.match(other.text) and not other.expresses(NEGATION, "plain"))
        for other in list_before(words, word, _BACK)
    )


def _find_lone_negations(pair: LinkedPair) -> Iterator[tuple[Side, Word]]:
    """Yield the negations to which no word in the corresponding clauses can answer, if what they negate is translated.

    The other language must have fewer negations: freely translated sentences put them elsewhere.
    """
    is_long = pair.clauses_zh > _CLAUSE_LIMITS[0] or pair.clauses_en > _CLAUSE_LIMITS[1]
    lone: dict[Side, list[Word]] = {"zh": [], "en": []}
    for word in list_expressing(pair.zh, NEGATION, "no"):
        if _negates_linked(pair.zh, word, 1 if word.text in _BARE else _BACK) and not _is_idle_zh(pair, word):
            english = pair.en if is_long else pair.english_for(word.clause)
            if not _is_answered_zh(pair, word, english):
                lone["zh"].append(word)
    for word in list_expressing(pair.en, NEGATION, "no"):
        if _negates_linked(pair.en, word, _BACK) and not word.is_inner and not _is_idle_en(pair, word):
            chinese = pair.zh if is_long else pair.chinese_for(word.clause)
            if not _is_answered_en(pair, word, chinese):
                lone["en"].append(word)
    if lone["zh"] or lone["en"]:
        surplus = _count_negations_zh(pair) - _count_negations_en(pair)
        yield from (("zh", word) for word in lone["zh"] if surplus > 0)
        yield from (("en", word) for word in lone["en"] if surplus < 0)


def _negates_linked(words: list[Word], negation: Word, count: int) -> bool:
    """Return whether one of the next words is translated. 不墜 and 不全 alone are turned as *survived* and *patchy*."""
    following = (
        word for word in words[negation.index + 1 :] if word.clause == negation.clause and not word.is_inner
    )
    return any(word.link for word in islice(following, count))


def _count_negations_zh(pair: LinkedPair) -> int:
    return sum(
        word.negates or (_has_negative_character(word) and not _is_claimed(word)) for word in pair.zh
    ) + len(_POTENTIAL.findall(pair.zh_text))


def _count_negations_en(pair: LinkedPair) -> int:
    return sum(word.expresses(NEGATION, "no", "soft") and not _is_claimed(word) for word in pair.en)


_BARE = ("不", "無", "非")
"""Often one half of an unlisted word, so that the other half must be translated."""
_POTENTIAL = re.compile("(?<=[\u3400-\u9fff])不[過了得]")
"""繞不過, *cannot get around*: a negation although 不過 is *but*."""


def _is_idle_zh(pair: LinkedPair, word: Word) -> bool:
    """Return whether a negation says no more than its sentence without it would: 不得不, 是不是, 有沒有, 不是只有."""
    before = pair.zh[word.index - 1].text if word.index else ""
    after = pair.zh[word.index + 1].text if word.index + 1 < len(pair.zh) else ""
    if len(word.text) == 1 and (after in ("得不", "能不") or before in ("是", "有", "能", "否")):
        return True
    if any(other.negates for other in pair.zh[max(0, word.index - 1) : word.index + 2] if other is not word):
        return True
    if word.text == "非" and before not in ("並", "絕", "實"):
        return True
    if word.text == "沒有" and before.endswith("有"):
        return True
    rest = pair.zh_text[word.end : word.end + 2]
    if (word.text in ("不是", "並非", "不") and rest[:1] in ("只", "僅", "單")) or rest == "唯一":
        return True
    return pair.clauses_zh > 1 and not any(other.link for other in pair.zh if other.clause == word.clause)


def _is_answered_zh(pair: LinkedPair, word: Word, english: list[Word]) -> bool:
    if not english or (word.link and word.link.expresses(NEGATION, "no", "soft", "hint")):
        return True
    if any(other.expresses(NEGATION, "no", "soft") and not _is_claimed(other) for other in english):
        return True
    is_rejected = word.text in ("不是", "並非", "並不是", "而非", "而不是", "非")
    if (is_rejected or _PREFERS_ZH.search(pair.zh_text, 0, word.start)) and any(
        other.lower in ("rather", "but", "instead", "than", "over") for other in pair.en
    ):
        return True
    if _ONLY_ZH.search(pair.zh_text) and _ONLY_EN.search(pair.en_text):
        return True
    if word.text in ("從未", "未曾", "不曾") and any(other.lower == "first" for other in english):
        return True
    is_not_yet = bool(
        re.search("[未沒]", word.text) and re.search("前|就", pair.zh_text[word.end : word.end + 14])
    )
    if is_not_yet and any(other.lower in ("before", "until", "yet", "first", "prior") for other in english):
        return True
    return _meets_opposite(pair.zh, word, _AHEAD_ZH, english)


def _is_idle_en(pair: LinkedPair, word: Word) -> bool:
    if word.lower in ("without", "nor") or (word.lower == "neither" and " nor " in pair.en_text):
        return True
    return pair.clauses_en > 1 and not any(other.link for other in pair.en if other.clause == word.clause)


def _is_answered_en(pair: LinkedPair, word: Word, chinese: list[Word]) -> bool:
    if not chinese or any(
        other.negates or (_has_negative_character(other) and not _is_claimed(other)) for other in chinese
    ):
        return True
    if _BEFORE_EN.search(pair.en_text, word.end) and _BEFORE_ZH.search(pair.zh_text):
        return True
    return _meets_opposite(pair.en, word, _AHEAD_EN, chinese)


_BEFORE_EN, _BEFORE_ZH = re.compile(r"\b(?:before|until|unless)\b"), re.compile("才|除非|再")
_PREFERS_ZH = re.compile("寧[可願肯]")
_ONLY_ZH = re.compile("除非|若無|若非|要不是|直到|才")
_ONLY_EN = re.compile(r"\b(?:[Oo]nly (?:if|with|when|after|at|once|by|in|on)|[Uu]nless|[Uu]ntil|Had)\b")
_LONG_NAME = 5
_NEGATIVE = re.compile("[不沒未無非勿莫否免難拒禁缺罕鮮]")
_NEGATIVE_CORE = re.compile("[不沒未無非莫]")


def _has_negative_character(word: Word) -> bool:
    return word.expresses(NEGATION, "soft") or (
        len(word.text) < _LONG_NAME
        and not word.is_name
        and bool(_NEGATIVE.search(word.text))
        and not word.expresses(NEGATION, "plain")
    )


def _is_claimed(word: Word) -> bool:
    """Return whether a word such as 禁 or *lack* is translated by a word of its own, and so explains no other negation."""
    other = word.link
    if not other or word.negates or other.negates:
        return False
    if not word.shares_stem(other) and set(word.senses).isdisjoint(other.senses):
        return False
    zh, en = (other, word) if other.is_han else (word, other)
    return not _NEGATIVE_CORE.search(zh.text) and not _has_negative_prefix(en)


def _has_negative_prefix(word: Word) -> bool:
    return word.expresses(NEGATION, "soft") and word.lower.startswith(
        ("un", "in", "im", "il", "ir", "dis", "non")
    )


def _meets_opposite(words: list[Word], negation: Word, ahead: int, others: list[Word]) -> bool:
    """Return whether what is negated has its opposite on the other side: 不支持, *opposes*."""
    following = words[negation.index + 1 : negation.index + ahead]
    senses = [
        sense.pole
        for word in following
        if word.clause == negation.clause and not word.link
        for sense in word.senses
    ]
    return any(are_opposed(pole, sense.pole) for pole in senses for other in others for sense in other.senses)


def _check_contrast(zh: CheckedText, en: CheckedText, pair: LinkedPair) -> Iterator[Finding]:
    """Find 不應A，而應B paired with "should A rather than B", its opposite, by the links of the words in each half."""
    chinese = next((match for pattern in _CONTRASTS_ZH if (match := pattern.search(zh.original))), None)
    if not chinese:
        return
    english = next((match for pattern in _CONTRASTS_EN if (match := pattern.search(en.original))), None)
    if not english:
        return
    same, crossed = (
        _count_links(pair, chinese.span("rejected"), english.span(one))
        + _count_links(pair, chinese.span("chosen"), english.span(other))
        for one, other in (("rejected", "chosen"), ("chosen", "rejected"))
    )
    if crossed > same:
        start = min(chinese.start("rejected"), chinese.start("chosen"))
        yield zh.build_finding("meaning.contrast", (chinese.start(), max(start, chinese.start() + 1)))


def _count_links(pair: LinkedPair, zh: Span, en: Span) -> int:
    return sum(zh[0] <= a.start < zh[1] and en[0] <= b.start < en[1] for a, b in pair.links())


def build_finding(
    zh: CheckedText, en: CheckedText, code: str, one: Meaning | Word, other: Meaning | Word
) -> Finding:
    values = {"zh": zh.original[one.start : one.end], "en": en.original[other.start : other.end]}
    return zh.build_finding(code, (one.start, one.end), values)


def _build_lone(text: CheckedText, code: str, word: Word) -> Finding:
    """Build the finding of a word that the other side lacks, under the reason of its side."""
    span = word.start, word.end
    return text.build_finding(f"meaning.{code}_{text.side}", span, {"value": text.original[slice(*span)]})


_LONG: dict[Side, float] = {"zh": 2.1, "en": 0.95}
"""Han characters to an English word: above the first the English may lack a clause, below the second the Chinese."""
_COVERED: dict[Side, float] = {"zh": 0.6, "en": 0.5}
"""Least share of the words of the other clauses that are translated."""
_FEWEST_WORDS, _FEWEST_LINKS, _SHORTEST = 3, 2, 5
"""Words and characters of a clause whose omission is reported, and links of the others."""
_STRONG_LINK, _STRAY = 1.2, 0.3
_FIGURE = re.compile("[0-9]|[一二兩三四五六七八九十百千萬億]+$")


def find_omissions(pair: LinkedPair) -> Iterator[tuple[Side, Word]]:
    """Yield a clause with its language, of which the other language translates no word, though it translates most of the rest."""
    if not pair.en:
        return
    ratio = count_han(pair.zh_text) / len(pair.en)
    if ratio >= _LONG["zh"] and (word := _find_lone_clause(pair, "zh")):
        yield "zh", word
    elif ratio <= _LONG["en"] and (word := _find_lone_clause(pair, "en")):
        yield "en", word


def _find_lone_clause(pair: LinkedPair, side: Side) -> Word | None:
    """Return the whole clause, or the part of it from *and*, as one word."""
    parts: list[list[Word]] = []
    for word in pair.zh if side == "zh" else pair.en:
        if not parts or word.clause != parts[-1][-1].clause or word.text == "and":
            parts.append([])
        parts[-1].append(word)
    translated = [list(_list_translated(pair, part, side)) for part in parts]
    total, linked = (sum(map(count, translated)) for count in (len, sum))
    for part, own in zip(parts, translated, strict=True):
        least = max(_COVERED[side] * (total - len(own)), _FEWEST_LINKS)
        is_lone = len(own) >= _FEWEST_WORDS and not any(own) and len(parts) > 1 and linked >= least
        if is_lone and part[-1].end - part[0].start >= _SHORTEST:
            return replace(part[0], end=part[-1].end)
    return None


def _list_translated(pair: LinkedPair, part: list[Word], side: Side) -> Iterator[bool]:
    """Yield of each figure and word of content whether the other language has it.

    A link does not count if nothing else joins its clauses.
    """
    for word in part:
        is_known = bool(word.link) or not word.text[0].isupper()  # a name may be in no dictionary
        if _FIGURE.match(word.text):  # the numbers' check compares them
            yield True
        elif word.stems and len(word.text) > 1 and not word.is_inner and is_known:
            is_strong = word.link is not None and word.weight >= _STRONG_LINK
            yield is_strong and not pair.is_stray(word, _STRAY, is_zh=side == "zh")
