"""Find who does what to whom, who says it, what is certain and what has happened, if only one language has it so.

Reads the linked words of a pair (`lexicon/word_links.py`). Each finder yields a code of the check `meaning` and a word of
each side; one of the two words is None if only one side has it.
"""

import re
from collections.abc import Iterator

from briefs.lexicon.axes import Pole, are_opposed, can_link
from briefs.lexicon.sounds import compute_likeness
from briefs.lexicon.word_links import LinkedPair, Word, list_unlinked_names

RoleFinding = tuple[str, Word | None, Word | None]
_LOOSE = 0.25


def find_role_findings(pair: LinkedPair) -> Iterator[RoleFinding]:
    actors = _list_actors(pair)
    yield from _find_actors(pair, actors)
    yield from _find_places(pair, actors)
    yield from _find_crossed_clauses(pair, actors)
    yield from _find_other_persons(pair)
    yield from _find_sources(pair)
    yield from _find_tenses(pair)
    yield from _find_hedges(pair)
    yield from _find_reversed_causes(pair)


# Who does what to whom

_Actors = list[tuple[Word, Word]]
_NO_ACTOR = re.compile(
    "January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|"
    "Thursday|Friday|Saturday|Sunday|President|Minister|Prime|Defense|General|Party|Congress|Court|Foreign"
)
_PASSIVE_ZH = re.compile("[被遭受獲由經]|來自|應.{0,8}邀請|的")
_TARGET_ZH = re.compile("[對向給與]")
_OTHER_SUBJECT_EN = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "get",
        "got",
        "gets",
        "of",
        "and",
        "or",
        "from",
        "by",
        "in",
        "on",
        "at",
        "with",
        "over",
        "for",
    ]
)
_MOST_BETWEEN, _MOST_AFTER = 4, 9
_LEAST_STEM_LINK = 1


def _list_actors(pair: LinkedPair) -> _Actors:
    """Return the linked names: known ones, and other capitalized words that do not open a sentence."""
    actors = []
    for zh, en in pair.links():
        if not en.text[0].isupper():
            continue
        opens = not pair.en_text[: en.start].rstrip(' “‘"').rpartition("\n")[2] or pair.en_text[
            : en.start
        ].rstrip(' “‘"')[-1:] in (".", "?", "!")
        is_other_name = not opens and len(zh.text) > 1 and zh.text[0] >= "\u3400"
        if zh.is_name or zh.is_foreign or (is_other_name and not _NO_ACTOR.fullmatch(en.text)):
            actors.append((zh, en))
    return actors


def _find_actors(pair: LinkedPair, actors: _Actors) -> Iterator[RoleFinding]:
    """Report a linked verb whose subject in one language is its object, or another clause's subject, in the other."""
    if len(actors) < 2:
        return
    named = {id(zh) for zh, _ in actors}
    verbs = [
        (zh, en)
        for zh, en in pair.links()
        if id(zh) not in named
        and zh.text[0] >= "\u3400"
        and not en.text[0].isdigit()
        and not set(zh.stems).isdisjoint(en.stems)
    ]
    for verb, verb_en in verbs:
        if found := _find_swapped_agents(pair, actors, verb, verb_en):
            yield "actors", *found
            return
        subject = next((zh for zh, _ in actors if zh.clause == verb.clause and zh.index < verb.index), None)
        if subject is None or _PASSIVE_ZH.search(pair.zh_text, subject.end, verb.start):
            continue
        subject_en = _find_subject_en(pair, [en for _, en in actors], verb_en)
        if subject_en is None or not set(subject.stems).isdisjoint(subject_en.stems):
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


_TO_ZH = re.compile("(?:移往|前往|運往|銷往|飛往|到|至|赴|往|向|對|給|抵|駛向|移至|進入|予)$")
_FROM_ZH = re.compile("(?:從|自|來自|離開|逃離|撤出|源自|撤離|源於)$")
_TO_EN = frozenset(["to", "into", "toward", "towards", "against"])
_SOURCE_VERB = re.compile(
    r"\b(?:protect|demand|request|ask|learn|seek|borrow|buy|bought|purchas|import|expect|different|need|support|order)",
    re.IGNORECASE,
)


