"""Find what only one language says as certain or done.

Reads the linked words of a pair (`lexicon/word_links.py`). Each finder yields a code of the check `meaning` and a word of
each side; the English one is None if only the Chinese has it.
"""

import re
from collections.abc import Iterator

from briefs.bilingual.checks.english import read_words
from briefs.bilingual.lexicon import LinkedPair, Word
from briefs.bilingual.lexicon.dictionary import PAST_FORMS

ClaimFinding = tuple[str, Word, Word | None]


def find_claim_findings(pair: LinkedPair) -> Iterator[ClaimFinding]:
    yield from _find_tenses(pair)
    yield from _find_hedges(pair)


_Aspects = dict[str, Word]
"""Words by what they say of an event: that it is `done`, `ongoing`, `coming`, or `due` (ought to be)."""
_PERFECT_EN = frozenset(read_words("perfect"))
_FUTURE_EN = frozenset(read_words("future"))
_PLANS_ZH = ("計畫", "計劃", "打算", "擬", "準備", "預定", "揚言", "誓言", "有意")
_WILL_ZH = ("將", "即將", "將會", "預計", "可望", "將於", "將在")
_OUGHT_ZH = ("應", "應該", "應當", "必須")
_ONGOING_ZH = ("正", "正在", "仍在", "還在", "如今", "目前")
_ENDINGS_ZH, _ENDED_ZH = ("了", "過"), re.compile("了|過(?![去程度於高低多分往半剩渡境])")
_STATE_ZH = re.compile("[近是在有屬]")
_ATTRIBUTE_ZH = re.compile("[^，。；]{1,6}的")
_SOON_ZH = re.compile("快要?$|就要$")
_NOWADAYS_ZH = ("如今", "目前")
_HAVE, _BE = ("has", "have", "had"), ("is", "are", "am")
_AFTER_HAVE, _AFTER_BE = 4, 2
"""Words within which a participle follows its auxiliary."""


