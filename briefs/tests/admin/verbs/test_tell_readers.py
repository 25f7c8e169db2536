"""A publisher sees how many readers hold the earlier text by mail, and tells them."""

import pytest
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Edition, Mailing
from briefs.tests.support import factories, mailing_fixtures
from briefs.tests.support.factories import Team

pytestmark = pytest.mark.django_db


def test_publisher_withdraws_and_tells_those_who_hold_the_text(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    mailing_fixtures.hold_by_mail(brief, team.publisher, 3)
    client.force_login(team.publisher)
    page = f"/admin/briefs/brief/{brief.pk}/"

    assert "有 3 位讀者以電子郵件收到本文" in client.get(f"{page}withdraw/").text

    workflow.withdraw(brief.pk, kind="rights", by=team.publisher)
    assert "以電子郵件通知 3 位讀者" in client.get(f"{page}change/").text
    shown = client.get(f"{page}tell/").text
    assert "3 位讀者收到的是第 1 版" in shown
    assert "本篇的權利有疑義" in shown

    edition = Edition.objects.get(brief=brief)
    shown = client.post(f"{page}tell/", {"edition": edition.pk}, follow=True).text
    assert "已將通知信排入寄送。" in shown
    assert "沒有其他讀者收到較早的內容。" in shown
    notice = Mailing.objects.get(kind=Mailing.Kind.CORRECTION)
    assert (notice.edition, notice.copies.count()) == (edition, 3)

    steer = {"do": "pause_mailing", "mailing": notice.pk}
    shown = client.post(f"{page}tell/", steer, follow=True).text
    assert "<b>已暫停</b> · 3 份中已處理 0 份。" in shown
    assert 'value="resume_mailing"' in shown
    assert 'value="stop_mailing"' in shown

    again = client.post(f"{page}tell/", {"edition": edition.pk})
    assert again.status_code == 409
    assert "沒有其他讀者收到較早的內容。" in again.text
    assert Mailing.objects.filter(kind=Mailing.Kind.CORRECTION).count() == 1
    assert "以電子郵件通知 3 位讀者" not in client.get(f"{page}change/").text


def test_publisher_approves_a_correction_and_is_offered_to_tell(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    mailing_fixtures.hold_by_mail(brief, team.publisher, 1)
    workflow.revise(brief.pk, by=team.writer, version=brief.version)
    note = factories.change_note("correction", "誤。", "Wrong.")
    factories.edit(brief, team.writer, summary_en="It says something else.", summary_zh="說別的。", **note)
    workflow.submit(brief.pk, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    factories.sign_off(brief, team.reviewer)
    client.force_login(team.publisher)
    page = f"/admin/briefs/brief/{brief.pk}/"
    assert "有 1 位讀者以電子郵件收到本文" in client.get(f"{page}approve/").text

    edition = factories.approve(brief, team.publisher)

    assert "以電子郵件通知 1 位讀者" in client.get(f"{page}change/").text
    assert client.post(f"{page}tell/", {"edition": edition.pk}).status_code == 302
    body = Mailing.objects.get(kind=Mailing.Kind.CORRECTION).bodies["zh"]
    assert "改為：說別的。" in body["text"]
