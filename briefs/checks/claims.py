"""Find who does what to whom, who says it, and what only one language says as certain, done or caused.

Reads the linked words of a pair (`lexicon/word_links.py`). Each finder yields a code of the check `meaning` and a word of
each side; one of the two words is None if only one side has it.
"""

import re
from collections.abc import Iterator

from briefs.checks.english import read_words
from briefs.checks.texts import opens_sentence
from briefs.lexicon.axes import Pole, are_opposed, can_link
from briefs.lexicon.dictionary import PAST_FORMS
from briefs.lexicon.word_links import (
    LinkedPair,
    Word,
    compute_likeness,
    list_before,
    list_expressing,
    list_unlinked_names,
)

ClaimFinding = tuple[str, Word | None, Word | None]


def find_role_findings(pair: LinkedPair) -> Iterator[ClaimFinding]:
    actors = _list_actors(pair)
    yield from _find_actors(pair, actors)
    yield from _find_places(pair, actors)
    yield from _find_crossed_clauses(pair, actors)
    yield from _find_other_persons(pair)
    yield from _find_sources(pair)
    yield from _find_swapped_sources(pair)


# Who does what to whom

_Actors = list[tuple[Word, Word]]
_NO_ACTOR = re.compile(
    "January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|"
    "Thursday|Friday|Saturday|Sunday|President|Minister|Prime|Defense|General|Party|Congress|Court|Foreign"
)
_PASSIVE_ZH = re.compile("[被遭受獲由經]|來自|應.{0,8}邀請|的")
_TARGET_ZH = re.compile("[對向給與]")
_OTHER_SUBJECT_EN = frozenset(read_words("after a subject"))
_MOST_BETWEEN, _MOST_AFTER = 4, 9


def _list_actors(pair: LinkedPair) -> _Actors:
    """Return the linked names: known ones, and other capitalized words that do not open a sentence."""
    actors = []
    for zh, en in pair.links():
        if not en.text[0].isupper():
            continue
        is_other_name = not opens_sentence(pair.en_text, en.start) and len(zh.text) > 1 and zh.is_han
        if zh.is_name or zh.is_foreign or (is_other_name and not _NO_ACTOR.fullmatch(en.text)):
            actors.append((zh, en))
    return actors


def _find_actors(pair: LinkedPair, actors: _Actors) -> Iterator[ClaimFinding]:
    """Report a linked verb whose subject in one language is its object, or another clause's subject, in the other."""
    if len(actors) < 2:
        return
    named = {id(zh) for zh, _ in actors}
    verbs = [
        (zh, en)
        for zh, en in pair.links()
        if id(zh) not in named and zh.is_han and not en.text[0].isdigit() and zh.shares_stem(en)
    ]
    for verb, verb_en in verbs:
        if found := _find_swapped_agents(pair, actors, verb, verb_en):
            yield "actors", *found
            return
        subject = next((zh for zh, _ in actors if zh.clause == verb.clause and zh.index < verb.index), None)
        if subject is None or _PASSIVE_ZH.search(pair.zh_text, subject.end, verb.start):
            continue
        subject_en = _find_subject_en(pair, [en for _, en in actors], verb_en)
        if subject_en is None or subject.shares_stem(subject_en):
            continue
        if _are_swapped(pair, actors, verbs, (verb, verb_en), (subject, subject_en)):
            yield "actors", subject, subject_en
            return


_AGENT_ZH = re.compile("^.{0,4}[被遭受獲由]$")
_AGENT_DISTANCE = 4


def _find_swapped_agents(
    pair: LinkedPair, actors: _Actors, verb: Word, verb_en: Word
) -> tuple[Word, Word] | None:
    """Return who acts in each language if one is passive (甲被乙說服, *was persuaded by*) and the two are swapped."""
    before = [zh for zh, _ in actors if zh.clause == verb.clause and zh.index < verb.index]
    after = [zh for zh, _ in actors if zh.clause == verb.clause and zh.index > verb.index]
    is_passive = len(before) > 1 and bool(_AGENT_ZH.match(pair.zh_text[before[-2].end : before[-1].start]))
    if is_passive:
        agent, patient = before[-1], before[-2]
    elif before and after and not _PASSIVE_ZH.search(pair.zh_text, before[-1].end, after[0].start):
        agent, patient = before[-1], after[0]
    else:
        return None
    left = [en for _, en in actors if 0 < verb_en.index - en.index <= _AGENT_DISTANCE]
    right = [en for _, en in actors if 0 < en.index - verb_en.index <= _AGENT_DISTANCE]
    if not left or not right:
        return None
    one, other = max(left, key=lambda word: word.index), min(right, key=lambda word: word.index)
    is_passive_en = "by" in [word.lower for word in pair.en[verb_en.index + 1 : other.index]]
    if not (is_passive or is_passive_en):
        return None
    agent_en, patient_en = (other, one) if is_passive_en else (one, other)
    return (agent, agent_en) if agent_en is patient.link and patient_en is agent.link else None


