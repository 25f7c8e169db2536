"""The desk's pages for links, letters, notices and one's own mail."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Event, Letter, MailSwitch, Note, Outbox, Person, PreviewLink

from ...support import factories
from ...support.factories import Team
from ...support.form_client import Form, get_brief_form, sign_in, brief_url

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

LETTERS, OUTBOX, MAIL = "/admin/briefs/letter/", "/admin/briefs/outbox/", "/admin/mail/"


@pytest.fixture
def team() -> Team:
    return Team()


def letter(brief: Brief, team: Team, text: str = "數字不對。", **values: Any) -> Letter:
    link = PreviewLink.objects.filter(brief=brief).first() or workflow.share(brief, by=team.writer).link
    key = f"key-{Letter.objects.count()}"
    return Letter.objects.create(
        key=key, kind="remark", brief=brief, link=link, text=text, at=link.at, **values
    )


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


# Links


def test_a_link_is_made_shown_once_and_revoked(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert "share" in get_brief_form(client, brief).offered_verbs()
    form = Form(text_of(client.get(brief_url(brief, "share"))), id=None)
    assert (form.data["hours"], form.data["revision"]) == (["72"], ["1"])
    page = text_of(client.post(brief_url(brief, "share"), form.data_with(hours=24)))
    (address,) = re.findall(r'id="address" value="([^"]*)"', page)
    token = address.rstrip("/").rpartition("/")[2]
    assert address == f"http://127.0.0.1:8000/preview/{token}/"
    assert Client().get(f"/preview/{token}/").status_code == 200
    link = PreviewLink.objects.get()
    assert (link.expires_at - link.at).total_seconds() == 24 * 3600
    again = text_of(client.get(brief_url(brief, "share")))
    assert token not in again
    assert "opened once" in again
    assert client.post(brief_url(brief, "unshare"), {"link": link.pk}).status_code == 302
    assert Client().get(f"/preview/{token}/").status_code == 404
    assert "Revoked by writer" in text_of(client.get(brief_url(brief, "share")))


def test_what_was_typed_goes_before_the_sharing(client: Client, team: Team) -> None:
    """The button stands in the brief's own form, and no word of it is lost."""
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    typed = get_brief_form(client, brief).data_with(summary_en="Typed just now.")
    response = client.post(brief_url(brief, "share"), typed)
    assert (response.status_code, response["Location"]) == (302, brief_url(brief, "share"))
    assert Brief.objects.get().summary_en == "Typed just now."
    assert not PreviewLink.objects.exists()


def test_the_link_is_to_the_revision_that_the_page_showed(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.reviewer)
    form = Form(text_of(client.get(brief_url(brief, "share"))), id=None)
    factories.edit(brief, team.writer, summary_en="Changed meanwhile.")
    assert client.post(brief_url(brief, "share"), form.data).status_code == 200
    assert PreviewLink.objects.get().revision.number == 1


def test_an_approved_brief_has_no_form_and_refuses(client: Client, team: Team) -> None:
    brief = factories.live_brief(team)
    sign_in(client, team.publisher)
    page = text_of(client.get(brief_url(brief, "share")))
    assert "This brief is “Approved” now" in page
    assert 'name="hours"' not in page
    assert client.post(brief_url(brief, "share"), {"hours": 72}).status_code == 409
    assert not PreviewLink.objects.exists()


@pytest.mark.parametrize("hours", ["0", "73", "-5", "x", "9999999999"])
def test_forged_hours_make_no_link(client: Client, team: Team, hours: str) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    assert client.post(brief_url(brief, "share"), {"hours": hours}).status_code == 409
    assert not PreviewLink.objects.exists()


def test_a_link_of_another_brief_is_not_revoked_here(client: Client, team: Team) -> None:
    mine, other = factories.draft_brief(team), factories.draft_brief(team, factories.content("2"))
    link = workflow.share(other, by=team.writer).link
    sign_in(client, team.writer)
    for value in (link.pk, "", "x", 10**20):
        assert client.post(brief_url(mine, "unshare"), {"link": value}).status_code == 404
    assert client.get(brief_url(mine, "unshare")).status_code == 405
    assert PreviewLink.objects.get().revoked_at is None


