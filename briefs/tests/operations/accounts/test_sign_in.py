"""Sign in under attack: guessing slows down, the owner gets in, and readers keep their cores."""

import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from briefs.models import Person
from briefs.models.people import SignInCounter, SignInEvent
from briefs.operations import notifications
from briefs.operations.accounts import throttle
from briefs.operations.accounts.throttle import LowPriorityHasher
from briefs.tests.support import factories
from briefs.tests.support.form_client import sign_in
from briefs.tests.support.sign_in_pages import (
    ACCOUNT,
    PASSWORD,
    add_app,
    app_code,
    enter_code,
    find_link,
    read_recovery_codes,
)
from digest.wsgi import application

LOGIN = f"{ACCOUNT}login/"
CODE_PAGE = f"{ACCOUNT}login/code/"
NEXT_CODE = dt.timedelta(seconds=31)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    person = factories.person("owner", "Writers")
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def browser_with_app(owner: Person, settings, time_machine) -> tuple[Client, str]:
    """A browser in which the owner added an app, and the app's secret. The app shows another code by now."""
    settings.DIGEST_REQUIRE_MFA = True
    time_machine.move_to(timezone.now(), tick=False)
    client = Client()
    attempt(client, PASSWORD)
    secret = add_app(client)
    time_machine.shift(NEXT_CODE)
    return client, secret


@pytest.fixture
def secret(browser_with_app: tuple[Client, str]) -> str:
    return browser_with_app[1]


@pytest.fixture
def recovery_codes(browser_with_app: tuple[Client, str]) -> list[str]:
    return read_recovery_codes(browser_with_app[0])


@pytest.fixture(autouse=True)
def behind_one_proxy(settings) -> None:
    settings.DIGEST_PROXIES = 1


def attempt(
    client: Client, password: str, *, username: str = "owner", address: str = "192.0.2.1", code: str = ""
) -> HttpResponse:
    data = {"login": username, "password": password} | ({"code": code} if code else {})
    return client.post(LOGIN, data, headers={"x-forwarded-for": address})


def attack(*, guesses: int = 20, code: str = "") -> None:
    """Guess from so many addresses that strangers' allowance at the account is used up."""
    for i in range(guesses):
        attempt(Client(), "wrong", address=f"198.51.{i}.1", code=code)


def use_up_allowance(username: str = "owner") -> None:
    """Do what `attack` does to the counters, without a page for each guess."""
    for i in range(20):
        with suppress(throttle.Paused):
            throttle.count_attempt(throttle.Attempt(username, f"198.51.{i}.1"), now=timezone.now())


def is_paused(response: HttpResponse) -> bool:
    return "嘗試次數過多" in response.content.decode()


def count_checked() -> int:
    return SignInEvent.objects.filter(kind=SignInEvent.Kind.REFUSED).count()


def test_right_password_signs_in_and_is_logged(client: Client, owner: Person) -> None:
    assert attempt(client, PASSWORD).status_code == 302
    event = SignInEvent.objects.get(kind=SignInEvent.Kind.SIGNED_IN)
    assert (event.person, event.address) == (owner, "192.0.2.1")
    assert not SignInCounter.objects.filter(empties_at__gt=timezone.now()).exists()


def test_sixth_guess_from_one_address_is_refused_without_checking_it(client: Client, owner: Person) -> None:
    for _ in range(5):
        assert not is_paused(attempt(client, "wrong"))
    assert is_paused(attempt(client, PASSWORD)), "a pause refuses the right password too"
    assert count_checked() == 5


def test_hundred_and_fifty_addresses_have_less_than_a_hundred_guesses_a_day() -> None:
    start, checked = timezone.now(), []
    for minutes in range(0, 24 * 60, 5):
        one = throttle.Attempt("owner", f"198.51.{minutes // 5 % 150}.1")
        for _ in range(1 if minutes else 30):
            with suppress(throttle.Paused):
                throttle.count_attempt(one, now=start + dt.timedelta(minutes=minutes))
                checked.append(minutes)
    assert max(sum(first <= other < first + 60 for other in checked) for first in checked) <= 20
    assert len(checked) <= 100