def _find_places(pair: LinkedPair, actors: _Actors) -> Iterator[RoleFinding]:
    """Report a name that is the goal in one language and the origin in the other: 前往烏克蘭, *from Ukraine*."""
    for zh, en in actors:
        before = pair.zh_text[max(0, zh.start - 3) : zh.start]
        at = en.index - 1
        while at >= 0 and pair.en[at].lower in (
            "the",
            "northern",
            "southern",
            "eastern",
            "western",
            "central",
        ):
            at -= 1
        preposition = pair.en[at] if at >= 0 else en
        if _TO_ZH.search(before) and preposition.lower == "from":
            if before[-1] not in "對向" or not _SOURCE_VERB.search(pair.en_text):
                yield "place", zh, preposition
        elif _FROM_ZH.search(before) and preposition.lower in _TO_EN:
            yield "place", zh, preposition


_CROSSED, _LEAST_CROSSED = 3.5, 0.4


def _find_crossed_clauses(pair: LinkedPair, actors: _Actors) -> Iterator[RoleFinding]:
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
            straight = (
                pair.affinity.get((zh.clause, en.clause), 0.0)
                + pair.affinity.get((other.clause, other_en.clause), 0.0)
                - zh.weight
                - other.weight
            )
            crossed = [
                pair.affinity.get((zh.clause, other_en.clause), 0.0),
                pair.affinity.get((other.clause, en.clause), 0.0),
            ]
            if min(crossed) > _LEAST_CROSSED and sum(crossed) >= straight + _CROSSED:
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


def _find_other_persons(pair: LinkedPair) -> Iterator[RoleFinding]:
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
_NO_SOURCE_EN = frozenset(
    [
        "to",
        "and",
        "that",
        "by",
        "who",
        "a",
        "the",
        "be",
        "been",
        "is",
        "was",
        "will",
        "should",
        "must",
        "may",
        "can",
        "would",
    ]
)


def _find_sources(pair: LinkedPair) -> Iterator[RoleFinding]:
    """Report what one language has from the author and the other from somebody else."""
    says_zh = [word for word in pair.zh if word.expresses("reporting", "says")]
    says_en = [word for word in pair.en if word.expresses("reporting", "says") and not word.text[0].isupper()]
    author_zh = [word for word in pair.zh if word.expresses("reporting", "author")]
    author_en = [word for word in pair.en if word.expresses("reporting", "author")]
    names_author_en = any(word.expresses("reporting", "author", "other author") for word in pair.en)
    if not names_author_en and any(_find_source_zh(pair, word) in author_zh for word in says_zh):
        for word in says_en:
            source = _find_source_en(pair, word)
            if source and (source.text[0].isupper() or source.stems):
                yield "attribution", author_zh[0], source
                return
    if author_en and not any(word.expresses("reporting", "author", "other author") for word in pair.zh):
        reported = [word for word in says_en if _find_source_en(pair, word) in author_en]
        for word in says_zh:
            source = _find_source_zh(pair, word)
            if reported and source and len(source.text) > 1 and not source.negates and not _is_report(source):
                yield "attribution", source, author_en[0]
                return


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


# Whether it has happened, and how sure it is

_PERFECT_EN = frozenset(
    ["has", "have", "had", "already", "was", "were", "now", "been", "since", "ago", "once"]
)
_FUTURE_EN = frozenset(
    [
        "will",
        "would",
        "shall",
        "plan",
        "plans",
        "planned",
        "agree",
        "agrees",
        "agreed",
        "pledge",
        "pledges",
        "pledged",
        "intend",
        "intends",
        "intended",
        "expected",
        "vow",
        "vows",
        "vowed",
        "slated",
        "scheduled",
    ]
)
_IRREGULAR_PAST = frozenset(
    [
        "took",
        "came",
        "went",
        "rose",
        "fell",
        "grew",
        "became",
        "began",
        "gave",
        "made",
        "lost",
        "won",
        "left",
        "cut",
        "put",
        "set",
        "met",
        "led",
        "built",
        "brought",
        "bought",
        "sold",
        "sent",
        "held",
        "kept",
        "said",
        "told",
        "found",
        "fought",
        "drew",
        "flew",
        "wrote",
        "spoke",
        "broke",
        "chose",
        "drove",
        "got",
        "had",
        "has",
        "hit",
        "ran",
        "saw",
        "shut",
    ]
)
_WILL_ZH = ("將", "即將", "將會", "預計", "可望", "將於", "將在")
_LOOK_AHEAD = 6


def _is_past(word: Word) -> bool:
    return (word.lower.endswith("ed") and len(word.text) > 4) or word.lower in _IRREGULAR_PAST


