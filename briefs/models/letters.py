"""Letters from readers and guests. They block nothing; an editor may turn one into a note."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Letter(models.Model):
    """One letter about a brief, or about one bullet or one side of it.

    A guest's letter has the preview link, a reader's the edition. `key` identifies the form and its values, so a letter
    sent twice is stored once. `told_at`: when notices to editors were queued. `sender`: a keyed hash of the IP address
    for the rate limit, emptied after a day (`briefs.publications.letters`).
    """

    class Kind(models.TextChoices):
        REMARK = "remark", _("A guest’s remark")
        REPORT = "report", _("A reader’s report")

    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="letters")
    link = models.ForeignKey("briefs.PreviewLink", models.PROTECT, null=True, related_name="+")
    edition = models.ForeignKey("briefs.Edition", models.PROTECT, null=True, related_name="+")
    bullet = models.PositiveIntegerField(null=True)
    side = models.CharField(max_length=2, choices=[("zh", _("Chinese")), ("en", _("English"))], blank=True)
    text = models.TextField(_("Text"))
    name = models.CharField(_("Name"), max_length=120, blank=True)
    email = models.EmailField(blank=True)
    at = models.DateTimeField()
    sender = models.CharField(max_length=64, blank=True)
    told_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)
    note = models.ForeignKey("briefs.Note", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("Letter")
        verbose_name_plural = _("Letters")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="remark", link__isnull=False, edition=None)
                | Q(kind="report", link=None, edition__isnull=False),
                name="letter_came_by_one_way",
            )
        ]
        indexes = [
            models.Index(fields=["sender"], name="letter_by_sender", condition=~Q(sender="")),
            models.Index(fields=["id"], name="letter_open", condition=Q(handled_at=None)),
            models.Index(fields=["id"], name="letter_untold", condition=Q(told_at=None)),
        ]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()
