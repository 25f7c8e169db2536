"""Remarks of guests: what is stored, what is turned away, and what becomes of them on the desk."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from briefs import letters, workflow
from briefs.models import Brief, Event, Letter, Note, PreviewLink

from .support import factories
from .support.database_firewall import guest_access_only
from .support.factories import Team
from .support.form_client import Form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""As a browser posts from a page with `no-referrer`."""


@pytest.fixture(autouse=True)
def _no_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


class Guest:
    """Somebody with a link, in a browser."""

    def __init__(self, clock: Any, brief: Brief, team: Team, *, address: str = "203.0.113.5") -> None:
        self.clock, self.address = clock, address
        self.client = Client(enforce_csrf_checks=True)
        self.page = f"/preview/{workflow.share(brief, by=team.writer).token}/en/"

    def form(self) -> dict[str, str]:
        html = self.client.get(self.page, REMOTE_ADDR=self.address).content.decode()
        (stamp,) = re.findall(r'name="stamp" value="([^"]*)"', html)
        return {"stamp": stamp, "text": "不對。", "name": "", "bullet": "", "website": ""}

    def send(self, form: dict[str, str] | None = None, *, after: float = 30, **changes: Any) -> Any:
        form = (form or self.form()) | {k: v for k, v in changes.items() if k != "headers"}
        self.clock.shift(after)
        headers = changes.get("headers", OURS)
        return self.client.post(self.page, form, headers=headers, REMOTE_ADDR=self.address)


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def guest(clock: Any, team: Team) -> Guest:
    return Guest(clock, factories.draft_brief(team), team)


# Stored


def test_a_remark_is_stored_once_and_thanked(guest: Guest) -> None:
    form = guest.form()
    response = guest.send(form, name=" 王小明 ", bullet="2", text="數字\r\n不對。 ")
    assert (response.status_code, response["Location"]) == (303, f"{guest.page}?sent=1#remark")
    letter, link = Letter.objects.get(), PreviewLink.objects.get()
    assert (letter.kind, letter.brief, letter.link, letter.edition) == ("remark", link.brief, link, None)
    assert (letter.bullet, letter.side, letter.text, letter.name) == (2, "en", "數字\n不對。", "王小明")
    assert letter.at == NOW + dt.timedelta(seconds=30)
    assert "Thank you." in guest.client.get(f"{guest.page}?sent=1").content.decode()


def test_sent_twice_is_one_letter_and_sent_again_with_other_words_is_two(guest: Guest) -> None:
    form = guest.form()
    for _ in range(3):
        assert guest.send(form).status_code == 303
    assert Letter.objects.count() == 1
    assert guest.send(form, text="還有。").status_code == 303
    assert Letter.objects.count() == 2


def test_a_bullet_that_is_not_of_this_revision_is_the_whole(guest: Guest) -> None:
    for bullet in ("99", "x", "-1", "٢", "2 OR 1"):
        assert guest.send(text=f"看{bullet}", bullet=bullet).status_code == 303
    assert set(Letter.objects.values_list("bullet", flat=True)) == {None}


def test_it_is_taken_with_the_desk_denied(guest: Guest) -> None:
    form = guest.form()
    with guest_access_only():
        assert guest.send(form).status_code == 303
    assert Letter.objects.count() == 1


def test_no_address_is_stored_and_its_hash_for_a_day(guest: Guest) -> None:
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


