"""Remember that a browser signed in, in a signed cookie that is bound to the account's password."""

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from ..models import Person

MAX_AGE: Final = 60 * 60 * 24 * 365
_SALT: Final = "known browser"


def get_cookie(request: HttpRequest, name: str) -> str:
    return request.COOKIES.get(_cookie_name(name), "")


def set_cookie(response: HttpResponse, name: str, value: str, *, max_age: int) -> None:
    response.set_cookie(
        _cookie_name(name),
        value,
        max_age=max_age,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def _cookie_name(name: str) -> str:
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def find_browser(request: HttpRequest, username: str) -> str:
    """Return the id of the browser if it is known for the account, else an empty text."""
    try:
        data = signing.loads(get_cookie(request, "browser"), salt=_SALT, max_age=MAX_AGE)
        person = Person.objects.filter(username=username, pk=data["person"]).first()
        known = person is not None and data["password"] == person.get_session_auth_hash()[:16]
    except (signing.BadSignature, KeyError, TypeError):
        return ""
    return str(data["browser"]) if known else ""


def remember_browser(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    browser = find_browser(request, person.username) or secrets.token_urlsafe(12)
    password = person.get_session_auth_hash()[:16]
    value = signing.dumps({"person": person.pk, "password": password, "browser": browser}, salt=_SALT)
    set_cookie(response, "browser", value, max_age=MAX_AGE)
