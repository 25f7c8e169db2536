"""Translation memory. Derived from editions, including scheduled ones, so never public."""

from django.db import models

from .history import SIDE_CHOICES


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