# Turned away: nothing stored, nothing typed lost


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"text": ""}, 409, "Write something first."),
        ({"text": "…！"}, 409, "Write something first."),
        ({"text": "長" * 4001}, 409, "Keep it under 4,000"),
        ({"name": "n" * 121}, 409, "Keep it under 4,000"),
        ({"text": "a\x00b"}, 409, "a character that cannot be stored"),
        ({"stamp": ""}, 409, "send it again"),
        ({"stamp": "1.x:forged"}, 409, "send it again"),
        ({"after": 1}, 409, "send it again"),
        ({"after": -60}, 409, "send it again"),
        ({"headers": {}}, 403, "did not come from our page"),
        ({"headers": {"Origin": "https://evil.example"}}, 403, "did not come from our page"),
        ({"headers": {"Origin": "null"}}, 403, "did not come from our page"),
        ({"headers": {"Origin": "http://testserver.evil.example"}}, 403, "did not come from our page"),
        ({"headers": {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}}, 403, "did not come"),
        *(({"headers": {"Origin": "http://testserver", "Sec-Fetch-Site": site}}, 403, "did not come")
          for site in ("cross-site", "same-site", "none")),
    ],
)  # fmt: skip
def test_it_is_turned_away_with_a_reason_and_all_that_was_typed(
    guest: Guest, changes: dict[str, Any], status: int, words: str
) -> None:
    given = {"text": "我的話\n\n  <b>次段", "name": "王", "bullet": "2"} | changes
    response = guest.send(**given)
    html = response.content.decode()
    assert (response.status_code, Letter.objects.count()) == (status, 0)
    assert words in html
    if "\x00" not in given["text"]:
        kept = Form(html.replace("<form ", '<form class="verb-form" '), id=None).data
        assert (kept["text"], kept["name"], kept["bullet"]) == ([given["text"]], [given["name"]], ["2"])
        assert kept["stamp"] != [given.get("stamp")]


def test_a_page_of_ours_by_its_origin_alone_is_ours(guest: Guest) -> None:
    assert guest.send(headers={"Origin": "http://testserver"}).status_code == 303


def test_a_form_of_another_link_or_of_three_days_ago_is_turned_away(clock: Any, team: Team) -> None:
    one, other = (Guest(clock, factories.draft_brief(team, factories.content(tag)), team) for tag in "ab")
    form = one.form()
    assert other.send(form).status_code == 409
    assert one.send(form).status_code == 303
    assert dt.timedelta(hours=72) == letters.MAX_FORM_AGE
    place = letters.LetterTarget(brief=1, link=1)
    typed = letters.LetterInput(text="晚", stamp=letters.build_form_stamp(place, NOW))
    sender = letters.Sender("203.0.113.9", own_origin="http://x", origin="http://x")
    with pytest.raises(letters.LetterRejected) as unsent:
        letters.receive(place, typed, sender, now=NOW + letters.MAX_FORM_AGE + dt.timedelta(seconds=1))
    assert unsent.value.code == "form"


def test_the_trap_thanks_and_stores_nothing(guest: Guest) -> None:
    assert guest.send(website="https://spam.example").status_code == 303
    assert not Letter.objects.exists()


def test_a_dead_link_takes_nothing(guest: Guest, team: Team) -> None:
    form = guest.form()
    workflow.unshare(PreviewLink.objects.get(), by=team.writer)
    assert guest.send(form).status_code == 404
    assert not Letter.objects.exists()


# Too often


def test_one_address_is_stopped_and_others_are_not(clock: Any, team: Team) -> None:
    brief = factories.draft_brief(team)
    guest = Guest(clock, brief, team)
    most = letters.SENDER_LETTER_LIMIT[0]
    found = [guest.send(after=3, text=f"看{n}").status_code for n in range(most + 2)]
    assert found == [303] * most + [429] * 2
    guest.address = "203.0.113.6"
    assert guest.send(text="別人").status_code == 303
    guest.address = "203.0.113.5"
    response = guest.send(text="又")
    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert "又" in response.content.decode()
    clock.shift(3600)
    assert guest.send(text="再來").status_code == 303


