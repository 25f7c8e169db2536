"""Uploaded files that wait for confirmation. Deleted after a day; no brief depends on them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import PlainJSON


class Upload(models.Model):
    """Files of one person and their import settings. `results` is the outcome of each digest by key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    words_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    date_order = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    results = models.JSONField(default=dict, encoder=PlainJSON)

    class Meta:
        verbose_name = _("Upload")
        verbose_name_plural = _("Uploads")

    def __str__(self) -> str:
        return f"{self.owner_id} {self.created_at:%Y-%m-%d %H:%M}"


class UploadFile(models.Model):
    """One file, unchanged. A rejected file has a code in `refused` and no data."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="files")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    size = models.PositiveIntegerField()
    data = models.BinaryField(default=b"")
    refused = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["upload", "position"], name="upload_file_place_once")]

    def __str__(self) -> str:
        return self.name
