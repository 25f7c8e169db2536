"""What happened to a brief. Document, Revision, SignOff and Event are append only, kept so by `guards`."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..content import SIDES
from .fields import ContentField

SIDE_CHOICES = [("zh", _("Chinese")), ("en", _("English"))]


class Document(models.Model):
    """A file that briefs came from, byte for byte."""

    open_columns: ClassVar[tuple[str, ...]] = ()

    name = models.CharField(_("File"), max_length=255)
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    encoding = models.CharField(_("Encoding"), max_length=20, blank=True)
    at = models.DateTimeField(_("Imported"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Imported by")
    )

    class Meta:
        verbose_name = _("Imported file")
        verbose_name_plural = _("Imported files")
        constraints = [models.UniqueConstraint(fields=["sha256", "name"], name="document_once")]
        indexes = [models.Index(fields=["name"], name="document_by_name")]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """One acknowledged save: the whole content, its hashes, and whose change each part is.

    An imported one also says which digest of which file it came from. `changed_*` is false for what this
    save left alone, and for repairs by one click, which are no one's change.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()

    class Kind(models.TextChoices):
        SAVE = "save", _("Saved")
        IMPORT = "import", pgettext_lazy("revision", "Imported")
        REPAIR = "repair", _("Repaired")
        RESTORE = "restore", _("Restored")
        RETURN = "return", _("Returned to what is live")

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SAVE)
    content = ContentField()
    hash_zh = models.CharField(max_length=64)
    hash_en = models.CharField(max_length=64)
    hash_facts = models.CharField(max_length=64)
    changed_zh = models.BooleanField()
    changed_en = models.BooleanField()
    changed_facts = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    document_index = models.PositiveIntegerField(null=True)
    document_lines = models.CharField(max_length=64, blank=True)
    document_article = models.CharField(max_length=64, blank=True)
    document_notes = models.JSONField(default=list)

    class Meta:
        verbose_name = _("Revision")
        verbose_name_plural = _("Revisions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["brief", "number"], name="revision_number_once"),
        ]
        indexes = [
            models.Index(
                fields=["document_lines"], name="revision_by_lines", condition=~Q(document_lines="")
            ),
            models.Index(
                fields=["document_article"], name="revision_by_article", condition=~Q(document_article="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brief_id}/{self.number}"


class SignOff(models.Model):
    """One reviewer's yes or no to one language of exactly one content."""

    open_columns: ClassVar[tuple[str, ...]] = ()

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="signoffs")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    side = models.CharField(max_length=2, choices=SIDE_CHOICES)
    hash = models.CharField(max_length=64)
    yes = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("Sign-off")
        verbose_name_plural = _("Sign-offs")
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(side__in=SIDES), name="signoff_side")]

    def __str__(self) -> str:
        return f"{self.brief_id} {self.side} {'yes' if self.yes else 'no'}"


class Note(models.Model):
    """A remark by an editor on a brief, a place of it, or one side of that. Open ones block approval.

    `field` is headline or summary where it hangs on one of these; a bullet is told by its number.
    """

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="notes")
    field = models.CharField(max_length=10, blank=True)
    bullet = models.PositiveIntegerField(null=True, blank=True)
    side = models.CharField(max_length=2, choices=SIDE_CHOICES, blank=True)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Note")
        verbose_name_plural = _("Notes")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class Dismissal(models.Model):
    """A finding that somebody set aside with a reason: one rule on one place, until its text changes.

    `text` is the hash of both languages of that place; `bullet` is empty for the headline and the summary.
    """

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="dismissals")
    code = models.CharField(max_length=60)
    field = models.CharField(max_length=10)
    bullet = models.PositiveIntegerField(null=True)
    text = models.CharField(max_length=64)
    reason = models.TextField(_("Reason"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.code} {self.brief_id}"


class Event(models.Model):
    """One line of a timeline: who did which verb, from which state to which, with what note.

    A brief's, or (`brief` empty) that of a vocabulary row or a site text, named in `about`.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, null=True, related_name="events")
    about = models.CharField(max_length=120, blank=True)
    verb = models.CharField(max_length=24)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12, blank=True)
    note = models.TextField(blank=True)
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="+")
    edition = models.ForeignKey("briefs.Edition", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("Event")
        verbose_name_plural = _("Timeline")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.verb} {self.brief_id or self.about}"
