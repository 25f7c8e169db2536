"""A team with one publisher: their edits in review become suggestions, so that somebody is left to approve."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from briefs import policy, workflow
from briefs.content import Bullet, hash_json
from briefs.models import Brief, Note, Person, Suggestion
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, get_brief_form, sign_in
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step
from briefs.workflow.review_comments import TextAnchor

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    team = Team()
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    return team


def refusal_codes(brief: Brief, by: Person, **changes: object) -> list[str]:
    with pytest.raises(workflow.Refused) as refusal:
        factories.edit(brief, by, **changes)
    return refusal.value.codes


def stuck_brief(team: Team) -> Brief:
    """Return a signed brief whose texts the publisher changed last, when there was a second publisher."""
    brief = factories.signed_brief(team)
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=True)
    content = factories.load_content(brief)
    bullets = (replace(content.bullets[0], text_en="Reworded."), *content.bullets[1:])
    factories.edit(brief, team.publisher, summary_zh="主編改的。", bullets=bullets)
    Person.objects.filter(pk=team.other_publisher.pk).update(is_active=False)
    return Brief.objects.get(pk=brief.pk)


def test_edit_in_review_that_leaves_nobody_to_approve_is_refused(team: Team) -> None:
    brief = factories.signed_brief(team)
    assert refusal_codes(brief, team.publisher, summary_zh="主編改的。") == ["sole-publisher"]
    factories.edit(brief, team.reviewer, summary_zh="審稿人改的。")
    factories.edit(brief, team.publisher, facts=factories.facts(doi="10.1000/x"))  # a fact can be ticked
    suggestion = workflow.suggest(
        brief, TextAnchor("headline"), "en", "Better", by=team.reviewer,
        seen=hash_json("A Headline"),
    )  # fmt: skip
    with pytest.raises(workflow.Refused) as refusal:
        workflow.accept(suggestion, by=team.publisher)
    assert refusal.value.codes == ["sole-publisher"]


@pytest.mark.parametrize("situation", ["draft", "second publisher", "already last editor", "four eyes off"])
def test_publisher_edits_where_nothing_is_lost(team: Team, situation: str, settings) -> None:
    brief = factories.draft_brief(team) if situation == "draft" else factories.submitted_brief(team)
    if situation == "second publisher":
        Person.objects.filter(pk=team.other_publisher.pk).update(is_active=True)
    if situation == "already last editor":
        brief = stuck_brief(team)
    settings.DIGEST_FOUR_EYES = situation != "four eyes off"
    assert (
        factories.load_content(factories.edit(brief, team.publisher, summary_zh="改。")).summary_zh == "改。"
    )


def test_last_change_turns_into_suggestions_and_the_signatures_stand_again(team: Team) -> None:
    brief = stuck_brief(team)
    with pytest.raises(workflow.Refused):
        factories.approve(brief, team.publisher)
    workflow.turn_into_suggestion(brief, by=team.publisher, version=brief.version)
    content = factories.load_content(brief)
    assert (content.summary_zh, content.bullets[0].text_en) == ("摘要。", "Point 0.")
    made = Suggestion.objects.order_by("id").values_list("field", "bullet", "side", "text")
    assert [*made] == [("summary", None, "zh", "主編改的。"), ("bullet", 1, "en", "Reworded.")]
    assert not Note.objects.exists()
    assert factories.approve(brief, team.publisher).approved_by == team.publisher


def test_accepted_suggestions_need_the_reviewer_and_the_writer_and_leave_the_publisher_free(
    team: Team,
) -> None:
    brief = stuck_brief(team)
    workflow.turn_into_suggestion(brief, by=team.publisher, version=brief.version)
    for suggestion in Suggestion.objects.order_by("id"):
        workflow.accept(suggestion, by=team.writer)
    factories.sign_off(brief, team.reviewer)
    assert factories.approve(brief, team.publisher).edited_by == team.writer


def test_suggestions_of_the_writer_wait_for_everybody_else(team: Team) -> None:
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.publisher, version=brief.version)
    factories.edit(brief, team.publisher, summary_zh="主編改的。")
    workflow.submit(brief, by=team.publisher, version=Brief.objects.get(pk=brief.pk).version)
    version = Brief.objects.get(pk=brief.pk).version
    workflow.turn_into_suggestion(brief, by=team.publisher, version=version)
    people = policy.load_staff()
    facts = load_brief_facts([Brief.objects.get(pk=brief.pk)], timezone.now(), people)[brief.pk]
    acts = {person: next_step(facts, person, people).main for person in people}
    assert acts[team.writer] == acts[team.reviewer] == "suggestions"
    assert acts[team.publisher] != "suggestions"


def test_added_bullet_is_kept_in_a_note_that_names_the_revision(team: Team) -> None:
    brief = stuck_brief(team)
    content = factories.load_content(brief)
    brief = factories.edit(brief, team.publisher, bullets=(*content.bullets, Bullet(0, "新點。", "New.")))
    workflow.turn_into_suggestion(brief, by=team.publisher, version=brief.version)
    assert len(factories.load_content(brief).bullets) == 3
    assert "r3" in Note.objects.get().text


@pytest.mark.parametrize("who", ["writer", "reviewer"])
def test_change_before_somebody_elses_cannot_be_turned_into_a_suggestion(team: Team, who: str) -> None:
    brief = factories.edit(stuck_brief(team), team.reviewer_en, summary_en="Changed since.")
    with pytest.raises(workflow.Refused) as refusal:
        workflow.turn_into_suggestion(brief, by=getattr(team, who), version=brief.version)
    assert refusal.value.codes == ["no-own-change"]


def test_publisher_is_told_and_keeps_typed_text_as_suggestions(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    address = brief_url(brief) + "?view=write"
    page = client.get(address).content.decode()
    assert 'name="do" value="suggest"' in page
    typed = get_brief_form(client, brief).data_with(summary_zh="主編改的。")
    refused = client.post(brief_url(brief, "autosave"), typed)
    assert refused.status_code == 409
    assert "Keep yours as a suggestion" in refused.json()["reasons"][0]["text"]
    assert client.post(address, typed).status_code == 409
    assert client.post(address, {**typed, "do": "suggest"}).status_code == 302
    assert factories.load_content(brief).summary_zh == "摘要。"
    assert Suggestion.objects.get().text == "主編改的。"
    sign_in(client, team.writer)
    assert 'value="suggest"' not in client.get(address).content.decode()


def test_added_bullet_cannot_be_kept_as_a_suggestion_and_stays_typed(client: Client, team: Team) -> None:
    brief = factories.signed_brief(team)
    sign_in(client, team.publisher)
    typed = get_brief_form(client, brief).data_with(text_zh__b1="")
    answer = client.post(brief_url(brief) + "?view=write", {**typed, "do": "suggest"})
    assert answer.status_code == 409
    assert "Only texts can be suggested" in answer.content.decode()
    assert not Suggestion.objects.exists()


def test_button_turns_the_last_change_into_a_suggestion(client: Client, team: Team) -> None:
    brief = stuck_brief(team)
    sign_in(client, team.publisher)
    form = get_brief_form(client, brief)
    assert "turn_into_suggestion" in form.offered_verbs()
    answer = client.post(brief_url(brief, "turn_into_suggestion"), form.data)
    assert answer.status_code == 302
    assert Suggestion.objects.count() == 2
