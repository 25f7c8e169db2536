"""Remarks of guests: which are stored, which are rejected, and how the desk handles them."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Event, Letter, Note, PreviewLink
from briefs.publications import letters

from .support import factories
from .support.database_firewall import guest_access_only
from .support.factories import Team
from .support.form_client import Form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""Headers that a browser sends when it posts from a page with `no-referrer`."""


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


class Guest:
    """A browser that has a preview link open."""

    def __init__(self, clock: Any, brief: Brief, team: Team, *, address: str = "203.0.113.5") -> None:
        self.clock, self.address = clock, address
        self.client = Client(enforce_csrf_checks=True)
        self.page = f"/preview/{workflow.sharing.share(brief, by=team.writer).token}/en/"

    def form(self) -> dict[str, str]:
        html = self.client.get(self.page, REMOTE_ADDR=self.address).content.decode()
        (stamp,) = re.findall(r'name="authenticity_token" value="([^"]*)"', html)
        return {"authenticity_token": stamp, "text": "不對。", "name": "", "bullet": "", "website": ""}

    def send(self, form: dict[str, str] | None = None, *, after: float = 30, **changes: Any) -> Any:
        form = (form or self.form()) | {k: v for k, v in changes.items() if k != "headers"}
        self.clock.shift(after)
        headers = changes.get("headers", OURS)
        return self.client.post(self.page, form, headers=headers, REMOTE_ADDR=self.address)


@pytest.fixture
def guest(clock: Any, team: Team) -> Guest:
    return Guest(clock, factories.draft_brief(team), team)


# Stored


def test_guest_remark_is_stored_and_thanked(guest: Guest) -> None:
    form = guest.form()
    response = guest.send(form, name=" 王小明 ", bullet="2", text="數字\r\n不對。 ")
    assert (response.status_code, response["Location"]) == (303, f"{guest.page}?sent=1#remark")
    letter, link = Letter.objects.get(), PreviewLink.objects.get()
    assert (letter.kind, letter.brief, letter.link, letter.edition) == ("remark", link.brief, link, None)
    assert (letter.bullet, letter.side, letter.text, letter.name) == (2, "en", "數字\n不對。", "王小明")
    assert letter.at == NOW + dt.timedelta(seconds=30)
    assert "Thank you." in guest.client.get(f"{guest.page}?sent=1").content.decode()


def test_guest_resends_form_and_only_new_text_is_stored(guest: Guest) -> None:
    form = guest.form()
    for _ in range(3):
        assert guest.send(form).status_code == 303
    assert Letter.objects.count() == 1
    assert guest.send(form, text="還有。").status_code == 303
    assert Letter.objects.count() == 2


def test_remark_on_unknown_bullet_is_stored_for_whole_brief(guest: Guest) -> None:
    for bullet in ("99", "x", "-1", "٢", "2 OR 1"):
        assert guest.send(text=f"看{bullet}", bullet=bullet).status_code == 303
    assert set(Letter.objects.values_list("bullet", flat=True)) == {None}


def test_remark_is_stored_with_guest_database_access_only(guest: Guest) -> None:
    form = guest.form()
    with guest_access_only():
        assert guest.send(form).status_code == 303
    assert Letter.objects.count() == 1


def test_sender_address_is_stored_as_hash_for_one_day(guest: Guest) -> None:
    guest.send()
    row = Letter.objects.values_list().get()
    assert all("203.0.113.5" not in str(value) for value in row)
    sender = Letter.objects.get().sender
    assert (
        sender
        == letters.hash_address("203.0.113.5", NOW)
        != letters.hash_address("203.0.113.5", NOW + dt.timedelta(days=1))
    )
    guest.clock.shift(86_400)
    guest.send(text="後來。")
    assert [bool(s) for s in Letter.objects.order_by("id").values_list("sender", flat=True)] == [False, True]


# Rejected: nothing is stored, nothing typed is lost


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"text": ""}, 422, "Write something first."),
        ({"text": "…！"}, 422, "Write something first."),
        ({"text": "長" * 4001}, 422, "Keep it under 4,000"),
        ({"name": "n" * 121}, 422, "Keep it under 4,000"),
        ({"text": "a\x00b"}, 422, "a character that cannot be stored"),
        ({"authenticity_token": ""}, 409, "send it again"),
        ({"authenticity_token": "1.x:forged"}, 409, "send it again"),
        ({"after": 1}, 409, "send it again"),
        ({"after": -60}, 409, "send it again"),
        ({"headers": {}}, 403, "did not come from our page"),
        ({"headers": {"Origin": "https://evil.example"}}, 403, "did not come from our page"),
    ],
)
def test_rejected_remark_keeps_typed_text_and_says_why(
    guest: Guest, changes: dict[str, Any], status: int, message: str
) -> None:
    typed = {"text": "我的話\n\n  <b>次段", "name": "王", "bullet": "2"} | changes
    response = guest.send(**typed)
    html = response.content.decode()
    assert (response.status_code, Letter.objects.count()) == (status, 0)
    assert message in html
    if "\x00" not in typed["text"]:
        form = Form(html.replace("<form ", '<form class="verb-form" '), id=None).data
        assert (form["text"], form["name"], form["bullet"]) == ([typed["text"]], [typed["name"]], ["2"])
        assert form["authenticity_token"] != [typed.get("authenticity_token")]


