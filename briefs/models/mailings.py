"""Mail to readers: who subscribed, what was sent, and which edition each reader holds.

Addresses stand in `Subscriber` alone, so that erasing one row forgets the person.
"""

from typing import ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from briefs.content import SIDES, Side

from .fields import PlainJSON


class MailSide(models.TextChoices):
    """What a subscriber reads."""

    ZH = "zh", _("Chinese")
    EN = "en", _("English")
    BOTH = "both", _("Both languages")

    @property
    def sides(self) -> tuple[Side, ...]:
        """The languages in order."""
        return tuple(side for side in SIDES if self.value in (side, "both"))


READING: Final = Q(confirmed_at__isnull=False, left_at=None, bounced_at=None)
"""Condition of the subscribers who get mail."""


MAX_NAME_LENGTH: Final = 100


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def reading(self) -> Self:
        """Return the subscribers who get mail."""
        return self.filter(READING)


class Subscriber(models.Model):
    """An e-mail address and its language. It gets mail from `confirmed_at` until `left_at` or `bounced_at`.

    `address`: folded by `subscribers.fold_address`. `asked_side`: the language of a request that waits for its
    confirmation mail, made at `asked_at`; `asked_from`: keyed hash of the client, kept for a day.
    `confirm_hash`: SHA-256 of the token of the newest confirmation mail, valid until `confirm_until`; `confirm_side`: the
    language that it confirms, empty once it was used. `confirm_sent`: when the confirmation mails of the last day were
    sent (seconds since 1970); the next one waits until `confirm_next_at`.
    """

    address = models.CharField(_("Address"), max_length=254, unique=True)
    name = models.CharField(_("Name"), max_length=MAX_NAME_LENGTH, blank=True, default="")
    """From an imported list. Readers who subscribe are not asked for one."""
    side = models.CharField(pgettext_lazy("subscriber", "Language"), max_length=4, choices=MailSide.choices)
    asked_at = models.DateTimeField(null=True)
    asked_side = models.CharField(max_length=4, blank=True, default="", choices=MailSide.choices)
    asked_from = models.CharField(max_length=64, blank=True, default="")
    confirm_hash = models.CharField(max_length=64, blank=True, default="")
    confirm_side = models.CharField(max_length=4, blank=True, default="", choices=MailSide.choices)
    confirm_until = models.DateTimeField(null=True)
    confirm_sent = models.JSONField(default=list)
    confirm_next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(_("Confirmed"), null=True)
    left_at = models.DateTimeField(pgettext_lazy("subscriber", "Left"), null=True)
    bounced_at = models.DateTimeField(_("Bounced"), null=True)
    last_mailed_at = models.DateTimeField(_("Last mail"), null=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("Subscriber")
        verbose_name_plural = _("Subscribers")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(side__in=MailSide.values), name="subscriber_side"),
            models.UniqueConstraint(
                fields=["confirm_hash"], condition=~Q(confirm_hash=""), name="subscriber_token_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["side", "id"],
                name="subscriber_reading",
                condition=READING,
            ),
            models.Index(
                fields=["confirm_next_at", "asked_at"],
                name="subscriber_asked",
                condition=~Q(asked_side=""),
            ),
            models.Index(
                fields=["asked_from", "asked_at"],
                name="subscriber_asked_from",
                condition=~Q(asked_from=""),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"  # logs and messages must not hold the address

    @property
    def is_reading(self) -> bool:
        """Return whether the subscriber gets mail."""
        return bool(self.confirmed_at and not self.left_at and not self.bounced_at)


class Mailing(models.Model):
    """One mail in up to three languages, frozen when it is queued.

    `bodies`: subject, preheader, HTML and plain text by `MailSide`. `bytes_hash`: of `bodies`. It does not begin or
    resume by itself after `not_after`; a restore pauses it.
    """

    open_columns: ClassVar[tuple[str, ...]] = ("state", "state_at", "state_by_id", "state_reason", "run_at")

    class Kind(models.TextChoices):
        ISSUE = "issue", pgettext_lazy("mailing", "Issue")
        CORRECTION = "correction", pgettext_lazy("mailing", "Correction notice")

    class Status(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("mailing", "Queued")
        RUNNING = "running", pgettext_lazy("mailing", "Being sent")
        PAUSED = "paused", pgettext_lazy("mailing", "Paused")
        STOPPED = "stopped", pgettext_lazy("mailing", "Stopped")
        DONE = "done", pgettext_lazy("mailing", "Sent")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    issue_edition = models.ForeignKey("briefs.IssueEdition", models.PROTECT, null=True, related_name="+")
    edition = models.ForeignKey("briefs.Edition", models.PROTECT, null=True, related_name="+")
    """The correcting or withdrawn edition that a correction notice tells of."""
    bodies = models.JSONField(encoder=PlainJSON)
    bytes_hash = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=7, choices=Status.choices, default=Status.QUEUED)
    state_at = models.DateTimeField()
    state_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state_reason = models.CharField(max_length=200, blank=True)
    """Why it paused or stopped by itself: a code of `mailings.HALT_REASONS`, and the answer of a mail server."""
    run_at = models.DateTimeField(null=True)
    """When a sender last looked at it, so that a slow mailing is told from one that was left alone."""

    class Meta:
        verbose_name = _("Mailing")
        verbose_name_plural = _("Mailings")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="issue", issue_edition__isnull=False, edition=None)
                | Q(kind="correction", issue_edition=None, edition__isnull=False),
                name="mailing_subject",
            ),
            models.UniqueConstraint(
                fields=["issue_edition"],
                condition=~Q(state="stopped"),
                name="mailing_once_an_issue_edition",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="mailing_open", condition=Q(state__in=["queued", "running", "paused"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.issue_edition_id or self.edition_id}"


class MailingEdition(models.Model):
    """An edition whose text every copy of the mailing holds. Frozen."""

    open_columns: ClassVar[tuple[str, ...]] = ()

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="editions")
    edition = models.ForeignKey("briefs.Edition", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "edition"], name="mailing_edition_once")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.edition_id}"


