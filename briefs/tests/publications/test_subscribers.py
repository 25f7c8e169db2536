"""Folding of addresses, requests, confirmation mails, expiry, and departures repeated after a restore."""

import datetime as dt
import itertools
import random
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from briefs.models import Copy, Mailing, MailSide, Subscriber
from briefs.publications import departures, subscriber_lists, subscribers
from briefs.publications.subscribers import AddressRejected, AskedTooOften, fold_address
from briefs.tests.support.corpus_fixtures import numbered_content, publish
from briefs.tests.support.mail_server import MailServer
from digest.logs import hide_tokens

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def departures_file(settings: Any, tmp_path: Path) -> Path:
    settings.DEPARTURES_FILE = tmp_path / "departures.txt"
    return tmp_path / "departures.txt"


def ask(
    address: str = "ada@example.org", side: str = "en", *, now: dt.datetime = NOW, client: str = "192.0.2.1"
) -> None:
    subscribers.ask(fold_address(address), MailSide(side), client=client, now=now)


def confirm_by_mail(now: dt.datetime = NOW) -> str:
    """Send the mail that is due and press its button. Return the token."""
    mail.outbox.clear()
    assert subscribers.send_confirmations(now) == 1
    token = read_token()
    assert subscribers.confirm(token, now)
    return token


def read_token() -> str:
    found = re.search(r"/u/([\w-]{22})/", str(mail.outbox[-1].body))
    assert found
    return found[1]


def make_reader(address: str = "ada@example.org", side: str = "en", **columns: Any) -> Subscriber:
    times = {"created_at": NOW, "confirmed_at": NOW, "asked_at": NOW} | columns
    return Subscriber.objects.create(address=address, side=side, **times)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        (" Ada.L@Example.ORG ", "ada.l@example.org"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ada@example.org"),
        ("　a@例子.台\u00a0", "a@xn--fsqu00a.xn--kpr"),
        ("a@例子。台灣", "a@xn--fsqu00a.xn--kpry57d"),
        ("A@XN--FSQU00A.xn--kpry57d", "a@xn--fsqu00a.xn--kpry57d"),
        ("o'hara+list@mail.example.org", "o'hara+list@mail.example.org"),
    ],
)
def test_address_has_one_form(typed: str, folded: str) -> None:
    assert fold_address(typed) == folded == fold_address(folded)
    assert fold_address(subscribers.format_address(folded)) == folded


NO_ADDRESSES = [
    "", "ada", "@example.org", "ada@", "ada@example", "ada@localhost", "a@b@example.org", "ada@[192.0.2.1]", "ada@192.0.2.1",
    "ada@example.org\r\nBcc: x@example.org", "ada@example.org\n", "a\x00da@example.org", "a\u200bda@example.org",
    '"ada"@example.org', "a b@example.org", ".ada@example.org", "a..b@example.org", "愛達@example.org", "ada@-example.org",
    "ada@exa_mple.org", "Ada <ada@example.org>", f"{'a' * 65}@example.org", f"a@{'b.' * 124}example.org",
    "a@" + "例" * 70 + ".台", "a@" + "b" * 10_000,
]  # fmt: skip


def test_text_that_is_no_address_is_rejected() -> None:
    for typed in NO_ADDRESSES:
        with pytest.raises(AddressRejected):
            pytest.fail(f"{typed[:40]} became {fold_address(typed)}")


def test_wrong_address_of_a_list_is_never_looked_up() -> None:
    row = subscriber_lists.ListRow(
        1, "ada\0@example.org", "en", "2025-06-09"
    )  # PostgreSQL refuses to search for a NUL
    with CaptureQueriesContext(connection) as queries:
        [read] = subscriber_lists.plan_import([row], NOW)
    assert (read.fault, len(queries)) == ("address", 0)