def test_form_of_another_link_or_expired_form_is_rejected(clock: Any, team: Team) -> None:
    guest, other_guest = (
        Guest(clock, factories.draft_brief(team, factories.content(tag)), team) for tag in "ab"
    )
    form = guest.form()
    assert other_guest.send(form).status_code == 409
    assert guest.send(form).status_code == 303
    assert dt.timedelta(hours=72) == letters.MAX_FORM_AGE
    target = letters.LetterTarget(brief=1, link=1)
    typed = letters.LetterInput(text="晚", stamp=letters.build_form_stamp(target, NOW))
    sender = letters.Sender("203.0.113.9", own_origin="http://x", origin="http://x")
    with pytest.raises(letters.LetterRejected) as rejected:
        letters.receive(target, typed, sender, now=NOW + letters.MAX_FORM_AGE + dt.timedelta(seconds=1))
    assert rejected.value.code == "form"


def test_filled_honeypot_is_thanked_and_stores_nothing(guest: Guest) -> None:
    assert guest.send(website="https://spam.example").status_code == 303
    assert not Letter.objects.exists()


def test_remark_through_revoked_link_is_not_found(guest: Guest, team: Team) -> None:
    form = guest.form()
    workflow.sharing.unshare(PreviewLink.objects.get(), by=team.writer)
    assert guest.send(form).status_code == 404
    assert not Letter.objects.exists()


# Rate limits


def test_rate_limit_stops_one_address_and_not_others(clock: Any, team: Team) -> None:
    brief = factories.draft_brief(team)
    guest = Guest(clock, brief, team)
    limit = letters.SENDER_LETTER_LIMIT[0]
    statuses = [guest.send(after=3, text=f"看{n}").status_code for n in range(limit + 2)]
    assert statuses == [303] * limit + [429] * 2
    guest.address = "203.0.113.6"
    assert guest.send(text="別人").status_code == 303
    guest.address = "203.0.113.5"
    response = guest.send(text="又")
    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert "又" in response.content.decode()
    clock.shift(3600)
    assert guest.send(text="再來").status_code == 303


def test_guests_behind_trusted_proxy_are_counted_separately(clock: Any, team: Team, settings: Any) -> None:
    settings.DIGEST_PROXIES = 1
    guest = Guest(clock, factories.draft_brief(team), team, address="127.0.0.1")
    limit = letters.SENDER_LETTER_LIMIT[0]
    statuses = [
        guest.send(after=3, text=f"看{n}", headers=OURS | {"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(limit + 2)
    ]
    assert statuses == [303] * (limit + 2)


def test_link_accepts_limited_remarks_a_day_from_all_addresses(clock: Any, team: Team) -> None:
    guest = Guest(clock, factories.draft_brief(team), team)
    limit = letters.TARGET_LETTER_LIMIT[0]
    statuses = []
    for n in range(limit + 1):
        guest.address = f"198.51.100.{n}"
        statuses.append(guest.send(after=300, text=f"看{n}").status_code)
    assert statuses == [303] * limit + [429]


def test_rejected_attempts_count_towards_rate_limit(guest: Guest) -> None:
    limit = letters.SENDER_ATTEMPT_LIMIT[0]
    statuses = [guest.send(after=1, text="").status_code for _ in range(limit + 1)]
    assert statuses == [409] * limit + [429]


# Database constraints


# Verbs of the desk


def test_letter_turned_into_note_keeps_sender_and_time(guest: Guest, team: Team) -> None:
    guest.send(name="王小明", bullet="2", text="數字不對。")
    letter = Letter.objects.get()
    note = workflow.letters.turn_letter_into_note(letter, by=team.reviewer)
    assert (note.bullet, note.side, note.by, note.brief) == (2, "en", team.reviewer, letter.brief)
    assert note.text == "數字不對。\n— 王小明 · 2026-05-04 14:00"
    letter.refresh_from_db()
    assert (letter.note, letter.handled_by, letter.handled_at) == (note, team.reviewer, note.at)
    assert [e.verb for e in Event.objects.order_by("id")][-1:] == ["note"]
    assert Event.objects.filter(verb="note").count() == 1
    for verb in (workflow.letters.turn_letter_into_note, workflow.letters.handle_letter):
        with pytest.raises(workflow.Refused) as refused:
            verb(letter, by=team.publisher)
        assert refused.value.codes == ["letter-handled"]
    assert Note.objects.count() == 1


def test_note_text_names_bullet_that_was_deleted_since(guest: Guest, team: Team) -> None:
    guest.send(bullet="3", text="這點。")
    brief = Brief.objects.get()
    factories.edit(brief, team.writer, bullets=workflow.load_working_copy(brief).bullets[:1])
    note = workflow.letters.turn_letter_into_note(Letter.objects.get(), by=team.writer)
    assert note.bullet is None
    assert "#b3" in note.text


def test_handled_letter_leaves_one_event(guest: Guest, team: Team) -> None:
    guest.send()
    workflow.letters.handle_letter(Letter.objects.get(), by=team.publisher)
    letter, event = Letter.objects.get(), Event.objects.latest("id")
    assert (letter.handled_by, letter.note) == (team.publisher, None)
    assert (event.verb, event.by, event.note) == ("handle", team.publisher, "不對。")
    with pytest.raises(workflow.Refused):
        workflow.letters.handle_letter(letter, by=team.outsider)