class Copy(models.Model):
    """One mailing for one reader.

    `reader_no`: the subscriber's id, which stays when an erased subscriber's row goes. `token_hash`: SHA-256 of the token
    of its links, made with the copy's bytes. A copy that was claimed and not handed over is sent again; one that was
    handed over without an answer is unknown, counts as received and is never sent again.
    """

    class Stage(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("copy", "Queued")
        CLAIMED = "claimed", pgettext_lazy("copy", "Being handed over")
        HANDED = "handed", pgettext_lazy("copy", "Delivery unconfirmed")
        SENT = "sent", pgettext_lazy("copy", "Sent")
        REFUSED = "refused", pgettext_lazy("copy", "Refused")
        DROPPED = "dropped", pgettext_lazy("copy", "Not sent")

    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="copies")
    reader_no = models.BigIntegerField()
    subscriber = models.ForeignKey(Subscriber, models.SET_NULL, null=True, related_name="+")
    side = models.CharField(max_length=4, choices=MailSide.choices)
    token_hash = models.CharField(max_length=64, blank=True, default="")
    stage = models.CharField(max_length=7, choices=Stage.choices, default=Stage.QUEUED)
    stage_at = models.DateTimeField()
    smtp_code = models.PositiveSmallIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often a server said "later" or went away before it had the copy. It begins at 1 if an earlier mail came back."""
    bounced_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = pgettext_lazy("mailing", "Copy")
        verbose_name_plural = pgettext_lazy("mailing", "Copies")
        constraints = [
            models.UniqueConstraint(fields=["mailing", "reader_no"], name="copy_once"),
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="copy_token_once"
            ),
        ]
        indexes = [models.Index(fields=["mailing", "stage", "id"], name="copy_by_stage")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.reader_no}"

    @property
    def key(self) -> str:
        """Return what tells this copy from one that had its number before the database was restored from a backup."""
        return f"{self.pk} {self.mailing.created_at.timestamp()}"
