"""Log of readers' searches by words and day, without IP address and time of day."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Search(models.Model):
    """One search text on one day. `found` is the number of results of its last search."""

    day = models.DateField(_("Day"))
    words = models.CharField(_("Words"), max_length=100)
    times = models.PositiveIntegerField(_("Times"), default=0)
    found = models.PositiveIntegerField(_("Found"), default=0)

    class Meta:
        verbose_name = _("What readers look for")
        verbose_name_plural = _("What readers look for")
        constraints = [models.UniqueConstraint(fields=["day", "words"], name="search_once_a_day")]

    def __str__(self) -> str:
        return f"{self.words} ({self.day})"
