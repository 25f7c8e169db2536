"""Find what only one language says as certain, done or caused, and clauses that it lacks.

Reads the linked words of a pair (`lexicon/word_links.py`). Each finder yields a code of the check `meaning` and a word of
each side; one of the two words is None if only one side has it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from briefs.checks.english import read_words
from briefs.content import Side
from briefs.lexicon.dictionary import PAST_FORMS
from briefs.lexicon.word_links import LinkedPair, Word, list_before
from briefs.text.scripts import count_han

ClaimFinding = tuple[str, Word | None, Word | None]


def find_claim_findings(pair: LinkedPair) -> Iterator[ClaimFinding]:
    yield from _find_tenses(pair)
    yield from _find_hedges(pair)
    yield from _find_reversed_causes(pair)
    yield from _find_turned_comparisons(pair)
    yield from _find_omissions(pair)


# Whether it has happened, and how sure it is

_Aspects = dict[str, Word]
"""Words by what they say of an event: that it is `done`, `ongoing` or `coming`."""
_PERFECT_EN = frozenset(read_words("perfect"))
_FUTURE_EN = frozenset(read_words("future"))
_PLANS_ZH = ("計畫", "計劃", "打算", "擬", "準備", "預定", "揚言", "誓言", "有意")
_WILL_ZH = ("將", "即將", "將會", "預計", "可望", "將於", "將在")
_ONGOING_ZH = ("正", "正在", "仍在", "還在", "如今", "目前")
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
                if one != other and not (_may_be_en(english, one) or _may_be_zh(pair, chinese, other)):
                    yield "tense", word, word_en
                    return


def _read_aspects_zh(pair: LinkedPair, clause: list[Word]) -> _Aspects:
    aspects: _Aspects = {}
    for word in clause:
        has_ended = word.link and pair.zh_text[word.end : word.end + 1] == "了"
        if has_ended or word.expresses("happened", "done"):
            aspects.setdefault("done", word)
        elif word.text in _ONGOING_ZH and not word.link:
            aspects.setdefault("ongoing", word)
        elif _is_coming(pair, word) and not word.link and not _puts_object(pair, word):
            aspects.setdefault("coming", word)
    return aspects


def _read_aspects_en(pair: LinkedPair, words: list[Word]) -> _Aspects:
    aspects: _Aspects = {}
    for word in words:
        after = pair.en[word.index + 1 : word.index + 1 + _AFTER_HAVE]
        if word.lower in _HAVE and any(map(_is_past, after)):
            aspects.setdefault("done", word)
        elif word.lower in _BE and any(w.lower.endswith("ing") and not w.link for w in after[:_AFTER_BE]):
            aspects.setdefault("ongoing", word)
        elif word.lower in _FUTURE_EN and _is_own_future(pair, word):
            aspects.setdefault("coming", word)
        elif word.link and word.text.islower() and _is_past(word) and word.link.stems:
            aspects.setdefault("done", word)
    return aspects


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
    """Return whether a word puts what follows into the future."""
    return (word.text in _WILL_ZH or _is_plan(pair, word)) and not _is_after_done(pair, word)


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
    before, after = (
        pair.zh_text[max(0, word.start - 1) : word.start],
        pair.zh[word.index + 1 : word.index + 2],
    )
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
"""Poles of the axis *hedge* with those that answer them in the other language."""


def _find_hedges(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report *almost*, 可能 and 聲稱 if the other language states the same without reserve."""
    for zh in pair.zh:
        pole = next((pole for pole in _ANSWERS if zh.expresses("hedge", pole)), None) if not zh.link else None
        if not pole:
            continue
        english = pair.en if pole == "almost" else pair.english_for(zh.clause)
        is_said = pole == "alleged" and any(word.expresses("reporting", "says") for word in english)
        if english and not is_said and not _any_hedge(english, pole):
            yield "hedge", zh, None
    for en in pair.en:
        if en.link or en.is_inner or not en.expresses("hedge"):
            continue
        after = pair.en[en.index + 1].lower if en.index + 1 < len(pair.en) else ""
        if after in _MEASURES or after[:1].isdigit():
            continue
        if en.expresses("hedge", "almost") and not _ALMOST_ZH.search(pair.zh_text):
            yield "hedge", None, en
        elif en.expresses("hedge", "perhaps") and en.text.islower():
            chinese = pair.chinese_for(en.clause)
            if chinese and not _any_hedge(chinese, "perhaps"):
                yield "hedge", None, en


_MEASURES = frozenset(read_words("measures"))


def _any_hedge(words: list[Word], pole: str) -> bool:
    return any(word.expresses("hedge", *_ANSWERS[pole]) for word in words)


_ALMOST_ZH = re.compile("幾|近|差點|險些|約|致|形同|左右|差不多|快要|無異|難|少|漸|不到|即將")


# Cause and effect

_REVERSED = 2.0


