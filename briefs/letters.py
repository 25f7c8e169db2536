"""What readers and guests write to us: the only writing door that is open to the public.

A form carries a signed moment and a trap, and must come from a page of ours; what arrives too fast or too
often is turned away. No address is stored: a keyed hash of it counts for a day and is then emptied.
"""

import datetime as dt
import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .content import Content, Side, Untidy, tidy, tidy_line
from .models.letters import Letter

MOST_TEXT: Final = 4_000
MOST_NAME: Final = 120
SHOWN: Final = 24
"""Characters of a bullet in the choice of what a letter is about."""
OLDEST: Final = dt.timedelta(hours=72)
"""Of a form: a page may stay open that long."""
SOONEST: Final = dt.timedelta(seconds=2)
KEPT: Final = dt.timedelta(days=1)
"""How long the hash of an address is."""

# How many, in how many seconds: attempts by the cache, letters by the database, which counts whatever
# becomes of the cache and however many processes there are.
TRIES_OF_SENDER: Final = (20, 600)
TRIES_AT_PLACE: Final = (60, 600)
LETTERS_OF_SENDER: Final = (10, 3_600)
LETTERS_AT_PLACE: Final = (30, 86_400)

SENTENCES: Final[dict[str, str | Promise]] = {
    "empty": _("Write something first."),
    "long": _("This is too long. Keep it under 4,000 characters."),
    "control": _("There is a character that cannot be stored. Remove it and send again."),
    "email": _("This is not an e-mail address. Correct it, or leave it empty."),
    "form": _("The page had been open for too long, or was sent too fast. Please send it again."),
    "elsewhere": _("This did not come from our page. Open the page again and send it from there."),
    "often": _("Too many remarks came from here. Please try again later."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a letter is about, and by which way it came: a guest's link, or the edition that a reader read."""

    brief: int
    link: int | None = None
    edition: int | None = None

    @property
    def kind(self) -> Letter.Kind:
        return Letter.Kind.REMARK if self.link else Letter.Kind.REPORT

    def __str__(self) -> str:
        return f"{self.kind}:{self.link or self.edition}"


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it came. `trap` is a field that nobody sees."""

    text: str = ""
    name: str = ""
    email: str = ""
    bullet: int | None = None
    side: str = ""
    trap: str = ""
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Of a request: the address it came from, and where its page stood, by the browser's own headers."""

    address: str
    own: str
    """The site as the request named it, such as https://digest.example."""
    origin: str = ""
    fetch_site: str = ""

    def is_ours(self) -> bool:
        """A page with `no-referrer` posts as origin "null"; then only Sec-Fetch-Site can vouch for it."""
        if self.fetch_site:
            return self.fetch_site == "same-origin" and self.origin in ("", "null", self.own)
        return self.origin == self.own


class Unsent(Exception):
    """Nothing was stored. `code` is one of SENTENCES, `about` a field; `retry_after` counts seconds."""

    def __init__(self, code: str, about: str = "text", retry_after: int = 0) -> None:
        self.code, self.about, self.retry_after = code, about, retry_after
        super().__init__(code)

    def __str__(self) -> str:
        return str(SENTENCES[self.code])

    @property
    def status(self) -> int:
        return {"often": 429, "elsewhere": 403}.get(self.code, 409)


def stamp(place: Place, now: dt.datetime | None = None) -> str:
    """For a form's hidden field: this place, this moment, and a key: the same words sent twice are one letter."""
    moment = int((now or timezone.now()).timestamp())
    return signing.Signer(salt=f"letters.{place}").sign(f"{moment}.{secrets.token_urlsafe(16)}")


def receive(place: Place, typed: Typed, sender: Sender, *, now: dt.datetime | None = None) -> Letter | None:
    """Store a letter. None when the trap was filled: the machine is thanked like anybody else. Raises Unsent."""
    now = now or timezone.now()
    if not sender.is_ours():
        raise Unsent("elsewhere", "")
    who = hashed(sender.address, now)
    _count_try(f"letters.sender.{who}", *TRIES_OF_SENDER)
    _count_try(f"letters.place.{place}", *TRIES_AT_PLACE)
    if typed.trap:
        return None
    form = _key(place, typed.stamp, now)
    values = _tidied(typed)
    key = sha256(repr([form, *values.values()]).encode()).hexdigest()
    with transaction.atomic():
        if same := Letter.objects.filter(key=key).first():
            return same
        _count_letters(place, who, now)
        Letter.objects.filter(at__lt=now - KEPT).exclude(sender="").update(sender="")
        came = {
            "kind": place.kind,
            "brief_id": place.brief,
            "link_id": place.link,
            "edition_id": place.edition,
        }
        letter, _made = Letter.objects.get_or_create(
            key=key, defaults={**values, **came, "at": now, "sender": who}
        )
        return letter


def choices(content: Content, page: Side) -> list[tuple[int, str]]:
    """Number and first words of each bullet: what is written about is named by the number that the page shows."""
    rows = []
    for bullet in content.bullets:
        words = bullet.text(page) or bullet.text("en" if page == "zh" else "zh")
        rows.append((bullet.number, f"{bullet.number}  {words[:SHOWN]}{'…' if len(words) > SHOWN else ''}"))
    return rows


def hashed(address: str, now: dt.datetime) -> str:
    """Of an address, with the site's secret, good for one day (UTC)."""
    words = f"letters {now.astimezone(dt.UTC).date()} {address}"
    return hmac.new(settings.SECRET_KEY.encode(), words.encode(), sha256).hexdigest()


def _key(place: Place, given: str, now: dt.datetime) -> str:
    """The form's own key, if its stamp is ours, of this place, and neither too young nor too old."""
    try:
        value = signing.Signer(salt=f"letters.{place}").unsign(given)
    except signing.BadSignature as error:
        raise Unsent("form", "") from error
    moment, _dot, key = value.partition(".")
    age = now - dt.datetime.fromtimestamp(int(moment), dt.UTC)
    if not SOONEST <= age <= OLDEST:
        raise Unsent("form", "")
    return key


def _tidied(typed: Typed) -> dict[str, str | int | None]:
    try:
        text, name, email = tidy(typed.text), tidy_line(typed.name), tidy_line(typed.email)
    except Untidy as error:
        raise Unsent("control") from error
    if not re.search(r"\w", text):
        raise Unsent("empty")
    if len(text) > MOST_TEXT:
        raise Unsent("long")
    if len(name) > MOST_NAME:
        raise Unsent("long", "name")
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise Unsent("email", "email") from error
    side = typed.side if typed.side in ("zh", "en") else ""
    return {"text": text, "name": name, "email": email, "bullet": typed.bullet, "side": side}


def _count_try(key: str, most: int, seconds: int) -> None:
    try:
        cache.add(key, 0, seconds)
        tries = cache.incr(key)
    except Exception:  # a cache that is down or full: the database still counts
        return
    if tries > most:
        raise Unsent("often", "", seconds)


def _count_letters(place: Place, who: str, now: dt.datetime) -> None:
    most, seconds = LETTERS_OF_SENDER
    if _since(now, seconds).filter(sender=who)[:most].count() >= most:
        raise Unsent("often", "", seconds)
    most, seconds = LETTERS_AT_PLACE
    here = {"link": place.link} if place.link else {"edition": place.edition}
    if _since(now, seconds).filter(**here)[:most].count() >= most:
        raise Unsent("often", "", seconds)


def _since(now: dt.datetime, seconds: int) -> QuerySet[Letter]:
    return Letter.objects.filter(at__gt=now - dt.timedelta(seconds=seconds)).order_by()
