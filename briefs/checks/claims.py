"""Find what only one language says as certain, done or caused, and clauses that it lacks.

Reads the linked words of a pair (`lexicon/word_links.py`). Each finder yields a code of the check `meaning` and a word of
each side; one of the two words is None if only one side has it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from briefs.checks.english import read_words
from briefs.lexicon.word_links import LinkedPair, Word
from briefs.text.scripts import count_han

ClaimFinding = tuple[str, Word | None, Word | None]


def find_claim_findings(pair: LinkedPair) -> Iterator[ClaimFinding]:
    yield from _find_tenses(pair)
    yield from _find_concluded(pair)
    yield from _find_hedges(pair)
    yield from _find_reversed_causes(pair)
    yield from _find_turned_comparisons(pair)
    yield from _find_omissions(pair)


# Whether it has happened, and how sure it is

_PERFECT_EN = frozenset(read_words("perfect"))
_FUTURE_EN = frozenset(read_words("future"))
_IRREGULAR_PAST = frozenset(read_words("irregular past"))
_PLANS_ZH = ("計畫", "計劃", "打算", "擬", "準備", "預定", "揚言", "誓言", "有意")
_WILL_ZH = ("將", "即將", "將會", "預計", "可望", "將於", "將在")


def _is_past(word: Word) -> bool:
    return (word.lower.endswith("ed") and len(word.text) > 4) or word.lower in _IRREGULAR_PAST


def _find_tenses(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report a linked verb that one language puts into the past, or the present, and the other into the future."""
    if "了" not in pair.zh_text and not any(word.expresses("happened") for word in pair.zh):
        return
    for verb, verb_en in pair.links():
        if not verb_en.text.islower():
            continue
        before = [w for w in pair.zh[max(0, verb.index - _BEFORE_ZH) : verb.index] if w.clause == verb.clause]
        after = pair.zh_text[verb.end : verb.end + 1]
        before_en = [
            w
            for w in pair.en[max(0, verb_en.index - _BEFORE_EN) : verb_en.index]
            if w.clause == verb_en.clause
        ]
        done = next((word for word in before if word.expresses("happened", "done")), None)
        coming = next((word for word in before if _is_coming(pair, word)), None)
        future = next((word for word in before_en if word.lower in _FUTURE_EN), None)
        auxiliary = before_en[-1].lower if before_en else ""
        is_future = (
            future and _is_own_future(pair, future) and _PERFECT_EN.isdisjoint(w.lower for w in before_en)
        )
        if is_future and not coming and (done or after == "了"):
            yield "tense", done or verb, future
            return
        puts_object = coming and coming.text == "將" and coming.index + 1 != verb.index
        if (
            coming
            and not coming.link
            and not puts_object
            and not done
            and (_is_past(verb_en) or auxiliary in _HAVE)
        ):
            others = pair.english_for(verb.clause)
            if not any(w.expresses("happened", "coming", "committed") and w.lower != "to" for w in others):
                yield "tense", coming, verb_en
                return
    for done in pair.zh:
        if done.expresses("happened", "done") and not any(
            word.clause == done.clause and _is_coming(pair, word) for word in pair.zh
        ):
            english = pair.english_for(done.clause)
            future = next((w for w in english if w.lower in _FUTURE_EN and _is_own_future(pair, w)), None)
            if future and _PERFECT_EN.isdisjoint(w.lower for w in english):
                yield "tense", done, future
                return


_BEFORE_ZH, _BEFORE_EN = 5, 4
_HAVE = ("has", "have", "had")
_ONGOING_ZH = ("正", "正在", "仍在", "還在")