def test_request_runs_the_same_statements_for_every_address() -> None:
    make_reader("reading@example.org")
    make_reader("left@example.org", left_at=NOW)
    make_reader("bounced@example.org", bounced_at=NOW)
    make_reader("asked@example.org", confirmed_at=None)
    statements = set()
    for number, name in enumerate(("new", "reading", "left", "bounced", "asked")):
        with CaptureQueriesContext(connection) as queries:
            ask(f"{name}@example.org", client=f"192.0.2.{number}")
        statements.add(tuple(re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries))
    assert len(statements) == 1
    assert len(statements.pop()) <= 4


def test_confirmation_mail_holds_one_link_and_stores_its_hash_alone() -> None:
    ask(side="both")
    assert subscribers.send_confirmations(NOW) == 1
    [message] = mail.outbox
    html = message.alternatives[0][0]
    token = read_token()
    assert message.to == ["ada@example.org"]
    assert html.count("<a\n") == 1
    assert "<img" not in html
    assert f"/u/{token}/" in html
    assert "確認訂閱" in html
    assert "Confirm the subscription" in html
    row = Subscriber.objects.get()
    assert row.confirm_hash == subscribers.hash_token(token)
    assert token not in repr(vars(row))
    assert not Subscriber.objects.reading().exists()
    assert subscribers.send_confirmations(NOW) == 0


@pytest.mark.parametrize("tag", ["", "+{}"])
def test_one_mailbox_gets_one_mail_an_hour_and_five_a_day(tag: str) -> None:
    sent = []
    for minute in range(0, 49 * 60, 30):
        now = NOW + dt.timedelta(minutes=minute)
        ask(f"ada{tag.format(minute)}@example.org", now=now, client=f"192.0.2.{minute % 250}")
        sent += [now] * subscribers.send_confirmations(now)
    assert all(later - earlier >= HOUR for earlier, later in itertools.pairwise(sent))
    assert all(later - earlier >= DAY for earlier, later in zip(sent, sent[5:], strict=False))
    assert len(sent) >= 10


def test_tags_of_others_do_not_delay_a_mailbox() -> None:
    for address in ("ada+1@example.org", "adam+1@example.org", "ada+1@example.net", "a_a+1@example.org"):
        ask(address)
    assert subscribers.send_confirmations(NOW) == 4


def test_network_may_ask_for_some_addresses_an_hour() -> None:
    for number in range(subscribers.REQUESTS_AN_HOUR):
        ask(f"r{number}@example.org", client="2001:db8::1")
    for _ in range(3):
        with pytest.raises(AskedTooOften):
            ask("more@example.org", client="2001:db8::2")
    ask("more@example.org", client="2001:db8:1::1")
    ask("later@example.org", client="2001:db8::1", now=NOW + HOUR)
    assert "2001:db8" not in repr([vars(row) for row in Subscriber.objects.all()])


def test_mail_that_the_server_refuses_is_sent_again(mail_server: MailServer) -> None:
    ask("ada@example.org")
    ask("bob@example.org")
    mail_server.refused_addresses.add("ada@example.org")
    assert subscribers.send_confirmations(NOW) == 1
    mail_server.refused_addresses.clear()
    assert subscribers.send_confirmations(NOW + dt.timedelta(minutes=5)) == 0
    assert subscribers.send_confirmations(NOW + dt.timedelta(minutes=10)) == 1
    assert mail_server.to == ["ada@example.org", "bob@example.org"]


@pytest.mark.parametrize("fault", ["refused", "unknown"])
def test_mail_that_fails_is_tried_five_times_a_day(mail_server: MailServer, fault: str) -> None:
    tried = []
    mail_server.on_command = lambda word, _address: word == "RCPT TO" and bool(tried.append(word))
    if fault == "refused":
        mail_server.refused_addresses.add("ada@example.org")
    else:
        mail_server.drops_connection = True
    ask()
    for minute in range(0, 24 * 60, 10):
        subscribers.send_confirmations(NOW + dt.timedelta(minutes=minute))
    assert len(tried) == subscribers.MAILS_A_DAY


