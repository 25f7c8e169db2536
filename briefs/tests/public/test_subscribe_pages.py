"""Subscribing, and the page behind the link of a mail: forged, used and expired links, one click out, nothing by GET."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client

from briefs.models import Copy, Mailing, Subscriber
from briefs.publications import subscribers
from briefs.tests.support.corpus_fixtures import NO_STATIC, numbered_content, publish
from briefs.tests.support.query_recorder import record_written_tables

pytestmark = [pytest.mark.django_db, NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
PAGE = "/en/subscribe/"
ADDRESS = "canary-ada@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def send(browser: Client, page: str = PAGE, *, email: str = ADDRESS, side: str = "en", **headers: str) -> Any:
    return browser.post(page, {"email": email, "side": side}, headers=SAME_ORIGIN | headers)


def receive_link() -> str:
    subscribers.send_confirmations(dt.datetime.now(dt.UTC))
    found = re.search(r"/u/[\w-]{22}/", str(mail.outbox[-1].body))
    assert found
    return found[0]


def subscribe(browser: Client, side: str = "en") -> str:
    """Subscribe by form, mail and button. Return the link of the mail."""
    assert send(browser, side=side).status_code == 303
    link = receive_link()
    assert browser.post(link, {"act": "confirm"}).status_code == 303
    return link


def make_copy(team: Any, reader: Subscriber) -> str:
    """Return the link of an issue's mail to this reader."""
    edition = publish(numbered_content(1), "s")
    mailing = Mailing.objects.create(
        kind="correction", edition=edition, bodies={}, due_at=NOW, not_after=NOW, created_at=NOW, state_at=NOW,
        created_by=team.publisher,
    )  # fmt: skip
    token, token_hash = subscribers.make_token()
    Copy.objects.create(
        mailing=mailing,
        reader_no=reader.pk,
        subscriber=reader,
        side=reader.side,
        stage_at=NOW,
        token_hash=token_hash,
    )
    return f"/u/{token}/"


def assert_private(answer: Any) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
    assert ADDRESS not in answer.content.decode()


@pytest.mark.parametrize(("code", "words"), [("zh-hant", "請查看信箱"), ("en", "Check your email")])
def test_reader_subscribes_changes_the_language_and_leaves(browser: Client, code: str, words: str) -> None:
    answer = send(browser, f"/{code}/subscribe/", side="zh")
    assert words in browser.get(answer.headers["Location"]).content.decode()
    assert not Subscriber.objects.reading().exists()
    link = receive_link()
    page = browser.get(f"{link}?language=en")
    assert "Confirm the subscription" in page.content.decode()
    for act, side, state in (("confirm", "", ["zh"]), ("change", "both", ["both"]), ("leave", "", [])):
        answer = browser.post(link, {"act": act, "side": side})
        assert answer.status_code == 303
        assert_private(answer)
        assert list(Subscriber.objects.reading().values_list("side", flat=True)) == state
        page = browser.get(answer.headers["Location"])
        assert page.status_code == 200
        assert_private(page)
    assert "取消訂閱" not in page.content.decode()


def test_answer_is_the_same_for_known_and_unknown_addresses(browser: Client) -> None:
    subscribe(browser)
    known, unknown = send(browser), send(browser, email="new@example.org")
    assert (known.status_code, known.headers) == (unknown.status_code, unknown.headers)
    assert ADDRESS not in known.headers["Location"]


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"email": "ada"}, 422, "not an e-mail address"),
        ({"email": "a@b.org\r\nBcc: c@d.org"}, 422, "not an e-mail address"),
        ({"side": "fr"}, 422, "Choose a language"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "did not come from our page"),
        ({"Origin": "https://evil.example"}, 403, "did not come from our page"),
    ],
)
def test_wrong_request_is_refused_with_what_was_typed(
    browser: Client, changed: dict[str, str], status: int, words: str
) -> None:
    answer = send(browser, **changed)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Subscriber.objects.exists()
    assert not answer.cookies


def test_network_is_refused_after_many_addresses(browser: Client) -> None:
    for number in range(subscribers.REQUESTS_AN_HOUR):
        assert send(browser, email=f"r{number}@example.org").status_code == 303
    cache.clear()
    answer = send(browser)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    assert Subscriber.objects.count() == subscribers.REQUESTS_AN_HOUR


def test_request_writes_the_table_of_subscribers_alone(browser: Client) -> None:
    with record_written_tables() as recorded:
        link = subscribe(browser)
        browser.post(link, {"act": "leave"})
    assert set(recorded.tables) == {"briefs_subscriber"}


