"""Sign in under attack: guessing slows down, the owner gets in, and readers keep their cores."""

import datetime as dt

import pytest
from django.contrib.auth.hashers import get_hasher
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefs.accounts import throttle
from briefs.models import Person
from briefs.models.accounts import SignInCounter, SignInEvent

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


def test_new_browser_gets_in_within_a_minute_of_an_attack(owner: Person, time_machine) -> None:
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for i in range(60):
        time_machine.move_to(start + dt.timedelta(seconds=i), tick=False)
        attempt(Client(), "wrong", address=f"198.51.100.{i % 50}")
    time_machine.move_to(start + dt.timedelta(seconds=60 + 60), tick=False)
    assert attempt(Client(), PASSWORD, address="203.0.113.9").status_code == 302


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


def test_attempts_at_once_hold_no_thread(client: Client, owner: Person) -> None:
    for _ in range(throttle.HASHES_AT_ONCE):
        assert throttle._slots.acquire(blocking=False)
    try:
        response = attempt(client, PASSWORD)
    finally:
        for _ in range(throttle.HASHES_AT_ONCE):
            throttle._slots.release()
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert attempt(client, PASSWORD).status_code == 302


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
