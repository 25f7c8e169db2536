"""Acts on accounts, the log of sign-ins, and mail about both."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any, Self

from allauth.account.forms import default_token_generator
from allauth.account.internal.userkit import get_user_by_username
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from briefs.models import Outbox, Person
from briefs.models.people import SignInEvent
from briefs.workflow.rules.refusals import build_refusal
from digest.client_address import get_client_address

from .second_factor import FACTORS, describe_methods
from .sessions import end_sessions

# Queue mail about accounts: invitations, links to choose a password, and notices of changes.

INVITATION, PASSWORD_RESET, ACCOUNT_CHANGED = "invitation", "password_reset", "account_changed"
GUESSING = "guessing"
"""Value of `change` in ACCOUNT_CHANGED mail about guesses of the password."""
ACCOUNT_KINDS = frozenset({INVITATION, PASSWORD_RESET, ACCOUNT_CHANGED})
_ONE_RESET_PER = 600
"""Seconds in which a person gets at most one mail with a link to a new password."""


def queue_invitation(person: Person, *, now: dt.datetime) -> None:
    _queue(f"invitation:{person.pk}:{now.isoformat()}", INVITATION, person, now)


def queue_password_reset(person: Person, *, now: dt.datetime) -> None:
    period = int(now.timestamp()) // _ONE_RESET_PER
    _queue(f"password_reset:{person.pk}:{period}", PASSWORD_RESET, person, now)


def queue_account_notice(person: Person, change: str, *, now: dt.datetime) -> None:
    """Queue mail to the person about a change of the account. `change`: a key of `notifications.ACCOUNT_CHANGES`."""
    _queue(f"account:{person.pk}:{change}:{now.isoformat()}", ACCOUNT_CHANGED, person, now, change=change)


def queue_guessing_notice(person: Person, *, now: dt.datetime) -> bool:
    """Queue mail that strangers guess the password, once a day (UTC). Return whether it is today's first notice."""
    key = f"guessing:{person.pk}:{now.astimezone(dt.UTC).date()}"
    return _queue(key, ACCOUNT_CHANGED, person, now, change=GUESSING)


def _queue(key: str, kind: str, person: Person, now: dt.datetime, **values: str) -> bool:
    """Queue the mail unless one with this key was queued before. Return whether it was queued now."""
    defaults = {"kind": kind, "to": person, "values": values, "due_at": now}
    _message, is_new = Outbox.objects.get_or_create(key=key, defaults=defaults)
    return is_new


def build_password_link(person: Person) -> str:
    """Return a link to choose a password. It works once, for `PASSWORD_RESET_TIMEOUT`, and is not stored."""
    token = default_token_generator.make_token(person)
    kwargs = {"uidb36": user_pk_to_url_str(person), "key": token}
    return f"{settings.SITE_URL}{reverse('account_reset_password_from_key', kwargs=kwargs)}"


def build_reset_address() -> str:
    """Return the address of the page on which one asks for a link to choose a password."""
    return f"{settings.SITE_URL}{reverse('account_reset_password')}"


# Write the log of sign-ins: rows for administrators, and a line each for the server's log.

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


# Acts of administrators on other people's accounts. Each is logged with the administrator.


@dataclass(frozen=True, slots=True)
class SignInSetup:
    """A person's password, second factors and current sessions."""

    has_app: bool
    passkeys: int
    recovery_codes: int
    sessions: int

    @classmethod
    def load(cls, person: Person, *, now: dt.datetime) -> Self:
        factors = list(Authenticator.objects.filter(user=person))
        kinds = [factor.type for factor in factors]
        codes = [f.wrap().get_unused_codes() for f in factors if f.type == Authenticator.Type.RECOVERY_CODES]
        keys = UserSession.objects.filter(user=person).values("session_key")
        return cls(
            has_app=Authenticator.Type.TOTP in kinds,
            passkeys=kinds.count(Authenticator.Type.WEBAUTHN),
            recovery_codes=sum(map(len, codes)),
            sessions=Session.objects.filter(session_key__in=keys, expire_date__gt=now).count(),
        )

    @property
    def has_second_factor(self) -> bool:
        return self.has_app or self.passkeys > 0


def second_factor_exists() -> Exists:
    """Return a condition for queries of people: the person has a second factor."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS))


@transaction.atomic
def send_password_link(
    person: Person, *, by: Person, now: dt.datetime, request: HttpRequest | None = None
) -> None:
    """Queue an invitation, or a link to a new password if the person has a password."""
    if not person.has_desk_access:
        raise build_refusal("account-inactive", name=str(person))
    if not person.email:
        raise build_refusal("account-without-address", name=str(person))
    if person.has_usable_password():
        queue_password_reset(person, now=now)
    else:
        queue_invitation(person, now=now)
    _record(person, by, request, "sent a link to choose a password")


@transaction.atomic
def sign_out_everywhere(person: Person, *, by: Person, request: HttpRequest | None = None) -> int:
    """End all sessions of the person. Return their number."""
    n = end_sessions(person)
    _record(person, by, request, f"ended {n} sessions")
    return n


@transaction.atomic
def reset_second_factors(
    person: Person, *, now: dt.datetime, by: Person | None = None, request: HttpRequest | None = None
) -> bool:
    """Remove all second factors, end all sessions and tell the person. Return False if there were none.

    Without `by`, whoever runs the server did it.
    """
    removed, _rows = Authenticator.objects.filter(user=person).delete()
    if not removed:
        return False
    n = end_sessions(person)
    queue_account_notice(person, "second_factor_reset", now=now)
    _record(person, by, request, f"removed the second factors, ended {n} sessions")
    return True


def _record(person: Person, by: Person | None, request: HttpRequest | None, detail: str) -> None:
    record(SignInEvent.Kind.ACCOUNT, username=person.username, person=by, request=request, detail=detail)