@pytest.mark.parametrize("state", ["asked", "reading", "left"])
def test_scanner_that_follows_links_changes_nothing(browser: Client, state: str) -> None:
    send(browser)
    link = receive_link()
    for act in {"asked": [], "reading": ["confirm"], "left": ["confirm", "leave"]}[state]:
        browser.post(link, {"act": act})
    before = Subscriber.objects.values().get()
    with record_written_tables() as recorded:
        for query in (
            "",
            "?act=confirm",
            "?act=leave",
            "?act=erase",
            "?List-Unsubscribe=One-Click",
            "?done=erased",
        ):
            for method in (browser.get, browser.head, browser.options):
                assert_private(method(link + query)) if method != browser.options else method(link + query)
    assert not recorded.tables
    assert Subscriber.objects.values().get() == before


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_one_click_ends_the_subscription(browser: Client, team: Any, kind: str) -> None:
    """As a mail service sends it: no cookie, no origin, and again after the address left or was erased."""
    subscribe(browser)
    reader = Subscriber.objects.get()
    link = make_copy(team, reader)
    if kind == "urlencoded":
        body, content_type = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    else:
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
        content_type = "multipart/form-data; boundary=b"
    for _ in range(2):
        answer = Client(enforce_csrf_checks=True).post(link, body, content_type=content_type)
        assert answer.status_code == 200
        assert_private(answer)
        assert not Subscriber.objects.reading().exists()
    subscribers.erase(reader, NOW)
    assert browser.post(link, ONE_CLICK).status_code == 200
    assert browser.get(link).status_code == 410


def test_link_of_a_copy_changes_and_erases(browser: Client, team: Any) -> None:
    subscribe(browser)
    link = make_copy(team, Subscriber.objects.get())
    assert "Unsubscribe" in browser.get(link).content.decode()
    assert browser.post(link, {"act": "confirm"}).status_code == 303  # pressed twice: already a reader
    browser.post(link, {"act": "change", "side": "both"})
    assert Subscriber.objects.get().side == "both"
    answer = browser.post(link, {"act": "erase"})
    assert "Everything about you is deleted." in browser.get(answer.headers["Location"]).content.decode()
    assert not Subscriber.objects.exists()
    for act in ("confirm", "change", "leave", "erase"):
        assert browser.post(link, {"act": act, "side": "en"}).status_code == 410
    assert not Subscriber.objects.exists()


def test_expired_link_says_what_to_do(browser: Client, clock: Any) -> None:
    send(browser)
    link = receive_link()
    clock.shift(subscribers.CONFIRM_LIFETIME)
    for answer in (
        browser.get(link),
        browser.post(link, {"act": "confirm"}),
        browser.post(link, {"act": "erase"}),
    ):
        assert answer.status_code == 410
        assert_private(answer)
        assert 'href="/en/subscribe/"' in answer.content.decode()
    assert not Subscriber.objects.reading().exists()


def test_forged_link_is_unknown(browser: Client) -> None:
    subscribe(browser)
    for link in (f"/u/{token}/" for token in ("x", "A" * 22, "A" * 2_000)):
        posts = [browser.post(link, data) for data in ({"act": "erase"}, {"act": "confirm"}, ONE_CLICK)]
        for answer in (browser.get(link), *posts):
            assert answer.status_code == 404
            assert_private(answer)
    assert Subscriber.objects.reading().count() == 1


def test_unknown_acts_and_languages_change_nothing(browser: Client) -> None:
    link = subscribe(browser)
    before = Subscriber.objects.values().get()
    for data in (
        {},
        {"act": "x"},
        {"act": "change", "side": "fr"},
        {"act": "change"},
        {"List-Unsubscribe": "1"},
    ):
        assert browser.post(link, data).status_code == 410
    assert Subscriber.objects.values().get() == before


def test_reader_who_asks_again_sees_both_ways(browser: Client, clock: Any) -> None:
    """The mail of a second request opens a page where a reader without an issue at hand can also leave."""
    subscribe(browser)
    clock.shift(3_600)
    send(browser, side="both")
    link = receive_link()
    page = browser.get(link).content.decode()
    assert page.count('value="confirm"') == page.count('value="leave"') == 1
    browser.post(link, {"act": "leave"})
    assert browser.post(link, {"act": "confirm"}).status_code == 410


def test_pages_offer_the_subscription(browser: Client) -> None:
    for slug in ("s", "t", "u"):
        publish(numbered_content(1), slug)
    for page in ("", "follow/", "briefs/s/"):
        assert 'href="/en/subscribe/"' in browser.get(f"/en/{page}").content.decode()
