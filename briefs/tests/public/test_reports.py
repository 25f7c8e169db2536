"""Error reports from readers: stored once with brief and bullet, mailed to editors once, refused if invalid or forged."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils.html import escape

from briefs.models import Edition, Letter, Outbox
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import NO_STATIC, get_person, numbered_content, publish, withdraw
from digest import body_limits
from digest.body_limits import WAITING, take_turn

pytestmark = [pytest.mark.django_db, NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
REPORT_PAGE = "/en/briefs/s/report/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling
    cache.clear()


@pytest.fixture
def edition() -> Edition:
    return publish(numbered_content(1), "s")


def filled_form(client: Client, clock: Any, path: str = REPORT_PAGE, **values: str) -> dict[str, str]:
    """Return the data of the form as a reader would send it five seconds after opening the page."""
    html = client.get(path).content.decode()
    stamp = re.search(r'name="authenticity_token" value="([^"]+)"', html)
    assert stamp
    clock.shift(5)
    return {"authenticity_token": stamp[1], "text": "“1” should be 2.", **values}


def send_report(client: Client, data: dict[str, str], path: str = REPORT_PAGE, **headers: str) -> Any:
    return client.post(path, data, headers=SAME_ORIGIN | headers)


@pytest.mark.parametrize(("path", "side"), [(REPORT_PAGE, "en"), ("/zh-hant/briefs/s/report/", "zh")])
def test_report_is_stored_with_brief_edition_and_bullet(
    client: Client, clock: Any, edition: Edition, path: str, side: str
) -> None:
    data = filled_form(client, clock, path, bullet="1", name="Ada", email="ada@example.org")
    response = send_report(client, data, path)
    assert (response.status_code, response.headers["Location"]) == (303, f"{path}?sent=1")
    letter = Letter.objects.get()
    assert (letter.kind, letter.brief_id, letter.edition) == ("report", edition.brief_id, edition)
    assert (letter.bullet, letter.text, letter.side) == (1, "“1” should be 2.", side)
    assert (letter.name, letter.email) == ("Ada", "ada@example.org")
    assert letter.sender
    assert "127.0.0.1" not in letter.sender
    thanks = client.get(f"{path}?sent=1").content.decode()
    assert 'class="letter' not in thanks
    assert not response.cookies


def test_form_quotes_the_bullet_it_concerns(client: Client, clock: Any, edition: Edition) -> None:
    bullet = edition.frozen_content.bullets[0]
    card = edition.frozen_content
    page = client.get(f"{REPORT_PAGE}?bullet=1").content.decode()
    for words in (card.headline_en, "About point 1", bullet.text_en, bullet.text_zh):
        assert escape(words) in page
    assert '<input type="hidden" name="bullet" value="1">' in page
    assert "<select" not in page
    for other in ("", "?bullet=99", "?bullet=x"):
        page = client.get(f"{REPORT_PAGE}{other}").content.decode()
        assert "<blockquote" not in page
        assert "<select" in page
    withdraw(edition, NOW)
    page = client.get(f"{REPORT_PAGE}?bullet=1").content.decode()
    assert card.headline_en in page
    assert escape(bullet.text_en) not in page


INVALID_REPORTS = {
    "no stamp": ({"authenticity_token": ""}, {}, 409),
    "a forged stamp": ({"authenticity_token": "1.x:y"}, {}, 409),
    "nothing written": ({"text": " \n"}, {}, 422),
    "too much": ({"text": "x" * 4001}, {}, 422),
    "a control character": ({"text": "a\x00b"}, {}, 422),
    "no address": ({"email": "nobody"}, {}, 422),
    "from elsewhere": ({}, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
    "from nowhere": ({}, {"Origin": "", "Sec-Fetch-Site": ""}, 403),
}


@pytest.mark.parametrize("name", INVALID_REPORTS)
def test_invalid_report_shows_error_and_keeps_typed_text(
    client: Client, clock: Any, edition: Edition, name: str
) -> None:
    values, headers, status = INVALID_REPORTS[name]
    data = filled_form(client, clock, **{"name": "Ada <b>", **values})
    response = send_report(client, data, **headers)
    assert response.status_code == status
    html = response.content.decode()
    assert 'role="alert"' in html
    assert "Ada &lt;b&gt;" in html
    if "text" not in values:
        assert "“1” should be 2." in html
    assert response.headers["Cache-Control"] == "no-store"
    assert not Letter.objects.exists()


def test_removed_or_unknown_brief_accepts_no_report(client: Client, clock: Any, edition: Edition) -> None:
    data = filled_form(client, clock)
    Edition.objects.filter(pk=edition.pk).update(removed_at=NOW, removed_by=get_person("p"))
    assert send_report(client, data).status_code == 410
    assert send_report(client, data, "/en/briefs/never/report/").status_code == 404
    assert not Letter.objects.exists()


def test_report_is_mailed_once_to_publishers_only(client: Client, clock: Any, edition: Edition) -> None:
    addresses = [factories.person(role.lower(), role).email for role in ("Publishers", "Reviewers")]
    send_report(client, filled_form(client, clock))
    for _ in range(3):
        call_command("publish_due")
    assert [message.to for message in mail.outbox] == [[addresses[0]]]
    (message,) = mail.outbox
    assert "讀者回報錯誤" in message.subject
    assert "/admin/briefs/letter/" in str(message.body)
    assert "should be" not in str(message.body)
    factories.person("newcomer", "Publishers")
    call_command("publish_due")
    assert Outbox.objects.count() == 1


@pytest.mark.parametrize("path", [REPORT_PAGE, "/preview/x/letter/", "/admin/login/", "/en/search/"])
def test_large_or_endless_body_of_a_stranger_is_refused_before_it_is_read(client: Client, path: str) -> None:
    answer = client.post(path, "x" * 70_000, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, answer.wsgi_request._read_started) == (413, False)
    assert "上限" in answer.content.decode()
    answer = client.post(path, CONTENT_LENGTH="", headers={"transfer-encoding": "chunked"})
    assert (answer.status_code, answer.wsgi_request._read_started) == (411, False)


def test_large_body_is_refused_unread_while_others_are_answered(client: Client) -> None:
    client.force_login(factories.person("w", "Writers"))
    client.raise_request_exception = False
    with take_turn():
        for _other in range(WAITING):
            assert body_limits._places.acquire(blocking=False)
        refused = client.post("/admin/", "x" * 70_000, content_type="text/plain")
        assert client.post("/admin/", "x" * 60_000, content_type="text/plain").status_code != 503
        body_limits._places.release(WAITING)
    assert (refused.status_code, refused.wsgi_request._read_started) == (503, False)
    assert client.post("/admin/", "x" * 70_000, content_type="text/plain").status_code != 503


def test_signed_in_person_sends_large_bodies_to_the_desk_alone(client: Client) -> None:
    client.force_login(factories.person("w", "Writers"))
    assert client.post("/admin/", "x" * 70_000, content_type="text/plain").status_code != 413
    assert client.post("/admin/", CONTENT_LENGTH="70000000").status_code == 413
    assert client.post(REPORT_PAGE, "x" * 70_000, content_type="text/plain").status_code == 413
