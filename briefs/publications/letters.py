"""Receive letters from readers and guests: the only public endpoint that writes.

A form carries a signed timestamp and a honeypot field, and must be sent from a page of the site. Letters sent too
fast or too often are rejected. No IP address is stored: its keyed hash is kept for a day for the rate limit.
"""

import datetime as dt
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs.bilingual.text import cut_label
from briefs.bilingual.text.paths import OTHER_SIDE
from briefs.content import Bullet, ForbiddenCharacter, Side, tidy, tidy_line
from briefs.models.letters import Letter
from digest.client_address import count_attempt

MAX_TEXT_LENGTH: Final = 4_000
MAX_NAME_LENGTH: Final = 120
MAX_FORM_AGE: Final = dt.timedelta(hours=72)
"""How long a page may stay open before its form is rejected."""
MIN_FORM_AGE: Final = dt.timedelta(seconds=2)
SENDER_HASH_LIFETIME: Final = dt.timedelta(days=1)
"""How long the hash of an IP address is kept."""

# (maximum, seconds). Attempts are counted in the cache, letters in the database, which also counts across processes
# while the cache is away.
SENDER_ATTEMPT_LIMIT: Final = (20, 600)
TARGET_ATTEMPT_LIMIT: Final = (60, 600)
SENDER_LETTER_LIMIT: Final = (10, 3_600)
TARGET_LETTER_LIMIT: Final = (30, 86_400)

LETTER_ERROR_MESSAGES: Final[dict[str, str | Promise]] = {
    "empty": _("Write something first."),
    "long": _("This is too long. Keep it under 4,000 characters."),
    "control": _("There is a character that cannot be stored. Remove it and send again."),
    "email": _("This is not an e-mail address. Correct it, or leave it empty."),
    "form": _("The page had been open for too long, or was sent too fast. Please send it again."),
    "elsewhere": _("This did not come from our page. Open the page again and send it from there."),
    "often": _("Too many remarks came from here. Please try again later."),
}


@dataclass(frozen=True, slots=True)
class LetterTarget:
    """The brief that a letter is about, with the guest's preview link or the reader's edition."""

    brief: int
    link: int | None = None
    edition: int | None = None

    @property
    def kind(self) -> Letter.Kind:
        return Letter.Kind.REMARK if self.link else Letter.Kind.REPORT

    def __str__(self) -> str:
        return f"{self.kind}:{self.link or self.edition}"


@dataclass(frozen=True, slots=True)
class LetterInput:
    """The submitted form. `honeypot` is a field hidden from people."""

    text: str = ""
    name: str = ""
    email: str = ""
    bullet: int | None = None
    side: str = ""
    honeypot: str = ""
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """The IP address of a request and the origin of its page, from the browser's headers."""

    address: str
    own_origin: str
    """The site as the request named it, such as https://digest.example."""
    origin: str = ""
    fetch_site: str = ""

    def is_same_origin(self) -> bool:
        """Return whether the form came from this site.

        A page with `no-referrer` sends the origin "null"; then only Sec-Fetch-Site identifies the site.
        """
        if self.fetch_site:
            return self.fetch_site == "same-origin" and self.origin in ("", "null", self.own_origin)
        return self.origin == self.own_origin


class LetterRejected(Exception):
    """Raised when a letter is not stored. `code` is a key of LETTER_ERROR_MESSAGES; `retry_after` is in seconds."""

    def __init__(self, code: str, about: str = "text", retry_after: int = 0) -> None:
        self.code, self.about, self.retry_after = code, about, retry_after
        super().__init__(code)

    def __str__(self) -> str:
        return str(LETTER_ERROR_MESSAGES[self.code])

    @property
    def status(self) -> int:
        return {"often": 429, "elsewhere": 403, "form": 409}.get(self.code, 422)


def build_form_stamp(target: LetterTarget, now: dt.datetime | None = None) -> str:
    """Sign the target, the time and a random key for a hidden form field.

    The key identifies the form, so that a form sent twice stores one letter.
    """
    moment = int((now or timezone.now()).timestamp())
    return signing.Signer(salt=f"letters.{target}").sign(f"{moment}.{secrets.token_urlsafe(16)}")


