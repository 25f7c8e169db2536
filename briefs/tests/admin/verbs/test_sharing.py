"""Admin pages for preview links, letters, notices and a person's own mail settings."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs.models import Brief, Note, Outbox, PreviewLink
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import brief_url, get_brief_form, get_verb_form, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

LETTERS, OUTBOX, MAIL = "/admin/briefs/letter/", "/admin/briefs/outbox/", "/admin/mail/"


# Preview links


def test_writer_creates_and_revokes_link_that_is_shown_once(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    share = brief_url(brief, "share")
    sign_in(client, team.writer)
    assert "share" in get_brief_form(client, brief).offered_verbs()
    form = get_verb_form(client, brief, "share")
    assert (form.data["hours"], form.data["revision"]) == (["72"], ["1"])
    for hours in ("0", "73", "x"):
        assert client.post(share, {"hours": hours}).status_code == 409
    factories.edit(brief, team.writer, summary_en="Changed meanwhile.")
    (address,) = re.findall(
        r'id="address" value="([^"]*)"', client.post(share, form.data_with(hours=24)).text
    )
    token = address.rstrip("/").rpartition("/")[2]
    assert address == f"http://127.0.0.1:8000/preview/{token}/"
    assert Client().get(f"/preview/{token}/").status_code == 200
    link = PreviewLink.objects.get()
    assert link.revision.number == 1, "that of the page"
    assert (link.expires_at - link.at).total_seconds() == 24 * 3600
    second_page = client.get(share).text
    assert token not in second_page
    assert "opened once" in second_page
    assert client.post(brief_url(brief, "unshare"), {"link": link.pk}).status_code == 302
    assert Client().get(f"/preview/{token}/").status_code == 404
    assert "Revoked by writer" in client.get(share).text
    Brief.objects.update(state="approved")
    assert 'name="hours"' not in client.get(share).text
    assert client.post(share, {"hours": 72}).status_code == 409
    assert PreviewLink.objects.get() == link


# Letters


def test_reviewer_turns_letter_into_note_from_list(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    letter = factories.guest_letter(brief, "數字不對。", name="王小明", bullet=2, side="zh")
    page = sign_in(client, team.reviewer).get(LETTERS).text
    for shown in ("數字不對。", "王小明", f'{brief_url(brief)}#b2"'):
        assert shown in page
    assert client.post(f"{LETTERS}{letter.pk}/note/").status_code == 302
    assert Note.objects.get().by == team.reviewer
    assert "數字不對。" not in client.get(LETTERS).text
    assert "Handled: reviewer" in client.get(f"{LETTERS}?state=all").text
    page = client.post(f"{LETTERS}{letter.pk}/handled/", follow=True).text
    assert "eviewer has already handled this letter" in page
    assert Note.objects.count() == 1


@pytest.mark.parametrize(("verb", "notes"), [("note_letter", 1), ("handle", 0)])
def test_handling_letter_on_brief_page_saves_typed_text(
    client: Client, team: Team, verb: str, notes: int
) -> None:
    brief = factories.draft_brief(team)
    letter = factories.guest_letter(brief)
    form = get_brief_form(sign_in(client, team.writer), brief)
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
        factories.guest_letter(brief, f"<b>letter {n}</b>")
    sign_in(client, team.writer)
    with django_assert_max_num_queries(12):
        page = client.get(LETTERS).text
    assert page.count("&lt;b&gt;letter") >= 50
    assert "<b>letter" not in page
    (older,) = re.findall(r'rel="next"\s+href="(\?[^"]+)"', page)
    rest = client.get(f"{LETTERS}{older}").text
    assert "letter 2&lt;" in rest
    assert "letter 3&lt;" not in rest
    assert 'rel="next"' not in rest


# Notices


def test_writer_sees_failed_notice_but_only_publisher_retries_it(client: Client, team: Team) -> None:
    factories.submitted_brief(team)
    notice = Outbox.objects.get(to=team.reviewer)
    failed = {"error": "SMTPRecipientsRefused: <no>", "attempts": 5, "claimed_at": "2026-01-01T00:00Z"}
    Outbox.objects.filter(pk=notice.pk).update(**failed)
    page = sign_in(client, team.writer).get(OUTBOX).text
    for words in ("SMTPRecipientsRefused: &lt;no&gt;", "Given up"):
        assert words in page
    for words in ("Try again", "Every notice went out."):
        assert words not in page
    sign_in(client, team.publisher)
    assert client.post(f"{OUTBOX}retry/", {"notice": notice.pk}).status_code == 302
    notice.refresh_from_db()
    assert (notice.attempts, notice.claimed_at, notice.sent_at) == (0, None, None)
    Outbox.objects.update(sent_at=timezone.now())
    assert "Every notice went out." in client.get(OUTBOX).text
