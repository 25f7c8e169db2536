"""Sign in by the real pages: password, codes of an authenticator app, links in mail."""

import re
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from briefs.models import Person

PASSWORD = "a long enough passphrase"
ACCOUNT = "/admin/account/"


def set_password(person: Person, password: str = PASSWORD) -> Person:
    person.set_password(password)
    person.save()
    return person


def enter_password(client: Client, person: Person, password: str = PASSWORD, *, back: str = "") -> Any:
    data = {"login": person.username, "password": password} | ({"next": back} if back else {})
    return client.post(f"{ACCOUNT}login/", data)


def enter_code(client: Client, code: str) -> Any:
    return client.post(f"{ACCOUNT}login/code/", {"code": code})


def app_code(secret: str) -> str:
    """Return the code that an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def add_app(client: Client) -> str:
    """Add an authenticator app to the account that the client is signed in to. Return its secret."""
    page = client.get(f"{ACCOUNT}app/add/").content.decode()
    match = re.search(r'class="secret">(\w+)<', page)
    assert match, page
    answer = client.post(f"{ACCOUNT}app/add/", {"code": app_code(match[1])})
    assert answer.status_code == 302, answer.content.decode()
    return match[1]


def read_recovery_codes(client: Client) -> list[str]:
    return client.get(f"{ACCOUNT}recovery-codes/download/").content.decode().split()


def find_link_in_mail() -> str:
    return find_link("\n".join(message.body for message in mail.outbox))


def find_link(text: str) -> str:
    """Return the path of the link in a mail."""
    match = re.search(r"https?://[^/]+(/admin/account/password/new/\S+)", text)
    assert match, text
    return match[1]
