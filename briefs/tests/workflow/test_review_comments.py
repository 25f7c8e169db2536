"""What reviewers and writers say over a text: suggestions, replies, marks, and who is asked to review."""

import datetime as dt

import pytest
from django.utils import timezone

from briefs import policy, workflow
from briefs.content import hash_json
from briefs.models import Assignment, Brief, Event, Outbox, Revision, Suggestion
from briefs.workflow import review_comments
from briefs.workflow.assignments import find_open_assignments
from briefs.workflow.review_comments import TextAnchor

from ..support.factories import Team, edit, submitted_brief

pytestmark = pytest.mark.django_db

FIRST = TextAnchor("bullet", 1)


@pytest.fixture
def team() -> Team:
    return Team()


def suggestion(brief: Brief, team: Team, text: str = "A better point.") -> Suggestion:
    was = FIRST.find_text(workflow.load_working_copy(brief), "en") or ""
    return workflow.suggest(brief, FIRST, "en", text, by=team.reviewer, seen=hash_json(was))


def test_a_suggestion_changes_no_word_until_it_is_taken(team: Team) -> None:
    brief = submitted_brief(team)
    before = Revision.objects.filter(brief=brief).count()
    suggestion(brief, team)
    assert Revision.objects.filter(brief=brief).count() == before
    assert Event.objects.filter(brief=brief, verb="suggest", by=team.reviewer).count() == 1


def test_taking_it_is_the_takers_change(team: Team) -> None:
    brief = submitted_brief(team)
    asked = suggestion(brief, team)
    revision = workflow.accept(asked, by=team.writer)
    assert revision is not None
    assert revision.by == team.writer
    assert (revision.changed_zh, revision.changed_en) == (False, True)
    fresh = Brief.objects.get(pk=brief.pk)
    assert FIRST.find_text(workflow.load_working_copy(fresh), "en") == "A better point."
    assert Outbox.objects.filter(kind="answered", to=team.reviewer).count() == 1


def test_taken_twice_it_is_taken_once(team: Team) -> None:
    brief = submitted_brief(team)
    asked = suggestion(brief, team)
    workflow.accept(asked, by=team.writer)
    with pytest.raises(workflow.Refused) as refused:
        workflow.accept(asked, by=team.writer)
    assert refused.value.codes == ["suggestion-answered"]
    assert Event.objects.filter(verb="accept").count() == 1


def test_a_text_that_changed_is_not_overwritten(team: Team) -> None:
    brief = submitted_brief(team)
    asked = suggestion(brief, team)
    content = workflow.load_working_copy(Brief.objects.get(pk=brief.pk))
    brief = edit(brief, team.writer, bullets=FIRST.replace_text(content, "en", "My own words.").bullets)
    with pytest.raises(workflow.Refused) as refused:
        workflow.accept(asked, by=team.writer)
    assert refused.value.codes == ["suggestion-lapsed"]
    assert (
        FIRST.find_text(workflow.load_working_copy(Brief.objects.get(pk=brief.pk)), "en") == "My own words."
    )


@pytest.mark.parametrize(
    ("text", "seen", "code"),
    [("A better point.", "0" * 64, "suggestion-late"), ("Point 0.", "", "suggestion-same"), ("  ", "", "suggestion-same")],
)  # fmt: skip
def test_what_is_no_suggestion(team: Team, text: str, seen: str, code: str) -> None:
    brief = submitted_brief(team)
    seen = seen or hash_json(FIRST.find_text(workflow.load_working_copy(brief), "en"))
    with pytest.raises(workflow.Refused) as refused:
        workflow.suggest(brief, FIRST, "en", text, by=team.reviewer, seen=seen)
    assert refused.value.codes == [code]


def test_the_same_suggestion_sent_twice_is_one(team: Team) -> None:
    brief = submitted_brief(team)
    assert suggestion(brief, team) == suggestion(brief, team)
    assert Event.objects.filter(verb="suggest").count() == 1


def test_declining_leaves_the_text(team: Team) -> None:
    brief = submitted_brief(team)
    asked = suggestion(brief, team)
    workflow.decline(asked, by=team.writer)
    asked.refresh_from_db()
    assert (asked.answer, asked.answered_by) == ("declined", team.writer)
    assert FIRST.find_text(workflow.load_working_copy(Brief.objects.get(pk=brief.pk)), "en") == "Point 0."


