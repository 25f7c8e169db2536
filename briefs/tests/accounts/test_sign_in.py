"""Sign in under attack: guessing slows down, the owner gets in, and readers keep their cores."""

import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from briefs.accounts import password_hashing, throttle
from briefs.accounts.password_hashing import LowPriorityHasher
from briefs.models import Person
from briefs.models.accounts import SignInCounter, SignInEvent
from digest.wsgi import application

from ..support import factories
from ..support.form_client import sign_in

PASSWORD = "a long enough passphrase"
LOGIN = "/admin/account/login/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    person = factories.person("owner", "Writers")
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture(autouse=True)
def behind_one_proxy(settings) -> None:
    settings.DIGEST_PROXIES = 1


def attempt(
    client: Client, password: str, *, username: str = "owner", address: str = "192.0.2.1"
) -> HttpResponse:
    data = {"login": username, "password": password}
    return client.post(LOGIN, data, headers={"x-forwarded-for": address})


def is_paused(response: HttpResponse) -> bool:
    return "嘗試次數過多" in response.content.decode()


def seconds_to_wait(response: HttpResponse) -> int:
    (found,) = re.findall(r"請於 ?(\d+) ?秒", response.content.decode())
    return int(found)


def pause_browser(time_machine) -> tuple[Client, dt.datetime]:
    """Return a browser that has to wait ten seconds because others attacked the account, and the present."""
    home, start = Client(), timezone.now()
    time_machine.move_to(start, tick=False)
    for i in range(5):
        attempt(Client(), "wrong", address=f"198.51.100.{i}")
    assert is_paused(attempt(home, PASSWORD, address="203.0.113.9"))
    return home, start


def test_right_password_signs_in_and_is_logged(client: Client, owner: Person) -> None:
    assert attempt(client, PASSWORD).status_code == 302
    event = SignInEvent.objects.get(kind=SignInEvent.Kind.SIGNED_IN)
    assert (event.person, event.address) == (owner, "192.0.2.1")
    assert not SignInCounter.objects.filter(failures__gt=0).exists()


def test_sixth_guess_from_one_address_is_refused_without_checking_it(client: Client, owner: Person) -> None:
    for _ in range(5):
        assert not is_paused(attempt(client, "wrong"))
    assert is_paused(attempt(client, PASSWORD)), "a pause refuses the right password too"
    assert SignInEvent.objects.filter(kind=SignInEvent.Kind.REFUSED).count() == 5


def test_guesses_from_many_addresses_are_refused_from_the_sixth_on(client: Client, owner: Person) -> None:
    paused = [is_paused(attempt(client, "wrong", address=f"198.51.100.{i}")) for i in range(20)]
    assert paused == [False] * 5 + [True] * 15


def test_one_address_is_refused_for_every_account(client: Client, owner: Person) -> None:
    paused = [is_paused(attempt(client, "wrong", username=f"name{i}")) for i in range(10)]
    assert paused == [False] * 5 + [True] * 5
    assert is_paused(attempt(client, PASSWORD))
    assert attempt(client, PASSWORD, address="203.0.113.9").status_code == 302


def test_known_browser_gets_in_at_once_during_an_attack(owner: Person) -> None:
    home, attacker = Client(), Client()
    attempt(home, PASSWORD)
    home.post(reverse("admin:logout"))
    for i in range(60):
        attempt(attacker, "wrong", address=f"198.51.100.{i % 50}")
    assert attempt(home, PASSWORD).status_code == 302


def test_known_browser_has_an_allowance_of_its_own(owner: Person) -> None:
    home = Client()
    attempt(home, PASSWORD)
    home.post(reverse("admin:logout"))
    paused = [is_paused(attempt(home, "wrong")) for _ in range(7)]
    assert paused == [False] * 5 + [True] * 2


def test_browser_is_forgotten_with_the_password_and_by_other_accounts(owner: Person) -> None:
    home = Client()
    attempt(home, PASSWORD)
    home.post(reverse("admin:logout"))
    owner.set_password("another passphrase, longer")
    owner.save()
    for i in range(6):
        attempt(Client(), "wrong", address=f"198.51.100.{i}")
    assert is_paused(attempt(home, "another passphrase, longer"))


def test_steady_attack_keeps_no_new_browser_out_for_more_than_a_minute(owner: Person, time_machine) -> None:
    start = timezone.now()
    attackers = [Client() for _ in range(50)]  # they keep their cookies, as the owner's browser does
    told, home = 0, Client()
    for second in range(180):
        time_machine.move_to(start + dt.timedelta(seconds=second), tick=False)
        attempt(attackers[second % 50], "wrong", address=f"198.51.100.{second % 50}")
        if second == 100 or (told and second == told):
            answer = attempt(home, PASSWORD, address="203.0.113.9")
            if answer.status_code == 302:
                break
            assert not told, "the promised moment must be kept"
            told = second + seconds_to_wait(answer)
    assert answer.status_code == 302
    assert second <= 160


