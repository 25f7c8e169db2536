"""Review comments: suggestions, replies, marks of approval, and who is assigned to review."""

import datetime as dt

import pytest
from django.utils import timezone

from briefs import workflow
from briefs.content import hash_json
from briefs.models import Assignment, Brief, Event, Outbox, Suggestion
from briefs.tests.support import factories
from briefs.tests.support.factories import Team, edit, submitted_brief
from briefs.workflow import review_comments
from briefs.workflow.assignments import find_open_assignments
from briefs.workflow.review_comments import TextAnchor

pytestmark = pytest.mark.django_db

FIRST_BULLET = TextAnchor("bullet", 1)


def make_suggestion(brief: Brief, team: Team, text: str = "A better point.") -> Suggestion:
    current = FIRST_BULLET.find_text(workflow.load_working_copy(brief), "en") or ""
    return workflow.review_comments.suggest(
        brief, FIRST_BULLET, "en", text, by=team.reviewer, seen=hash_json(current)
    )


def test_sending_back_is_refused_with_all_reasons_at_once(team: Team) -> None:
    brief = submitted_brief(team)
    with pytest.raises(workflow.Refused) as refused:
        workflow.send_back(brief, by=team.reviewer, note=" ", sides=())
    assert [reason.code for reason in refused.value.reasons] == ["note-needed", "side-needed"]


def test_accepted_suggestion_is_one_revision_by_the_person_who_accepts(team: Team) -> None:
    brief = submitted_brief(team)
    suggestion = make_suggestion(brief, team)
    assert suggestion == make_suggestion(brief, team), "sent twice"
    revision = workflow.review_comments.accept(suggestion, by=team.writer)
    assert revision is not None
    assert revision.by == team.writer
    assert (revision.changed_zh, revision.changed_en) == (False, True)
    assert FIRST_BULLET.find_text(factories.load_content(brief), "en") == "A better point."
    assert Outbox.objects.filter(kind="answered", to=team.reviewer).count() == 1
    with pytest.raises(workflow.Refused) as refusal:
        workflow.review_comments.accept(suggestion, by=team.writer)
    assert refusal.value.codes == ["suggestion-answered"]
    assert [Event.objects.filter(verb=verb).count() for verb in ("suggest", "accept")] == [1, 1]


def test_suggestion_for_a_changed_text_cannot_be_accepted(team: Team) -> None:
    brief = submitted_brief(team)
    suggestion = make_suggestion(brief, team)
    content = factories.load_content(brief)
    brief = edit(
        brief, team.writer, bullets=FIRST_BULLET.replace_text(content, "en", "My own words.").bullets
    )
    with pytest.raises(workflow.Refused) as refusal:
        workflow.review_comments.accept(suggestion, by=team.writer)
    assert refusal.value.codes == ["suggestion-lapsed"]
    assert FIRST_BULLET.find_text(factories.load_content(brief), "en") == "My own words."


@pytest.mark.parametrize(
    ("text", "seen", "code"),
    [("A better point.", "0" * 64, "suggestion-late"), ("Point 0.", "", "suggestion-same"), ("  ", "", "suggestion-same")],
)  # fmt: skip
def test_outdated_unchanged_or_blank_suggestion_is_refused(
    team: Team, text: str, seen: str, code: str
) -> None:
    brief = submitted_brief(team)
    seen = seen or hash_json(FIRST_BULLET.find_text(workflow.load_working_copy(brief), "en"))
    with pytest.raises(workflow.Refused) as refusal:
        workflow.review_comments.suggest(brief, FIRST_BULLET, "en", text, by=team.reviewer, seen=seen)
    assert refusal.value.codes == [code]


def test_reply_is_stored_under_its_note_which_is_resolved_and_reopened(team: Team) -> None:
    brief = submitted_brief(team)
    note = workflow.reviewing.add_note(brief, "Why?", by=team.reviewer)
    workflow.review_comments.reply(note, "Because.", by=team.writer)
    assert [r.text for r in note.replies.all()] == ["Because."]
    assert Outbox.objects.filter(kind="answered", to=team.reviewer).count() == 1
    with pytest.raises(workflow.Refused):
        workflow.review_comments.reply(note, " \n", by=team.writer)
    workflow.reviewing.resolve(note, by=team.writer)
    for _ in range(2):
        review_comments.reopen(note, by=team.reviewer)
    note.refresh_from_db()
    assert (note.resolved_at, note.resolved_by) == (None, None)
    assert Event.objects.filter(verb="reopen").count() == 1


def test_assignment_keeps_one_reviewer_per_side_and_notifies_others_only(team: Team) -> None:
    brief = submitted_brief(team)
    due = timezone.localdate() + dt.timedelta(days=2)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher, due_on=due)
    factories.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher, due_on=due)
    factories.assign_reviewer(brief, "en", team.reviewer_en, by=team.reviewer_en)
    assert {side: row.person for side, row in find_open_assignments(brief).items()} == {
        "zh": team.reviewer,
        "en": team.reviewer_en,
    }
    assert Assignment.objects.filter(side="zh").count() == 1
    assert [row.to for row in Outbox.objects.filter(kind="assigned")] == [team.reviewer]
    factories.assign_reviewer(brief, "zh", team.publisher, by=team.publisher)
    assert find_open_assignments(brief)["zh"].person == team.publisher
    assert Assignment.objects.filter(side="zh").count() == 2
    factories.assign_reviewer(brief, "zh", None, by=team.publisher)
    assert "zh" not in find_open_assignments(brief)
