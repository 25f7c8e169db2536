"""What readers asked the search for: the words, the day and how often. Nobody's address, and no time of day."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Search(models.Model):
    """One wording on one day. `found` is how many briefs it found when it was last asked."""

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
