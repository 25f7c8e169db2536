"""The desk's issues: chosen briefs in an order, with a title and a preface in both languages.

Public code reads `edition.IssueEdition` and `edition.IssueItem` instead.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from briefs.content import SIDES

from .brief import State
from .fields import ContentField
from .history import SIDE_CHOICES, Event


class Issue(models.Model):
    """The working copy. `content`: JSON of `content.IssueContent`, the same as in the newest revision."""

    number = models.PositiveIntegerField(_("Number"), unique=True)
    state = models.CharField(_("State"), max_length=12, choices=State.choices, default=State.DRAFT)
    content = ContentField(default=dict)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(pgettext_lazy("issue", "Changed"))
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("Issue")
        verbose_name_plural = _("Issues")
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def about(self) -> str:
        """The name of this issue in `Event.about`."""
        return f"issue/{self.number}"

    @property
    def events(self) -> models.QuerySet[Event]:
        return Event.objects.filter(about=self.about)


class IssueRevision(models.Model):
    """One save. `changed_zh`, `changed_en`: whether it changed a text of that language, so that its author may not sign it."""

    open_columns: ClassVar[tuple[str, ...]] = ()

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content = ContentField()
    hash_zh = models.CharField(max_length=64)
    hash_en = models.CharField(max_length=64)
    changed_zh = models.BooleanField()
    changed_en = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["issue", "number"], name="issue_revision_number_once")]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.number}"


class IssueSignOff(models.Model):
    """One person's approval of one language of the texts with the hash. `taken_back` revokes the person's earlier one."""

    open_columns: ClassVar[tuple[str, ...]] = ()

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="signoffs")
    side = models.CharField(max_length=2, choices=SIDE_CHOICES)
    hash = models.CharField(max_length=64)
    taken_back = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(side__in=SIDES), name="issue_signoff_side")]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.side}"