def _find_subject_en(pair: LinkedPair, names: list[Word], verb: Word) -> Word | None:
    """Return the name that directly precedes an English verb in its sentence."""
    sentence = max(pair.en_text.rfind(mark, 0, verb.start) for mark in (". ", "; ", ": "))
    before = [name for name in names if sentence < name.start and name.index < verb.index]
    if not before:
        return None
    name = max(before, key=lambda word: word.index)
    between = [word.lower for word in pair.en[name.index + 1 : verb.index]]
    if len(between) > _MOST_BETWEEN or not _OTHER_SUBJECT_EN.isdisjoint(between):
        return None
    return None if re.search("[,;]", pair.en_text[name.end : verb.start]) else name


def _are_swapped(
    pair: LinkedPair, actors: _Actors, verbs: _Actors, verb: tuple[Word, Word], subjects: tuple[Word, Word]
) -> bool:
    (verb_zh, verb_en), (subject, subject_en) = verb, subjects
    own, other = subject.link, subject_en.link
    if own is None or other is None or own.index < verb_en.index:
        return False
    if other.clause == verb_zh.clause:
        is_object = other.index > verb_zh.index or (
            other.index > subject.index and _TARGET_ZH.search(pair.zh_text, subject.end, other.start)
        )
        ends = [at for mark in (". ", "; ") if (at := pair.en_text.find(mark, verb_en.end)) > 0]
        between = [word.lower for word in pair.en[verb_en.index + 1 : own.index]]
        return (
            bool(is_object)
            and own.start < min(ends, default=len(pair.en_text))
            and len(between) <= _MOST_AFTER
            and "by" not in between
            and ("from" not in between or verb_zh.expresses("trade", "import"))
            and ("of" not in between or verb_en.lower.endswith("ed"))
        )
    first = min(zh.index for zh, _ in actors if zh.clause == other.clause)
    if other.index != first:
        return False
    later = [(zh, en) for zh, en in verbs if zh.clause == other.clause and zh.index > other.index]
    return any(en.index > own.index for _, en in later) and not any(
        subject_en.index < en.index < own.index for _, en in later
    )


_TO_ZH = re.compile("(?:移往|前往|運往|銷往|飛往|赴|往|駛向|移至|遷至)$")
_FROM_ZH = re.compile("(?:從|自|來自|離開|逃離|撤出|源自|撤離|源於)$")
_TO_EN = frozenset(["to", "into", "toward", "towards", "against"])
_BEFORE_PLACES = frozenset(["the", "northern", "southern", "eastern", "western", "central"])


def _find_places(pair: LinkedPair, actors: _Actors) -> Iterator[ClaimFinding]:
    """Report a name that is the goal in one language and the origin in the other: 前往烏克蘭, *from Ukraine*."""
    for zh, en in actors:
        before = pair.zh_text[max(0, zh.start - 3) : zh.start]
        at = en.index - 1
        while at >= 0 and pair.en[at].lower in _BEFORE_PLACES:
            at -= 1
        preposition = pair.en[at] if at >= 0 else en
        if (_TO_ZH.search(before) and preposition.lower == "from") or (
            _FROM_ZH.search(before) and preposition.lower in _TO_EN
        ):
            yield "place", zh, preposition


_CROSSED, _LEAST_CROSSED = 5.0, 0.4


def _find_crossed_clauses(pair: LinkedPair, actors: _Actors) -> Iterator[ClaimFinding]:
    """Report two names, figures or opposites, each linked into the clause whose other words translate the other's clause."""
    named = {id(zh) for zh, _ in actors}
    rows = [(zh, en, _list_kinds(zh, en, is_name=id(zh) in named)) for zh, en in pair.links()]
    rows = [row for row in rows if row[2]]
    for n, (zh, en, kinds) in enumerate(rows):
        for other, other_en, other_kinds in rows[n + 1 :]:
            if zh.clause == other.clause or en.clause == other_en.clause:
                continue
            if not any(are_opposed(one, two) or one == two == _PLAIN for one in kinds for two in other_kinds):
                continue
            crossed = pair.weigh(zh.clause, other_en.clause), pair.weigh(other.clause, en.clause)
            if min(crossed) <= _LEAST_CROSSED or zh.shares_stem(other_en) or other.shares_stem(en):
                continue
            straight = pair.weigh(zh.clause, en.clause) + pair.weigh(other.clause, other_en.clause)
            if sum(crossed) >= straight - zh.weight - other.weight + _CROSSED:
                yield "crossed", zh, other_en
                return


_PLAIN = Pole("", "")
"""Of names and figures, any two of which can be exchanged."""


def _list_kinds(zh: Word, en: Word, *, is_name: bool) -> list[Pole]:
    if is_name or (zh.text[0].isdigit() and en.text[0].isdigit()):
        return [_PLAIN]
    return [sense.pole for sense in zh.senses if sense in en.senses and can_link(sense.pole)]


