"""Staff accounts and their sign-ins. Readers have no account."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from briefs.content import SIDES, Side


class SignInCounter(models.Model):
    """Failed sign-ins of one account, IP address or known browser, or a used code. `key` is a hash that identifies it.

    `empties_at`: when the counter will have forgotten all failures (`operations/accounts/throttle.py`).
    """

    key = models.CharField(max_length=64, primary_key=True)
    empties_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class EncryptionKey(models.Model):
    """Fingerprint of a `SECRET_KEY` that encrypted secrets of this database. It does not reveal the key."""

    fingerprint = models.CharField(max_length=8, primary_key=True)
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint


class SignInEvent(models.Model):
    """One line of the log of sign-ins and accounts. Append only. `username` is stored as typed."""

    class Kind(models.TextChoices):
        SIGNED_IN = "in", _("Signed in")
        REFUSED = "refused", _("Wrong name or password")
        SIGNED_OUT = "out", _("Signed out")
        ACCOUNT = "account", _("Account changed")
        HELD = "held", _("Guesses limited")

    at = models.DateTimeField(_("Time"))
    kind = models.CharField(_("What"), max_length=8, choices=Kind.choices)
    username = models.CharField(_("Name as typed"), max_length=150)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("Person")
    )
    address = models.CharField(_("Network address"), max_length=45, blank=True)
    detail = models.CharField(_("Details"), max_length=200, blank=True)

    open_columns: ClassVar[tuple[str, ...]] = ()

    class Meta:
        verbose_name = _("Sign-in")
        verbose_name_plural = _("Sign-ins")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.username} {self.kind}"


REVIEW_CHOICES = [("", _("Both languages")), ("zh", _("Chinese")), ("en", _("English"))]
IMPORTER = "importer"
"""Username of the inactive built-in author of texts imported on the command line without a named person."""


class Person(AbstractUser):
    """A member of staff. Deactivate leavers; never delete them, because frozen rows reference them."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("Name"), max_length=150, blank=True)
    language = models.CharField(_("Language"), max_length=10, choices=settings.LANGUAGES, default="zh-hant")

    # A reviewer's language. Empty means what was signed last, else both; an assignment overrides it, and it forbids nothing.
    reviews = models.CharField(_("Reviews"), max_length=2, choices=REVIEW_CHOICES, blank=True, default="")

    class Meta(AbstractUser.Meta):
        verbose_name = _("Person")  # type: ignore[assignment]
        verbose_name_plural = _("People")  # type: ignore[assignment]

    @property
    def reviewed_sides(self) -> tuple[Side, ...]:
        """Return the languages for which a reviewer is asked first: the chosen one, else those of the last two pages signed.

        One page tells nothing: its other language may be signed next. `policy.load_staff` reads what was signed.
        """
        if self.reviews:
            return tuple(side for side in SIDES if side == self.reviews)
        if not getattr(self, "signed_before", ""):
            return SIDES
        return tuple(side for side in SIDES if getattr(self, f"signed_{side}"))

    @property
    def has_desk_access(self) -> bool:
        return self.is_active and self.is_staff

    def __str__(self) -> str:
        return gettext("Import") if self.username == IMPORTER else self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


def get_importer() -> Person:
    person, made = Person.objects.get_or_create(
        username=IMPORTER, defaults={"name": "Import", "is_active": False}
    )
    if made:
        person.set_unusable_password()
        person.save(update_fields=["password"])
    return person