def test_earlier_link_works_while_a_newer_mail_cannot_be_sent(mail_server: MailServer) -> None:
    ask(side="zh")
    subscribers.send_confirmations(NOW)
    before = Subscriber.objects.values("confirm_hash", "confirm_side", "confirm_until").get()
    ask(side="en", now=NOW + HOUR)
    mail_server.drops_connection = True
    assert subscribers.send_confirmations(NOW + HOUR) == 0
    assert Subscriber.objects.values(*before).get() == before


def test_used_expired_and_replaced_links_confirm_nothing() -> None:
    ask()
    used = confirm_by_mail()
    assert not subscribers.confirm(used, NOW)
    reader = Subscriber.objects.get()
    subscribers.leave(reader, NOW)
    assert not subscribers.confirm(used, NOW)
    assert not Subscriber.objects.reading().exists()
    ask(now=NOW + DAY)
    subscribers.send_confirmations(NOW + DAY)
    replaced = read_token()
    ask(now=NOW + 2 * DAY)
    subscribers.send_confirmations(NOW + 2 * DAY)
    expired = read_token()
    assert not subscribers.confirm(replaced, NOW + 2 * DAY)
    assert not subscribers.confirm(expired, NOW + 9 * DAY)
    assert subscribers.confirm(expired, NOW + 8 * DAY)


def test_addresses_are_forgotten_in_time() -> None:
    forgotten = dt.timedelta(days=549)
    make_reader("unconfirmed@example.org", confirmed_at=None, asked_at=NOW - 8 * DAY)
    make_reader("waiting@example.org", confirmed_at=None, asked_at=NOW - 6 * DAY)
    old = {"created_at": NOW - 2 * forgotten, "confirmed_at": NOW - 2 * forgotten, "asked_at": None}
    make_reader("old@example.org", last_mailed_at=NOW - forgotten, **old)
    make_reader("silent@example.org", **old)
    make_reader("mailed@example.org", last_mailed_at=NOW - DAY, **old)
    ask("hashed@example.org", now=NOW - 2 * DAY)
    subscribers.delete_expired(NOW)
    kept = {row.address.split("@")[0]: row for row in Subscriber.objects.all()}
    assert set(kept) == {"waiting", "mailed", "hashed"}
    assert not kept["hashed"].asked_from
    assert kept["hashed"].asked_side


@pytest.fixture
def mailing(team: Any) -> Mailing:

    edition = publish(numbered_content(1), "s")
    return Mailing.objects.create(
        kind="correction", edition=edition, bodies={}, due_at=NOW, not_after=NOW, created_at=NOW, state_at=NOW,
        created_by=team.publisher,
    )  # fmt: skip


def test_departures_file_holds_no_address_and_survives_a_torn_line(departures_file: Path) -> None:
    subscribers.leave(make_reader(), NOW)
    departures_file.write_bytes(departures_file.read_bytes() + b"erased 12ab")
    subscribers.erase(Subscriber.objects.get(), NOW)
    lines = departures_file.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["left", "erased", "erased"]
    assert "ada@" not in departures_file.read_text()
    assert departures_file.stat().st_mode & 0o077 == 0
    assert departures.find_time(departures.read(), "erased", "ada@example.org") == NOW


def test_departures_are_read_with_an_earlier_secret_key(settings: Any) -> None:
    departures.append("left", "ada@example.org", NOW)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    make_reader(confirmed_at=NOW - DAY)
    assert subscribers.repeat_departures() == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    assert departures.find_time(departures.read(), "left", "ada@example.org") is None


