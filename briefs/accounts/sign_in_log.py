"""Write the log of sign-ins: rows for administrators, and a line each for the server's log."""

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from ..client_address import get_client_address
from ..models import Person
from ..models.accounts import SignInEvent
from .second_factor import describe_methods

log = logging.getLogger("briefs.sign_in")


def record(
    kind: SignInEvent.Kind,
    *,
    username: str,
    person: Person | None = None,
    request: HttpRequest | None = None,
    detail: str = "",
) -> None:
    address = get_client_address(request)[:45] if request else ""
    SignInEvent.objects.create(
        at=timezone.now(),
        kind=kind,
        username=username[:150],
        person=person,
        address=address,
        detail=detail[:200],
    )
    is_routine = kind in (SignInEvent.Kind.SIGNED_IN, SignInEvent.Kind.SIGNED_OUT)
    level = logging.INFO if is_routine else logging.WARNING
    log.log(level, "%s: %r from %s %s", kind, username[:150], address or "?", detail)


def note_pause(username: str, request: HttpRequest) -> None:
    """Write a line to the server's log. No row: an attacker must not fill the database."""
    log.warning("paused: %r from %s", username[:150], get_client_address(request))


def record_wrong_code(person: Person, request: HttpRequest) -> None:
    record(
        SignInEvent.Kind.REFUSED,
        username=person.username,
        person=person,
        request=request,
        detail="second factor",
    )


def record_account_change(person: Person, request: HttpRequest, change: str) -> None:
    """Record what a person changed in the own account, such as a second factor."""
    record(SignInEvent.Kind.ACCOUNT, username=person.username, person=person, request=request, detail=change)


def connect() -> None:
    """Record what Django's sign-in reports, whatever page it came from."""
    user_logged_in.connect(_signed_in, dispatch_uid="sign-in log")
    user_logged_out.connect(_signed_out, dispatch_uid="sign-in log")
    user_login_failed.connect(_refused, dispatch_uid="sign-in log")


def _signed_in(sender: Any, request: HttpRequest | None, user: Person, **_: Any) -> None:
    detail = describe_methods(request) if request else ""
    record(SignInEvent.Kind.SIGNED_IN, username=user.username, person=user, request=request, detail=detail)


def _signed_out(sender: Any, request: HttpRequest | None, user: Person | None, **_: Any) -> None:
    if user:
        record(SignInEvent.Kind.SIGNED_OUT, username=user.username, person=user, request=request)


def _refused(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    record(SignInEvent.Kind.REFUSED, username=str(credentials.get("username", "")), request=request)
