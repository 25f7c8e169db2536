"""Notices to send, mail preferences and preview links."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """One message to one person, in the inbox and by mail. The unique `key` prevents duplicates of the same event.

    Verbs write rows in their transaction; `publish_due` sends them. Mail about an account has no brief. A notice
    cancelled before its time is in no inbox; one cancelled later is in the inbox, but is not mailed.
    """

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=24)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    brief = models.ForeignKey("briefs.Brief", models.PROTECT, null=True, related_name="+")
    edition = models.ForeignKey("briefs.Edition", models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey("briefs.Event", models.PROTECT, null=True, related_name="+")
    values = models.JSONField(default=dict)
    condition = models.CharField(max_length=32, blank=True, default="")
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Notice")
        verbose_name_plural = _("Notices")
        indexes = [
            models.Index(fields=["due_at"], name="outbox_due", condition=Q(sent_at=None, cancelled_at=None)),
            models.Index(fields=["to", "-due_at", "-id"], name="outbox_inbox"),
            models.Index(fields=["to"], name="outbox_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.key


class MailSwitch(models.Model):
    """A kind of notice that a person switched off. Without a row the notice is sent."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=24)

    class Meta:
        verbose_name = _("My mail")
        verbose_name_plural = _("My mail")
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="mail_switch_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class PreviewLink(models.Model):
    """A link that shows one revision to anyone with the token. Only the token's SHA-256 is stored.

    `event` is the share event: a later approval or discard of the brief ends the link (`publications.preview_links`).
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
