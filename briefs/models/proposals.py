"""Changes of names and introductions that wait for a second person, because public pages would change at once."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Proposal(models.Model):
    """One proposed change, with the values of the row before and after it. Append only, except for the decision.

    `about` is that of the row's events: `keyword/SLUG`, or `sitetext/keyword/SLUG` for an introduction. A row has at
    most one open proposal. The database refuses an acceptance by the author.
    """

    open_columns: ClassVar[tuple[str, ...]] = ("outcome", "decided_by_id", "decided_at", "reason")
    is_repeated = False
    """Whether the author proposed the same before, so that it was announced already. Not stored."""

    class Kind(models.TextChoices):
        NEW = "new", _("New entry")
        CHANGE = "change", _("Changed entry")
        MERGE = "merge", _("Merge duplicates")
        UNMERGE = "unmerge", _("Undo the merge")
        INTRODUCTION = "introduction", _("Introduction and start here")

    class Outcome(models.TextChoices):
        OPEN = "", _("Open")
        ACCEPTED = "accepted", pgettext_lazy("proposal", "Accepted")
        REJECTED = "rejected", pgettext_lazy("proposal", "Rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("proposal", "Taken back")
        REPLACED = "replaced", pgettext_lazy("proposal", "Replaced by a newer one")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    about = models.CharField(max_length=120)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True, default="")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Proposal")
        verbose_name_plural = _("Proposals")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["about"], condition=Q(outcome=""), name="one_open_proposal_a_row"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="accepted") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("author"))),
                name="proposal_accepted_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"

    @property
    def changed_columns(self) -> list[str]:
        return [name for name, value in self.after.items() if self.before.get(name) != value]
