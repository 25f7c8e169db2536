"""Texts of the public site, edited by publishers, and when its jobs last ran."""

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from briefs.content import Side

MAX_START_HERE = 3
REVIEW_CARD_KEY = "review-card"
"""Key of the checklist for reviewers, the only text that no public page shows."""


class SiteText(models.Model):
    """A page's text in both languages, with blank lines between paragraphs.

    The introduction of a topic, author or source has the key `keyword/SLUG`, `author/SLUG` or `source/SLUG`.
    """

    is_public_state: ClassVar[bool] = True
    key = models.CharField(max_length=100, primary_key=True)
    text_zh = models.TextField(_("Chinese"))
    text_en = models.TextField(_("English"))
    start_here = models.JSONField(default=list, blank=True, editable=False)
    """Up to MAX_START_HERE briefs to read first, with a reason in each language: `[{"brief": 12, "zh": "…", "en": "…"}]`."""
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("Site text")
        verbose_name_plural = _("Site texts")

    def __str__(self) -> str:
        return self.key

    def text(self, side: Side) -> str:
        return self.text_zh if side == "zh" else self.text_en


class SiteVersion(models.Model):
    """One row. Database triggers renew its random `token` with every change of a row that public pages show.

    The token is empty while the triggers are not installed. Models with `is_public_state` have them (`database/guards.py`).
    """

    token = models.CharField(max_length=32)
    generation = models.CharField(max_length=32, default="", db_default="")
    """Random name of this database, part of the cursors of mirrors. It changes when rows may have changed unnoticed: by a
    restore, a migration or a rebuild of derived rows."""

    def __str__(self) -> str:
        return self.token


class NameChange(models.Model):
    """A renamed, merged or unmerged name, for mirrors. Database triggers add a row for each change of a vocabulary row.

    `briefs`: ids of briefs that also changed, since a term is no longer, or newly, in their text.
    """

    kind = models.CharField(max_length=20)
    row = models.BigIntegerField()
    briefs = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    at = models.DateTimeField(default=timezone.now)
    position = models.BigIntegerField(null=True, unique=True)
    """Order of the commits, given by a trigger at the commit: a reader that knows one position has seen all before it."""

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class JobRun(models.Model):
    """The last complete run of a job, such as `publish_due`."""

    PROVED_BACKUP: ClassVar = "proved_backup"
    """Name of the job run of a proved backup. `at`: the moment of the data in the archive."""
    MAIL_TURN: ClassVar = "mail_turn"
    """Name of the row by which senders share the rate. `at`: when the next copy may be begun."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def record(cls, name: str, at: dt.datetime | None = None) -> None:
        cls.objects.update_or_create(name=name, defaults={"at": at or timezone.now()})
