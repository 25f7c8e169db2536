"""Acts of administrators on other people's accounts. Each is logged with the administrator."""

import datetime as dt
from dataclasses import dataclass
from typing import Self

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from briefs.models import Person
from briefs.models.people import SignInEvent
from briefs.workflow.rules.refusals import build_refusal

from .account_mail import queue_account_notice, queue_invitation, queue_password_reset
from .second_factor import FACTORS
from .sessions import end_sessions
from .sign_in_log import record


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
