"""Invitations and new passwords by mail: links work once, expire, and tell nobody who has an account."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from briefs.models import Outbox, Person
from briefs.operations import notifications
from briefs.operations.accounts.account_mail import queue_invitation
from briefs.tests.support import factories
from briefs.tests.support.sign_in_pages import ACCOUNT, PASSWORD, enter_password, find_link, set_password

pytestmark = pytest.mark.django_db

RESET = f"{ACCOUNT}password/reset/"
NEW = "another passphrase, longer"


@pytest.fixture
def owner(time_machine) -> Person:
    time_machine.move_to(timezone.now(), tick=False)
    person = set_password(factories.person("owner", "Writers"))
    person.email = "Owner@example.org"
    person.save()
    return person


def ask(client: Client, email: str) -> str:
    answer = client.post(RESET, {"email": email}, follow=True)
    return answer.content.decode()


def choose_password(client: Client, link: str, password: str = NEW) -> str:
    page = client.get(link)
    if page.status_code == 302:
        data = {"password1": password, "password2": password}
        page = client.post(page["Location"], data, follow=True)
    return page.content.decode()


def test_link_sets_a_new_password_once_and_ends_sessions(client: Client, owner: Person) -> None:
    elsewhere = Client()
    enter_password(elsewhere, owner)
    ask(client, "owner@example.org")
    notifications.send_due()
    [message] = mail.outbox
    assert message.to == ["Owner@example.org"]
    assert "新密碼已儲存" in choose_password(client, find_link(message.body))
    assert elsewhere.get("/admin/").status_code == 302
    assert enter_password(client, owner, NEW).status_code == 302
    assert "已使用過或已過期" in choose_password(Client(), find_link(message.body), "a third passphrase")
    notifications.send_due()
    assert "若非您本人操作" in mail.outbox[-1].body


def test_link_expires_after_three_days(client: Client, owner: Person, time_machine) -> None:
    ask(client, owner.email)
    notifications.send_due()
    time_machine.shift(dt.timedelta(days=3, minutes=1))
    assert "已使用過或已過期" in choose_password(client, find_link(mail.outbox[0].body))


def test_unknown_address_gets_the_same_answer_and_no_mail(
    owner: Person, django_assert_max_num_queries
) -> None:
    page = ask(Client(), "owner@example.org")
    with django_assert_max_num_queries(14):
        assert ask(Client(), "nobody@example.org") == page
    assert Outbox.objects.count() == 1


@pytest.mark.parametrize("flag", ["is_active", "is_staff"])
def test_person_without_access_gets_no_link(client: Client, owner: Person, flag: str) -> None:
    setattr(owner, flag, False)
    owner.save()
    ask(client, owner.email)
    assert not Outbox.objects.exists()


def test_asking_again_and_again_sends_one_mail_and_is_paused(client: Client, owner: Person) -> None:
    pages = [ask(client, owner.email) for _ in range(6)]
    assert Outbox.objects.count() == 1
    assert "嘗試次數過多" in pages[-1]
    assert enter_password(client, owner, PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hant", ("您的使用者名稱：newcomer", "3 天內有效")), ("en", ("Your user name: newcomer", "for 3 days"))]
)  # fmt: skip
def test_invited_person_chooses_a_password_and_signs_in(
    client: Client, language: str, words: tuple[str, ...]
) -> None:
    person = factories.person("newcomer", "Writers")
    person.email, person.language = "new@example.org", language
    person.set_unusable_password()
    person.save()
    queue_invitation(person, now=timezone.now())
    notifications.send_due()
    [message] = mail.outbox
    assert all(word in message.body for word in words)
    choose_password(client, find_link(message.body))
    assert enter_password(client, person, NEW)["Location"] == "/admin/"