def test_whoever_has_no_role_sees_none_of_these_pages(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    one = letter(brief, team)
    sign_in(client, team.outsider)
    for address in (brief_url(brief, "share"), LETTERS, OUTBOX, MAIL):
        assert client.get(address).status_code == 403, address
    posts = {
        brief_url(brief, "share"): {}, brief_url(brief, "unshare"): {"link": one.link_id}, MAIL: {},
        f"{LETTERS}{one.pk}/note/": {}, f"{LETTERS}{one.pk}/handled/": {}, f"{OUTBOX}retry/": {},
    }  # fmt: skip
    for address, data in posts.items():
        assert client.post(address, data).status_code == 403, address
    assert not Event.objects.filter(by=team.outsider).exists()


# Letters


def test_a_letter_is_made_a_note_by_one_click_in_the_list(client: Client, team: Team) -> None:
    brief = factories.draft_brief(team)
    one = letter(brief, team, name="王小明", bullet=2, side="zh")
    sign_in(client, team.reviewer)
    page = text_of(client.get(LETTERS))
    assert "數字不對。" in page
    assert "王小明" in page
    assert f'{brief_url(brief)}#b2"' in page
    assert client.post(f"{LETTERS}{one.pk}/note/").status_code == 302
    assert Note.objects.get().by == team.reviewer
    assert "數字不對。" not in text_of(client.get(LETTERS))
    assert "Handled: reviewer" in text_of(client.get(f"{LETTERS}?all=1"))
    page = text_of(client.post(f"{LETTERS}{one.pk}/handled/", follow=True))
    assert "eviewer has already handled this letter" in page
    assert Note.objects.count() == 1


@pytest.mark.parametrize(("verb", "notes"), [("note_letter", 1), ("handle", 0)])
def test_the_same_on_the_page_of_its_brief_where_no_typed_word_is_lost(
    client: Client, team: Team, verb: str, notes: int
) -> None:
    brief = factories.draft_brief(team)
    one = letter(brief, team)
    sign_in(client, team.writer)
    form = get_brief_form(client, brief)
    assert {"note_letter", "handle"} <= form.offered_verbs()
    typed = form.data_with(summary_en="Typed just now.", letter=one.pk)
    assert client.post(brief_url(brief, verb), typed).status_code == 302
    assert Brief.objects.get().summary_en == "Typed just now."
    one.refresh_from_db()
    assert (one.handled_by, Note.objects.count()) == (team.writer, notes)


def test_a_letter_of_another_brief_is_not_handled_here(client: Client, team: Team) -> None:
    mine, other = factories.draft_brief(team), factories.draft_brief(team, factories.content("2"))
    one = letter(other, team)
    sign_in(client, team.writer)
    for verb in ("note_letter", "handle"):
        assert client.post(brief_url(mine, verb), {"letter": one.pk}).status_code == 404
    assert Letter.objects.get().handled_at is None


def test_letters_are_listed_by_key(client: Client, team: Team, django_assert_max_num_queries: Any) -> None:
    brief = factories.draft_brief(team)
    for n in range(53):
        letter(brief, team, text=f"<b>letter {n}</b>")
    sign_in(client, team.writer)
    with django_assert_max_num_queries(12):
        page = text_of(client.get(LETTERS))
    assert page.count("&lt;b&gt;letter") >= 50
    assert "<b>letter" not in page
    (older,) = re.findall(r'href="\?before=(\d+)"', page)
    rest = text_of(client.get(f"{LETTERS}?before={older}"))
    assert "letter 2&lt;" in rest
    assert "letter 3&lt;" not in rest
    assert 'href="?before=' not in rest


# Notices


def test_what_was_not_sent_is_seen_by_all_and_tried_again_by_publishers(client: Client, team: Team) -> None:
    factories.submitted_brief(team)
    row = Outbox.objects.filter(to=team.reviewer).get()
    Outbox.objects.filter(pk=row.pk).update(
        error="SMTPRecipientsRefused: <no>", attempts=5, claimed_at=row.due_at
    )
    Outbox.objects.exclude(pk=row.pk).update(error="", attempts=0)
    sign_in(client, team.writer)
    page = text_of(client.get(OUTBOX))
    assert "SMTPRecipientsRefused: &lt;no&gt;" in page
    assert "Given up" in page
    assert "Try again" not in page
    assert client.post(f"{OUTBOX}retry/", {"notice": row.pk}).status_code == 403
    sign_in(client, team.publisher)
    assert client.get(f"{OUTBOX}retry/").status_code == 405
    Outbox.objects.filter(pk=row.pk).update(claimed_at="2026-01-01T00:00Z")
    assert client.post(f"{OUTBOX}retry/", {"notice": row.pk}).status_code == 302
    row.refresh_from_db()
    assert (row.attempts, row.claimed_at, row.sent_at) == (0, None, None)


def test_every_notice_went_out_only_when_none_is_due(client: Client, team: Team) -> None:
    factories.submitted_brief(team)
    sign_in(client, team.writer)
    assert "Every notice went out." not in text_of(client.get(OUTBOX))
    Outbox.objects.update(sent_at=timezone.now())
    assert "Every notice went out." in text_of(client.get(OUTBOX))


# One's own mail


def test_a_person_switches_their_own_mail_but_never_the_urgent(client: Client, team: Team) -> None:
    sign_in(client, team.reviewer)
    form = Form(text_of(client.get(MAIL)), id=None)
    assert "urgent" in form.data["kind"]
    assert "review" in form.data["kind"]
    wanted = [kind for kind in form.data["kind"] if kind not in ("review", "urgent")]
    forged = {"kind": wanted, "person": team.writer.pk, "off": "urgent"}
    assert client.post(MAIL, forged).status_code == 302
    assert list(MailSwitch.objects.values_list("person__username", "kind")) == [("reviewer", "review")]
    assert "review" not in Form(text_of(client.get(MAIL)), id=None).data["kind"]
    assert client.post(MAIL, {"kind": [*wanted, "review", "nonsense"]}).status_code == 302
    assert not MailSwitch.objects.exists()


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_page_speaks_both_languages(client: Client, team: Team, language: str) -> None:
    brief = factories.draft_brief(team)
    letter(brief, team)
    sign_in(client, Person.objects.get(pk=team.publisher.pk), language)
    for address in (brief_url(brief, "share"), LETTERS, OUTBOX, MAIL, brief_url(brief)):
        page = text_of(client.get(address))
        assert f'lang="{language}"' in page
