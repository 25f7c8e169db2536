"""Admin pages for preview links, letters, notices and a person's own mail settings."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Letter, Note, Outbox, Person, PreviewLink
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import Form, brief_url, get_brief_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

LETTERS, OUTBOX, MAIL = "/admin/briefs/letter/", "/admin/briefs/outbox/", "/admin/mail/"


@pytest.fixture
def team() -> Team:
    return Team()


def create_letter(brief: Brief, team: Team, text: str = "數字不對。", **values: Any) -> Letter:
    link = PreviewLink.objects.filter(brief=brief).first() or workflow.share(brief, by=team.writer).link
    key = f"key-{Letter.objects.count()}"
    return Letter.objects.create(
        key=key, kind="remark", brief=brief, link=link, text=text, at=link.at, **values
    )


def page_text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.text


# Preview links


def test_writer_creates_and_revokes_link_that_is_shown_once(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert "share" in get_brief_form(client, brief).offered_verbs()
    form = Form(page_text(client.get(brief_url(brief, "share"))), id=None)
    assert (form.data["hours"], form.data["revision"]) == (["72"], ["1"])
    page = page_text(client.post(brief_url(brief, "share"), form.data_with(hours=24)))
    (address,) = re.findall(r'id="address" value="([^"]*)"', page)
    token = address.rstrip("/").rpartition("/")[2]
    assert address == f"http://127.0.0.1:8000/preview/{token}/"
    assert Client().get(f"/preview/{token}/").status_code == 200
    link = PreviewLink.objects.get()
    assert (link.expires_at - link.at).total_seconds() == 24 * 3600
    second_page = page_text(client.get(brief_url(brief, "share")))
    assert token not in second_page
    assert "opened once" in second_page
    assert client.post(brief_url(brief, "unshare"), {"link": link.pk}).status_code == 302
    assert Client().get(f"/preview/{token}/").status_code == 404
    assert "Revoked by writer" in page_text(client.get(brief_url(brief, "share")))


def test_preview_link_points_to_revision_of_share_page(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.reviewer)
    form = Form(page_text(client.get(brief_url(brief, "share"))), id=None)
    factories.edit(brief, team.writer, summary_en="Changed meanwhile.")
    assert client.post(brief_url(brief, "share"), form.data).status_code == 200
    assert PreviewLink.objects.get().revision.number == 1


def test_approved_brief_cannot_be_shared(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    page = page_text(client.get(brief_url(brief, "share")))
    assert "This brief is “Approved” now" in page
    assert 'name="hours"' not in page
    assert client.post(brief_url(brief, "share"), {"hours": 72}).status_code == 409
    assert not PreviewLink.objects.exists()


@pytest.mark.parametrize("hours", ["0", "73", "x"])
def test_invalid_hours_create_no_link(client: Client, team: Team, hours: str) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert client.post(brief_url(brief, "share"), {"hours": hours}).status_code == 409
    assert not PreviewLink.objects.exists()


# Letters


def test_reviewer_turns_letter_into_note_from_list(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    letter = create_letter(brief, team, name="王小明", bullet=2, side="zh")
    sign_in(client, team.reviewer)
    page = page_text(client.get(LETTERS))
    assert "數字不對。" in page
    assert "王小明" in page
    assert f'{brief_url(brief)}#b2"' in page
    assert client.post(f"{LETTERS}{letter.pk}/note/").status_code == 302
    assert Note.objects.get().by == team.reviewer
    assert "數字不對。" not in page_text(client.get(LETTERS))
    assert "Handled: reviewer" in page_text(client.get(f"{LETTERS}?state=all"))
    page = page_text(client.post(f"{LETTERS}{letter.pk}/handled/", follow=True))
    assert "eviewer has already handled this letter" in page
    assert Note.objects.count() == 1


@pytest.mark.parametrize(("verb", "notes"), [("note_letter", 1), ("handle", 0)])
def test_handling_letter_on_brief_page_saves_typed_text(
    client: Client, team: Team, verb: str, notes: int
) -> None:
    brief = factories.draft_brief(team)
    letter = create_letter(brief, team)
    sign_in(client, team.writer)
    form = get_brief_form(client, brief)
    assert {"note_letter", "handle"} <= form.offered_verbs()
    typed = form.data_with(summary_en="Typed just now.", letter=letter.pk)
    assert client.post(brief_url(brief, verb), typed).status_code == 302
    assert Brief.objects.get().summary_en == "Typed just now."
    letter.refresh_from_db()
    assert (letter.handled_by, Note.objects.count()) == (team.writer, notes)


def test_letter_list_is_paged_and_escapes_text(
    client: Client, team: Team, django_assert_max_num_queries: Any
) -> None:
    brief = factories.draft_brief(team)
    for n in range(53):
        create_letter(brief, team, text=f"<b>letter {n}</b>")
    sign_in(client, team.writer)
    with django_assert_max_num_queries(12):
        page = page_text(client.get(LETTERS))
    assert page.count("&lt;b&gt;letter") >= 50
    assert "<b>letter" not in page
    (older,) = re.findall(r'rel="next"\s+href="(\?[^"]+)"', page)
    rest = page_text(client.get(f"{LETTERS}{older}"))
    assert "letter 2&lt;" in rest
    assert "letter 3&lt;" not in rest
    assert 'rel="next"' not in rest


# Notices


def test_writer_sees_failed_notice_but_only_publisher_retries_it(client: Client, team: Team) -> None:
    factories.submitted_brief(team)
    notice = Outbox.objects.filter(to=team.reviewer).get()
    Outbox.objects.filter(pk=notice.pk).update(
        error="SMTPRecipientsRefused: <no>", attempts=5, claimed_at=notice.due_at
    )
    Outbox.objects.exclude(pk=notice.pk).update(error="", attempts=0)
    sign_in(client, team.writer)
    page = page_text(client.get(OUTBOX))
    assert "SMTPRecipientsRefused: &lt;no&gt;" in page
    assert "Given up" in page
    assert "Try again" not in page
    assert client.post(f"{OUTBOX}retry/", {"notice": notice.pk}).status_code == 403
    sign_in(client, team.publisher)
    assert client.get(f"{OUTBOX}retry/").status_code == 405
    Outbox.objects.filter(pk=notice.pk).update(claimed_at="2026-01-01T00:00Z")
    assert client.post(f"{OUTBOX}retry/", {"notice": notice.pk}).status_code == 302
    notice.refresh_from_db()
    assert (notice.attempts, notice.claimed_at, notice.sent_at) == (0, None, None)


def test_outbox_says_all_sent_only_when_none_is_due(client: Client, team: Team) -> None:
    factories.submitted_brief(team)
    sign_in(client, team.writer)
    assert "Every notice went out." not in page_text(client.get(OUTBOX))
    Outbox.objects.update(sent_at=timezone.now())
    assert "Every notice went out." in page_text(client.get(OUTBOX))


# Mail settings


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_pages_use_language_of_person(client: Client, team: Team, language: str) -> None:
    brief = factories.draft_brief(team)
    create_letter(brief, team)
    sign_in(client, Person.objects.get(pk=team.publisher.pk), language)
    for address in (brief_url(brief, "share"), LETTERS, OUTBOX, MAIL, brief_url(brief)):
        page = page_text(client.get(address))
        assert f'lang="{language}"' in page
