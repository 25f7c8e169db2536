"""Random histories through the real verbs: no offered act is refused, and the inbox has what is news and still true."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import transaction
from django.utils import timezone

from briefs import policy, workflow
from briefs.acts import NEXT_BRIEF
from briefs.content import Side
from briefs.models import Brief, Edition, Event, Note, Outbox, Person, State, Suggestion
from briefs.notifications import find_inbox
from briefs.tests.support import factories, scale
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step
from briefs.workflow.rules.leaves import LEAVES
from briefs.workflow.rules.standing import BriefFacts

pytestmark = [pytest.mark.django_db]

TEAMS = {
    2: ("Publishers", "Writers Reviewers"),
    3: ("Publishers", "Writers", "Reviewers"),
    4: ("Publishers", "Publishers", "Writers", "Reviewers"),
    6: ("Publishers", "Publishers", "Writers", "Writers", "Reviewers", "Reviewers"),
}
"""Groups of each person, by size of the team. A publisher may do all that a writer and a reviewer may."""
ACTS_A_HISTORY = 14
ELSEWHERE = ("notes", "fill", "reword", "assign", "share", "suggestions")
"""Acts that lead to a place of the page; what is done there is tried by name below, or has no refusal of its own."""


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def load_facts(brief: Brief, people: list[Person]) -> BriefFacts:
    row = Brief.objects.select_related("source").get(pk=brief.pk)
    return load_brief_facts([row], timezone.now(), people)[row.pk]


def perform(act: str, facts: BriefFacts, by: Person, people: list[Person]) -> None:
    """Do the act as the desk does it, with what its page showed."""
    brief, version = facts.brief, facts.brief.version
    verb, side = act, ""
    for name in LEAVES:
        if act.endswith(f"_{name}"):
            verb, side = act.removesuffix(f"_{name}"), name
    match verb:
        case "claim":
            factories.assign_writer(brief, by, by=by)
        case "assign":
            asked = next(p for p in facts.signing.find_signers(side) if p != by)
            factories.assign_reviewer(brief, side, asked, by=by)
        case "sign_off":
            factories.sign_off(brief, by, side)
        case "take_back_sign_off":
            workflow.take_back_sign_off(brief, side, by=by)
        case "send_back":
            workflow.send_back(brief, by=by, note="再看")
        case "approve":
            kind = (
                workflow.ChangeNote("update", "改", "Changed")
                if facts.public_edition
                else workflow.ChangeNote()
            )
            factories.approve(brief, by, change=kind)
        case "cancel" | "reinstate":
            getattr(workflow, verb)(brief, by=by)
        case "reschedule":
            workflow.reschedule(brief, by=by, at=factories.tomorrow())
        case "withdraw":
            workflow.withdraw(brief, by=by, kind="other")
        case "remove":
            workflow.remove(brief, by=by, reason="a")
        case "submit" | "take_back" | "revise" | "source_withdrew" | "discard" | "recover":
            getattr(workflow, verb)(brief, by=by, version=version)
        case _:
            raise KeyError(act)


def answer_remarks(brief: Brief, by: Person) -> None:
    for note in Note.objects.filter(brief=brief, resolved_at=None):
        workflow.resolve(note, by=by)
    for suggestion in Suggestion.objects.filter(brief=brief, answer=""):
        workflow.decline(suggestion, by=by)


def edit(brief: Brief, by: Person, rng: random.Random) -> None:
    """Change a text or a fact, if the person may; a sole publisher's change in review is refused, and stays out."""
    changes = rng.choice(
        (
            {"summary_en": f"English {rng.randrange(4)}."},
            {"summary_zh": f"中文{rng.randrange(4)}。"},
            {"facts": replace(factories.load_content(brief).facts, doi=f"10.1000/{rng.randrange(1, 5)}")},
        )
    )
    try:
        with transaction.atomic():
            factories.edit(brief, by, **changes)
    except workflow.Refused:
        return


def assert_nothing_offered_is_refused(
    facts: BriefFacts, people: list[Person], log: list[str], seen: Counter[str]
) -> None:
    """Try each person's acts, and undo them."""
    for person in people:
        step = next_step(facts, person)
        for act in (step.main, *step.others):
            if act == NEXT_BRIEF or act in ELSEWHERE:
                continue
            with undone():
                try:
                    perform(act, facts, person, people)
                except workflow.Refused as refused:
                    pytest.fail(f"{act} is offered to {person} and refused: {refused.codes}; {log}")
            seen[act] += 1


