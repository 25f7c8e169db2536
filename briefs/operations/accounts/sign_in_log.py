"""Write the log of sign-ins: rows for administrators, and a line each for the server's log."""

import logging
from typing import Any

from allauth.account.internal.userkit import get_user_by_username
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from briefs.models import Person
from briefs.models.people import SignInEvent
from digest.client_address import get_client_address

from .account_mail import queue_guessing_notice
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


def report_guessing(username: str, request: HttpRequest) -> None:
    """Report, once a day, that strangers used up an account's attempts: by mail to the owner and in the log."""
    person = get_user_by_username(username)
    if person and person.is_staff and queue_guessing_notice(person, now=timezone.now()):
        record(SignInEvent.Kind.HELD, username=person.username, person=person, request=request)


def _warn_of_guesses(request: HttpRequest, person: Person) -> None:
    """Show a warning at sign-in if strangers guessed the password since the person's last sign-in."""
    kinds = (SignInEvent.Kind.SIGNED_IN, SignInEvent.Kind.HELD)
    before = SignInEvent.objects.filter(person=person, kind__in=kinds).first()
    if before and before.kind == SignInEvent.Kind.HELD:
        day = date_format(timezone.localtime(before.at), "DATE_FORMAT")
        sentence = _(
            "Strangers guessed at your password on %(day)s. Attempts beyond 20 an hour were not checked. "
            "If the password is easy to guess or used elsewhere, choose a new one."
        )
        messages.warning(request, sentence % {"day": day}, fail_silently=True)


def record_account_change(person: Person, request: HttpRequest, change: str) -> None:
    """Log a change that a person made to their own account, such as a second factor."""
    record(SignInEvent.Kind.ACCOUNT, username=person.username, person=person, request=request, detail=change)


def connect() -> None:
    """Log the sign-ins, sign-outs and failures that Django's signals report, from every page."""
    user_logged_in.connect(_signed_in, dispatch_uid="sign-in log")
    user_logged_out.connect(_signed_out, dispatch_uid="sign-in log")
    user_login_failed.connect(_refused, dispatch_uid="sign-in log")


def _signed_in(sender: Any, request: HttpRequest | None, user: Person, **_options: Any) -> None:
    if request:
        _warn_of_guesses(request, user)
    detail = describe_methods(request) if request else ""
    record(SignInEvent.Kind.SIGNED_IN, username=user.username, person=user, request=request, detail=detail)


def _signed_out(sender: Any, request: HttpRequest | None, user: Person | None, **_options: Any) -> None:
    if user:
        record(SignInEvent.Kind.SIGNED_OUT, username=user.username, person=user, request=request)


def _refused(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_options: Any
) -> None:
    record(SignInEvent.Kind.REFUSED, username=str(credentials.get("username", "")), request=request)
