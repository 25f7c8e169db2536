"""The desk's working copy: a brief, its bullets and the facts of its article."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import content

TITLE_LENGTH = 16
"""Characters of the summary in the name of a brief that has no headline."""


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    APPROVED = "approved", _("Approved")
    DISCARDED = "discarded", _("Discarded")


class Precision(models.TextChoices):
    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    ISSUE = "issue", _("Issue")


class Access(models.TextChoices):
    FREE = "free", _("Free")
    REGISTRATION = "registration", _("Registration")
    SUBSCRIPTION = "subscription", _("Subscription")


class ArticleKind(models.TextChoices):
    COMMENTARY = "commentary", _("Commentary")
    REPORT = "report", _("Report")
    TESTIMONY = "testimony", _("Testimony")
    INTERVIEW = "interview", _("Interview")


class Brief(models.Model):
    """State, version, hashes and slug move in `workflow` alone; they are on no form."""

    state = models.CharField(_("State"), max_length=12, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    next_number = models.PositiveIntegerField(default=1, editable=False)
    # Made by the page in which it was begun: sending that page twice makes one brief.
    begun_as = models.CharField(max_length=32, unique=True, null=True, editable=False)
    slug = models.SlugField(max_length=100, unique=True, null=True, editable=False)
    created_at = models.DateTimeField(_("Created"), editable=False)
    updated_at = models.DateTimeField(_("Last change"), editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("Changed by"),
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Assigned to"),
    )
    due_on = models.DateField(_("Due"), null=True, blank=True)
    has_priority = models.BooleanField(_("Priority"), default=False)
    # The article's address without what may differ (`addresses.article_key`). Claimed at most once.
    article_key = models.CharField(max_length=800, blank=True, editable=False)
    claimed_key = models.CharField(max_length=800, unique=True, null=True, editable=False)

    headline_zh = models.TextField(_("Headline, Chinese"), blank=True)
    headline_en = models.TextField(_("Headline, English"), blank=True)
    summary_zh = models.TextField(_("Summary, Chinese"), blank=True)
    summary_en = models.TextField(_("Summary, English"), blank=True)

    source = models.ForeignKey(
        "briefs.Source", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Source")
    )
    authors = models.ManyToManyField("briefs.Author", through="briefs.BriefAuthor", related_name="+")
    keywords = models.ManyToManyField("briefs.Keyword", through="briefs.BriefKeyword", related_name="+")
    article_date = models.DateField(_("Article date"), null=True, blank=True)
    article_date_precision = models.CharField(
        _("Precision"), max_length=8, choices=Precision.choices, default=Precision.DAY
    )
    article_date_label = models.CharField(_("Label of the issue"), max_length=60, blank=True)
    article_date_raw = models.CharField(max_length=60, blank=True, editable=False)
    article_date_alternative = models.CharField(max_length=10, blank=True, editable=False)
    article_date_confirmed = models.BooleanField(_("Date confirmed"), default=False)
    article_title = models.CharField(_("Article title"), max_length=500, blank=True)
    article_url = models.CharField(_("Article address"), max_length=800, blank=True)
    article_doi = models.CharField(_("DOI"), max_length=200, blank=True)
    article_language = models.CharField(_("Language of the article"), max_length=20, blank=True)
    article_access = models.CharField(_("Access"), max_length=14, choices=Access.choices, blank=True)
    article_kind = models.CharField(_("Kind"), max_length=12, choices=ArticleKind.choices, blank=True)
    article_accessed_on = models.DateField(_("Date accessed"), null=True, blank=True)
    article_archive_url = models.CharField(_("Archived copy"), max_length=800, blank=True)
    article_embargo_until = models.DateTimeField(_("Embargo until"), null=True, blank=True)
    article_withdrawn = models.BooleanField(_("Withdrawn by its source"), default=False)

    picture = models.ForeignKey(
        "briefs.Picture", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Picture")
    )
    picture_alt_zh = models.TextField(_("Alt text, Chinese"), blank=True)
    picture_alt_en = models.TextField(_("Alt text, English"), blank=True)
    picture_credit = models.CharField(_("Credit"), max_length=200, blank=True)
    picture_licence = models.CharField(_("Licence"), max_length=200, blank=True)
    picture_focus = models.CharField(max_length=7, blank=True)

    objects: ClassVar[models.Manager["Brief"]] = models.Manager()

    class Meta:
        verbose_name = _("Brief")
        verbose_name_plural = _("Briefs")
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(fields=["state", "-updated_at", "-id"], name="brief_by_state"),
            models.Index(fields=["-updated_at", "-id"], name="brief_by_change"),
            models.Index(fields=["source", "-updated_at", "-id"], name="brief_by_source"),
            models.Index(fields=["article_key"], name="brief_by_article", condition=~Q(article_key="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="brief_state"),
            models.CheckConstraint(
                condition=Q(article_date_precision__in=Precision.values), name="brief_date_precision"
            ),
            models.CheckConstraint(condition=Q(version__gte=1, next_number__gte=1), name="brief_counters"),
        ]
        permissions = [
            ("write_briefs", _("Writer: import, claim, submit, revise, discard")),
            ("review_briefs", _("Reviewer: sign off, send back")),
            ("publish_briefs", _("Publisher: approve, schedule, withdraw, remove")),
        ]

    def __str__(self) -> str:
        title = self.headline_zh or self.headline_en or self.article_title
        return title or self._describe_article() or gettext("Untitled brief %(number)s") % {"number": self.pk}

    def _describe_article(self) -> str:
        """What tells an imported brief from others until it has a headline: where and when the article appeared."""
        day = self.article_date_label or (self.article_date.isoformat() if self.article_date else "")
        if self.article_date and not self.article_date_label and self.article_date_precision != Precision.DAY:
            day = day[:7]
        source = self.source.name if self.source else ""
        if not source and self.article_url:
            return self.article_url
        words = self.summary_zh or self.summary_en
        begin = f"{words[:TITLE_LENGTH]}…" if len(words) > TITLE_LENGTH else words
        return " · ".join(filter(None, (source, day, begin)))

    @property
    def is_planned(self) -> bool:
        """Claimed, but nothing written yet."""
        return self.state == State.DRAFT and not (self.summary_zh or self.summary_en or self.headline_zh)


class Bullet(models.Model):
    """One aligned pair. Ordered by (position, number): no unique position, since SQLite cannot defer it."""

    brief = models.ForeignKey(Brief, models.PROTECT, related_name="bullets")
    number = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    text_zh = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    level_zh = models.PositiveSmallIntegerField(default=0)
    level_en = models.PositiveSmallIntegerField(default=0)
    marker_zh = models.CharField(max_length=6, default="bullet")
    marker_en = models.CharField(max_length=6, default="bullet")
    passage = models.TextField(_("Source passage"), blank=True)
    one_sided = models.TextField(_("Intentionally one-sided because"), blank=True)

    class Meta:
        verbose_name = _("Bullet")
        verbose_name_plural = _("Bullets")
        ordering = ["position", "number"]
        indexes = [
            models.Index(
                fields=["brief"],
                name=f"bullet_lacks_{side}",
                condition=Q(one_sided="", **{f"text_{side}": ""}),
            )
            for side in content.SIDES
        ]
        constraints = [
            models.UniqueConstraint(fields=["brief", "number"], name="bullet_number_once"),
            models.CheckConstraint(condition=~Q(text_zh="", text_en=""), name="bullet_has_text"),
            models.CheckConstraint(
                condition=Q(level_zh__in=content.BULLET_LEVELS, level_en__in=content.BULLET_LEVELS),
                name="bullet_levels",
            ),
            models.CheckConstraint(
                condition=Q(marker_zh__in=content.BULLET_MARKERS, marker_en__in=content.BULLET_MARKERS),
                name="bullet_markers",
            ),
        ]

    def __str__(self) -> str:
        return f"#b{self.number}"


class BriefAuthor(models.Model):
    """An author of the article, in the document's order, with the affiliation at the time."""

    brief = models.ForeignKey(Brief, models.PROTECT, related_name="bylines")
    author = models.ForeignKey("briefs.Author", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    affiliation_zh = models.CharField(max_length=300, blank=True)
    affiliation_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["brief", "author"], name="brief_author_once")]

    def __str__(self) -> str:
        return str(self.author_id)


class BriefKeyword(models.Model):
    brief = models.ForeignKey(Brief, models.PROTECT, related_name="labels")
    keyword = models.ForeignKey("briefs.Keyword", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["brief", "keyword"], name="brief_keyword_once")]

    def __str__(self) -> str:
        return str(self.keyword_id)
