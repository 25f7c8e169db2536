"""When editions are public: approve, schedule, cancel, reschedule, withdraw, remove, reinstate."""

import datetime as dt
from dataclasses import replace

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Edition, Event, Keyword, Outbox, State, WithdrawalKind
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.workflow import policy
from briefs.workflow.acts import NEXT_BRIEF
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC)


def list_public_numbers() -> list[int]:
    return list(Edition.objects.listed(timezone.now()).values_list("number", flat=True))


def list_intervals(brief: Brief) -> list[tuple[int, str, str]]:
    rows = Edition.objects.filter(brief=brief).order_by("number")
    return [
        (e.number, f"{e.live_from:%d %H:%M}", f"{e.live_until:%d %H:%M}" if e.live_until else "")
        for e in rows
    ]


def test_approval_freezes_both_languages_and_keeps_the_slug() -> None:
    team = Team()
    brief = factories.live_brief(team)
    first = Edition.objects.get()
    assert first.slug == "a-headline"
    assert first.frozen_content == workflow.load_working_copy(brief).without_staff_fields()
    assert first.edited_by == team.writer
    verbs = list(Event.objects.filter(brief=brief).order_by("id").values_list("verb", flat=True))
    assert verbs == ["create", "submit", "sign_off_zh", "sign_off_en", "approve"]
    factories.publish_revision(team, brief, "二")
    editions = list(Edition.objects.order_by("number"))
    assert [e.slug for e in editions] == ["a-headline"] * 2
    assert editions[0].live_until == editions[1].live_from
    assert editions[0].published_at == editions[1].published_at
    assert list_public_numbers() == [2]


def test_whoever_starts_a_revision_writes_it() -> None:
    team = Team()
    brief = factories.live_brief(team)
    Brief.objects.filter(pk=brief.pk).update(due_on="2026-03-01")
    workflow.revise(brief, by=team.publisher, version=brief.version)
    brief = Brief.objects.get(pk=brief.pk)
    assert (brief.assigned_to, brief.due_on) == (team.publisher, None)
    people = policy.load_staff()
    facts = load_brief_facts([brief], timezone.now(), people)[brief.pk]
    assert next_step(facts, team.publisher).main == "fill", "it lacks the change note"
    assert next_step(facts, team.writer).main == NEXT_BRIEF


def test_edition_omits_staff_only_text() -> None:
    team = Team()
    text = factories.content()
    bullets = (
        replace(text.bullets[0], passage="SECRET-PASSAGE"),
        replace(text.bullets[1], text_en="", one_sided="SECRET-REASON"),
    )
    factories.live_brief(team, replace(text, bullets=bullets))
    assert "SECRET" not in str(Edition.objects.get().content)


def test_publication_at_this_very_moment_is_no_schedule() -> None:
    team = Team()
    brief = factories.signed_brief(team)
    with time_machine.travel(NOON, tick=False), pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.publisher, at=NOON)
    assert "time-past" in [reason.code for reason in refusal.value.reasons]


def test_cancel_reopens_previous_edition_and_returns_brief_to_review() -> None:
    team = Team()
    with time_machine.travel(NOON, tick=False) as clock:
        brief = factories.live_brief(team)
        clock.shift(60)
        factories.publish_revision(team, brief, "二", at=NOON + dt.timedelta(days=1))
        assert list_intervals(brief) == [(1, "02 04:00", "03 04:00"), (2, "03 04:00", "")]
        workflow.cancel(brief, by=team.publisher)
        assert list_intervals(brief) == [(1, "02 04:00", ""), (2, "03 04:00", "03 04:00")]
        assert Brief.objects.get(pk=brief.pk).state == State.IN_REVIEW
        clock.shift(dt.timedelta(days=2))
        assert list_public_numbers() == [1]
        factories.approve(brief, team.publisher)
        assert list_public_numbers() == [3]


def test_reschedule_creates_a_new_edition_of_the_same_content() -> None:
    team = Team()
    with time_machine.travel(NOON, tick=False) as clock:
        brief = factories.signed_brief(team)
        factories.approve(brief, team.publisher, at=NOON + dt.timedelta(days=1))
        workflow.reschedule(brief, by=team.other_publisher, at=NOON + dt.timedelta(hours=2))
        first, second = Edition.objects.order_by("number")
        assert first.is_cancelled
        assert (first.content, first.approved_by, first.edited_by) == (
            second.content,
            second.approved_by,
            second.edited_by,
        )
        clock.shift(dt.timedelta(hours=2))
        assert list_public_numbers() == [2]
        assert Edition.objects.get(number=2).published_at == NOON + dt.timedelta(hours=2)
        clock.shift(dt.timedelta(days=2))
        assert list_public_numbers() == [2]


