"""Find who does what to whom. Yields what `claims.py` yields."""

import re
from collections.abc import Iterator

from briefs.bilingual.checks.claims import ClaimFinding
from briefs.bilingual.checks.english import read_words
from briefs.bilingual.checks.texts import opens_sentence
from briefs.bilingual.lexicon import LinkedPair, Word, compute_likeness, list_before, list_unlinked_names


def find_role_findings(pair: LinkedPair) -> Iterator[ClaimFinding]:
    actors = _list_actors(pair)
    yield from _find_actors(pair, actors)
    yield from _find_exchanged_neighbors(pair, actors)
    yield from _find_other_persons(pair)


_Actors = list[tuple[Word, Word]]
_NO_ACTOR = re.compile(
    "January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|"
    "Thursday|Friday|Saturday|Sunday|President|Minister|Prime|Defense|General|Party|Congress|Court|Foreign"
)
_PASSIVE_ZH = re.compile("[被遭受獲由經]|來自|應.{0,8}邀請|的")
_TARGET_ZH = re.compile("[對向給與]")
_OTHER_SUBJECT_EN = frozenset(read_words("after a subject"))
_MOST_BETWEEN, _MOST_AFTER, _LONGEST_SMALL = 4, 9, 4


def _list_actors(pair: LinkedPair) -> _Actors:
    """Return the linked names: known ones, and other capitalized words that do not open a sentence."""
    actors = []
    is_title = not any(word.text.islower() and len(word.text) > _LONGEST_SMALL for word in pair.en)
    for zh, en in pair.links():
        if not en.text[0].isupper():
            continue
        is_other_name = not opens_sentence(pair.en_text, en.start) and len(zh.text) > 1 and zh.is_han
        is_other_name = is_other_name and not is_title and not _NO_ACTOR.fullmatch(en.text)
        if zh.is_name or zh.is_foreign or is_other_name:
            actors.append((zh, en))
    return actors


def _find_actors(pair: LinkedPair, actors: _Actors) -> Iterator[ClaimFinding]:
    """Report a linked verb whose subject in one language is its object, or another clause's subject, in the other."""
    if len(actors) < 2:
        return
    named = {id(zh) for zh, _ in actors}
    verbs = [
        (zh, en) for zh, en in pair.links() if id(zh) not in named and zh.is_han and not en.text[0].isdigit()
    ]
    for verb, verb_en in verbs:
        if found := _find_swapped_agents(pair, actors, verb, verb_en):
            yield "actors", *found
            return
        subject = next((zh for zh, _ in actors if zh.clause == verb.clause and zh.index < verb.index), None)
        subject_en = _find_subject_en(pair, [en for _, en in actors], verb_en)
        if subject is None or subject_en is None or subject.shares_stem(subject_en):
            continue
        is_owner = subject_en.text.endswith("’s") and pair.zh_text.startswith("的", subject.end)
        if _PASSIVE_ZH.search(pair.zh_text, subject.end + is_owner, verb.start):
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
            and (
                "from" not in between
                or verb_zh.expresses("trade", "import")
                or verb_en.lower.startswith("fear")
            )
            and ("of" not in between or verb_en.lower.endswith("ed"))
        )
    first = min(zh.index for zh, _ in actors if zh.clause == other.clause)
    if other.index != first:
        return False
    later = [(zh, en) for zh, en in verbs if zh.clause == other.clause and zh.index > other.index]
    return any(en.index > own.index for _, en in later) and not any(
        subject_en.index < en.index < own.index for _, en in later
    )


_FAR, _SURE = 8, 2.0
_NOT_OBJECT_ZH = re.compile("[被遭受獲由把將對向在從於與和跟為給的使讓是以]")
_NOT_OBJECT_EN = frozenset(read_words("before no object"))


def _find_exchanged_neighbors(pair: LinkedPair, actors: _Actors) -> Iterator[ClaimFinding]:
    """Report a verb whose neighbors are exchanged: 部長傳喚委員會, *The committee summoned the minister*.

    Names are compared also around a verb without a link: 甲批評乙, *B has accused A*.
    """
    links = list(pair.links())
    named = {id(zh) for zh, _ in actors}
    turned = (
        (links[n], links[n + step], links[n + 1][0])
        for step in (1, 2)
        for n in range(len(links) - step)
        if links[n][1].index > links[n + step][1].index + 1
    )
    for (subject, right), (object_, left), verb in turned:
        if verb is object_:
            verb = pair.zh[object_.index - 1]
            if not {id(subject), id(object_)} <= named or object_.index != subject.index + 2:
                continue
        between = pair.en[left.index + 1 : right.index]
        if (
            object_.clause == subject.clause
            and len(between) <= _FAR
            and _is_noun(pair, left)
            and len(verb.text) > 1
            and (verb.link in between if verb.link else not any(w.link for w in between))
            and not any(w.text in ("使", "讓", "令") for w in list_before(pair.zh, subject))
            and not subject.expresses("relative year")
            and all(len(w.text) > 1 and w.weight >= _SURE and w.is_han for w in (subject, object_))
            and _NOT_OBJECT_EN.isdisjoint(w.lower for w in between)
            and not _NOT_OBJECT_ZH.search(pair.zh_text, subject.end, object_.start)
        ):
            yield "actors", subject, left
            return


def _is_noun(pair: LinkedPair, word: Word) -> bool:
    """Return whether an English word is a name or opens a phrase that a determiner begins."""
    before = pair.en[word.index - 1].lower if word.index else "the"
    return (
        word.text[0].isupper()
        or bool(_DETERMINERS.fullmatch(before))
        or pair.en[word.index - 1].text[0].isupper()
    )


_DETERMINERS = re.compile("the|an?|this|that|these|those|its|their|his|her|some|all|both")
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