def test_reader_leaves_although_the_file_cannot_be_written(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEPARTURES_FILE = tmp_path / "missing" / "departures.txt"
    reader = make_reader()
    subscribers.leave(reader, NOW)
    assert not Subscriber.objects.reading().exists()
    (tmp_path / "missing").mkdir()
    settings.DEPARTURES_FILE.write_text(caplog.messages[0].rpartition(": ")[2] + "\n")
    Subscriber.objects.update(left_at=None)
    assert subscribers.repeat_departures() == (1, 0)
    assert "ada@" not in caplog.text


@pytest.mark.parametrize("seed", range(3))
def test_random_histories_with_restores_follow_the_model(seed: int, departures_file: Path) -> None:
    """After a restore nobody gets mail who left or was erased since the backup, and no one else is lost."""
    rng = random.Random(seed)
    names = [f"r{n}@example.org" for n in range(6)]
    reading: dict[str, str] = {}
    waiting: dict[str, str] = {}
    backup: tuple[list[dict[str, Any]], dict[str, str], dict[str, str]] = ([], {}, {})
    since: set[str] = set()
    for step in range(60):
        now = NOW + step * 2 * HOUR
        name, side = rng.choice(names), rng.choice(MailSide.values)
        row = Subscriber.objects.filter(address=name).first()
        match rng.choice(["ask", "ask", "confirm", "leave", "erase", "backup", "restore"]):
            case "ask":
                ask(name, side, now=now, client=f"192.0.2.{step}")
                waiting[name] = side
            case "confirm" if name in waiting:
                mail.outbox.clear()
                subscribers.send_confirmations(now)
                own = [message for message in mail.outbox if message.to == [name]]
                if own:
                    found = re.search(r"/u/([\w-]{22})/", str(own[0].body))
                    assert found
                    assert subscribers.confirm(found[1], now)
                    reading[name] = waiting.pop(name)
            case "leave" if row and row.confirmed_at:
                subscribers.leave(row, now)
                reading.pop(name, None)
                waiting.pop(name, None)
                since.add(name)
            case "erase" if row:
                subscribers.erase(row, now)
                reading.pop(name, None)
                waiting.pop(name, None)
                since.add(name)
            case "backup":
                backup, since = (list(Subscriber.objects.values()), dict(reading), dict(waiting)), set()
            case "restore":
                Subscriber.objects.all().delete()
                Subscriber.objects.bulk_create(Subscriber(**values) for values in backup[0])
                subscribers.repeat_departures()
                reading = {name: side for name, side in backup[1].items() if name not in since}
                waiting = {name: side for name, side in backup[2].items() if name not in since}
        assert dict(Subscriber.objects.reading().values_list("address", "side")) == reading


def test_address_stands_in_its_table_alone(
    caplog: pytest.LogCaptureFixture, departures_file: Path, mailing: Mailing, client: Client, team: Any
) -> None:
    """Through request, failed and sent mail, confirmation, departure and erasure, with every line of every logger."""
    caplog.set_level("DEBUG")
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
    canary = "canary-ada@example.org"
    pages = []

    def send(address: str, **data: str) -> None:
        pages.append(client.post(address, data, headers=headers))
        if location := pages[-1].headers.get("Location"):
            pages.append(client.get(location))

    send("/en/subscribe/", email=canary, side="en")
    away = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {"host": "127.0.0.1", "port": 1},
    }
    with override_settings(MAILERS={"default": away}):
        call_command("publish_due")
    call_command("publish_due")
    link = f"/u/{read_token()}/"
    for act in ("confirm", "leave"):
        send(link, act=act)
    reader = Subscriber.objects.get()
    Copy.objects.create(mailing=mailing, reader_no=reader.pk, subscriber=reader, side="en", stage_at=NOW)
    client.force_login(team.publisher)
    pages += [
        client.get(address) for address in ("/admin/", "/admin/inbox/", "/admin/briefs/subscriber/?q=canary-")
    ]
    pages += [client.get(address) for address in ("/en/", "/en/about/", "/api/v1/briefs", "/api/v1/changes")]
    tables = {model._meta.label: list(model._default_manager.values()) for model in apps.get_models()}
    assert [label for label, rows in tables.items() if canary in repr(rows)] == ["briefs.Subscriber"]
    send(link, act="erase")
    tables = {model._meta.label: list(model._default_manager.values()) for model in apps.get_models()}
    assert canary not in repr(tables)
    assert canary not in caplog.text + departures_file.read_text()
    assert [page for page in pages if canary in page.content.decode() + repr(page.headers)] == []
    assert link[3:25] not in hide_tokens(caplog.text)
