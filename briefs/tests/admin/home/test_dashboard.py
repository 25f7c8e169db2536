"""Dashboard: tasks, outstanding work, presence and plans, with a constant number of queries."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from briefs import workflow
from briefs.admin.common import relative_dates
from briefs.content import Bullet, Facts, hash_json
from briefs.models import Brief, Outbox, Person, Presence
from briefs.workflow.review_comments import TextAnchor

from ...support import factories
from ...support.form_client import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def load_boards(client: Client, person: Person) -> dict[str, Any]:
    response = sign_in(client, person).get("/admin/")
    assert response.status_code == 200
    return {board.title: board for board in response.context["boards"]}


def text_by_brief(board: Any) -> dict[int, str]:
    return {line.brief.pk: line.what for line in board.lines}


def days_ago(n: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=n)


def test_every_empty_board_shows_its_message(client: Client, team: factories.Team) -> None:
    boards = load_boards(client, team.writer)
    assert list(boards) == [
        "Waiting for me", "My briefs", "Being edited now", "To check", "Planned", "Overdue", "Scheduled",
        "Urgent, awaiting confirmation",
    ]  # fmt: skip
    page = client.get("/admin/").content.decode()
    for board in boards.values():
        assert board.empty_message in page
    assert "Upload documents" in page


def test_outstanding_work_is_listed_per_brief(client: Client, team: factories.Team) -> None:
    bullets = (
        Bullet(0, "甲", ""),
        Bullet(0, "乙", ""),
        Bullet(0, "", "C"),
        Bullet(0, "丁", "", one_sided="刻意"),
    )
    half = factories.draft_brief(
        team,
        factories.content(headline_en="", summary_en="", bullets=bullets, facts=Facts(date="2025-06-09")),
    )
    whole = factories.draft_brief(team)
    noted = factories.draft_brief(team)
    workflow.add_note(noted, "看", by=team.reviewer)
    resolved = workflow.add_note(noted, "好", by=team.reviewer)
    workflow.resolve(resolved, by=team.writer)
    workflow.claim("https://example.org/a", by=team.writer)
    boards = load_boards(client, team.writer)
    own, check = text_by_brief(boards["My briefs"]), text_by_brief(boards["To check"])
    assert own[half.pk] == "Chinese lacks 1 bullet; English lacks headline, summary, 2 bullets; no source"
    assert own[whole.pk] == ""
    assert own[noted.pk] == "1 open note"
    assert list(check) == [half.pk, noted.pk]  # most work first; complete and planned briefs are not listed
    assert [badge.text for line in boards["To check"].lines for badge in line.badges] == ["6", "1"]


def test_unconfirmed_date_is_outstanding_work(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    Brief.objects.filter(pk=brief.pk).update(article_date_confirmed=False)
    assert text_by_brief(load_boards(client, team.writer)["To check"]) == {brief.pk: "date to confirm"}


def test_waiting_brief_shows_age_and_is_marked_late(client: Client, team: factories.Team) -> None:
    old = workflow.create(factories.content(), by=team.writer, now=days_ago(9))
    workflow.submit(old, by=team.writer, version=old.version, now=days_ago(5))
    # a later edit does not reset the waiting time
    Brief.objects.filter(pk=old.pk).update(updated_at=timezone.now())
    new = factories.submitted_brief(team)
    lines = {line.brief.pk: line for line in load_boards(client, team.reviewer)["Waiting for me"].lines}
    assert (lines[old.pk].when, lines[old.pk].is_late) == ("Open for 5 days", True)
    assert (lines[new.pk].when, lines[new.pk].is_late) == ("Since today", False)
    assert lines[old.pk].who == "writer"


def test_brief_sent_back_shows_outstanding_work(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    workflow.send_back(brief, by=team.reviewer, note="改", sides=("en",))
    assert text_by_brief(load_boards(client, team.writer)["Waiting for me"]) == {brief.pk: "1 open note"}


def test_brief_in_review_names_signed_languages(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    assert text_by_brief(load_boards(client, team.writer)["My briefs"]) == {brief.pk: "Not signed yet"}
    factories.sign_off(brief, team.reviewer, "zh")
    assert text_by_brief(load_boards(client, team.writer)["My briefs"]) == {brief.pk: "Signed: Chinese"}


def test_board_shows_only_current_presence(client: Client, team: factories.Team) -> None:
    brief, other_brief = factories.draft_brief(team), factories.draft_brief(team)
    for person in (team.writer, team.reviewer):
        Presence.objects.create(brief=brief, person=person, seen_at=timezone.now())
    Presence.objects.create(brief=other_brief, person=team.writer, seen_at=days_ago(1))
    board = load_boards(client, team.publisher)["Being edited now"]
    assert [(line.brief.pk, set(line.who.split(", "))) for line in board.lines] == [
        (brief.pk, {"writer", "reviewer"})
    ]


def test_plans_are_ordered_by_due_date(client: Client, team: factories.Team) -> None:
    today = timezone.localdate()
    later = workflow.claim("https://example.org/later", by=team.writer, due_on=today + dt.timedelta(days=3))
    never = workflow.claim("https://example.org/never", by=team.writer)
    late = workflow.claim(
        "https://example.org/late", by=team.other_writer, due_on=today - dt.timedelta(days=2)
    )
    begun = workflow.claim("https://example.org/begun", by=team.writer, due_on=today)
    factories.edit(begun, team.writer, headline_zh="動筆")
    lines = load_boards(client, team.publisher)["Planned"].lines
    assert [line.brief.pk for line in lines] == [late.pk, later.pk, never.pk]
    assert [(line.when, line.is_late, line.who) for line in lines] == [
        ("2 days overdue", True, "other-writer"), ("due in 3 days", False, "writer"), ("", False, "writer")
    ]  # fmt: skip


def test_headlines_are_marked_with_their_language(client: Client, team: factories.Team) -> None:
    factories.draft_brief(team)
    page = sign_in(client, team.writer).get("/admin/").content.decode()
    assert '<span lang="zh-Hant-TW">標題</span>' in page
    assert '<span lang="en">A Headline</span>' in page


def test_long_board_shows_ten_counts_all_and_links_list(client: Client, team: factories.Team) -> None:
    for _ in range(12):
        factories.draft_brief(team)
    board = load_boards(client, team.writer)["My briefs"]
    assert (len(board.lines), board.count) == (10, 12)
    assert f'href="{board.list_url}"' in client.get("/admin/").content.decode()
    assert client.get(board.list_url).context["cl"].result_count == 12


def test_urgent_edition_is_listed_until_confirmed(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    workflow.publish_urgently(brief, by=team.publisher, seen=factories.content_hash(brief), reason="war")
    assert text_by_brief(load_boards(client, team.writer)["Urgent, awaiting confirmation"]).keys() == {
        brief.pk
    }
    workflow.confirm(brief, by=team.reviewer)
    assert not load_boards(client, team.writer)["Urgent, awaiting confirmation"].lines


def test_query_count_does_not_grow_with_briefs(client: Client, team: factories.Team) -> None:
    sign_in(client, team.publisher)
    counts = []
    for n in (2, 7):
        for i in range(n):
            workflow.add_note(factories.submitted_brief(team), "Why?", by=team.reviewer)
            urgent = factories.draft_brief(team)
            workflow.publish_urgently(
                urgent, by=team.publisher, seen=factories.content_hash(urgent), reason="war"
            )
            factories.approve(factories.signed_brief(team), team.other_publisher, at=factories.tomorrow())
            workflow.claim(f"https://example.org/{n}-{i}", by=team.writer)
            workflow.create(factories.content(headline_en=""), by=team.publisher)
            Presence.objects.create(brief=urgent, person=team.writer, seen_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/admin/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 27


@pytest.mark.parametrize(
    ("days", "ago", "open_for", "age"),
    [
        (0, "today 12:00", "Since today", "today"),
        (1, "yesterday", "Open for 1 day", "1 day"),
        (5, "5 days ago", "Open for 5 days", "5 days"),
        (31, "31 days ago", "Open for 31 days", "31 days"),
        (32, "2025-05-08", "Open for 32 days", "32 days"),
    ],
)
def test_age_is_counted_in_days(days: int, ago: str, open_for: str, age: str) -> None:
    now = dt.datetime(2025, 6, 9, 4, tzinfo=dt.UTC)
    then = now - dt.timedelta(days=days)
    with translation.override("en"):
        assert (
            relative_dates.format_ago(then, now),
            relative_dates.format_open_for(then, now),
            relative_dates.format_age(then, now),
        ) == (ago, open_for, age)


def test_day_changes_at_midnight_of_site_time_zone() -> None:
    before, after = (
        dt.datetime(2025, 6, 8, 15, 59, tzinfo=dt.UTC),
        dt.datetime(2025, 6, 8, 16, 1, tzinfo=dt.UTC),
    )
    assert relative_dates.days_between(before, after) == 1  # in Taipei it is the next day
    with translation.override("en"):
        day = dt.date(2025, 6, 9)
        texts = [relative_dates.format_due(day + dt.timedelta(days=n), day) for n in (-1, 0, 1)]
    assert texts == ["1 day overdue", "due today", "due in 1 day"]


def test_side_assigned_to_another_is_no_task_of_mine(client: Client, team: factories.Team) -> None:
    assigned, unassigned = factories.submitted_brief(team), factories.submitted_brief(team)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    factories.assign_reviewer(assigned, "zh", team.reviewer, by=team.writer, due_on=yesterday)
    waiting = load_boards(client, team.reviewer_en)["Waiting for me"]
    assert text_by_brief(waiting) == {
        assigned.pk: "Sign off the English",
        unassigned.pk: "Sign off the Chinese, Sign off the English",
    }
    first = load_boards(client, team.reviewer)["Waiting for me"].lines[0]
    assert (first.brief.pk, first.due, first.is_overdue) == (assigned.pk, "1 day overdue", True)
    overdue = load_boards(client, team.other_writer)["Overdue"]
    assert [(line.brief.pk, line.who) for line in overdue.lines] == [(assigned.pk, "reviewer")]
    factories.sign_off(assigned, team.reviewer, "zh")
    assert not load_boards(client, team.writer)["Overdue"].lines  # signed off, so nothing is overdue
    factories.assign_writer(unassigned, None, by=team.writer, urgent=True)
    assert load_boards(client, team.reviewer_en)["Waiting for me"].lines[0].brief == unassigned


def test_open_suggestion_is_task_of_writer(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    suggestion = workflow.suggest(
        brief, TextAnchor("headline"), "en", "Better", by=team.reviewer, seen=hash_json("A Headline")
    )
    assert text_by_brief(load_boards(client, team.writer)["Waiting for me"]) == {
        brief.pk: "1 suggestion to answer"
    }
    assert "1 suggestion" not in str(text_by_brief(load_boards(client, team.reviewer)["Waiting for me"]))
    workflow.decline(suggestion, by=team.writer)
    assert not load_boards(client, team.writer)["Waiting for me"].lines


def test_open_note_of_another_is_task_of_writer(client: Client, team: factories.Team) -> None:
    brief = factories.submitted_brief(team)
    notes = [workflow.add_note(brief, "Why?", by=team.reviewer, bullet=1, side="en") for _ in range(2)]
    workflow.add_note(brief, "For you", by=team.writer)
    boards = load_boards(client, team.writer)
    waiting = boards["Waiting for me"]
    assert text_by_brief(waiting) == {brief.pk: "2 open notes"}
    assert waiting.lines[0].href == f"/admin/briefs/brief/{brief.pk}/review/"
    assert text_by_brief(boards["My briefs"]) == {brief.pk: "Not signed yet; 3 open notes"}
    assert "note" not in str(text_by_brief(load_boards(client, team.reviewer)["Waiting for me"]))
    workflow.suggest(
        brief, TextAnchor("headline"), "en", "Better", by=team.reviewer, seen=hash_json("A Headline")
    )  # fmt: skip
    expected = "1 suggestion to answer; %s open notes"
    assert text_by_brief(load_boards(client, team.writer)["Waiting for me"]) == {brief.pk: expected % 2}
    factories.assign_writer(brief, team.other_writer, by=team.writer)
    assert text_by_brief(load_boards(client, team.other_writer)["Waiting for me"])[brief.pk] == expected % 3
    for note in notes:
        workflow.resolve(note, by=team.writer)
    assert text_by_brief(load_boards(client, team.writer)["Waiting for me"]) == {
        brief.pk: "1 suggestion to answer"
    }


@pytest.mark.parametrize(
    ("published", "red_from"),
    [
        ("2026-05-04 15:00", "2026-05-05 15:00"),  # Monday
        ("2026-05-08 15:00", "2026-05-11 15:00"),  # Friday
        ("2026-05-09 15:00", "2026-05-12 00:00"),  # Saturday
        ("2026-05-10 23:59", "2026-05-12 00:00"),
    ],
)
def test_working_day_excludes_weekend(published: str, red_from: str) -> None:
    zone = timezone.get_default_timezone()
    start, end = (dt.datetime.fromisoformat(text).replace(tzinfo=zone) for text in (published, red_from))
    assert not relative_dates.has_working_day_passed(start, end - dt.timedelta(minutes=1))
    assert relative_dates.has_working_day_passed(start, end)


def test_letter_is_shown_on_dashboard_until_handled(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    letter = factories.guest_letter(brief, name="Ann")
    assert [line.who for line in load_boards(client, team.reviewer)["Letters"].lines] == ["Ann"]
    workflow.handle_letter(letter, by=team.writer)
    assert "Letters" not in load_boards(client, team.reviewer)


def test_failed_notice_is_shown_on_dashboard(client: Client, team: factories.Team) -> None:
    factories.submitted_brief(team)
    assert "Notices not sent" not in load_boards(client, team.writer)
    notice = Outbox.objects.filter(kind="review").first()
    Outbox.objects.filter(pk=notice.pk).update(error="refused")
    assert [line.who for line in load_boards(client, team.writer)["Notices not sent"].lines] == [
        str(notice.to)
    ]
