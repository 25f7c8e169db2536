"""Issues through their verbs: who may do what, what is frozen, and that nobody's words are lost."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from briefs import workflow
from briefs.content import MAX_ISSUE_ITEMS, IssueContent
from briefs.models import Brief, Edition, Event, Issue, IssueRevision, Outbox
from briefs.publications.published import load_issue
from briefs.tests.support import factories
from briefs.tests.support import issue_factories as making
from briefs.tests.support.factories import Team
from briefs.workflow import issues

pytestmark = pytest.mark.django_db


def refusals(act: Callable[[], object]) -> list[str]:
    with pytest.raises(workflow.Refused) as refusal:
        act()
    for reason in refusal.value.reasons:
        assert str(reason).endswith((".", "。")), "a refusal is a sentence"
    return list(refusal.value.codes)


def reload(issue: Issue) -> Issue:
    return Issue.objects.get(pk=issue.pk)


def build_rows() -> tuple[Team, list[Brief]]:
    team = Team()
    return team, [factories.live_brief(team, factories.content(tag)) for tag in ("甲", "乙", "丙")]


@pytest.fixture
def team(rows: tuple[Team, list[Brief]]) -> Team:
    return rows[0]


@pytest.fixture
def live(rows: tuple[Team, list[Brief]]) -> list[Brief]:
    return rows[1]


def test_new_issue_has_the_next_number_and_what_was_published_since_the_last(
    team: Team, live: list[Brief]
) -> None:
    old = Edition.objects.get(brief=live[0])
    first = issues.create_issue(by=team.writer)
    assert (first.number, making.load_content(first).items) == (1, tuple(brief.pk for brief in live))
    edition = making.published_issue(team, live[0])
    later = factories.live_brief(team, factories.content("丁"))
    assert edition.published_at > old.published_at
    second = issues.create_issue(by=team.publisher)
    assert (second.number, making.load_content(second).items) == (3, (later.pk,))


def test_brief_published_after_the_last_save_of_an_issue_is_for_the_next(
    team: Team, live: list[Brief]
) -> None:
    scheduled = factories.signed_brief(team, factories.content("丁"))
    factories.approve(scheduled, team.publisher, at=factories.tomorrow() - dt.timedelta(hours=1))
    issue = making.signed_issue(team, *live, scheduled)
    signed = factories.live_brief(team, factories.content("戊"))
    making.publish(issue, team.publisher, at=factories.tomorrow())
    later = factories.live_brief(team, factories.content("己"))
    issue = issues.create_issue(by=team.writer, now=timezone.now() + dt.timedelta(days=2))
    assert making.load_content(issue).items == (signed.pk, later.pk)


def test_whole_life_is_frozen_dated_and_told(team: Team, live: list[Brief]) -> None:
    empty = issues.create_issue(by=team.writer, now=timezone.now() + dt.timedelta(days=8))
    codes = refusals(lambda: workflow.submit(empty, by=team.writer))
    assert codes == [
        "issue-title_zh",
        "issue-title_en",
        "issue-preface_zh",
        "issue-preface_en",
        "issue-empty",
    ]
    workflow.discard(empty, by=team.writer)
    issue = making.submitted_issue(team, *live)
    assert Outbox.objects.filter(kind="issue_review", to=team.reviewer).exists()
    assert refusals(lambda: workflow.take_back(issue, by=team.other_writer)) == ["not-submitter"]
    workflow.take_back(issue, by=team.writer)
    workflow.submit(issue, by=team.writer)
    making.sign_issue(issue, team.reviewer, "zh")
    assert refusals(lambda: workflow.take_back(issue, by=team.writer)) == ["already-signed"]
    assert refusals(lambda: workflow.send_back(issue, by=team.reviewer, note=" ")) == ["note-needed"]
    workflow.send_back(issue, by=team.reviewer, note="英文請再看。")
    assert Outbox.objects.filter(kind="issue_sent_back", to=team.writer).exists()
    workflow.submit(issue, by=team.writer)
    making.sign_issue(issue, team.reviewer)
    assert Outbox.objects.filter(kind="issue_ready", to=team.publisher).exists()
    moment = factories.tomorrow()
    making.publish(issue, team.publisher, at=moment)
    assert [load_issue(issue.number, at) is None for at in (timezone.now(), moment)] == [True, False]
    workflow.cancel(issue, by=team.publisher)
    assert load_issue(issue.number, moment) is None
    assert reload(issue).state == "in_review"
    assert refusals(lambda: workflow.cancel(issue, by=team.publisher)) == ["nothing-scheduled"]
    edition = making.publish(issue, team.publisher)
    shown = load_issue(issue.number, timezone.now())
    assert shown
    assert [item.brief_id for item in shown.items] == [brief.pk for brief in live]
    assert (edition.number, edition.edited_by, edition.approved_by) == (2, team.writer, team.publisher)
    assert edition.published_at == edition.live_from
    making.correct_issue(team, issue, at=moment, preface_en="Corrected.")
    workflow.cancel(issue, by=team.publisher)
    shown = load_issue(issue.number, moment + dt.timedelta(days=1))
    assert shown
    assert shown.edition_number == 2, "a cancelled correction leaves the public edition"


def test_publisher_replaces_no_contents_under_old_signatures(team: Team, live: list[Brief]) -> None:
    issue = making.signed_issue(team, *live)
    making.edit_issue(issue, team.publisher, items=[live[1].pk, live[0].pk])
    assert refusals(lambda: making.publish(issue, team.publisher)) == ["issue-unsigned-common"]
    making.edit_issue(issue, team.publisher, items=[brief.pk for brief in live])
    making.edit_issue(issue, team.publisher, items=[live[2].pk])
    making.sign_issue(issue, team.reviewer, "common")
    assert making.publish(issue, team.publisher).frozen_content.items == (live[2].pk,)


def test_why_read_it_is_signed_with_its_language_and_leaves_with_its_brief(
    team: Team, live: list[Brief]
) -> None:
    issue = making.signed_issue(team, *live)
    before = making.load_content(issue)
    why = dataclasses.replace(before.en, why={f"{live[0].pk}": "It follows the money."})
    version = Issue.objects.get(pk=issue.pk).version
    issues.save_issue(issue, dataclasses.replace(before, en=why), by=team.writer, version=version)
    after = making.load_content(issue)
    assert [leaf for leaf, value in after.hashes().items() if value != before.hashes()[leaf]] == ["en"]
    others = tuple(brief.pk for brief in live[1:])
    version = Issue.objects.get(pk=issue.pk).version
    issues.save_issue(issue, dataclasses.replace(after, items=others), by=team.writer, version=version)
    assert making.load_content(issue).en == before.en


def test_signature_can_be_taken_back_and_needs_the_text_that_was_seen(team: Team, live: list[Brief]) -> None:
    issue = making.signed_issue(team, *live)
    workflow.take_back_sign_off(issue, "en", by=team.reviewer)
    assert refusals(lambda: making.publish(issue, team.publisher)) == ["issue-unsigned-en"]
    assert refusals(lambda: workflow.take_back_sign_off(issue, "en", by=team.reviewer)) == ["no-own-signoff"]
    assert refusals(lambda: workflow.sign_off(issue, "en", by=team.reviewer, seen="0" * 64)) == ["issue-seen"]
    making.sign_issue(issue, team.reviewer)
    seen = making.load_content(issue).hash()
    making.edit_issue(issue, team.writer, items=[live[2].pk])
    assert refusals(lambda: issues.publish_issue(issue, by=team.publisher, seen=seen)) == ["issue-seen"]


def test_draft_begun_by_mistake_is_discarded_and_recovered_or_begun_anew(
    team: Team, live: list[Brief]
) -> None:
    issue = making.draft_issue(team, live[0])
    assert refusals(lambda: workflow.discard(issue, by=team.reviewer)) == ["role"]
    workflow.discard(issue, by=team.writer)
    assert refusals(lambda: workflow.submit(issue, by=team.writer)) == ["issue-state"]
    workflow.recover(issue, by=team.writer)
    assert making.load_content(issue).items == (live[0].pk,)
    workflow.discard(issue, by=team.writer)
    again = issues.create_issue(by=team.writer)
    assert (again.pk, again.state, making.load_content(again).en.title) == (issue.pk, "draft", "")
    assert len(making.load_content(again).items) == len(live)
    assert issues.create_issue(by=team.writer).number == again.number + 1
    verbs = Event.objects.filter(about=issue.about).values_list("verb", flat=True)
    assert list(verbs) == [
        *("create_issue", "discard_issue", "recover_issue", "discard_issue", "create_issue")
    ]
    submitted = making.submitted_issue(team, *live)
    assert refusals(lambda: workflow.discard(submitted, by=team.writer)) == ["issue-state"]


def test_item_must_be_public_or_scheduled_once_and_public_in_time(team: Team, live: list[Brief]) -> None:
    draft = factories.draft_brief(team, factories.content("稿"))
    issue = making.draft_issue(team, *live)
    first = live[0].pk
    for code, change in (
        ("issue-item", {"items": [draft.pk]}),
        ("issue-item-twice", {"items": [first, first]}),
        ("issue-full", {"items": list(range(1, MAX_ISSUE_ITEMS + 2))}),
        ("too-long", {"title_zh": "長" * 201}),
        ("control-here", {"preface_en": "a\x00b"}),
    ):
        assert refusals(lambda change=change: making.edit_issue(issue, team.writer, **change)) == [code]
    coming = factories.signed_brief(team, factories.content("未"))
    tomorrow = factories.tomorrow()
    factories.approve(coming, team.publisher, at=tomorrow)
    making.edit_issue(issue, team.writer, items=[first, coming.pk])
    workflow.submit(issue, by=team.writer)
    making.sign_issue(issue, team.reviewer)
    for at in (None, tomorrow - dt.timedelta(hours=1)):
        assert refusals(lambda at=at: making.publish(issue, team.publisher, at=at)) == ["issue-item-late"]
    with transaction.atomic():
        making.publish(issue, team.publisher, at=tomorrow)
        transaction.set_rollback(True)
    workflow.withdraw(live[0], by=team.publisher, kind="other")
    assert refusals(lambda: making.publish(issue, team.publisher, at=tomorrow)) == ["issue-item"]
    making.edit_issue(issue, team.writer, preface_zh="仍可改寫。")


def test_correction_keeps_the_notice_of_a_brief_withdrawn_since(team: Team, live: list[Brief]) -> None:
    at = factories.tomorrow()
    issue = making.published_issue(team, *live[:2]).issue
    workflow.withdraw(live[0], by=team.publisher, kind="other")
    making.correct_issue(team, issue, at=at, title_zh="改過的標題")
    shown = load_issue(issue.number, at)
    assert shown
    assert shown.text("zh").title == "改過的標題"
    assert [(item.brief_id, bool(item.withdrawn_at)) for item in shown.items] == [
        (live[0].pk, True),
        (live[1].pk, False),
    ]
    workflow.withdraw(live[2], by=team.publisher, kind="other")
    workflow.revise(issue, by=team.writer)
    with_third = [brief.pk for brief in live]
    assert refusals(lambda: making.edit_issue(issue, team.writer, items=with_third)) == ["issue-item"]


def test_correction_needs_a_note_and_closes_the_edition_before(team: Team, live: list[Brief]) -> None:
    first = making.published_issue(team, *live)
    issue = first.issue
    workflow.revise(issue, by=team.writer)
    assert refusals(lambda: workflow.submit(issue, by=team.writer)) == [
        *("change-kind", "change-note-zh", "change-note-en")
    ]
    making.edit_issue(issue, team.writer, **making.CORRECTION)
    workflow.submit(issue, by=team.writer)
    assert refusals(lambda: making.publish(issue, team.publisher)) == ["issue-unchanged"]
    making.edit_issue(issue, team.writer, preface_zh="更正過的前言。")
    assert refusals(lambda: making.publish(issue, team.publisher)) == ["issue-unsigned-zh"]
    making.sign_issue(issue, team.reviewer, "zh")  # the English is that of the first edition
    second = making.publish(issue, team.publisher)
    first.refresh_from_db()
    assert (first.live_until, second.published_at) == (second.live_from, first.published_at)
    assert (second.number, second.change_kind) == (2, "correction")


def test_withdrawal_needs_kind_and_can_be_published_again(team: Team, live: list[Brief]) -> None:
    edition = making.published_issue(team, *live)
    issue = edition.issue
    assert refusals(lambda: workflow.withdraw(issue, by=team.publisher, kind="")) == ["kind-needed"]
    workflow.withdraw(issue, by=team.publisher, kind="our_error")
    shown = load_issue(issue.number, timezone.now())
    assert shown
    assert shown.withdrawn_reason_zh == "本期有誤，更正期間暫時撤下。"
    assert shown.withdrawn_reason_en == "We found an error and took this issue down while we correct it."
    assert refusals(lambda: workflow.withdraw(issue, by=team.publisher, kind="other")) == [
        "already-withdrawn"
    ]
    making.correct_issue(team, issue, preface_zh="重新出刊。")
    again = load_issue(issue.number, timezone.now())
    assert again
    assert again.withdrawn_at is None


def test_saves_at_once_keep_the_words_of_both(team: Team, live: list[Brief]) -> None:
    issue = making.draft_issue(team, *live)
    base, version = making.load_content(issue), issue.version
    issues.save_issue(issue, base, by=team.other_writer, version=version)
    assert IssueRevision.objects.filter(issue=issue).count() == version, "nothing changed"
    making.edit_issue(issue, team.writer, title_zh="她的標題", items=[live[0].pk])

    def save(content: IssueContent, version: int = version) -> None:
        issues.save_issue(issue, content, by=team.other_writer, version=version)

    save(dataclasses.replace(base, en=dataclasses.replace(base.en, title="My title")))
    merged = making.load_content(issue)
    assert (merged.zh.title, merged.en.title, merged.items) == ("她的標題", "My title", (live[0].pk,))
    with pytest.raises(issues.IssueConflict) as conflict:
        save(dataclasses.replace(base, zh=dataclasses.replace(base.zh, title="我的標題")))
    assert conflict.value.fields == ["title_zh"]
    assert (conflict.value.merged.zh.title, conflict.value.theirs.zh.title) == ("我的標題", "她的標題")
    assert making.load_content(issue) == merged
    # a second save of what the person keeps, now beginning from the stored version
    save(conflict.value.merged, conflict.value.version)
    assert making.load_content(issue).zh.title == "我的標題"


def test_one_person_can_do_it_all_without_four_eyes(team: Team, live: list[Brief], settings: Any) -> None:
    settings.DIGEST_FOUR_EYES = False
    issue = issues.create_issue(by=team.publisher)
    texts = dataclasses.replace(making.load_content(issue), **making.TEXTS).texts()
    making.edit_issue(issue, team.publisher, **texts)
    workflow.submit(issue, by=team.publisher)
    making.sign_issue(issue, team.publisher)
    assert making.publish(issue, team.publisher).four_eyes is False