def _find_concluded(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report 正 and 正在 against *has concluded*."""
    for word in pair.zh:
        if word.text not in _ONGOING_ZH:
            continue
        english = pair.english_for(word.clause)
        has = next((w for w in english if w.lower in _HAVE and _is_past_after(pair, w)), None)
        if has and not any(
            w.lower.endswith("ing") or w.lower in ("still", "remain", "remains") for w in english
        ):
            yield "tense", word, has
            return


def _is_past_after(pair: LinkedPair, auxiliary: Word) -> bool:
    return any(_is_past(word) for word in pair.en[auxiliary.index + 1 : auxiliary.index + 3])


def _is_own_future(pair: LinkedPair, word: Word) -> bool:
    """Return whether no Chinese word has the same future, as 將 of 已將利率調降 has not."""
    return word.link is None or (word.link.text == "將" and not _is_coming(pair, word.link))


def _is_coming(pair: LinkedPair, word: Word) -> bool:
    """Return whether a word puts what follows into the future. 將 after 已 puts the object first."""
    if word.text == "將" and word.index and pair.zh[word.index - 1].expresses("happened", "done"):
        return False
    return word.text in _WILL_ZH or _is_plan(pair, word)


def _is_plan(pair: LinkedPair, word: Word) -> bool:
    """Return whether a word says what somebody plans to do. 計畫 after 的 or 項 is a noun."""
    return word.text in _PLANS_ZH and pair.zh_text[max(0, word.start - 1) : word.start] not in (
        "的",
        "項",
        "這",
        "該",
    )


def _find_hedges(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report *almost* and 可能 if the other language states the same without reserve."""
    for zh in pair.zh:
        if zh.link:
            continue
        if zh.expresses("hedge", "almost") and not _any_hedge(pair.en, "almost", "nearly"):
            yield "hedge", zh, None
        elif zh.expresses("hedge", "perhaps"):
            english = pair.english_for(zh.clause)
            if english and not _any_hedge(english, "perhaps", "possible"):
                yield "hedge", zh, None
    for en in pair.en:
        if en.link or en.is_inner:
            continue
        after = pair.en[en.index + 1].lower if en.index + 1 < len(pair.en) else ""
        if after in _MEASURES or after[:1].isdigit():
            continue
        if en.expresses("hedge", "almost") and not _ALMOST_ZH.search(pair.zh_text):
            yield "hedge", None, en
        elif en.expresses("hedge", "perhaps") and en.text.islower():
            chinese = pair.chinese_for(en.clause)
            if chinese and not _any_hedge(chinese, "perhaps", "possible"):
                yield "hedge", None, en


_MEASURES = frozenset(read_words("measures"))


def _any_hedge(words: list[Word], *poles: str) -> bool:
    return any(word.expresses("hedge", *poles) for word in words)


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
        left = [w for w in pair.zh[: word.index] if w.clause == word.clause and w.link and w.link.stems]
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


_TURNED, _FEWEST_LINKS = 0.85, 3


def _find_turned_verbs(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report 使, 導致 or a comparison whose two halves are in the other order in English."""
    for verb in pair.zh:
        is_cause = verb.expresses("force", "causes")
        if not is_cause and (verb.expresses("limit") or not verb.expresses("compare", "more", "less")):
            continue
        in_clause = [word for word in pair.zh if word.clause == verb.clause and word.link and word.link.stems]
        left = [word.link.index for word in in_clause if word.index < verb.index and word.link]
        right = [word.link.index for word in in_clause if word.index > verb.index and word.link]
        if not left or not right or len(left) + len(right) < _FEWEST_LINKS:
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

_LONG_ZH, _LONG_EN = 1.75, 1.35
"""Han characters to an English word: above the first the English may lack a clause, below the second the Chinese."""
_FEWEST_ZH, _FEWEST_EN, _COVERED_ZH, _COVERED_EN = 3, 3, 0.6, 0.5
_SHORTEST = 5
"""Characters of a clause whose omission is reported."""
_STRONG_LINK = 1.2
_FIGURE = re.compile("[0-9]|[一二兩三四五六七八九十百千萬億]+$")


def _find_omissions(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report a clause of which the other language translates no word, though it translates most of the rest."""
    if not pair.en:
        return
    ratio = count_han(pair.zh_text) / len(pair.en)
    if ratio >= _LONG_ZH and (word := _find_lone_clause(pair.zh, _FEWEST_ZH, _COVERED_ZH)):
        yield "omission", word, None
    elif ratio <= _LONG_EN and (word := _find_lone_clause(pair.en, _FEWEST_EN, _COVERED_EN)):
        yield "omission", None, word


def _find_lone_clause(words: list[Word], fewest: int, covered: float) -> Word | None:
    """Return the whole clause as one word."""
    counts: dict[int, list[Word]] = {}
    for word in words:
        is_content = word.stems and len(word.text) > 1 and not word.is_inner and not word.text[0].isupper()
        if is_content or _FIGURE.match(word.text):
            counts.setdefault(word.clause, []).append(word)
    total = sum(map(len, counts.values()))
    linked = sum(_is_translated(word) for rows in counts.values() for word in rows)
    for clause, rows in counts.items():
        is_lone = len(rows) >= fewest and not any(map(_is_translated, rows)) and len(counts) > 1
        if is_lone and linked >= max(covered * (total - len(rows)), _FEWEST_LINKS):
            own = [word for word in words if word.clause == clause]
            if own[-1].end - own[0].start >= _SHORTEST:
                return replace(own[0], end=own[-1].end)
    return None


def _is_translated(word: Word) -> bool:
    """Return whether a word has a link of some weight, or is a figure, which the numbers' check compares."""
    return bool(word.link and word.weight >= _STRONG_LINK) or bool(_FIGURE.match(word.text))