def test_withdrawn_page_says_the_sentence_of_its_kind_in_each_language(client: Client) -> None:
    team = Team()
    brief = factories.live_brief(team)
    with pytest.raises(workflow.Refused):
        workflow.withdraw(brief, by=team.publisher, kind="whim")
    for kind in WithdrawalKind:
        workflow.withdraw(brief, by=team.publisher, kind=kind)
        for language, side in (("zh-hant", "zh"), ("en", "en")):
            page = client.get(f"/{language}/briefs/{brief.slug}/").content.decode()
            assert kind.sentence(side) in page
        workflow.reinstate(brief, by=team.publisher)


def test_refused_approval_lists_all_reasons_at_once() -> None:
    team = Team()
    without_english = Keyword.make(label_zh="半邊")
    text = factories.content()
    brief = factories.submitted_brief(
        team, replace(text, facts=replace(text.facts, keywords=(without_english.pk,)))
    )
    Brief.objects.filter(pk=brief.pk).update(
        article_date_confirmed=False,
        article_date_raw="06/09/2025",
        article_date_alternative="2025-09-06",
        article_embargo_until=factories.tomorrow(),
    )
    workflow.add_note(brief, "再看", by=team.reviewer)
    row = Brief.objects.get(pk=brief.pk)
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(row, team.publisher)
    assert set(refusal.value.codes) >= {
        "date-unconfirmed",
        "unsigned-zh",
        "unsigned-en",
        "keyword-en",
        "open-notes",
        "embargo",
    }
    assert not Edition.objects.exists()


def test_unconfirmed_month_of_a_numbered_issue_is_not_called_two_readings() -> None:
    team = Team()
    brief = factories.signed_brief(team)
    Brief.objects.filter(pk=brief.pk).update(
        article_date_confirmed=False, article_date_raw="2025年第8期", article_date_alternative=""
    )
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(Brief.objects.get(pk=brief.pk), team.publisher)
    assert "month-unconfirmed" in refusal.value.codes


def test_yes_from_before_the_last_edition_does_not_count_for_a_text_brought_back() -> None:
    team = Team()
    brief = factories.live_brief(team)
    first = factories.load_content(brief)
    factories.publish_revision(team, brief, "二")
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    factories.edit(
        brief, team.publisher, **{n: getattr(first, n) for n in ("headline_zh", "summary_zh", "bullets")}
    )
    row = factories.edit(brief, team.writer, **factories.change_note())
    workflow.submit(row, by=team.writer, version=row.version)
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(row, team.publisher)
    assert "unsigned-zh" in refusal.value.codes


def test_publication_before_the_embargo_ends_is_refused() -> None:
    team = Team()
    until = timezone.now() + dt.timedelta(hours=5)
    brief = factories.signed_brief(
        team, factories.content(facts=factories.facts(embargo_until=until.isoformat()))
    )
    with pytest.raises(workflow.Refused) as refusal:
        factories.approve(brief, team.publisher, at=until - dt.timedelta(seconds=1))
    assert refusal.value.codes == ["embargo"]
    factories.approve(brief, team.publisher, at=until)
    with pytest.raises(workflow.Refused):
        workflow.reschedule(brief, by=team.publisher, at=None)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("", "", ""), ["change-kind", "change-note-zh", "change-note-en"]),
        (("update", "只有中文", ""), ["change-note-en"]),
        (("", "中", "En"), ["change-kind"]),
        (("small_repair", "", "Typed"), ["small-repair-note"]),
        (("small_repair", "", ""), []),
        (("correction", "更正", "Corrected"), []),
    ],
)
def test_change_note_of_a_second_edition(change: tuple[str, str, str], codes: list[str]) -> None:
    team = Team()
    brief = factories.live_brief(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    note = factories.change_note(*change)
    row = factories.edit(brief, team.writer, summary_zh="概要。", **note)
    if codes:
        with pytest.raises(workflow.Refused) as refusal:
            workflow.submit(row, by=team.writer, version=row.version)
        assert refusal.value.codes == codes
        return
    workflow.submit(row, by=team.writer, version=row.version)
    factories.sign_off(row, team.reviewer, "zh")
    edition = factories.approve(row, team.publisher)
    assert {name: getattr(edition, name) for name in note} == note
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    assert factories.load_content(brief).change_kind == "", "the next edition changes something else"


def test_notice_is_due_at_publication_and_cancelled_with_the_schedule() -> None:
    team = Team()
    brief = factories.signed_brief(team)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    waiting = Outbox.objects.filter(kind="published")
    assert {row.due_at for row in waiting} == {Edition.objects.get().live_from}
    workflow.cancel(brief, by=team.publisher)
    assert not waiting.filter(cancelled_at=None).exists()


def test_local_time_in_a_dst_overlap_is_the_later_so_that_nothing_is_published_early(settings) -> None:
    settings.TIME_ZONE = "America/New_York"
    moment = workflow.resolve_local_time(dt.datetime(2026, 11, 1, 1, 30))
    assert moment.utcoffset() == dt.timedelta(hours=-5)
    with pytest.raises(workflow.Refused) as refusal:
        workflow.resolve_local_time(dt.datetime(2026, 3, 8, 2, 30))
    assert refusal.value.codes == ["time-gap"]