def _find_tenses(pair: LinkedPair) -> Iterator[RoleFinding]:
    for zh in pair.zh:
        if not zh.expresses("happened"):
            continue
        english = pair.english_for(zh.clause, _LOOSE)
        lower = {word.lower for word in english}
        in_clause = [word for word in pair.zh if word.clause == zh.clause]
        if zh.expresses("happened", "done"):
            if any(
                word.expresses("happened", "coming", "committed")
                and not (word.text == "將" and word.index == zh.index + 1)
                for word in in_clause
            ):
                continue
            future = [
                word
                for word in english
                if word.lower in _FUTURE_EN and (not word.link or word.link.index == zh.index + 1)
            ]
            if future and _PERFECT_EN.isdisjoint(lower):
                yield "tense", zh, future[0]
        elif any(
            word.expresses("happened", "coming", "committed") and word.lower != "to" for word in english
        ):
            continue
        elif zh.text in _WILL_ZH:
            verb = next(
                (
                    word.link
                    for word in pair.zh[zh.index + 1 : zh.index + _LOOK_AHEAD]
                    if word.clause == zh.clause
                    and word.link
                    and word.link.text.islower()
                    and _is_past(word.link)
                ),
                None,
            )
            if verb and not (zh.text == "將" and _stands_for_ba(pair, zh, verb)):
                yield "tense", zh, verb
        elif (zh.expresses("happened", "committed") or _is_plan(pair, zh)) and not zh.link:
            done = [word for word in english if word.lower in ("has", "have")]
            if done:
                yield "tense", zh, done[0]


_PLANS_ZH = ("計畫", "計劃", "打算", "擬", "準備", "預定", "揚言", "誓言", "有意")


def _is_plan(pair: LinkedPair, word: Word) -> bool:
    """Return whether a word says what somebody plans to do. 計畫 after 的 or 項 is a noun."""
    return word.text in _PLANS_ZH and pair.zh_text[max(0, word.start - 1) : word.start] not in (
        "的",
        "項",
        "這",
        "該",
    )


def _stands_for_ba(pair: LinkedPair, will: Word, verb: Word) -> bool:
    """Return whether 將 puts the object before the verb, as 把 does: 將利率調降."""
    following = pair.zh[will.index + 1]
    return following.link is not None and following.link is not verb and not _is_past(following.link)


def _find_hedges(pair: LinkedPair) -> Iterator[RoleFinding]:
    """Report *almost* and 可能 if the other language states the same without reserve."""
    for zh in pair.zh:
        if zh.link:
            continue
        if zh.expresses("hedge", "almost") and not _any_hedge(pair.en, "almost", "nearly"):
            yield "hedge", zh, None
        elif zh.expresses("hedge", "perhaps"):
            english = pair.english_for(zh.clause, _LOOSE)
            if english and not _any_hedge(english, "perhaps", "possible"):
                yield "hedge", zh, None
    for en in pair.en:
        if en.link or en.is_inner:
            continue
        after = pair.en[en.index + 1].lower if en.index + 1 < len(pair.en) else ""
        if after in _MEASURES or after[:1].isdigit():
            continue
        if en.expresses("hedge", "almost") and not _any_hedge(pair.zh, "almost", "nearly"):
            yield "hedge", None, en
        elif en.expresses("hedge", "perhaps") and en.text.islower():
            chinese = pair.chinese_for(en.clause, _LOOSE)
            if chinese and not _any_hedge(chinese, "perhaps", "possible") and not _any_possible(pair.zh_text):
                yield "hedge", None, en


_MEASURES = frozenset(
    [
        "a",
        "an",
        "as",
        "all",
        "half",
        "every",
        "each",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twelve",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundreds",
        "thousands",
        "two-fifths",
        "two-thirds",
        "three-quarters",
        "twice",
        "double",
    ]
)
"""Words after which *nearly* and *perhaps* round a figure, which Chinese writes in many ways."""


def _any_hedge(words: list[Word], *poles: str) -> bool:
    return any(word.expresses("hedge", *poles) for word in words)


def _any_possible(text: str) -> bool:
    return bool(re.search("[可能或恐似若疑如會難未險需]", text))


# Cause and effect

_REVERSED = 2.0


def _find_reversed_causes(pair: LinkedPair) -> Iterator[RoleFinding]:
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


_TURNED, _FEWEST_LINKS = 0.85, 3


def _find_turned_verbs(pair: LinkedPair) -> Iterator[RoleFinding]:
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