def receive(
    target: LetterTarget, letter_input: LetterInput, sender: Sender, *, now: dt.datetime | None = None
) -> Letter | None:
    """Store a letter. Raise LetterRejected.

    Return None when the honeypot was filled: callers answer a bot like anybody else.
    """
    now = now or timezone.now()
    if not sender.is_same_origin():
        raise LetterRejected("elsewhere", "")
    sender_hash = hash_address(sender.address, now)
    attempts = {f"sender.{sender_hash}": SENDER_ATTEMPT_LIMIT, f"place.{target}": TARGET_ATTEMPT_LIMIT}
    for key, (most, seconds) in attempts.items():
        if count_attempt(f"letters.{key}", seconds) > most:
            raise LetterRejected("often", "", seconds)
    if letter_input.honeypot:
        return None
    form = _verify_stamp(target, letter_input.stamp, now)
    values = _clean_input(letter_input)
    key = sha256(repr([form, *values.values()]).encode()).hexdigest()
    with transaction.atomic():
        if same := Letter.objects.filter(key=key).first():
            return same
        _check_letter_limits(target, sender_hash, now)
        Letter.objects.filter(at__lt=now - SENDER_HASH_LIFETIME).exclude(sender="").update(sender="")
        came = {
            "kind": target.kind,
            "brief_id": target.brief,
            "link_id": target.link,
            "edition_id": target.edition,
        }
        letter, _made = Letter.objects.get_or_create(
            key=key, defaults={**values, **came, "at": now, "sender": sender_hash}
        )
        return letter


def build_bullet_choices(bullets: Iterable[Bullet], language: Side) -> list[tuple[int, str]]:
    """Return the number and a label with the first words of each bullet."""
    rows = []
    for bullet in bullets:
        side = language if bullet.text(language) else OTHER_SIDE[language]
        rows.append((bullet.number, f"{bullet.number}  {cut_label(bullet.text(side), side)}"))
    return rows


def hash_address(address: str, now: dt.datetime) -> str:
    """Hash an IP address with the site's secret and the day (UTC), so that the hash changes daily."""
    words = f"letters {now.astimezone(dt.UTC).date()} {address}"
    return hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()


def _verify_stamp(target: LetterTarget, signed_stamp: str, now: dt.datetime) -> str:
    """Return the form's key. Raise LetterRejected unless the stamp is valid for this target and its age is allowed."""
    try:
        value = signing.Signer(salt=f"letters.{target}").unsign(signed_stamp)
    except signing.BadSignature as error:
        raise LetterRejected("form", "") from error
    moment, _dot, key = value.partition(".")
    age = now - dt.datetime.fromtimestamp(int(moment), dt.UTC)
    if not MIN_FORM_AGE <= age <= MAX_FORM_AGE:
        raise LetterRejected("form", "")
    return key


def _clean_input(letter_input: LetterInput) -> dict[str, str | int | None]:
    try:
        text = tidy(letter_input.text)
        name, email = tidy_line(letter_input.name), tidy_line(letter_input.email)
    except ForbiddenCharacter as error:
        raise LetterRejected("control") from error
    if not re.search(r"\w", text):
        raise LetterRejected("empty")
    if len(text) > MAX_TEXT_LENGTH:
        raise LetterRejected("long")
    if len(name) > MAX_NAME_LENGTH:
        raise LetterRejected("long", "name")
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise LetterRejected("email", "email") from error
    side = letter_input.side if letter_input.side in ("zh", "en") else ""
    return {"text": text, "name": name, "email": email, "bullet": letter_input.bullet, "side": side}


def _check_letter_limits(target: LetterTarget, sender_hash: str, now: dt.datetime) -> None:
    here = Q(link=target.link) if target.link else Q(edition=target.edition)
    limits = ((Q(sender=sender_hash), SENDER_LETTER_LIMIT), (here, TARGET_LETTER_LIMIT))
    for condition, (most, seconds) in limits:
        recent = Letter.objects.filter(condition, at__gt=now - dt.timedelta(seconds=seconds))
        if recent.order_by()[:most].count() >= most:
            raise LetterRejected("often", "", seconds)
