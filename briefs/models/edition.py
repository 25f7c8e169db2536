"""Editions of briefs and issues: frozen approved contents. Public code reads them only through their querysets."""

import datetime as dt
from typing import ClassVar, Literal, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from briefs.content import Content, IssueContent, Side

from .fields import ContentField


class ChangeKind(models.TextChoices):
    CORRECTION = "correction", pgettext_lazy("kind of change", "Correction")
    UPDATE = "update", pgettext_lazy("kind of change", "Update")
    EDITORS_NOTE = "editors_note", pgettext_lazy("kind of change", "Editor's note")
    SMALL_REPAIR = "small_repair", pgettext_lazy("kind of change", "Small repair")
    """Has no note, and is in no log, feed or mail."""


class WithdrawalKind(models.TextChoices):
    OUR_ERROR = "our_error", _("Our error")
    RIGHTS = "rights", _("Rights")
    DUPLICATE = "duplicate", _("Duplicate")
    OTHER = "other", _("Other")

    def sentence(self, side: Side, page: Literal["brief", "issue"] = "brief") -> str:
        """Return what readers are told. One person withdraws, so none of the words is theirs."""
        return _WITHDRAWAL_SENTENCES[self][side].format(page=_PAGE_NAMES[page][side])


_WITHDRAWAL_SENTENCES: dict[str, dict[Side, str]] = {
    WithdrawalKind.OUR_ERROR: {
        "zh": "{page}有誤，更正期間暫時撤下。",
        "en": "We found an error and took this {page} down while we correct it.",
    },
    WithdrawalKind.RIGHTS: {
        "zh": "{page}的權利有疑義，因此撤下。",
        "en": "We took this {page} down because of a question about rights.",
    },
    WithdrawalKind.DUPLICATE: {
        "zh": "{page}與另一則內容重複，因此撤下。",
        "en": "This {page} repeated another, so we took it down.",
    },
    WithdrawalKind.OTHER: {"zh": "{page}已由編輯撤下。", "en": "The editors took this {page} down."},
}
_PAGE_NAMES: dict[str, dict[Side, str]] = {
    "brief": {"zh": "本篇", "en": "brief"},
    "issue": {"zh": "本期", "en": "issue"},
}


_NOT_TAKEN_DOWN = Q(withdrawn_at=None, removed_at=None)


def is_public_at(now: dt.datetime) -> Q:
    """Return the condition on `live_from` and `live_until`."""
    return (Q(live_until=None) | Q(live_until__gt=now)) & Q(live_from__lte=now)


class EditionQuerySet(models.QuerySet["Edition"]):
    """Filters by time. `now` is a parameter, so scheduled editions become public without a job."""

    def public(self, now: dt.datetime) -> Self:
        """Return the editions current at `now`, including withdrawn and removed ones. At most one per brief."""
        return self.filter(is_public_at(now))

    def listed(self, now: dt.datetime) -> Self:
        """Return editions for lists, counts, search, feeds, sitemap, API and exports."""
        return self.public(now).filter(_NOT_TAKEN_DOWN)

    def unlisted(self, now: dt.datetime) -> Self:
        """Return the editions that `listed` leaves out, for counts of the others."""
        return self.exclude(is_public_at(now) & _NOT_TAKEN_DOWN)

    def found(self, now: dt.datetime) -> Self:
        """Return editions for a brief's page: listed, or withdrawn and shown as a notice."""
        return self.public(now).filter(removed_at=None)

    def gone(self, now: dt.datetime) -> Self:
        """Return removed editions, whose page answers 410."""
        return self.public(now).exclude(removed_at=None)

    def closed(self, now: dt.datetime) -> Self:
        """Return the past editions of listed briefs, whose texts the log of corrections shows beside the present ones.

        No edition up to one that was withdrawn or removed is among them, even after a later one replaced it: they may
        have the same text.
        """
        taken_down = Edition.objects.exclude(withdrawn_at=None, removed_at=None)
        later = taken_down.filter(brief=OuterRef("brief"), number__gte=OuterRef("number"))
        past = self.uncancelled().filter(~Exists(later), live_until__lte=now)
        return past.filter(Exists(Edition.objects.listed(now).filter(brief=OuterRef("brief"))))

    def scheduled(self, now: dt.datetime) -> Self:
        """Return approved editions that are not public yet. For staff only."""
        return self.filter(Q(live_until=None) | Q(live_until__gt=F("live_from")), live_from__gt=now)

    def uncancelled(self) -> Self:
        """Return past, public and scheduled editions. A cancelled edition has an empty interval."""
        return self.exclude(live_until=F("live_from"))

    def changed(
        self, since: dt.datetime, until: dt.datetime
    ) -> "models.QuerySet[Edition, tuple[int, int, int, str, dt.datetime]]":
        """Return the editions that became public, were taken down or came back from `since` to `until`, oldest first.

        Rows: edition id, brief id, number, `change` (kind of the latest change) and `changed_at`. `until` must be a minute in
        the past: editions become public without a write, and a transaction commits later than the times that it writes.
        """
        kind = Case(
            When(removed_at__isnull=False, then=Value("removed")),
            When(withdrawn_at__isnull=False, then=Value("withdrawn")),
            When(reinstated_at__isnull=False, then=Value("reinstated")),
            When(published_at=F("live_from"), then=Value("published")),
            default=Value("corrected"),
        )
        rows = self.uncancelled().annotate(changed_at=_CHANGED_AT, change=kind)
        rows = rows.filter(changed_at__gte=since, changed_at__lte=until).order_by("changed_at", "pk")
        return rows.values_list("pk", "brief_id", "number", "change", "changed_at")