def test_replies_stand_under_their_note_and_reach_who_raised_it(team: Team) -> None:
    brief = submitted_brief(team)
    note = workflow.add_note(brief, "Why?", by=team.reviewer)
    workflow.reply(note, "Because.", by=team.writer)
    assert [r.text for r in note.replies.all()] == ["Because."]
    assert Outbox.objects.filter(kind="answered", to=team.reviewer).count() == 1
    with pytest.raises(workflow.Refused):
        workflow.reply(note, " \n", by=team.writer)


def test_a_resolved_note_can_wait_again(team: Team) -> None:
    brief = submitted_brief(team)
    note = workflow.add_note(brief, "Why?", by=team.reviewer)
    workflow.resolve(note, by=team.writer)
    review_comments.reopen(note, by=team.reviewer)
    review_comments.reopen(note, by=team.reviewer)
    note.refresh_from_db()
    assert note.resolved_at is None
    assert note.resolved_by is None
    assert Event.objects.filter(verb="reopen").count() == 1


def test_what_is_fine_lapses_with_its_text(team: Team) -> None:
    brief = submitted_brief(team)
    workflow.mark_as_fine(brief, FIRST, "en", by=team.reviewer)
    workflow.mark_as_fine(brief, FIRST, "zh", by=team.reviewer)
    content = workflow.load_working_copy(brief)
    assert review_comments.find_fine_texts(brief, content, team.reviewer) == {("b1", "en"), ("b1", "zh")}
    assert review_comments.find_fine_texts(
        brief, FIRST.replace_text(content, "en", "Other."), team.reviewer
    ) == {("b1", "zh")}
    assert review_comments.find_fine_texts(brief, content, team.writer) == set()
    workflow.mark_as_fine(brief, FIRST, "zh", by=team.reviewer, is_fine=False)
    assert review_comments.find_fine_texts(brief, content, team.reviewer) == {("b1", "en")}


def test_one_reviewer_a_language_and_a_notice_to_whoever_is_asked(team: Team) -> None:
    brief = submitted_brief(team)
    due = timezone.localdate() + dt.timedelta(days=2)
    workflow.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher, due_on=due)
    again = workflow.assign_reviewer(brief, "zh", team.reviewer, by=team.publisher, due_on=due)
    workflow.assign_reviewer(brief, "en", team.reviewer_en, by=team.reviewer_en)
    assert {side: row.person for side, row in find_open_assignments(brief).items()} == {
        "zh": team.reviewer,
        "en": team.reviewer_en,
    }
    assert again == Assignment.objects.get(side="zh")
    assert [row.to for row in Outbox.objects.filter(kind="assigned")] == [team.reviewer]
    workflow.assign_reviewer(brief, "zh", team.publisher, by=team.publisher)
    assert find_open_assignments(brief)["zh"].person == team.publisher
    assert Assignment.objects.filter(side="zh").count() == 2
    workflow.assign_reviewer(brief, "zh", None, by=team.publisher)
    assert "zh" not in find_open_assignments(brief)


def test_nobody_is_asked_who_may_not_sign(team: Team) -> None:
    brief = submitted_brief(team)
    with pytest.raises(workflow.Refused) as refused:
        workflow.assign_reviewer(brief, "zh", team.writer, by=team.publisher)
    assert refused.value.codes == ["not-a-reviewer"]


def test_who_writes_it_and_by_when(team: Team) -> None:
    brief = submitted_brief(team)
    due = timezone.localdate()
    workflow.assign_writer(brief, team.other_writer, by=team.publisher, due_on=due, urgent=True)
    workflow.assign_writer(brief, team.other_writer, by=team.publisher, due_on=due, urgent=True)
    brief.refresh_from_db()
    assert (brief.assigned_to, brief.due_on, brief.has_priority) == (team.other_writer, due, True)
    assert Event.objects.filter(verb="assign").count() == 1
    with pytest.raises(workflow.Refused):
        workflow.assign_writer(brief, team.reviewer, by=team.publisher)


def test_acts_of_the_review_screen_are_under_rules_that_exist() -> None:
    from briefs.admin.review.review_views import POLICY_VERBS, REVIEW_ACTIONS

    assert {POLICY_VERBS.get(act, act) for act in REVIEW_ACTIONS} <= set(policy.VERBS)
