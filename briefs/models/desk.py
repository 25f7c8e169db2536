"""What the desk remembers of people at work. None of it is content, and none of it is public."""

from django.conf import settings
from django.db import models
from django.utils.translation import pgettext_lazy


class RowKey(models.Model):
    """A new bullet's name in somebody's browser, and the number that it was given.

    A save whose answer was lost is sent again; the key makes it the same bullet, not a second one.
    """

    brief = models.ForeignKey("briefs.Brief", models.CASCADE, related_name="+")
    key = models.CharField(max_length=33)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brief", "key"], name="row_key_once")]

    def __str__(self) -> str:
        return f"{self.key} #b{self.number}"


class Presence(models.Model):
    """Who has a brief open, and when their page last said so."""

    brief = models.ForeignKey("briefs.Brief", models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brief", "person"], name="presence_once")]
        indexes = [models.Index(fields=["seen_at"], name="presence_by_time")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.brief_id}"


class SavedFilter(models.Model):
    """A person's own view of the list of briefs: a name for a query string."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(pgettext_lazy("filter", "Name"), max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name
