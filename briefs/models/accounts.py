"""Sign-ins: how often they failed of late, and the log of all of them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SignInCounter(models.Model):
    """Failed sign-ins of one account, one address or one known browser, or a used code. `key` is a hash of which.

    `empties_at`: when the counter will hold no failure any more (`accounts/throttle.py`). 0.1.0 reads `failures` and
    `paused_until` instead; remove them in the release after next.
    """

    key = models.CharField(max_length=64, primary_key=True)
    empties_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class EncryptionKey(models.Model):
    """A `SECRET_KEY` that encrypted secrets of this database, by its fingerprint, from which it cannot be guessed."""

    fingerprint = models.CharField(max_length=8, primary_key=True)
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint


class SignInEvent(models.Model):
    """One line of the log of sign-ins and accounts. Append only. `username` is what was typed."""

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