_CHANGED_AT = Greatest(
    F("live_from"),
    *(Coalesce(column, "live_from") for column in ("withdrawn_at", "removed_at", "reinstated_at")),
)

_LISTED_COLUMNS = ("live_from", "live_until", "withdrawn_at", "removed_at")
"""Columns that `listed` reads."""


class FrozenEdition(models.Model):
    """Base of the editions of briefs and issues: an approved content, when it is public, who approved it, and its withdrawal."""

    is_public_state: ClassVar[bool] = True
    withdrawal_columns: ClassVar[tuple[str, ...]] = (
        "live_until",
        "withdrawn_at",
        "withdrawn_by_id",
        "withdrawn_kind",
        "withdrawn_reason_zh",
        "withdrawn_reason_en",
    )
    """Columns that a later edition or a withdrawal changes."""

    number = models.PositiveIntegerField()
    content = ContentField()
    hash_zh = models.CharField(max_length=64)
    hash_en = models.CharField(max_length=64)
    hash_common = models.CharField(max_length=64)

    published_at = models.DateTimeField(_("First published"))
    live_from = models.DateTimeField(_("Public from"))
    live_until = models.DateTimeField(_("Public until"), null=True)

    approved_at = models.DateTimeField(_("Approved"))
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    four_eyes = models.BooleanField()
    change_kind = models.CharField(max_length=12, choices=ChangeKind.choices, blank=True)
    change_note_zh = models.TextField(blank=True)
    change_note_en = models.TextField(blank=True)

    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_kind = models.CharField(max_length=9, choices=WithdrawalKind.choices, blank=True)
    withdrawn_reason_zh = models.TextField(blank=True)
    withdrawn_reason_en = models.TextField(blank=True)

    class Meta:
        abstract = True

    @property
    def is_cancelled(self) -> bool:
        return self.live_until is not None and self.live_until == self.live_from

    def is_public(self, now: dt.datetime) -> bool:
        return self.live_from <= now and (self.live_until is None or self.live_until > now)


