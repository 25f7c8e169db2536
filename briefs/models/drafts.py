"""Changes of names and public texts that wait until two people have seen them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _


class DraftQuerySet(models.QuerySet["Draft"]):
    def waiting(self) -> "DraftQuerySet":
        """Leave the newest draft of each page, unless it went public or was taken back."""
        later = Draft.objects.filter(page=OuterRef("page"), number__gt=OuterRef("number"))
        return self.filter(~Exists(later)).exclude(values={})


class Draft(models.Model):
    """One version of a change of a page: a vocabulary row, or a text of the public site. Append only.

    `page` is that of the sign-offs and the events: `keyword/SLUG`, `sitetext/about`. `values`: the public columns, as in
    `page_values.read_values`; a draft without values says that those before it went public or were taken back.
    `base_hash`: of the page as readers had it when this was written.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()

    page = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    base_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Draft"]] = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Draft of a page")
        verbose_name_plural = _("Drafts of pages")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="draft_number_once")]

    def __str__(self) -> str:
        return f"{self.page} {self.number}"
