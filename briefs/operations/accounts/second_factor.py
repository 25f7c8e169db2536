"""Decide whether a session has proved a second factor, and keep its secrets."""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

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

from briefs.models import Person
from briefs.models.people import EncryptionKey, SignInCounter

from .throttle import hash_key

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Types of second factors. Recovery codes are a replacement for a lost one and do not count."""

ENCRYPTED: Final = {"secret", "seed"}
"""Encrypted values of an app and of recovery codes."""


def has_second_factor(request: HttpRequest) -> bool:
    """Return whether this session has proved a second factor. That the person owns one is not enough."""
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

    Used codes are stored in the database: django-allauth's list in the cache is lost when the cache is.
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
    """Record a code as used. Return False if the person has used it before, in any process."""
    key = hash_key("used code", f"{person.pk} {code}")
    _, is_new = SignInCounter.objects.get_or_create(key=key, defaults={"updated_at": timezone.now()})
    return is_new


def make_fingerprint(key: str) -> str:
    """Return a short name for a secret key, to show to people. With 32 bits, it cannot confirm a guess of the key."""
    return hmac.new(key.encode(), b"fingerprint of the secret key", hashlib.sha256).hexdigest()[:8]


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def list_own_fingerprints() -> set[str]:
    return set(map(make_fingerprint, _keys()))


def note_keys(now: dt.datetime) -> None:
    """Store the fingerprints of keys that encrypted the stored secrets. Delete fingerprints that no secret needs.

    The fingerprint of a missing key stays while there is a secret that none of the present keys decrypts.
    """
    tokens = [token for of_row in _load_tokens() for token in of_row]
    needed = {make_fingerprint(key) for key in _keys() if any(_is_readable(token, [key]) for token in tokens)}
    stored = set(EncryptionKey.objects.values_list("pk", flat=True))
    kept = needed if all(_is_readable(token, _keys()) for token in tokens) else needed | stored
    EncryptionKey.objects.filter(pk__in=stored - kept).delete()
    new = [EncryptionKey(fingerprint=one, noted_at=now) for one in needed - stored]
    EncryptionKey.objects.bulk_create(new, ignore_conflicts=True)


def _load_tokens(**of: Any) -> list[list[str]]:
    """Return the encrypted secrets of each second factor."""
    factors = Authenticator.objects.filter(**of).exclude(type=Authenticator.Type.WEBAUTHN)
    return [[row.data[name] for name in ENCRYPTED if name in row.data] for row in factors]


def find_missing_keys(**of: Any) -> tuple[int, str]:
    """Return the number of second factors that cannot be decrypted, and the missing keys' fingerprints."""
    unreadable = [
        tokens for tokens in _load_tokens(**of) if not all(_is_readable(t, _keys()) for t in tokens)
    ]
    if not unreadable:
        return 0, ""
    missing = (
        EncryptionKey.objects.exclude(pk__in=list_own_fingerprints())
        .order_by("-noted_at")
        .values_list("pk", flat=True)
    )
    return len(unreadable), ", ".join(missing)


def describe_missing_keys() -> str:
    """Return a sentence for the operator if secrets were encrypted with a key that this installation lacks."""
    n, missing = find_missing_keys()
    if not n:
        return ""
    key = f"the secret key {missing}" if missing else "a secret key of unknown fingerprint"
    return (
        f"{n} second factors were encrypted with {key}; this installation has"
        f" {', '.join(map(make_fingerprint, _keys()))}. Add the missing key to SECRET_KEY_FALLBACKS, or reset them"
        " (docs/operators.md, Secret key)."
    )


def _is_readable(token: str, keys: Sequence[str]) -> bool:
    try:
        MultiFernet([_cipher(key) for key in keys]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def _cipher(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor {key}".encode()).digest()))


def _ciphers() -> MultiFernet:
    return MultiFernet([_cipher(key) for key in _keys()])


def renew_encryption() -> int:
    """Encrypt secrets of an earlier key with `SECRET_KEY`. Return the number of rows."""
    n = 0
    if settings.SECRET_KEY_FALLBACKS:
        for row in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
            data = {name: renew(value) if name in ENCRYPTED else value for name, value in row.data.items()}
            if data != row.data:  # skipped if a recovery code was used meanwhile; the next run does it
                n += Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=data)
    return n


def renew(token: str) -> str:
    """Encrypt a secret anew with `SECRET_KEY`. Return the token unchanged if that key made it, or its key is gone."""
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
    """Return the secret. If its key is gone, return another text, which no code matches."""
    try:
        return _ciphers().decrypt(token.encode()).decode()
    except InvalidToken:
        return base64.b32encode(hashlib.sha256(token.encode()).digest()).decode()
