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


def test_approval_freezes_what_readers_may_see_and_keeps_the_slug(team: Team) -> None:
    text = factories.content()
    secret = (
        replace(text.bullets[0], passage="SECRET"),
        replace(text.bullets[1], text_en="", one_sided="SECRET"),
    )
    brief = factories.live_brief(team, replace(text, bullets=secret))
    first = Edition.objects.get()
    assert first.slug == "a-headline"
    assert first.frozen_content == workflow.load_working_copy(brief).without_staff_fields()
    assert "SECRET" not in str(first.content)
    assert first.edited_by == team.writer
    verbs = list(Event.objects.filter(brief=brief).order_by("id").values_list("verb", flat=True))
    assert verbs == ["create", "submit", "sign_off_zh", "sign_off_en", "approve"]
    factories.publish_revision(team, brief, "二")
    editions = list(Edition.objects.order_by("number"))
    assert [e.slug for e in editions] == ["a-headline"] * 2
    assert editions[0].live_until == editions[1].live_from
    assert editions[0].published_at == editions[1].published_at
    assert list_public_numbers() == [2]
    Brief.objects.update(due_on="2026-03-01")
    workflow.revise(brief, by=team.publisher, version=Brief.objects.get().version)
    revised = Brief.objects.get()
    assert (revised.assigned_to, revised.due_on) == (team.publisher, None), "who starts a revision writes it"


def test_cancel_reopens_previous_edition_and_returns_brief_to_review(team: Team) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        brief = factories.live_brief(team)
        clock.shift(60)
        at = NOON + dt.timedelta(days=1)
        factories.publish_revision(team, brief, "二", at=at)
        assert list_intervals(brief) == [(1, "02 04:00", "03 04:00"), (2, "03 04:00", "")]
        waiting = Outbox.objects.filter(kind="published", edition__number=2)
        assert {row.due_at for row in waiting} == {at}
        workflow.cancel(brief, by=team.publisher)
        assert not waiting.filter(cancelled_at=None).exists()
        assert list_intervals(brief) == [(1, "02 04:00", ""), (2, "03 04:00", "03 04:00")]
        assert Brief.objects.get(pk=brief.pk).state == State.IN_REVIEW
        clock.shift(dt.timedelta(days=2))
        assert list_public_numbers() == [1]
        factories.approve(brief, team.publisher)
        assert list_public_numbers() == [3]


def test_reschedule_creates_a_new_edition_of_the_same_content(team: Team) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        brief = factories.signed_brief(team)
        with pytest.raises(workflow.Refused) as refusal:
            factories.approve(brief, team.publisher, at=NOON)
        assert refusal.value.codes == ["time-past"]
        factories.approve(brief, team.publisher, at=NOON + dt.timedelta(days=1))
        workflow.reschedule(brief, by=team.other_publisher, at=NOON + dt.timedelta(hours=2))
        first, second = Edition.objects.order_by("number")
        assert first.is_cancelled
        kept = ("content", "approved_by", "edited_by")
        assert [getattr(first, name) for name in kept] == [getattr(second, name) for name in kept]
        clock.shift(dt.timedelta(hours=2))
        assert list_public_numbers() == [2]
        assert second.published_at == NOON + dt.timedelta(hours=2)
        clock.shift(dt.timedelta(days=2))
        assert list_public_numbers() == [2]


def test_withdrawn_page_says_the_sentence_of_its_kind_in_each_language(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    with pytest.raises(workflow.Refused):
        workflow.withdraw(brief, by=team.publisher, kind="whim")
    for kind in WithdrawalKind:
        workflow.withdraw(brief, by=team.publisher, kind=kind)
        for language, side in (("zh-hant", "zh"), ("en", "en")):
            assert kind.sentence(side) in client.get(f"/{language}/briefs/{brief.slug}/").text
        workflow.reinstate(brief, by=team.publisher)


def test_refused_approval_lists_all_reasons_at_once(team: Team) -> None:
    without_english = Keyword.make(label_zh="半邊")
    brief = factories.submitted_brief(
        team, factories.content(facts=factories.facts(keywords=(without_english.pk,)))
    )
    date = {
        "article_date_confirmed": False,
        "article_date_raw": "06/09/2025",
        "article_date_alternative": "2025-09-06",
    }
    Brief.objects.update(article_embargo_until=factories.tomorrow(), **date)
    workflow.add_note(brief, "再看", by=team.reviewer)

    def refused_codes() -> set[str]:
        with pytest.raises(workflow.Refused) as refusal:
            factories.approve(Brief.objects.get(), team.publisher)
        return set(refusal.value.codes)

    others = {"unsigned-zh", "unsigned-en", "keyword-en", "open-notes", "embargo"}
    assert refused_codes() >= {"date-unconfirmed", *others}
    Brief.objects.update(article_date_raw="2025年第8期", article_date_alternative="")
    assert refused_codes() >= {"month-unconfirmed", *others}, "a numbered issue has no two readings"
    assert not Edition.objects.exists()


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
