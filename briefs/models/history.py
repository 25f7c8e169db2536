"""History of briefs, with notes and dismissed findings.

Document, Revision, SignOff and Event are append only, enforced by `database.guards`.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from briefs.content import SIDES

from .fields import ContentField

SIDE_CHOICES = [("zh", _("Chinese")), ("en", _("English"))]


class Document(models.Model):
    """An imported file, unchanged."""

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
    """One save: the whole content, its hashes, and which parts it changed.

    `by` is the editor. `also_by`: ids of the people who uploaded or pasted the editor's text, or worded the suggestions that
    the editor accepted.
    Nobody made an import by the command in nobody's name (`is_nobodys`). Imported revisions also name the file and the digest
    in it. `hash_common`: of the facts, the names that both languages print, and the change note; whoever changes a name that
    an open brief prints adds a revision of the kind `NAMES`. The kind `REVISE` only empties the change note. `changed_*` is
    false for unchanged parts.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()

    class Kind(models.TextChoices):
        SAVE = "save", _("Saved")
        IMPORT = "import", pgettext_lazy("revision", "Imported")
        RESTORE = "restore", _("Restored")
        RETURN = "return", _("Returned to what is live")
        NAMES = "names", _("Names changed")
        REVISE = "revise", _("Change note emptied")

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SAVE)
    content = ContentField()
    hash_zh = models.CharField(max_length=64)
    hash_en = models.CharField(max_length=64)
    hash_common = models.CharField(max_length=64)
    changed_zh = models.BooleanField()
    changed_en = models.BooleanField()
    changed_facts = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    also_by = models.JSONField(default=list)
    is_nobodys = models.BooleanField(default=False)
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

    def list_people_ids(self) -> list[int]:
        return [self.by_id, *self.also_by]

    def load_co_authors(self) -> list[AbstractBaseUser]:
        """Return the people of `also_by`, in one query if there are any."""
        people = get_user_model()._default_manager
        return list(people.filter(pk__in=self.also_by).order_by("pk")) if self.also_by else []

    @property
    def begins_version(self) -> bool:
        return self.kind == self.Kind.REVISE

    @property
    def people(self) -> str:
        """Return the names of editor and co-authors."""
        return gettext(", ").join(map(str, (self.by, *self.load_co_authors())))


class SignOff(models.Model):
    """One person's answer to one leaf of a page, bound to its hash.

    `page`: that of a brief or an issue. `hash_common`: of the leaf that both languages show, which the answer covers too.
    `revision`: the number of the page's revision. A yes or a no that is taken back is a row of its own.
    """

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        TAKEN_BACK = "taken_back", _("Taken back")

    open_columns: ClassVar[tuple[str, ...]] = ()

    page = models.CharField(max_length=120)
    leaf = models.CharField(max_length=6)
    hash = models.CharField(max_length=64)
    hash_common = models.CharField(max_length=64)
    revision = models.PositiveIntegerField()
    answer = models.CharField(max_length=10, choices=Answer.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("Sign-off")
        verbose_name_plural = _("Sign-offs")
        ordering = ["id"]
        indexes = [models.Index(fields=["page"], name="signoff_by_page")]
        constraints = [
            models.CheckConstraint(condition=Q(leaf__in=(*SIDES, "common")), name="signoff_leaf"),
            models.CheckConstraint(
                condition=Q(answer__in=("yes", "no", "taken_back")), name="signoff_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.leaf} {self.answer}"

    @classmethod
    def of_brief(cls, column: str) -> "models.QuerySet[SignOff]":
        """Return the answers about the brief whose id is in this column of the outer query."""
        page = Concat(
            Value("brief/"), Cast(OuterRef(column), models.CharField()), output_field=models.CharField()
        )
        return cls.objects.filter(page=page)


class Note(models.Model):
    """An editor's note on a brief, one of its texts, or one language of a text. Open notes block approval.

    `field` is headline or summary for a note on one of these; `bullet` is the number for a note on a bullet.
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
    """A dismissal of one check code on one text, with a reason, until that text changes.

    `text` is the hash of the text in both languages; `bullet` is empty for headline and summary.
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
    """One use of a verb, with person, time, states and note.

    Without a `brief`, `about` names the vocabulary row or site text.
    """

    open_columns: ClassVar[tuple[str, ...]] = ()

    brief = models.ForeignKey("briefs.Brief", models.PROTECT, null=True, related_name="events")
    about = models.CharField(max_length=120, blank=True)
    verb = models.CharField(max_length=32)
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
