"""Issues taken to a given state by the real verbs."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from briefs import workflow
from briefs.content import SIDES, IssueContent, IssueText, Side
from briefs.models import Brief, Issue, IssueEdition, Person
from briefs.workflow import issues
from briefs.workflow.rules.four_eyes import format_seen

from .factories import Team, change_note

TEXTS: dict[Side, IssueText] = {
    "zh": IssueText("韌性從哪裡來", "本期談的是同一件事：出事之後，多久能恢復。"),
    "en": IssueText("Where Resilience Comes From", "The briefs ask one thing: how fast things recover."),
}
CORRECTION = change_note("correction", "更正前言。", "The preface is corrected.")


def load_content(issue: Issue) -> IssueContent:
    return IssueContent.from_json(Issue.objects.get(pk=issue.pk).content)


def edit_issue(issue: Issue, by: Person, *, items: Sequence[int] | None = None, **texts: str) -> Issue:
    """Save the issue with changed texts, such as `title_zh`, or items."""
    stored = load_content(issue)
    content = IssueContent.from_texts(stored.texts() | texts, stored.items if items is None else items)
    version = Issue.objects.get(pk=issue.pk).version
    return issues.save_issue(issue, content, by=by, version=version)


def draft_issue(team: Team, *briefs: Brief) -> Issue:
    """A complete draft, whose texts and items are the writer's."""
    issue = issues.create_issue(by=team.writer)
    items = tuple(brief.pk for brief in briefs)
    content = IssueContent(TEXTS["zh"], TEXTS["en"], items or load_content(issue).items)
    return issues.save_issue(issue, content, by=team.writer, version=issue.version)


def submitted_issue(team: Team, *briefs: Brief) -> Issue:
    issue = draft_issue(team, *briefs)
    workflow.submit(issue, by=team.writer)
    return Issue.objects.get(pk=issue.pk)


def sign_issue(issue: Issue, by: Person, *sides: Side) -> None:
    for side in sides or SIDES:
        workflow.sign_off(issue, side, by=by, seen=format_seen(side, load_content(issue).hashes()))


def signed_issue(team: Team, *briefs: Brief) -> Issue:
    issue = submitted_issue(team, *briefs)
    sign_issue(issue, team.reviewer)
    return issue


def publish(issue: Issue, by: Person, *, at: dt.datetime | None = None, **values: Any) -> IssueEdition:
    return issues.publish_issue(issue, by=by, seen=load_content(issue).hash(), at=at, **values)


def published_issue(team: Team, *briefs: Brief, at: dt.datetime | None = None) -> IssueEdition:
    return publish(signed_issue(team, *briefs), team.publisher, at=at)


def correct_issue(team: Team, issue: Issue, *, at: dt.datetime | None = None, **texts: Any) -> IssueEdition:
    """Publish a correction with changed texts or items."""
    workflow.revise(issue, by=team.writer)
    edit_issue(issue, team.writer, **CORRECTION, **texts)
    workflow.submit(issue, by=team.writer)
    sign_issue(issue, team.reviewer)
    return publish(issue, team.publisher, at=at)
