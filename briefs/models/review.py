"""Review data besides notes and sign-offs (in `history`): suggestions, replies, assignments."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from briefs.content import SIDES

from .history import SIDE_CHOICES


class Answer(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class Suggestion(models.Model):
    """A wording that a reviewer suggests for one side of a text.

    `field` is headline, summary or bullet; `was` is the text to replace. A suggestion
    can be accepted only while that text is unchanged. One from a file has its name, and in `also_by` the ids of those who
    worded the file's text besides `by`. `after`: of a new bullet, the number of the one above it (0: it is the first).
    """

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="suggestions")
    field = models.CharField(max_length=10)
    bullet = models.PositiveIntegerField(null=True)
    side = models.CharField(max_length=2, choices=SIDE_CHOICES)
    was = models.TextField()
    text = models.TextField()
    why = models.TextField(blank=True)
    file = models.CharField(max_length=255, blank=True)
    also_by = models.JSONField(default=list)
    after = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Suggestion")
        verbose_name_plural = _("Suggestions")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(side__in=SIDES), name="suggestion_side")]

    def __str__(self) -> str:
        return self.text[:60]


class Reply(models.Model):
    """An answer to a note."""

    note = models.ForeignKey("briefs.Note", models.PROTECT, related_name="replies")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("Reply")
        verbose_name_plural = _("Replies")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def open(self) -> Self:
        """Return the current assignments of people whose account is open."""
        return self.filter(ended_at=None, person__is_active=True, person__is_staff=True)


class Assignment(models.Model):
    """A person assigned to review one language of a brief. Only the row without `ended_at` is current."""

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="assignments")
    side = models.CharField(max_length=2, choices=SIDE_CHOICES)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due_on = models.DateField(_("Due"), null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Assignment"]] = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("Assignment")
        verbose_name_plural = _("Assignments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["brief", "side"], condition=Q(ended_at=None), name="one_reviewer_a_side"
            ),
        ]
        indexes = [
            models.Index(fields=["person"], name="assignment_by_person", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.brief_id} {self.side} {self.person_id}"
