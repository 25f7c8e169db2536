"""State of staff at work, never public: row keys, presence, sheets, translation memory."""

import uuid

from django.conf import settings
from django.db import models

from .history import SIDE_CHOICES


class RowKey(models.Model):
    """The browser's key of a new bullet and its number, so that a resent save does not add the bullet twice.

    Keys that begin with "p" mark a revision as saved by a page (`workflow.concurrent_save`).
    """

    brief = models.ForeignKey("briefs.Brief", models.CASCADE, related_name="+")
    key = models.CharField(max_length=33)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brief", "key"], name="row_key_once")]

    def __str__(self) -> str:
        return f"{self.key} #b{self.number}"


class Presence(models.Model):
    """A page on which a person has a brief open, with the time of its last signal and the row that has the focus."""

    brief = models.ForeignKey("briefs.Brief", models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    page = models.CharField(max_length=32, default="")
    row = models.CharField(max_length=16, default="")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brief", "person", "page"], name="presence_once")]
        indexes = [models.Index(fields=["seen_at"], name="presence_by_time")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.brief_id}"


class SheetFile(models.Model):
    """A sheet between the preview of its import and the confirmation. Deleted after an hour."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    data = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)


class MemoryPair(models.Model):
    """One bullet pair of a brief's newest approved edition."""

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    text_zh = models.TextField()
    text_en = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "number"], name="memory_pair_once")]

    def __str__(self) -> str:
        return f"{self.edition_id} #b{self.number}"


class MemoryKey(models.Model):
    """One MinHash key of one side of a pair. Similar texts share at least one key, so lookups use equality."""

    pair = models.ForeignKey(MemoryPair, models.CASCADE, related_name="+")
    side = models.CharField(max_length=2, choices=SIDE_CHOICES)
    key = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["side", "key"], name="memory_by_key")]

    def __str__(self) -> str:
        return f"{self.side} {self.key}"