_UNLIKE, _SOUNDS = 0.55, 5
_TITLE_BEFORE = re.compile(
    "(?:總統|總理|首相|部長|主席|領袖|外長|議員|總裁|將軍|秘書長|市長|州長|國王|王儲|法官|教授|‧|候選人|大使)$"
)
_SAYS_AFTER = re.compile("‧|[在也則]?.{0,8}?(?:說|表示|認為|主張|指出|警告|當選|訪|宣布)")


def _find_other_persons(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report the only person of the Chinese that sounds like no person of the English."""
    persons = [word for word in pair.zh if word.is_foreign and not word.link]
    names = list_unlinked_names(pair)
    if len(persons) != 1 or not names:
        return
    [person] = persons
    title = _TITLE_BEFORE.search(pair.zh_text, max(0, person.start - 3), person.start)
    says = _SAYS_AFTER.match(pair.zh_text, person.end)
    if len(person.text) > _SOUNDS or not (title or says):
        return
    if all(
        compute_likeness(person.text, name.text) < _UNLIKE and pair.are_comparable(person.clause, name.clause)
        for name in names
    ):
        yield "names", person, names[-1]


# Who says it

_ADVERBS_ZH = frozenset("不並也則還曾已都卻仍均更亦")
_NO_SOURCE_EN = frozenset(read_words("no source"))


def _find_sources(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report what one language has from the author and the other from somebody else."""
    author_zh, author_en = (list_expressing(words, "reporting", "author") for words in (pair.zh, pair.en))
    if not author_zh and not author_en:
        return
    says_zh, says_en = (list_expressing(words, "reporting", "says") for words in (pair.zh, pair.en))
    says_en = [word for word in says_en if not word.text[0].isupper()]
    names_author_en = any(word.expresses("reporting", "author", "other author") for word in pair.en)
    if not names_author_en and any(_find_source_zh(pair, word) in author_zh for word in says_zh):
        for word in says_en:
            source = _find_source_en(pair, word)
            if source and source.stems:
                yield "attribution", author_zh[0], source
                return
    if author_en and not any(word.expresses("reporting", "author", "other author") for word in pair.zh):
        reported = [word for word in says_en if _find_source_en(pair, word) in author_en]
        for word in says_zh:
            source = _find_source_zh(pair, word)
            if reported and source and len(source.text) > 1 and not source.negates and not _is_report(source):
                yield "attribution", source, author_en[0]
                return


def _find_swapped_sources(pair: LinkedPair) -> Iterator[ClaimFinding]:
    """Report two verbs of saying whose subjects are exchanged."""
    rows = []
    for verb in list_expressing(pair.zh, "reporting", "says"):
        if not verb.link or verb.link.is_inner or not verb.link.expresses("reporting", "says"):
            continue
        sources = [word for word in list_before(pair.zh, verb) if word.link]
        if sources:
            rows.append((verb, sources))
    for n, (verb, sources) in enumerate(rows):
        for other, other_sources in rows[n + 1 :]:
            if _says(pair, verb, other_sources) and _says(pair, other, sources):
                yield "attribution", sources[0], other_sources[0].link
                return


def _says(pair: LinkedPair, verb: Word, sources: list[Word]) -> bool:
    """Return whether one of these words is the English subject of a verb."""
    if not verb.link:
        return False
    start = verb.link.index - _MOST_BETWEEN
    return any(word.link and start <= word.link.index < verb.link.index for word in sources)


def _is_report(word: Word) -> bool:
    return bool(word.link and word.link.expresses("reporting", "says"))


def _find_source_zh(pair: LinkedPair, verb: Word) -> Word | None:
    at = verb.index - 1
    if at > 0 and (pair.zh[at].text in _ADVERBS_ZH or pair.zh[at].negates):
        at -= 1
    return pair.zh[at] if at >= 0 and pair.zh[at].clause == verb.clause else None


def _find_source_en(pair: LinkedPair, verb: Word) -> Word | None:
    at = verb.index - 1
    while at > 0 and pair.en[at].lower in ("not", "does", "has", "have", "also", "do", "did", "had"):
        at -= 1
    source = pair.en[at] if at >= 0 else None
    return source if source and source.clause == verb.clause and source.lower not in _NO_SOURCE_EN else None


def find_claim_findings(pair: LinkedPair) -> Iterator[ClaimFinding]:
    yield from _find_tenses(pair)
    yield from _find_hedges(pair)
    yield from _find_reversed_causes(pair)
    yield from _find_turned_comparisons(pair)


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
        straight = pair.weigh(cause, cause_en) + pair.weigh(effect, effect_en)
        crossed = pair.weigh(cause, effect_en) + pair.weigh(effect, cause_en)
        if crossed >= straight + _REVERSED:
            yield "cause", zh, en
            return
    yield from _find_turned_verbs(pair)


def _list_causes(words: list[Word], clauses: int) -> list[tuple[Word, int, int]]:
    """Return each connective with the clause of the cause and that of the effect."""
    causes = []
    for word in words:
        if word.is_inner or not word.senses:
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
    for verb in (word for word in pair.zh if word.senses):
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
