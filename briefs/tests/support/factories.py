"""Create a team, and briefs taken to a given state by the real verbs."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from briefs import workflow
from briefs.content import CHANGE_FIELDS, SIDES, Bullet, Content, Facts, Side
from briefs.facts import FACTS, FactKind
from briefs.models import Brief, Draft, Edition, Keyword, Letter, Person, PreviewLink, Source
from briefs.models.vocabulary import Vocabulary
from briefs.operations.demo import FIXTURES
from briefs.workflow.rules.leaves import LEAVES

SEED = Path(__file__).resolve().parents[3] / "fixtures" / "seeds" / "000_a01fbe574e0e12f3.txt"


def person(username: str, *groups: str, **values: object) -> Person:
    (created,) = people({username: groups}, **values)
    return created


def people(groups_of: Mapping[str, Sequence[str]], **values: object) -> list[Person]:
    """Create people in as few queries as one person needs, since nearly every test has a team of seven."""
    names = {name for groups in groups_of.values() for name in groups}
    group_rows = {group.name: group for group in Group.objects.filter(name__in=names)} if names else {}
    if names and not group_rows:
        group_rows = _create_roles()
    created = Person.objects.bulk_create(
        Person(
            username=name,
            email=f"{name}@example.org",
            password=_password(),
            is_staff=True,
            name=name,
            **values,
        )
        for name in groups_of
    )
    Person.groups.through.objects.bulk_create(
        Person.groups.through(person=row, group=group_rows[name])
        for row in created
        for name in groups_of[row.username]
    )
    return created


def _create_roles() -> dict[str, Group]:
    """Create the groups of roles.json in three queries.

    `load_missing_rows` needs 25 queries, and 10 ms in every test.
    """
    rows = [row["fields"] for row in json.loads((FIXTURES / "roles.json").read_bytes())]
    groups = {
        group.name: group for group in Group.objects.bulk_create(Group(name=row["name"]) for row in rows)
    }
    briefs = Permission.objects.filter(content_type__app_label="briefs", content_type__model="brief")
    permissions = {permission.codename: permission for permission in briefs}
    Group.permissions.through.objects.bulk_create(
        Group.permissions.through(group=groups[row["name"]], permission=permissions[codename])
        for row in rows
        for codename, _app, _model in row["permissions"]
    )
    return groups


@cache
def _password() -> str:
    return make_password("pw")


def load_vocabulary() -> None:
    """Store the vocabulary of a new site. `load_missing_rows` needs 700 queries for its 173 rows, and 0.3 s."""
    for model, rows in groupby(_shipped_vocabulary(), key=type):
        model._default_manager.bulk_create(map(copy, rows))


@cache
def _shipped_vocabulary() -> list[Vocabulary]:
    rows = json.loads((FIXTURES / "vocabulary.json").read_bytes())
    return [apps.get_model(row["model"])(**row["fields"]) for row in rows]


class Team:
    """Two writers, two reviewers, two publishers, and a person without a role."""

    def __init__(self) -> None:
        groups_of = {
            "writer": ["Writers"],
            "other-writer": ["Writers"],
            "reviewer": ["Reviewers"],
            "reviewer-en": ["Reviewers"],
            "publisher": ["Publishers"],
            "other-publisher": ["Publishers"],
            "outsider": [],
        }
        for created in people(groups_of):
            setattr(self, created.username.replace("-", "_"), created)

    writer: Person
    other_writer: Person
    reviewer: Person
    reviewer_en: Person
    publisher: Person
    other_publisher: Person
    outsider: Person


def facts(**values: object) -> Facts:
    source = Source.objects.filter(name="Foreign Policy").first() or Source.make(
        name="Foreign Policy", name_zh="外交政策"
    )
    keyword = Keyword.objects.filter(label_zh="科技").first() or Keyword.make(
        label_zh="科技", label_en="Technology"
    )
    return Facts(**{"source": source.pk, "keywords": (keyword.pk,), "date": "2025-06-09", **values})


VALID_FACTS: dict[FactKind, Any] = {
    FactKind.DATE: "2025-06-08",
    FactKind.TEXT: "A text & more",
    FactKind.LINK: "https://example.org/article?a=1",
    FactKind.DOI: "10.1000/xyz-1",
    FactKind.DAY: "2025-07-01",
    FactKind.MOMENT: "2020-01-02T03:04:00+00:00",
    FactKind.FLAG: True,
}
"""A valid value of every kind of scalar fact."""


def valid_fact(name: str) -> Any:
    fact = FACTS[name]
    return next(iter(fact.choices)) if fact.kind is FactKind.CHOICE else VALID_FACTS[fact.kind]


def content(tag: str = "", **values: object) -> Content:
    bullets = tuple(Bullet(n, f"第{n}點{tag}。", f"Point {n}{tag}.") for n in (0, 0, 0))
    base = Content(f"標題{tag}", f"A Headline{tag}", f"摘要{tag}。", f"A summary{tag}.", bullets, facts())
    return replace(base, **values)


def draft_brief(team: Team, text: Content | None = None) -> Brief:
    return workflow.editing.create(text or content(), by=team.writer)


def edit(brief: Brief, by: Person, **changes: object) -> Brief:
    row = Brief.objects.get(pk=brief.pk)
    workflow.editing.save(
        row, replace(workflow.load_working_copy(row), **changes), by=by, version=row.version
    )
    return Brief.objects.get(pk=brief.pk)


def load_content(brief: Brief) -> Content:
    return workflow.load_working_copy(Brief.objects.get(pk=brief.pk))


def submitted_brief(team: Team, text: Content | None = None) -> Brief:
    brief = draft_brief(team, text)
    workflow.submit(brief, by=team.writer, version=brief.version)
    return Brief.objects.get(pk=brief.pk)


def assign_writer(
    brief: Brief, person: Person | None, *, by: Person, due_on: dt.date | None = None, urgent: bool = False
) -> None:
    plan = workflow.assignments.AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    changed = replace(plan, writer=workflow.assignments.Assignee(person, due_on), urgent=urgent)
    workflow.assignments.apply_plan(brief, changed, by=by)


def assign_reviewer(
    brief: Brief, side: Side, person: Person | None, *, by: Person, due_on: dt.date | None = None
) -> None:
    plan = workflow.assignments.AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    workflow.assignments.apply_plan(
        brief, plan.with_reviewer(side, workflow.assignments.Assignee(person, due_on)), by=by
    )


def seen(brief: Brief, leaf: str) -> str:
    """Return what the page sends back with a sign-off of the leaf."""
    return workflow.reviewing.hash_for_sign_off(Brief.objects.get(pk=brief.pk), leaf)


def sign_off(brief: Brief, by: Person, *sides: str) -> None:
    for side in sides or SIDES:
        workflow.sign_off(brief, side, by=by, seen=seen(brief, side))


def signed_brief(team: Team, text: Content | None = None) -> Brief:
    brief = submitted_brief(team, text)
    sign_off(brief, team.reviewer)
    return Brief.objects.get(pk=brief.pk)


def content_hash(brief: Brief) -> str:
    return workflow.publishing.hash_for_approval(Brief.objects.get(pk=brief.pk))


def approve(brief: Brief, by: Person, *, at: dt.datetime | None = None, **values: object) -> Edition:
    return workflow.approve(brief, by=by, seen=content_hash(brief), at=at, **values)


def live_brief(team: Team, text: Content | None = None) -> Brief:
    brief = signed_brief(team, text)
    approve(brief, team.publisher)
    return Brief.objects.get(pk=brief.pk)


def publish_revision(team: Team, brief: Brief, tag: str, *, at: dt.datetime | None = None) -> Edition:
    """Revise, submit, sign and approve the next edition."""
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    note = change_note("update", f"改{tag}", f"Changed{tag}")
    brief = edit(brief, team.writer, summary_zh=f"摘要{tag}。", summary_en=f"A summary{tag}.", **note)
    workflow.submit(brief, by=team.writer, version=brief.version)
    sign_off(brief, team.reviewer)
    return approve(brief, team.publisher, at=at)


def change_note(kind: str = "update", zh: str = "改", en: str = "Changed") -> dict[str, Any]:
    """Return the fields of a content that say what its edition changes."""
    return dict(zip(CHANGE_FIELDS, (kind, zh, en), strict=True))


def say_yes(*drafts: Draft | None, by: Person) -> None:
    """Say yes to all of the drafts, which makes them public."""
    for draft in filter(None, drafts):
        assert workflow.drafts.sign_draft(draft, LEAVES, by=by)


def change_public_name(row: Vocabulary, team: Team) -> None:
    """Save a row as one publisher, and say yes to the draft, if it is one, as the other."""
    say_yes(workflow.vocabulary.save_vocabulary_row(row, by=team.publisher), by=team.other_publisher)


def merge_public_names(losers: Sequence[Vocabulary], *, into: Vocabulary, team: Team) -> None:
    say_yes(
        *workflow.vocabulary.merge_vocabulary(losers, into=into, by=team.publisher), by=team.other_publisher
    )


def unmerge_public_name(row: Vocabulary, team: Team) -> None:
    say_yes(workflow.vocabulary.unmerge_vocabulary(row, by=team.publisher), by=team.other_publisher)


def write_public_text(key: str, zh: str, en: str, *, team: Team, **values: Any) -> None:
    """Write a text of the site, or the introduction of a topic, as one publisher, and say yes to it as the other."""
    say_yes(
        workflow.vocabulary.revise_site_text(key, zh, en, by=team.publisher, **values),
        by=team.other_publisher,
    )


def tomorrow() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=1)


def preview_link(brief: Brief) -> PreviewLink:
    """Create a preview link directly, so the brief may be in any state."""
    now = timezone.now()
    return PreviewLink.objects.create(
        brief=brief,
        revision=brief.revisions.order_by("-number")[0],
        event=brief.events.latest("id"),
        token_hash=f"{PreviewLink.objects.count():064}",
        by=brief.updated_by,
        at=now,
        expires_at=now + dt.timedelta(hours=72),
    )


def guest_letter(brief: Brief, text: str = "不對。", **values: object) -> Letter:
    """Create a remark that a guest sent through a preview link."""
    via = PreviewLink.objects.filter(brief=brief).first() or preview_link(brief)
    key = f"{Letter.objects.count():064}"
    return Letter.objects.create(
        key=key, kind="remark", brief=brief, link=via, text=text, at=via.at, **values
    )