def test_turn_is_for_one_attempt_for_one_account_and_from_one_address(owner: Person, time_machine) -> None:
    factories.person("other", "Writers")
    start, home = timezone.now(), Client()
    time_machine.move_to(start, tick=False)
    for username in ("owner", "other"):
        for i in range(12):
            attempt(Client(), "wrong", username=username, address=f"198.51.100.{i}")
    assert is_paused(attempt(home, PASSWORD, address="203.0.113.9"))
    time_machine.move_to(start + dt.timedelta(seconds=10.5), tick=False)
    for username in ("owner", "other"):
        attempt(
            Client(), "wrong", username=username, address="198.51.100.99"
        )  # wins the race for both accounts
    assert is_paused(attempt(Client(), PASSWORD, address="203.0.113.9")), "without the cookie"
    thief = Client()
    thief.cookies = home.cookies
    assert is_paused(attempt(thief, PASSWORD, address="203.0.113.10"))
    assert is_paused(attempt(home, PASSWORD, username="other", address="203.0.113.9"))


@pytest.mark.parametrize("later", [10, 309])
def test_turn_can_be_taken_for_five_minutes(owner: Person, time_machine, later: int) -> None:
    home, start = pause_browser(time_machine)
    time_machine.move_to(start + dt.timedelta(seconds=later), tick=False)
    attempt(Client(), "wrong", address="198.51.100.99")
    assert not is_paused(attempt(home, "wrong", address="203.0.113.9"))
    assert is_paused(attempt(home, PASSWORD, address="203.0.113.9")), "a turn is used up by one attempt"


def test_turn_that_is_over_or_not_yet_come_lets_nobody_in(owner: Person, time_machine) -> None:
    home, start = pause_browser(time_machine)
    time_machine.move_to(start + dt.timedelta(seconds=9), tick=False)
    assert seconds_to_wait(attempt(home, PASSWORD, address="203.0.113.9")) == 1, "the turn does not move"
    time_machine.move_to(start + dt.timedelta(seconds=311), tick=False)
    attempt(Client(), "wrong", address="198.51.100.99")
    assert is_paused(attempt(home, PASSWORD, address="203.0.113.9"))


def test_turn_does_not_end_the_pause_of_an_address(owner: Person, time_machine) -> None:
    start, home = timezone.now(), Client()
    time_machine.move_to(start, tick=False)
    for _ in range(5):
        attempt(home, "wrong")
    for pause in (10, 20, 40):
        assert seconds_to_wait(attempt(home, "wrong")) == pause
        time_machine.shift(pause)
        assert not is_paused(attempt(home, "wrong"))


def test_pauses_grow_and_are_forgotten_after_an_hour(owner: Person) -> None:
    one, now = throttle.Attempt("owner", "192.0.2.1"), timezone.now()
    pauses = []
    for _ in range(12):
        try:
            with throttle.checked_attempt(one, now=now):
                raise ValueError("wrong password")
        except ValueError:
            pass
        row = SignInCounter.objects.get(key=one.keys["address"])
        pauses.append((row.paused_until - now).total_seconds() if row.paused_until else 0)
        now = row.paused_until or now
    assert pauses == [0, 0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 900]
    throttle.delete_expired(now + dt.timedelta(hours=2))
    assert not SignInCounter.objects.exists()


@contextmanager
def use_all_slots() -> Iterator[None]:
    for _ in range(throttle.HASHES_AT_ONCE):
        assert throttle._slots.acquire(blocking=False)
    try:
        yield
    finally:
        for _ in range(throttle.HASHES_AT_ONCE):
            throttle._slots.release()


def test_attempts_at_once_hold_no_thread(client: Client, owner: Person) -> None:
    with use_all_slots():
        response = attempt(client, PASSWORD)
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert attempt(client, PASSWORD).status_code == 302


def test_known_browser_gets_in_while_strangers_take_every_slot(owner: Person) -> None:
    home = Client()
    attempt(home, PASSWORD)
    home.post(reverse("admin:logout"))
    with use_all_slots():
        assert attempt(home, PASSWORD).status_code == 302


def test_paused_attempt_takes_no_slot(client: Client, owner: Person) -> None:
    for _ in range(5):
        attempt(client, "wrong")
    with use_all_slots():
        assert is_paused(attempt(client, "wrong"))


def call_server(path: str, cookie: str = "") -> int:
    """Return the status of a POST to the WSGI application, as gunicorn calls it."""
    statuses: list[str] = []
    factory = RequestFactory(headers={"cookie": cookie}) if cookie else RequestFactory()
    environ = factory._base_environ(PATH_INFO=path, REQUEST_METHOD="POST")
    b"".join(application(environ, lambda status, headers: statuses.append(status)))
    return int(statuses[0].split()[0])