def _find_tenses(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report an event that one language puts into the past, the present or the future, and the other elsewhere."""
    for clause in range(pair.clauses_zh):
        chinese = [word for word in pair.zh if word.clause == clause]
        if not (mine := _read_aspects_zh(pair, chinese)):
            continue
        english = pair.english_for(clause)
        for one, word in mine.items():
            for other, word_en in _read_aspects_en(pair, english).items():
                is_apart = one != other and (one != "due" or word_en.lower in _HAVE)
                is_apart = is_apart and not (word.text in _NOWADAYS_ZH and word_en.lower in _HAVE)
                if is_apart and not (_may_be_en(english, one) or _may_be_zh(pair, chinese, other)):
                    yield "tense", word, word_en
                    return


def _read_aspects_zh(pair: LinkedPair, clause: list[Word]) -> _Aspects:
    aspects: _Aspects = {}
    for word in clause:
        has_ended = word.link and pair.zh_text[word.end : word.end + 1] in _ENDINGS_ZH
        is_done = word.expresses("happened", "done") and not _STATE_ZH.match(pair.zh_text, word.end)
        if (has_ended and _ENDED_ZH.match(pair.zh_text, word.end)) or is_done:
            if not _SOON_ZH.search(pair.zh_text, max(0, word.start - 2), word.start):
                aspects.setdefault("done", word)
        elif word.text in _ONGOING_ZH and not word.link:
            aspects.setdefault("ongoing", word)
        elif word.text in _OUGHT_ZH and not word.link:
            aspects.setdefault("due", word)
        elif _is_coming(pair, word) and not word.link and not _puts_object(pair, word):
            aspects.setdefault("coming", word)
    return aspects


def _read_aspects_en(pair: LinkedPair, words: list[Word]) -> _Aspects:
    aspects: _Aspects = {}
    for word in words:
        after = pair.en[word.index + 1 : word.index + 1 + _AFTER_HAVE]
        if word.lower in _HAVE and any(map(_is_past, after)):
            aspects.setdefault("done", word)
        elif word.lower in _BE and any(_is_ongoing(pair, w) for w in after[:_AFTER_BE]):
            aspects.setdefault("ongoing", word)
        elif word.lower in _FUTURE_EN and _is_own_future(pair, word):
            aspects.setdefault("coming", word)
        elif word.link and word.text.islower() and _is_past(word) and word.link.stems:
            aspects.setdefault("done", word)
    return aspects


def _is_ongoing(pair: LinkedPair, word: Word) -> bool:
    """Return whether a form in *-ing* is an act. A linked one that ends its clause can be a state: *are aging*."""
    is_last = word.index + 1 == len(pair.en) or pair.en[word.index + 1].clause != word.clause
    return word.lower.endswith("ing") and not (word.link and is_last)


def _may_be_zh(pair: LinkedPair, words: list[Word], aspect: str) -> bool:
    if aspect == "done":
        return "了" in pair.zh_text[words[0].start : words[-1].end + 1] or any(
            word.expresses("happened", "done") for word in words
        )
    if aspect == "ongoing":
        return any(word.text in _ONGOING_ZH or word.text[0] in "仍還持續" for word in words)
    return any(
        word.expresses("happened", "coming", "committed") and not _is_after_done(pair, word) for word in words
    )


def _may_be_en(words: list[Word], aspect: str) -> bool:
    if aspect == "done":
        return not _PERFECT_EN.isdisjoint(word.lower for word in words)
    if aspect == "ongoing":
        return any(
            word.lower.endswith("ing") or word.lower in ("still", "now", "remain", "remains")
            for word in words
        )
    return any(word.expresses("happened", "coming", "committed") and word.lower != "to" for word in words)


def _is_past(word: Word) -> bool:
    return (word.lower.endswith("ed") and len(word.text) > 4) or word.lower in PAST_FORMS


def _is_own_future(pair: LinkedPair, word: Word) -> bool:
    """Return whether no Chinese word has the same future, as 將 of 已將利率調降 has not."""
    return word.link is None or (word.link.text == "將" and not _is_coming(pair, word.link))


def _is_coming(pair: LinkedPair, word: Word) -> bool:
    """Return whether a word puts what follows into the future, and not only a noun: 即將卸任的總統."""
    is_will = word.text in _WILL_ZH and not _ATTRIBUTE_ZH.match(pair.zh_text, word.end)
    return (is_will or _is_plan(pair, word)) and not _is_after_done(pair, word)


def _is_after_done(pair: LinkedPair, word: Word) -> bool:
    """Return whether a word follows 已, after which 將 puts the object first."""
    return word.index > 0 and pair.zh[word.index - 1].expresses("happened", "done")


def _puts_object(pair: LinkedPair, word: Word) -> bool:
    """Return whether 將 puts the object before the verb: 將兩人引渡, and 將部隊撤出, *withdraw its troops*."""
    after = [w.link.index for w in pair.zh[word.index + 1 :] if w.clause == word.clause and w.link]
    is_turned = bool(after) and after[-1] < max(after)
    return word.text == "將" and (is_turned or bool(_DETERMINER_ZH.match(pair.zh_text, word.end)))


_DETERMINER_ZH = re.compile("[一兩三四五六七八九十百千數這該其此0-9]")


def _is_plan(pair: LinkedPair, word: Word) -> bool:
    """Return whether a word says what somebody plans to do. 計畫 is a noun after 的 or 項, and at the end of a clause."""
    before = pair.zh_text[max(0, word.start - 1) : word.start]
    after = pair.zh[word.index + 1 : word.index + 2]
    return (
        word.text in _PLANS_ZH
        and before not in ("的", "項", "這", "該")
        and any(w.clause == word.clause for w in after)
    )


_ANSWERS = {
    "almost": ("almost", "nearly"),
    "perhaps": ("perhaps", "possible"),
    "alleged": ("perhaps", "alleged"),
}
"""Poles of the axis *hedge* with those that answer them in the English."""


def _find_hedges(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report 幾乎, 可能 and 聲稱 if the English states the same without reserve."""
    for zh in pair.zh:
        pole = next((pole for pole in _ANSWERS if zh.expresses("hedge", pole)), None) if not zh.link else None
        if not pole:
            continue
        english = pair.en if pole == "almost" else pair.english_for(zh.clause)
        is_said = pole == "alleged" and any(word.expresses("reporting", "says") for word in english)
        is_said = is_said or any(word.expresses("hedge", *_ANSWERS[pole]) for word in english)
        if english and not is_said:
            yield "hedge", zh, None
