"""Briefs in each state that a brief's bar tells apart, made by the real verbs."""

from collections.abc import Callable
from typing import Final

from briefs import workflow
from briefs.content import Content
from briefs.models import Brief

from . import factories
from .factories import Team


def returned(team: Team, text: Content | None = None) -> Brief:
    brief = factories.submitted_brief(team, text)
    workflow.send_back(brief, by=team.reviewer, note="請改", sides=("zh",))
    return Brief.objects.get(pk=brief.pk)


def in_review(team: Team, text: Content | None = None) -> Brief:
    """The Chinese is asked of `reviewer`, the English of nobody."""
    brief = factories.submitted_brief(team, text)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher)
    return Brief.objects.get(pk=brief.pk)


def scheduled(team: Team, text: Content | None = None) -> Brief:
    brief = factories.signed_brief(team, text)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    return Brief.objects.get(pk=brief.pk)


def withdrawn(team: Team, text: Content | None = None) -> Brief:
    brief = factories.live_brief(team, text)
    workflow.withdraw(brief, by=team.publisher, kind="rights")
    return Brief.objects.get(pk=brief.pk)


def discarded(team: Team, text: Content | None = None) -> Brief:
    brief = factories.draft_brief(team, text)
    workflow.discard(brief, by=team.writer, version=brief.version)
    return Brief.objects.get(pk=brief.pk)


STATES: Final[dict[str, Callable[..., Brief]]] = {
    "draft": factories.draft_brief,
    "returned": returned,
    "in review": in_review,
    "ready": factories.signed_brief,
    "scheduled": scheduled,
    "live": factories.live_brief,
    "discarded": discarded,
}