class Edition(FrozenEdition):
    open_columns: ClassVar[tuple[str, ...]] = (
        *FrozenEdition.withdrawal_columns,
        "removed_at",
        "removed_by_id",
        "removed_reason",
        "reinstated_at",
        "was_withdrawn_at",
    )

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=100)
    revision = models.ForeignKey("briefs.Revision", models.PROTECT, related_name="+")

    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    removed_reason = models.TextField(blank=True)
    reinstated_at = models.DateTimeField(null=True)
    was_withdrawn_at = models.DateTimeField(null=True)
    """When an edition that is public again was withdrawn. It keeps the kind and the sentence, for the log of corrections."""

    objects: ClassVar[models.Manager["Edition"]] = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Edition")
        verbose_name_plural = _("Editions")
        constraints = [
            models.UniqueConstraint(fields=["brief", "number"], name="edition_number_once"),
            models.CheckConstraint(
                condition=Q(live_until=None) | Q(live_until__gte=F("live_from")), name="edition_interval"
            ),
            models.CheckConstraint(
                condition=Q(published_at__lte=F("live_from")), name="edition_published_first"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_kind__in=WithdrawalKind.values),
                name="edition_withdrawal_kind",
            ),
        ]
        indexes = [
            # A covering index for `listed`: in the table, SQLite would read through the long content before these columns.
            models.Index(fields=["-published_at", "-id", *_LISTED_COLUMNS, "brief"], name="edition_newest"),
            models.Index(fields=["slug", "live_from"], name="edition_by_slug"),
            models.Index(fields=["brief", *_LISTED_COLUMNS], name="edition_by_brief"),
            models.Index(fields=["live_from"], name="edition_by_time"),
            models.Index(fields=["live_until"], name="edition_by_end", condition=Q(live_until__isnull=False)),
            models.Index(fields=["id", *_LISTED_COLUMNS], name="edition_listing"),  # search reads 1,000 rows
            models.Index(
                fields=["live_from", "brief"],
                name="edition_withdrawn",
                condition=Q(withdrawn_at__isnull=False),
            ),
            models.Index(
                fields=["live_from", "brief"], name="edition_removed", condition=Q(removed_at__isnull=False)
            ),
            models.Index(
                fields=["was_withdrawn_at"],
                name="edition_was_withdrawn",
                condition=Q(was_withdrawn_at__isnull=False),
            ),
            models.Index(_CHANGED_AT, F("id"), name="edition_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.slug} ({self.number})"

    @cached_property
    def frozen_content(self) -> Content:
        return Content.from_json(self.content)


class IssueEditionQuerySet(models.QuerySet["IssueEdition"]):
    """Filters by time, like `EditionQuerySet`."""

    def found(self, now: dt.datetime) -> Self:
        """Return the editions current at `now`, for an issue's page: listed, or withdrawn and shown as a notice."""
        return self.filter(is_public_at(now))

    def listed(self, now: dt.datetime) -> Self:
        """Return editions for lists, home, feeds, sitemap, API and mail."""
        return self.found(now).filter(withdrawn_at=None)

    def scheduled(self, now: dt.datetime) -> Self:
        """Return approved editions that are not public yet. For staff only."""
        return self.filter(Q(live_until=None) | Q(live_until__gt=F("live_from")), live_from__gt=now)


class IssueEdition(FrozenEdition):
    """A published issue, frozen. `number`: of the edition; `issue_number`: of the issue."""

    open_columns: ClassVar[tuple[str, ...]] = FrozenEdition.withdrawal_columns

    issue = models.ForeignKey("briefs.Issue", models.PROTECT, related_name="+")
    issue_number = models.PositiveIntegerField()
    revision = models.ForeignKey("briefs.IssueRevision", models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager["IssueEdition"]] = IssueEditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Edition of an issue")
        verbose_name_plural = _("Editions of issues")
        constraints = [
            models.UniqueConstraint(fields=["issue", "number"], name="issue_edition_number_once"),
            models.CheckConstraint(
                condition=Q(live_until=None) | Q(live_until__gte=F("live_from")),
                name="issue_edition_interval",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_kind__in=WithdrawalKind.values),
                name="issue_edition_withdrawal_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["-issue_number", "live_from"], name="issue_edition_by_issue"),
            models.Index(fields=["live_from"], name="issue_edition_by_time"),
            models.Index(
                fields=["live_until"], name="issue_edition_by_end", condition=Q(live_until__isnull=False)
            ),
            # Covers `listed`, which each kept page and home ask for.
            models.Index(
                fields=["-published_at", "-id", "live_from", "live_until", "withdrawn_at"],
                name="issue_edition_newest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_number} ({self.number})"

    @cached_property
    def frozen_content(self) -> IssueContent:
        return IssueContent.from_json(self.content)


class IssueItem(models.Model):
    """A brief in an edition of an issue, frozen. Its page and every carrier show the brief's public edition of the moment."""

    is_public_state: ClassVar[bool] = True
    open_columns: ClassVar[tuple[str, ...]] = ()

    issue_edition = models.ForeignKey(IssueEdition, models.PROTECT, related_name="items")
    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["issue_edition", "brief"], name="issue_item_once"),
            models.UniqueConstraint(fields=["issue_edition", "position"], name="issue_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.issue_edition_id}/{self.position}"
