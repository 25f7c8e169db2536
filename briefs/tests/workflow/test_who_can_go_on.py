"""Whom the sentence of a brief or an issue in review names, and when it asks for one more person."""

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone, translation

from briefs import workflow
from briefs.models import Brief, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.workflow import policy
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step

pytestmark = pytest.mark.django_db


def read_sentence(brief: Brief, person: Person) -> str:
    facts = load_brief_facts([Brief.objects.get(pk=brief.pk)], timezone.now(), policy.load_staff())
    with translation.override("en"):
        return str(next_step(facts[brief.pk], person).sentence)


@pytest.fixture
def small_team(team: Team) -> Team:
    """A team of one publisher, so that the publisher's own texts wait for both reviewers."""
    team.other_publisher.groups.set([Group.objects.get(name="Writers")])
    return team


def test_signers_of_languages_are_enough_for_facts_that_the_publisher_wrote(small_team: Team) -> None:
    brief = workflow.editing.create(factories.content(), by=small_team.publisher)
    workflow.submit(brief, by=small_team.publisher, version=brief.version)
    told = read_sentence(brief, small_team.publisher)
    assert "ask an administrator" not in told
    assert "facts" not in told
    with transaction.atomic():
        for person in Person.objects.exclude(pk=small_team.publisher.pk):
            person.groups.clear()
        assert "ask an administrator" in read_sentence(brief, small_team.publisher)
        transaction.set_rollback(True)
    factories.sign_off(brief, small_team.reviewer)
    factories.approve(brief, small_team.publisher)


def test_reviewer_who_was_asked_is_named_after_their_suggestion_was_accepted(team: Team) -> None:
    brief = factories.submitted_brief(team)
    factories.assign_reviewer(brief, "en", team.reviewer_en, by=team.publisher)
    anchor = workflow.review_comments.TextAnchor("summary")
    seen = workflow.review_comments.hash_json(factories.load_content(brief).summary_en)
    suggestion = workflow.review_comments.suggest(
        brief, anchor, "en", "Better words.", by=team.reviewer_en, seen=seen
    )
    workflow.review_comments.accept(suggestion, by=team.writer)
    assert f"English waiting for {team.reviewer_en}" in read_sentence(brief, team.writer)
    facts = load_brief_facts([Brief.objects.get(pk=brief.pk)], timezone.now(), policy.load_staff())
    assert next_step(facts[brief.pk], team.reviewer_en).main == "sign_off_en"
