"""Originals: the text of an article, kept for staff alone until its day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Original(models.Model):
    """The text of a brief's article as somebody pasted it. Never public, never in a revision, deleted on `delete_on`.

    `sha256`: of the text, so that pasting it twice stores it once.
    """

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="originals")
    text = models.TextField(_("Article"))
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    delete_on = models.DateField()

    class Meta:
        verbose_name = _("Original")
        verbose_name_plural = _("Originals")
        constraints = [models.UniqueConstraint(fields=["brief", "sha256"], name="original_once")]
        indexes = [models.Index(fields=["delete_on"], name="original_due")]

    def __str__(self) -> str:
        return f"{self.brief_id} {self.sha256[:8]}"