def is_news(notice: Outbox, facts: BriefFacts) -> bool:
    """Return whether what the notice tells is still true, and no act of its reader."""
    brief, event, edition = facts.brief, notice.event, notice.edition
    assert event
    in_review, is_writer = brief.state == State.IN_REVIEW, brief.assigned_to_id == notice.to_id
    match notice.kind:
        case "sent_back":
            return brief.state == State.DRAFT and brief.returned_at == event.at and not is_writer
        case "noted":
            is_open = any((note.by_id, note.at) == (event.by_id, event.at) for note in facts.notes)
            is_act = is_writer and (in_review or brief.returned_at is not None)
            return is_open and brief.state in policy.OPEN_STATES and not is_act
        case "suggested":
            is_open = any((s.by_id, s.at) == (event.by_id, event.at) for s in facts.suggestions)
            return is_open and in_review and not is_writer
        case "answered":
            return brief.state in policy.OPEN_STATES
        case "signed_zh" | "signed_en":
            side: Side = "zh" if notice.kind == "signed_zh" else "en"
            signatures = facts.list_yes(side) if in_review else []
            stands = any((s.by_id, s.at) == (event.by_id, event.at) for s in signatures)
            is_published = any(e.approved_at > event.at for e in facts.history.editions)
            return stands and not is_published and not was_reworded_since(event, facts, side)
        case "scheduled":
            assert edition
            return edition.live_from > facts.now and not edition.is_cancelled
        case "published":
            assert edition
            return edition.is_public(facts.now) and not edition.withdrawn_at and not edition.removed_at
        case "review" | "assigned" | "ready":
            return False
    raise KeyError(notice.kind)


def was_reworded_since(event: Event, facts: BriefFacts, side: Side) -> bool:
    """Return whether the side had another text in between, even if somebody brought the signed one back."""
    revisions = facts.history.revisions
    signed = next(r for r in revisions if r.pk == event.revision_id)
    later = (r for r in revisions if r.number > signed.number)
    return any(getattr(r, f"hash_{side}") != getattr(signed, f"hash_{side}") for r in later)


def assert_inbox_has_the_news(facts: BriefFacts, people: list[Person], log: list[str]) -> None:
    for person in people:
        notices = Outbox.objects.filter(to=person, brief=facts.brief, due_at__lte=facts.now, read_at=None)
        news = {notice.pk for notice in notices if is_news(notice, facts)}
        shown = set(find_inbox(person, facts.now).values_list("pk", flat=True))
        kinds = list(Outbox.objects.filter(pk__in=shown ^ news).values_list("kind", flat=True))
        assert shown == news, f"{person}: {kinds}; {log}"


def play(size: int, seed: int, seen: Counter[str]) -> None:
    rng = random.Random(f"{size}-{seed}")
    groups = {f"p{n}": names.split() for n, names in enumerate(TEAMS[size])}
    factories.people(groups)
    people = policy.load_staff()
    brief = workflow.create(
        factories.content(), by=rng.choice([p for p in people if policy.has_role_for(p, "edit")])
    )
    log: list[str] = []
    facts = load_facts(brief, people)
    for _ in range(ACTS_A_HISTORY):
        awaited = [p for p in people if next_step(facts, p).is_mine]
        person = rng.choice(awaited if awaited and rng.random() < 0.7 else people)
        if rng.random() < 0.2:
            log.append(f"{person} edits")
            edit(brief, person, rng)
        elif rng.random() < 0.25 and policy.is_allowed(person, "resolve", facts.brief):
            log.append(f"{person} answers")
            answer_remarks(brief, person)
        else:
            step = next_step(facts, person)
            offered = [act for act in (*[step.main] * 6, *step.others) if act not in (NEXT_BRIEF, *ELSEWHERE)]
            if offered:
                act = rng.choice(offered)
                log.append(f"{person}: {act}")
                perform(act, facts, person, people)
        facts = load_facts(brief, people)
        assert_nothing_offered_is_refused(facts, people, log, seen)
        assert_inbox_has_the_news(facts, people, log)


def test_few_histories_offer_nothing_that_is_refused() -> None:
    play_many(range(1), sizes=(2, 3))


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(3))  # for three workers: it is the longest of all tests
def test_many_histories_offer_nothing_that_is_refused(part: int) -> None:
    play_many(range(part, scale(13), 3))


def play_many(seeds: range, sizes: Iterable[int] = TEAMS) -> None:
    seen: Counter[str] = Counter()
    for size in sizes:
        for seed in seeds:
            with undone():
                play(size, seed, seen)
    assert {
        "submit",
        "sign_off_zh",
        "approve",
        "send_back",
        "revise",
    } <= seen.keys()
    assert Edition.objects.count() == 0
