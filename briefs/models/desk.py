"""State of staff at work: row keys, presence and saved filters. Not content, and never public."""

from django.conf import settings
from django.db import models
from django.utils.translation import pgettext_lazy


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


class SavedFilter(models.Model):
    """A person's named query string for the list of briefs."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(pgettext_lazy("filter", "Name"), max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name