def test_one_address_is_refused_for_every_account(client: Client, owner: Person) -> None:
    paused = [is_paused(attempt(client, "wrong", username=f"name{i}")) for i in range(10)]
    assert paused == [False] * 5 + [True] * 5
    assert is_paused(attempt(client, PASSWORD))
    assert attempt(client, PASSWORD, address="203.0.113.9").status_code == 302


def test_owner_who_signs_in_returns_no_guess_to_strangers(owner: Person) -> None:
    attack(guesses=17)
    assert attempt(Client(), PASSWORD, address="203.0.113.9").status_code == 302
    attack()
    assert count_checked() == 18


def test_known_browser_gets_in_at_once_while_strangers_take_every_guess_and_slot(owner: Person) -> None:
    home = Client()
    attempt(home, PASSWORD)
    home.post(reverse("admin:logout"))
    use_up_allowance()
    with use_all_slots():
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
    use_up_allowance()
    assert is_paused(attempt(home, "another passphrase, longer"))


# While strangers' allowance is used up


def test_password_with_a_code_opens_the_desk(owner: Person, secret: str) -> None:
    attack()
    home = Client()
    page = attempt(home, PASSWORD, address="203.0.113.9")
    assert is_paused(page)
    assert re.search(r'<input type="text" name="code"', page.content.decode()), "the page asks for it"
    assert attempt(home, PASSWORD, address="203.0.113.9", code=app_code(secret))["Location"] == "/admin/"
    assert home.get("/admin/briefs/brief/").status_code == 200
    attack()
    assert count_checked() == 18, "no guess is given back"


def test_code_pays_for_one_check_of_a_password(owner: Person, secret: str) -> None:
    use_up_allowance()
    code, home = app_code(secret), Client()
    assert not is_paused(attempt(home, "wrong", address="203.0.113.9", code=code))
    assert is_paused(attempt(home, PASSWORD, address="203.0.113.9", code=code))


def test_wrong_codes_are_limited_by_address(owner: Person, secret: str, recovery_codes: list[str]) -> None:
    use_up_allowance()
    home = Client()
    for _ in range(5):
        assert is_paused(attempt(home, PASSWORD, address="203.0.113.9", code="000000"))
    assert is_paused(attempt(home, PASSWORD, address="203.0.113.9", code=app_code(secret)))
    assert attempt(home, PASSWORD, address="203.0.113.10", code=recovery_codes[0]).status_code == 302


def test_strangers_codes_make_the_owner_enter_a_second_one(owner: Person, secret: str, time_machine) -> None:
    attack(code="000000")
    home = Client()
    answer = attempt(home, PASSWORD, address="203.0.113.9", code=app_code(secret))
    assert answer["Location"] == CODE_PAGE, "a lucky guess of a code by a thief of the password opens no desk"
    assert "code" in enter_code(home, app_code(secret)).context["form"].errors
    time_machine.shift(NEXT_CODE)
    assert enter_code(home, app_code(secret))["Location"] == "/admin/"


def test_reset_link_lets_in_who_has_no_second_factor(owner: Person) -> None:
    use_up_allowance()
    owner.email = "owner@example.org"
    owner.save()
    home = Client()
    home.post(f"{ACCOUNT}password/reset/", {"email": owner.email}, headers={"x-forwarded-for": "203.0.113.9"})
    notifications.send_due()
    form = home.get(find_link(mail.outbox[-1].body))["Location"]
    new = "another passphrase, longer"
    assert home.post(form, {"password1": new, "password2": new}).status_code == 302
    assert attempt(home, new, address="203.0.113.9").status_code == 302


def test_owner_is_told_by_mail_once_and_at_the_next_sign_in(owner: Person) -> None:
    owner.email, owner.language = "owner@example.org", "en"
    owner.save()
    home = Client()
    attempt(home, PASSWORD)
    home.post(reverse("admin:logout"))
    attack(guesses=25)
    notifications.send_due()
    [message] = mail.outbox
    assert message.to == ["owner@example.org"]
    assert "Strangers tried wrong passwords for owner" in message.body
    assert SignInEvent.objects.filter(kind=SignInEvent.Kind.HELD, person=owner).count() == 1
    attempt(home, PASSWORD)
    assert "猜測您的密碼" in home.get("/admin/").content.decode()
    home.post(reverse("admin:logout"))
    attempt(home, PASSWORD)
    assert "猜測您的密碼" not in home.get("/admin/").content.decode()


