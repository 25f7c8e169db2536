"""Decide whether a session has proved a second factor, and keep its secrets."""

import base64
import hashlib
from contextlib import suppress
from typing import Final

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import validate_totp_code
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from ..models import Person
from ..models.accounts import SignInCounter
from .throttle import hash_key

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What proves a second factor. Recovery codes stand in for a lost one."""

ENCRYPTED: Final = {"secret", "seed"}
"""Encrypted values of an app and of recovery codes."""


def has_second_factor(request: HttpRequest) -> bool:
    """Return whether this session may open the desk: its own proof counts, not that the person has a factor."""
    if not settings.DIGEST_REQUIRE_MFA:
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def describe_methods(request: HttpRequest) -> str:
    """Return how this session signed in, such as `password, totp`."""
    records = get_authentication_records(request, getattr(request, "user", None))
    return ", ".join(str(record.get("type") or record.get("method")) for record in records)


def has_factors(person: Person) -> bool:
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


def forget_session_factor(request: HttpRequest) -> None:
    """Make the session prove a second factor again."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    kept = [record for record in records if record.get("method") != "mfa"]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def use_code(person: Person | None, code: str) -> Authenticator:
    """Use up a code of the person's app, or a recovery code. Return its factor, or raise LookupError.

    django-allauth remembers used codes in the cache; here the database does, since a cache may be away.
    """
    for authenticator in Authenticator.objects.filter(user=person).select_related("user").order_by("-type"):
        if _fits(authenticator, code):
            return authenticator
    raise LookupError("wrong code")


def _fits(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return bool(authenticator.wrap().validate_code(code))
    if authenticator.type != Authenticator.Type.TOTP:
        return False
    secret = decrypt(authenticator.data["secret"])
    return validate_totp_code(secret, code) and accept_code_once(authenticator.user, code)


def accept_code_once(person: Person, code: str) -> bool:
    """Return False if the person has used this code before. The database is asked, so all processes agree."""
    key = hash_key("used code", f"{person.pk} {code}")
    _, is_new = SignInCounter.objects.get_or_create(key=key, defaults={"updated_at": timezone.now()})
    return is_new


def _cipher(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor {key}".encode()).digest()))


def _ciphers() -> MultiFernet:
    return MultiFernet([_cipher(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def renew_encryption() -> int:
    """Encrypt secrets of an earlier key with `SECRET_KEY`. Return the number of rows."""
    n = 0
    if settings.SECRET_KEY_FALLBACKS:
        for row in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
            data = {name: renew(value) if name in ENCRYPTED else value for name, value in row.data.items()}
            if data != row.data:  # unless a recovery code was used meanwhile, which the next run meets
                n += Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=data)
    return n


def renew(token: str) -> str:
    """Return a secret encrypted with `SECRET_KEY`, or the token as it is if that key made it or its key is gone."""
    with suppress(InvalidToken):
        _cipher(settings.SECRET_KEY).decrypt(token.encode())
        return token
    with suppress(InvalidToken):
        return _ciphers().rotate(token.encode()).decode()
    return token  # its key is gone


def encrypt(text: str) -> str:
    """Encrypt a secret with `SECRET_KEY`, so that a copy of the database does not contain it."""
    return _ciphers().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Return the secret, or one that no code fits if it was encrypted with a key that is gone."""
    try:
        return _ciphers().decrypt(token.encode()).decode()
    except InvalidToken:
        return base64.b32encode(hashlib.sha256(token.encode()).digest()).decode()