def _find_reversed_causes(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report a cause whose clause translates the effect of the other language, and a causing verb turned round."""
    causes_zh, causes_en = _list_causes(pair.zh, pair.clauses_zh), _list_causes(pair.en, pair.clauses_en)
    if len(causes_zh) == 1 == len(causes_en):
        (zh, cause, effect), (en, cause_en, effect_en) = causes_zh[0], causes_en[0]
        affinity = pair.affinity
        straight = affinity.get((cause, cause_en), 0.0) + affinity.get((effect, effect_en), 0.0)
        crossed = affinity.get((cause, effect_en), 0.0) + affinity.get((effect, cause_en), 0.0)
        if crossed >= straight + _REVERSED:
            yield "cause", zh, en
            return
    yield from _find_turned_verbs(pair)


def _list_causes(words: list[Word], clauses: int) -> list[tuple[Word, int, int]]:
    """Return each connective with the clause of the cause and that of the effect."""
    causes = []
    for word in words:
        if word.is_inner:
            continue
        if word.expresses("cause", "because"):
            effect = word.clause + 1 if word.clause == words[0].clause else word.clause - 1
            causes.append((word, word.clause, effect))
        elif word.expresses("cause", "therefore") and word.clause:
            causes.append((word, word.clause - 1, word.clause))
    return [row for row in causes if 0 <= row[2] < clauses]


def _find_turned_comparisons(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report a comparison whose two sides are exchanged around *than*: 甲比乙高, *B is higher than A*."""
    than = [word.index for word in pair.en if word.lower == "than"]
    if len(than) != 1:
        return
    for word in pair.zh:
        if word.text != "比" and not word.expresses("compare", "more", "less"):
            continue
        left = [w for w in list_before(pair.zh, word) if w.link and w.link.stems]
        right = [w for w in pair.zh[word.index + 1 :] if w.clause == word.clause and w.link and w.link.stems]
        if not left or not right or (word.text != "比" and "比" in pair.zh_text[left[0].start : word.start]):
            continue
        left, right = ([w for w in side if w.is_name] or side for side in (left, right))
        one, other = left[0], right[0]
        if (
            other.link
            and other.link.index < than[0]
            and all(word.link and word.link.index > than[0] for word in left)
        ):
            yield "actors", one, other.link
            return


_TURNED, _FEWEST_TURNED = 0.85, 3


def _find_turned_verbs(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report 使, 導致 or a comparison whose two halves are in the other order in English."""
    for verb in pair.zh:
        is_cause = verb.expresses("force", "causes")
        if not is_cause and (verb.expresses("limit") or not verb.expresses("compare", "more", "less")):
            continue
        in_clause = [word for word in pair.zh if word.clause == verb.clause and word.link and word.link.stems]
        left = [word.link.index for word in in_clause if word.index < verb.index and word.link]
        right = [word.link.index for word in in_clause if word.index > verb.index and word.link]
        if not left or not right or len(left) + len(right) < _FEWEST_TURNED:
            continue
        if not is_cause and re.search("[比較]", pair.zh_text[max(0, verb.start - 14) : verb.start]):
            continue
        pairs = [(a, b) for a in left for b in right]
        if sum(a > b for a, b in pairs) / len(pairs) < _TURNED:
            continue
        span = pair.en[min(left + right) : max(left + right) + 1]
        if not is_cause or not any(word.expresses("force", "reversed") for word in span):
            yield "cause", verb, pair.en[min(left + right)]


# Omissions

_LONG: dict[Side, float] = {"zh": 1.75, "en": 1.35}
"""Han characters to an English word: above the first the English may lack a clause, below the second the Chinese."""
_VERY_LONG: dict[Side, float] = {"zh": 2.1, "en": 1.0}
"""Then fewer links are needed, and those do not count whose clauses are joined by nothing else."""
_COVERED: dict[Side, float] = {"zh": 0.6, "en": 0.5}
"""Least share of the words of the other clauses that are translated."""
_FEWEST_WORDS, _FEWEST_LINKS, _SHORTEST = 3, 3, 5
"""Words and characters of a clause whose omission is reported, and links of the others."""
_STRONG_LINK, _STRAY = 1.2, 0.3
_FIGURE = re.compile("[0-9]|[一二兩三四五六七八九十百千萬億]+$")


def _find_omissions(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report a clause of which the other language translates no word, though it translates most of the rest."""
    if not pair.en:
        return
    ratio = count_han(pair.zh_text) / len(pair.en)
    if ratio >= _LONG["zh"] and (
        word := _find_lone_clause(pair, "zh", is_very_long=ratio >= _VERY_LONG["zh"])
    ):
        yield "omission", word, None
    elif ratio <= _LONG["en"] and (
        word := _find_lone_clause(pair, "en", is_very_long=ratio <= _VERY_LONG["en"])
    ):
        yield "omission", None, word


def _find_lone_clause(pair: LinkedPair, side: Side, *, is_very_long: bool) -> Word | None:
    """Return the whole clause as one word."""
    words = pair.zh if side == "zh" else pair.en
    clauses: dict[int, list[bool]] = {}
    for word in words:
        is_content = word.stems and len(word.text) > 1 and not word.is_inner and not word.text[0].isupper()
        is_figure = bool(_FIGURE.match(word.text))  # the numbers' check compares them
        if is_content or is_figure:
            is_strong = word.link is not None and word.weight >= _STRONG_LINK
            is_linked = is_strong and not (is_very_long and pair.is_stray(word, _STRAY, is_zh=side == "zh"))
            clauses.setdefault(word.clause, []).append(is_figure or is_linked)
    total, linked = (sum(map(count, clauses.values())) for count in (len, sum))
    for clause, translated in clauses.items():
        least = max(_COVERED[side] * (total - len(translated)), _FEWEST_LINKS - is_very_long)
        if len(translated) >= _FEWEST_WORDS and not any(translated) and len(clauses) > 1 and linked >= least:
            own = [word for word in words if word.clause == clause]
            if own[-1].end - own[0].start >= _SHORTEST:
                return replace(own[0], end=own[-1].end)
    return None
