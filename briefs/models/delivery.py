"""What leaves the desk: notices to be sent, whose kinds a person does not want, links for guests."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """One message to one person. `key` is unique: the same move never writes to anybody twice.

    Written in the transaction of the verb; `publish_due` sends it.
    """

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=24)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="+")
    edition = models.ForeignKey("briefs.Edition", models.PROTECT, null=True, related_name="+")
    values = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("Notice")
        verbose_name_plural = _("Notices")
        indexes = [
            models.Index(fields=["due_at"], name="outbox_due", condition=Q(sent_at=None, cancelled_at=None))
        ]

    def __str__(self) -> str:
        return self.key


class MailSwitch(models.Model):
    """A kind of notice that a person does not want. Without a row it is sent."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)

    class Meta:
        verbose_name = _("My mail")
        verbose_name_plural = _("My mail")
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="mail_switch_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class PreviewLink(models.Model):
    """One revision for whoever holds the token, of which only the sha256 is stored.

    `event` is the sharing: an approval or a discard of the brief after it ends the link (`briefs.preview`).
    """

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="+")
    revision = models.ForeignKey("briefs.Revision", models.PROTECT, related_name="+")
    event = models.OneToOneField("briefs.Event", models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    opened = models.PositiveIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Preview link")
        verbose_name_plural = _("Preview links")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("at")), name="preview_link_dies")
        ]

    def __str__(self) -> str:
        return f"{self.brief_id}/{self.revision_id}"

    @staticmethod
    def hash_token(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
