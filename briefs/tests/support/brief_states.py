"""Briefs in each state that a brief's bar tells apart, made by the real verbs."""

from collections.abc import Callable
from typing import Final

from briefs import workflow
from briefs.models import Brief

from . import factories
from .factories import Team


def returned(team: Team) -> Brief:
    brief = factories.submitted_brief(team)
    workflow.send_back(brief, by=team.reviewer, note="請改", sides=("zh",))
    return Brief.objects.get(pk=brief.pk)


def in_review(team: Team) -> Brief:
    """The Chinese is asked of `reviewer`, the English of nobody."""
    brief = factories.submitted_brief(team)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher)
    return Brief.objects.get(pk=brief.pk)


def scheduled(team: Team) -> Brief:
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    return Brief.objects.get(pk=brief.pk)


def urgent(team: Team) -> Brief:
    brief = factories.draft_brief(team)
    seen = factories.content_hash(brief)
    workflow.publish_urgently(brief, by=team.publisher, seen=seen, reason="war")
    return Brief.objects.get(pk=brief.pk)


def discarded(team: Team) -> Brief:
    brief = factories.draft_brief(team)
    workflow.discard(brief, by=team.writer, version=brief.version)
    return Brief.objects.get(pk=brief.pk)


STATES: Final[dict[str, Callable[[Team], Brief]]] = {
    "draft": factories.draft_brief,
    "returned": returned,
    "in review": in_review,
    "ready": factories.signed_brief,
    "scheduled": scheduled,
    "live": factories.live_brief,
    "urgent": urgent,
    "discarded": discarded,
}