def test_readers_behind_our_proxy_are_not_one(clock: Any, team: Team, settings: Any) -> None:
    settings.DIGEST_PROXIES = 1
    guest = Guest(clock, factories.draft_brief(team), team, address="127.0.0.1")
    most = letters.SENDER_LETTER_LIMIT[0]
    found = [
        guest.send(after=3, text=f"看{n}", headers=OURS | {"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(most + 2)
    ]
    assert found == [303] * (most + 2)


def test_one_link_takes_so_many_a_day_from_however_many_addresses(clock: Any, team: Team) -> None:
    guest = Guest(clock, factories.draft_brief(team), team)
    most = letters.TARGET_LETTER_LIMIT[0]
    found = []
    for n in range(most + 1):
        guest.address = f"198.51.100.{n}"
        found.append(guest.send(after=300, text=f"看{n}").status_code)
    assert found == [303] * most + [429]


def test_attempts_are_counted_even_those_that_are_refused(guest: Guest) -> None:
    most = letters.SENDER_ATTEMPT_LIMIT[0]
    found = [guest.send(after=1, text="").status_code for _ in range(most + 1)]
    assert found == [409] * most + [429]


def test_a_cache_that_is_down_leaves_the_database_counting(
    guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(letters.cache, "add", down)
    most = letters.SENDER_LETTER_LIMIT[0]
    assert [guest.send(after=3, text=f"看{n}").status_code for n in range(most + 1)] == [303] * most + [429]


def test_a_forwarded_address_gains_nothing(guest: Guest) -> None:
    most = letters.SENDER_LETTER_LIMIT[0]
    found = [
        guest.send(after=3, text=f"看{n}", headers=OURS | {"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(most + 1)
    ]
    assert found[-1] == 429


# What the database refuses by itself


@pytest.mark.parametrize(
    "way", [{"kind": "report"}, {"link": None}, {"kind": "report", "link": None}, {"kind": "poem"}]
)
def test_a_letter_came_by_one_way(guest: Guest, way: dict[str, Any]) -> None:
    guest.send()
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.update(**way)


def test_a_readers_report_comes_by_the_same_door(clock: Any, team: Team) -> None:
    brief = factories.live_brief(team)
    place = letters.LetterTarget(brief=brief.pk, edition=brief.events.latest("id").edition_id)
    stamp = letters.build_form_stamp(place)
    clock.shift(30)
    sender = letters.Sender("203.0.113.9", own_origin="http://x", origin="http://x")
    typed = letters.LetterInput(text="日期不對", email="r@example.org", bullet=1, side="zh", stamp=stamp)
    letter = letters.receive(place, typed, sender)
    assert letter
    assert (letter.kind, letter.edition_id, letter.email) == (
        "report",
        place.edition,
        "r@example.org",
    )
    with pytest.raises(letters.LetterRejected) as unsent:
        letters.receive(place, letters.LetterInput(text="x", email="no", stamp=stamp), sender)
    assert (unsent.value.code, unsent.value.about) == ("email", "email")


# On the desk: the verbs


def test_a_letter_becomes_a_note_that_keeps_who_and_when(guest: Guest, team: Team) -> None:
    guest.send(name="王小明", bullet="2", text="數字不對。")
    letter = Letter.objects.get()
    note = workflow.turn_letter_into_note(letter, by=team.reviewer)
    assert (note.bullet, note.side, note.by, note.brief) == (2, "en", team.reviewer, letter.brief)
    assert note.text == "數字不對。\n— 王小明 · 2026-05-04 14:00"
    letter.refresh_from_db()
    assert (letter.note, letter.handled_by, letter.handled_at) == (note, team.reviewer, note.at)
    assert [e.verb for e in Event.objects.order_by("id")][-1:] == ["note"]
    assert Event.objects.filter(verb="note").count() == 1
    for again in (workflow.turn_letter_into_note, workflow.handle_letter):
        with pytest.raises(workflow.Refused) as refused:
            again(letter, by=team.publisher)
        assert refused.value.codes == ["letter-handled"]
    assert Note.objects.count() == 1


def test_a_bullet_that_is_gone_since_is_named_in_the_words(guest: Guest, team: Team) -> None:
    guest.send(bullet="3", text="這點。")
    brief = Brief.objects.get()
    factories.edit(brief, team.writer, bullets=workflow.load_working_copy(brief).bullets[:1])
    note = workflow.turn_letter_into_note(Letter.objects.get(), by=team.writer)
    assert note.bullet is None
    assert "#b3" in note.text


def test_a_letter_is_laid_aside_with_one_event(guest: Guest, team: Team) -> None:
    guest.send()
    workflow.handle_letter(Letter.objects.get(), by=team.publisher)
    letter, event = Letter.objects.get(), Event.objects.latest("id")
    assert (letter.handled_by, letter.note) == (team.publisher, None)
    assert (event.verb, event.by, event.note) == ("handle", team.publisher, "不對。")
    with pytest.raises(workflow.Refused):
        workflow.handle_letter(letter, by=team.outsider)
