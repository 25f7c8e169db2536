"""Queue mail about accounts: invitations, links to choose a password, and notices of changes."""

import datetime as dt

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from briefs.models import Outbox, Person

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
