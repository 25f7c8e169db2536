"""Find who does what to whom and who says it, if the languages differ.

Reads the linked words of a pair (`lexicon/word_links.py`). Each finder yields a code of the check `meaning` and a word of
each side.
"""

import re
from collections.abc import Iterator

from briefs.checks.english import read_words
from briefs.checks.texts import opens_sentence
from briefs.lexicon.axes import Pole, are_opposed, can_link
from briefs.lexicon.sounds import compute_likeness
from briefs.lexicon.word_links import LinkedPair, Word, list_before, list_unlinked_names

RoleFinding = tuple[str, Word | None, Word | None]


def find_role_findings(pair: LinkedPair) -> Iterator[RoleFinding]:
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


def _find_actors(pair: LinkedPair, actors: _Actors) -> Iterator[RoleFinding]:
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
        if (_TO_ZH.search(before) and preposition.lower == "from") or (
            _FROM_ZH.search(before) and preposition.lower in _TO_EN
        ):
            yield "place", zh, preposition


_CROSSED, _LEAST_CROSSED = 5.0, 0.4


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
            if zh.shares_stem(other_en) or other.shares_stem(en):
                continue
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
_NO_SOURCE_EN = frozenset(read_words("no source"))


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


def _find_swapped_sources(pair: LinkedPair) -> Iterator[RoleFinding]:
    """Report two verbs of saying whose subjects are exchanged."""
    says_en = [word for word in pair.en if word.expresses("reporting", "says") and not word.is_inner]
    rows = []
    for verb in pair.zh:
        if not verb.expresses("reporting", "says") or not verb.link or verb.link not in says_en:
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
