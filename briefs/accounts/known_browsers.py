"""Remember that a browser signed in, in a signed cookie that is bound to the account's password."""

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from ..models import Person

MAX_AGE: Final = 60 * 60 * 24 * 365
_SALT: Final = "known browser"


def _cookie_name() -> str:
    return "__Host-browser" if settings.SESSION_COOKIE_SECURE else "browser"


def find_browser(request: HttpRequest, username: str) -> str:
    """Return the id of the browser if it is known for the account, else an empty text."""
    if request.user.is_authenticated and request.user.get_username() == username:
        return f"session {request.session.session_key}"
    try:
        data = signing.loads(request.COOKIES.get(_cookie_name(), ""), salt=_SALT, max_age=MAX_AGE)
        person = Person.objects.filter(username=username, pk=data["person"]).first()
        known = person is not None and data["password"] == person.get_session_auth_hash()[:16]
    except (signing.BadSignature, KeyError, TypeError):
        return ""
    return str(data["browser"]) if known else ""


def remember_browser(request: HttpRequest, response: HttpResponse, person: Person) -> None:
    password = person.get_session_auth_hash()[:16]
    data = {"person": person.pk, "password": password, "browser": secrets.token_urlsafe(12)}
    response.set_cookie(
        _cookie_name(),
        signing.dumps(data, salt=_SALT),
        max_age=MAX_AGE,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )
