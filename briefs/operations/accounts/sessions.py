"""Remember known browsers in a signed cookie, and end sessions."""

import datetime as dt
import secrets
import time
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from briefs.models import Person
from briefs.models.bulk_writes import delete_in_batches

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


IDLE_LIMIT: Final = 12 * 60 * 60
"""Seconds without activity after which a session ends."""
_RECORD_EVERY: Final = 5 * 60
_SEEN_AT: Final = "seen_at"
BACKGROUND_HEADER: Final = "X-Background"
"""Sent by the desk's scripts with requests that no person caused, such as the poll of presence."""


def limit_idle_time(request: HttpRequest) -> None:
    """Sign the person out after `IDLE_LIMIT` without activity on the desk. Background requests are not activity."""
    if not request.user.is_authenticated:
        return
    now = int(time.time())
    seen_at = request.session.get(_SEEN_AT, now)
    if now - seen_at > IDLE_LIMIT:
        logout(request)
        messages.info(request, _("You were logged out after 12 hours without activity."))
    elif _SEEN_AT not in request.session or (
        now - seen_at > _RECORD_EVERY and BACKGROUND_HEADER not in request.headers
    ):
        request.session[_SEEN_AT] = now


def delete_expired(now: dt.datetime) -> None:
    """Delete expired sessions, including unfinished sign-ins, and their rows in the list of sessions."""
    delete_in_batches(Session.objects.filter(expire_date__lt=now))
    still_there = Session.objects.filter(session_key=OuterRef("session_key"))
    an_hour_ago = now - dt.timedelta(hours=1)  # a new session's row in the list is stored before the session
    delete_in_batches(UserSession.objects.filter(~Exists(still_there), created_at__lt=an_hour_ago))


def connect() -> None:
    user_logged_in.connect(_begin, dispatch_uid="sessions")


def _begin(sender: Any, request: HttpRequest | None, **_: Any) -> None:
    if request:
        request.session[_SEEN_AT] = int(time.time())


@transaction.atomic
def end_sessions(person: Person) -> int:
    """Sign the person out everywhere. Return the number of sessions."""
    sessions = list(UserSession.objects.filter(user=person))
    for session in sessions:
        session.end()
    return len(sessions)
