"""The desk's issues: chosen briefs in an order, with a title and a preface in both languages.

Public code reads `edition.IssueEdition` and `edition.IssueItem` instead.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .brief import State
from .fields import ContentField
from .history import Event


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
    def page(self) -> str:
        """Return the name of this issue's page in `SignOff.page`."""
        return f"issue/{self.pk}"

    @property
    def about(self) -> str:
        """The name of this issue in `Event.about`."""
        return f"issue/{self.number}"

    @property
    def events(self) -> models.QuerySet[Event]:
        return Event.objects.filter(about=self.about)


class IssueRevision(models.Model):
    """One save. `hash_common`: of the briefs in their order, the change note and its kind.

    `begins_version`: made by *revise*, which only empties the change note.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()
    is_nobodys: ClassVar[bool] = False

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content = ContentField()
    hash_zh = models.CharField(max_length=64)
    hash_en = models.CharField(max_length=64)
    hash_common = models.CharField(max_length=64)
    begins_version = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["issue", "number"], name="issue_revision_number_once")]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.number}"

    def list_people_ids(self) -> list[int]:
        return [self.by_id]