@pytest.mark.parametrize("code", ["", "000000"])
def test_answer_and_statements_do_not_tell_whether_an_account_exists(
    owner: Person, secret: str, code: str
) -> None:
    pages, statements = [], []
    for username in ("owner", "nobody"):
        use_up_allowance(username)
        with CaptureQueriesContext(connection) as queries:
            page = attempt(Client(), PASSWORD, username=username, address="203.0.113.9", code=code)
        pages.append(
            re.sub(r'(oken" value="|nonce=")[^"]*|value="(owner|nobody)"', "", page.content.decode())
        )
        statements.append(len(queries))
    assert pages[0] == pages[1]
    assert statements[0] - statements[1] in (0, 3), (
        "three look for a recovery code, in less than a millisecond"
    )


def test_allowances_are_given_back_with_time_and_counters_deleted(owner: Person) -> None:
    one, start = throttle.Attempt("owner", "192.0.2.1"), timezone.now()
    for _ in range(5):
        throttle.count_attempt(one, now=start)
    for minutes in (0, 14, 15, 29, 30):
        now = start + dt.timedelta(minutes=minutes)
        if minutes % 15 or not minutes:
            with pytest.raises(throttle.Paused):
                throttle.count_attempt(one, now=now)
        else:
            throttle.count_attempt(one, now=now)
    throttle.delete_expired(start + dt.timedelta(minutes=100))
    assert SignInCounter.objects.count() == 3, "still counts"
    throttle.delete_expired(start + dt.timedelta(hours=3))
    assert not SignInCounter.objects.exists()


@contextmanager
def use_all_slots() -> Iterator[None]:
    with throttle._common_slot, throttle._newcomers_slot:
        yield


def test_invented_names_of_one_block_are_limited_as_one_account_is(owner: Person) -> None:
    for n in range(40):
        attempt(Client(), "wrong", username=f"invented{n}", address=f"2001:db8:7:{n}::1")
    assert count_checked() == 18
    assert is_paused(attempt(Client(), PASSWORD, address="2001:db8:7:99::1"))
    assert attempt(Client(), PASSWORD, address="2001:db8:8::1").status_code == 302


def test_block_that_failed_leaves_a_slot_to_others(owner: Person) -> None:
    attempt(Client(), "wrong", username="invented", address="198.51.100.1")
    with throttle._common_slot:
        assert attempt(Client(), "wrong", username="another", address="198.51.100.2").status_code == 503
        assert attempt(Client(), PASSWORD, address="203.0.113.9").status_code == 302
    with throttle._newcomers_slot:
        assert attempt(Client(), PASSWORD, address="203.0.113.9").status_code == 302


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
    threads = throttle._threads._threads
    assert {os.getpriority(os.PRIO_PROCESS, thread.native_id) for thread in threads} == {
        own + throttle._NICENESS
    }


def test_known_browser_is_hashed_at_normal_priority(owner: Person, settings, monkeypatch) -> None:
    settings.PASSWORD_HASHERS = ["briefs.operations.accounts.throttle.LowPriorityHasher"]
    monkeypatch.setattr(LowPriorityHasher, "iterations", 10)
    owner.set_password(PASSWORD)
    owner.save()
    submitted: list[object] = []
    submit = throttle._threads.submit
    monkeypatch.setattr(throttle._threads, "submit", lambda *call: submitted.append(call) or submit(*call))
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
    neighbour = throttle.Attempt("a", "2001:db8:1:3::1").keys
    assert neighbour["address"] != one["address"]
    assert neighbour["block"] == one["block"] != throttle.Attempt("a", "2001:db8:2:3::1").keys["block"]


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


def test_sign_in_leads_to_no_other_site(owner: Person) -> None:
    for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"):
        data = {"login": owner.username, "password": PASSWORD, "next": back}
        assert Client().post(LOGIN, data)["Location"] == "/admin/"
