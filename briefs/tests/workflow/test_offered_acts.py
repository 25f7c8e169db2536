"""Random histories in which everybody tries everything, by the desk's forms and buttons.

What is offered is not refused, what is not offered is; and the inbox has what is news and still true.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from briefs import workflow
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.issues.issue_acts import IssueActForm
from briefs.admin.issues.issue_pages import IssuePageData
from briefs.admin.verbs.act_forms import BriefActForm, perform_act
from briefs.content import Side
from briefs.models import (
    Brief,
    Edition,
    Event,
    Issue,
    IssueEdition,
    Mailing,
    Note,
    Outbox,
    Person,
    State,
    Suggestion,
)
from briefs.operations.notifications import find_inbox
from briefs.tests.support import factories, issue_factories, mailing_fixtures, scale
from briefs.tests.support.factories import Team
from briefs.workflow import issues, policy
from briefs.workflow.acts import ACTS, BRIEF_BAR, ISSUE_BAR, Act
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step
from briefs.workflow.rules.four_eyes import format_seen
from briefs.workflow.rules.issue_review import IssueFacts
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
ACTS_A_HISTORY = 12
FIELDS = {"note": "再看", "sides": ["zh"], "kind": "other", "reason": "a", "mail": "on"}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def load_facts(row: Brief | Issue, people: list[Person]) -> BriefFacts | IssueFacts:
    if isinstance(row, Issue):
        return IssueFacts(Issue.objects.get(pk=row.pk), timezone.now(), people=people)
    row = Brief.objects.select_related("source").get(pk=row.pk)
    return load_brief_facts([row], timezone.now(), people)[row.pk]


def build_page(row: Brief | Issue, person: Person) -> Any:
    if isinstance(row, Issue):
        return IssuePageData(Issue.objects.get(pk=row.pk), person)
    return BriefPageData(Brief.objects.get(pk=row.pk), person)


def try_act(act: Act, row: Brief | Issue, person: Person, data: dict[str, Any] | None = None) -> str:
    """Do the act as the desk does it, with what its page shows. Return `done`, `refused`, or `same` if nothing happened."""
    page, before = build_page(row, person), Event.objects.count()
    try:
        with transaction.atomic():
            if act.way == "form":
                form = (IssueActForm if act.of_issue else BriefActForm)(act=act, page=page)
                values = {name: FIELDS[name] for name in form.fields if name in FIELDS}
                form = type(form)({**form.get_seen(), **values, **(data or {})}, act=act, page=page)
                if not form.is_valid():
                    return "refused"
                form.perform()
            else:
                shown = {"version": getattr(page.brief, "version", 0)} if not act.of_issue else {}
                perform_act(act, row, by=person, data={**shown, **read_seen(page, act)})
    except workflow.Refused:
        return "refused"
    return "done" if Event.objects.count() > before else "same"


def read_seen(page: Any, act: Act) -> dict[str, str]:
    if act.sends != "leaf":
        return {}
    if act.of_issue:
        return {f"seen_{leaf}": format_seen(leaf, page.facts.content.hashes()) for leaf in LEAVES}
    return {f"seen_{leaf}": page.get_seen(leaf) for leaf in LEAVES}


def choose_time(rng: random.Random) -> tuple[dict[str, str], bool]:
    """Return what a publishing page sends of its time, and whether button and time agree on one to come."""
    tomorrow = f"{timezone.localtime() + dt.timedelta(days=1):%Y-%m-%dT%H:%M}"
    return rng.choice(
        (
            ({"at": "", "when": "now"}, True),
            ({"at": tomorrow, "when": tomorrow}, True),
            ({"at": tomorrow, "when": "now"}, False),
            ({"at": "", "when": "later"}, False),
            ({"at": "2001-01-01T08:00", "when": "2001-01-01T08:00"}, False),
        )
    )


def assert_offered_is_what_can_be_done(
    facts: BriefFacts | IssueFacts,
    people: list[Person],
    rng: random.Random,
    log: list[str],
    seen: Counter[str],
) -> None:
    """Try each act for each person, and undo it. Of what role and state forbid, a tenth is tried."""
    row = facts.row
    bar = ISSUE_BAR if isinstance(row, Issue) else BRIEF_BAR
    for person in people:
        step = next_step(facts, person)
        offered = {step.main, *step.others}
        for name in bar:
            act = ACTS[name]
            if act.way not in ("button", "form"):
                continue
            if not policy.is_allowed(person, name, row) and rng.random() > 0.1:
                continue
            if name not in offered and is_covered(name, offered):
                continue
            data, fits = choose_time(rng) if "at" in act.fields else ({}, True)
            with undone():
                outcome = try_act(act, row, person, data)
                can_be_done = name in offered and fits
                assert (outcome == "done") == can_be_done, f"{name} by {person} {data}: {outcome}; {log}"
                if outcome == "done" and data:
                    assert_public_at(data["at"], row)
            seen[name] += outcome == "done"


def is_covered(name: str, offered: set[str]) -> bool:
    """Return whether the act is part of one that is offered: a yes to a language is one to the facts too."""
    return name.startswith("sign_off") and any(
        name.replace("common", side) in offered for side in ("zh", "en")
    )


def assert_public_at(typed: str, row: Brief | Issue) -> None:
    """Check that the newest edition is public at the time typed, and its mail goes out no earlier."""
    rows: Any = (
        IssueEdition.objects.filter(issue=row.pk)
        if isinstance(row, Issue)
        else Edition.objects.filter(brief=row.pk)
    )
    edition = rows.latest("pk")
    live_from = timezone.localtime(edition.live_from)
    assert not typed or f"{live_from:%Y-%m-%dT%H:%M}" == typed
    assert typed or edition.live_from <= timezone.now()
    if isinstance(row, Issue) and (mailing := Mailing.objects.filter(issue_edition=edition).first()):
        assert mailing.due_at >= edition.live_from


def answer_remarks(brief: Brief, by: Person) -> None:
    for note in Note.objects.filter(brief=brief, resolved_at=None):
        workflow.reviewing.resolve(note, by=by)
    for suggestion in Suggestion.objects.filter(brief=brief, answer=""):
        workflow.review_comments.decline(suggestion, by=by)


def edit(row: Brief | Issue, by: Person, rng: random.Random) -> None:
    """Change a text, a fact, the items or the change note, if the person may."""
    change: dict[str, Any] = factories.change_note() if rng.random() < 0.5 else {}
    try:
        with transaction.atomic():
            if isinstance(row, Issue):
                if rng.random() < 0.5:
                    change["items"] = rng.sample(issue_factories.load_content(row).items, 2)
                issue_factories.edit_issue(row, by, preface_en=f"English {rng.randrange(4)}.", **change)
                return
            facts = replace(factories.load_content(row).facts, doi=f"10.1000/{rng.randrange(1, 5)}")
            texts = (
                {"summary_en": f"English {rng.randrange(4)}."},
                {"summary_zh": f"中文{rng.randrange(4)}。"},
            )
            factories.edit(row, by, **change, **rng.choice((*texts, {"facts": facts})))
    except workflow.Refused:
        return


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


def make_team(size: int) -> list[Person]:
    factories.people({f"p{n}": names.split() for n, names in enumerate(TEAMS[size])})
    return policy.load_staff()


def play(size: int, seed: int, seen: Counter[str], *, with_issue: bool = False) -> None:
    rng = random.Random(f"{size}-{seed}-{with_issue}")
    people = make_team(size)
    begins = "create_issue" if with_issue else "edit"
    writer = rng.choice([p for p in people if policy.has_role_for(p, begins)])
    row: Brief | Issue = (
        begin_issue(writer) if with_issue else workflow.editing.create(factories.content(), by=writer)
    )
    log: list[str] = []
    facts = load_facts(row, people)
    for _ in range(ACTS_A_HISTORY):
        awaited = [p for p in people if next_step(facts, p).is_mine]
        person = rng.choice(awaited if awaited and rng.random() < 0.7 else people)
        step = next_step(facts, person)
        if rng.random() < 0.2:
            log.append(f"{person} edits")
            edit(row, person, rng)
        elif (
            isinstance(row, Brief)
            and rng.random() < 0.25
            and policy.is_allowed(person, "resolve", facts.brief)
        ):
            log.append(f"{person} answers")
            answer_remarks(row, person)
        elif pressable := [a for a in (*[step.main] * 6, *step.others) if ACTS[a].way in ("button", "form")]:
            name = rng.choice(pressable)
            at = f"{timezone.localtime() + dt.timedelta(days=1):%Y-%m-%dT%H:%M}"
            time = rng.choice(({"at": "", "when": "now"}, {"at": at, "when": at}))
            outcome = try_act(ACTS[name], row, person, time)
            log.append(f"{person}: {name}")
            assert outcome == "done", f"{name} is offered to {person} and {outcome}; {log}"
        facts = load_facts(row, people)
        assert_offered_is_what_can_be_done(facts, people, rng, log, seen)
        if isinstance(facts, BriefFacts):
            assert_inbox_has_the_news(facts, people, log)
            is_closed = facts.row.state not in policy.OPEN_STATES
            assert is_closed or any(next_step(facts, p).is_mine for p in people), f"nobody is asked; {log}"


def begin_issue(writer: Person) -> Issue:
    """A complete draft of an issue with three public briefs, for two subscribers."""
    team = Team()
    briefs = [factories.live_brief(team, factories.content(tag)) for tag in "甲乙丙"]
    Person.objects.filter(pk__in=[p.pk for p in vars(team).values() if isinstance(p, Person)]).update(
        is_active=False
    )
    mailing_fixtures.subscribe(2)
    issue = issues.create_issue(by=writer)
    texts = issue_factories.TEXTS
    content = replace(issue_factories.load_content(issue), zh=texts["zh"], en=texts["en"])
    return issues.save_issue(
        issue, replace(content, items=tuple(b.pk for b in briefs)), by=writer, version=issue.version
    )


def play_many(seeds: range, sizes: Iterable[int] = TEAMS, *, with_issue: bool = False) -> Counter[str]:
    seen: Counter[str] = Counter()
    for size in sizes:
        for seed in seeds:
            with undone():
                play(size, seed, seen, with_issue=with_issue)
    return seen


@pytest.mark.parametrize("with_issue", [False, True])
def test_one_history_offers_what_can_be_done(with_issue: bool) -> None:
    end = "_issue" if with_issue else ""
    seen = play_many(range(1), sizes=(3,), with_issue=with_issue)
    assert {f"submit{end}", f"sign_off{end}_zh"} <= set(+seen)


@pytest.mark.heavy
def test_many_histories_of_briefs_offer_what_can_be_done() -> None:
    seen = play_many(range(0, scale(21), 3))
    assert {name for name in BRIEF_BAR if ACTS[name].way in ("button", "form")} - set(+seen) <= {"recover"}


@pytest.mark.heavy
def test_many_histories_of_issues_offer_what_can_be_done() -> None:
    assert "publish_issue" in +play_many(range(scale(3)), with_issue=True)


@pytest.mark.parametrize("at", [None, factories.tomorrow()], ids=["live", "scheduled"])
def test_published_brief_offers_what_can_be_done(team: factories.Team, at: dt.datetime | None) -> None:
    """The bar hid the withdrawal by the source of a brief that was only scheduled, and the address did it."""
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=at)
    people = policy.load_staff()
    facts = load_facts(brief, people)
    assert_offered_is_what_can_be_done(facts, people, random.Random(1), [], Counter())
