"""Uploaded pictures. Their files are in the storage (`briefs.images`) and are written before the row."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Picture(models.Model):
    """One cleaned picture. `width` and `height` are those of its largest file, in pixels.

    Append only, because editions reference pictures. Alt text, credit and licence are stored in the brief.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()

    key = models.CharField(max_length=64, primary_key=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager["Picture"]] = models.Manager()

    class Meta:
        verbose_name = _("Picture")
        verbose_name_plural = _("Pictures")

    def __str__(self) -> str:
        return self.key[:12]