def test_busy_server_refuses_before_django_runs(owner: Person, django_assert_num_queries) -> None:
    with use_all_slots(), django_assert_num_queries(0):
        assert call_server(LOGIN) == 503
        assert call_server(LOGIN, "browser=x") == 403, (
            "may be known, so Django looks (and misses a CSRF token)"
        )
        assert call_server("/en/search/") == 405
    assert call_server(LOGIN) == 403


def test_sign_in_form_is_sent_to_a_path_that_the_busy_server_knows(client: Client, settings) -> None:
    page = client.get(LOGIN, follow=True)
    form = re.search(r"<form[^>]*>(?:(?!</form>).)*type=\"password\"", page.content.decode(), re.DOTALL)
    action = re.search(r"action=\"([^\"]*)\"", form[0])
    assert ((action and action[1]) or page.wsgi_request.path).partition("?")[0] in settings.SIGN_IN_PATHS


def test_strangers_passwords_are_hashed_at_low_priority_and_as_django_does() -> None:
    hasher = LowPriorityHasher()
    encoded = hasher.encode("secret", "salt", 10)
    assert encoded == PBKDF2PasswordHasher().encode("secret", "salt", 10)
    assert hasher.verify("secret", encoded)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    threads = password_hashing._threads._threads
    assert {os.getpriority(os.PRIO_PROCESS, thread.native_id) for thread in threads} == {
        own + password_hashing._NICENESS
    }


def test_known_browser_is_hashed_at_normal_priority(owner: Person, settings, monkeypatch) -> None:
    settings.PASSWORD_HASHERS = ["briefs.accounts.password_hashing.LowPriorityHasher"]
    monkeypatch.setattr(LowPriorityHasher, "iterations", 10)
    owner.set_password(PASSWORD)
    owner.save()
    submitted: list[object] = []
    submit = password_hashing._threads.submit
    monkeypatch.setattr(
        password_hashing._threads, "submit", lambda *call: submitted.append(call) or submit(*call)
    )
    home = Client()
    attempt(home, PASSWORD)
    assert len(submitted) == 1
    home.post(reverse("admin:logout"))
    assert attempt(home, PASSWORD).status_code == 302
    assert len(submitted) == 1


def test_unknown_user_costs_the_same_as_a_known_one(client: Client, owner: Person, monkeypatch) -> None:
    hashed: list[object] = []
    hasher = type(get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda *args: hashed.append(args) or encode(*args))
    attempt(client, "wrong")
    known = len(hashed)
    attempt(client, "wrong", username="nobody")
    assert len(hashed) == 2 * known == 2


def test_ipv6_customer_is_counted_as_one() -> None:
    one, other = (
        throttle.Attempt("a", address).keys for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    )
    assert one["address"] == other["address"]
    assert throttle.Attempt("a", "2001:db8:1:3::1").keys["address"] != one["address"]


def test_log_of_sign_ins_is_append_only_and_for_administrators(
    client: Client, team: factories.Team, owner: Person
) -> None:
    attempt(Client(), "wrong")
    event = SignInEvent.objects.get(kind=SignInEvent.Kind.REFUSED)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignInEvent.objects.filter(pk=event.pk).update(username="someone else")
    address = reverse("admin:briefs_signinevent_changelist")
    assert sign_in(client, team.publisher).get(address).status_code == 403
    root = Person.objects.create_superuser("root", "root@example.org", PASSWORD)
    assert "owner" in sign_in(client, root).get(address).content.decode()


def test_change_of_roles_is_logged(client: Client, owner: Person) -> None:
    root = Person.objects.create_superuser("root", "root@example.org", PASSWORD)
    sign_in(client, root)
    page = reverse("admin:briefs_person_change", args=[owner.pk])
    data = {
        "username": "owner",
        "name": "Owner",
        "email": "",
        "language": "en",
        "is_active": "on",
        "is_staff": "on",
    }
    assert client.post(page, data).status_code == 302
    event = SignInEvent.objects.get(kind=SignInEvent.Kind.ACCOUNT)
    assert (event.username, event.person) == ("owner", root)
    assert "groups" in event.detail


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_sign_in_leads_to_no_other_site(client: Client, owner: Person, back: str) -> None:
    data = {"login": owner.username, "password": PASSWORD, "next": back}
    assert client.post(LOGIN, data)["Location"] == "/admin/"


def test_old_address_of_the_sign_in_page_leads_to_the_new_one(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/briefs/letter/")
    assert answer["Location"] == f"{LOGIN}?next=%2Fadmin%2Fbriefs%2Fletter%2F"
