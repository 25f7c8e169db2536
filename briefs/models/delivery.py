"""What is to be sent. A row is written in the transaction of the verb; `publish_due` sends it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """One message to one person. `key` is unique: the same move never writes to anybody twice."""

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
