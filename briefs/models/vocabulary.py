"""Vocabulary shared by briefs: authors, sources, keywords and glossary terms.

Rows are public only through a listed edition. A slug never changes, and a merged row is kept.
"""

import hashlib
from collections.abc import Collection, Container, Mapping
from typing import Any, ClassVar, Final, Protocol, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from briefs.bilingual.text.person_names import NameOrder, divide_in_order, find_name_order
from briefs.bilingual.text.slugs import build_slug
from briefs.content import Side

MAX_FORMS: Final = 50
MAX_FORM_LENGTH: Final = 200
"""Bounds of a list of renderings or other names. Each is looked for in every public text that may have it."""


def find_free_vocabulary_slug(kind: type["Vocabulary"], *names: str) -> str:
    """Return a free slug from the first name with Latin letters, or from a hash of the names.

    A hash instead of an id gives the same name the same URL in every database.
    """
    return find_free_slug(kind, build_vocabulary_slug(kind, *names))


def find_free_slug(kind: type[models.Model], base: str) -> str:
    """Return `base`, with the first free number appended if a row of this kind has it."""
    rows = kind._default_manager
    if not rows.filter(slug=base).exists():
        return base  # uses the index; a prefix search reads the whole table on SQLite
    return append_free_number(base, set(rows.filter(slug__startswith=base).values_list("slug", flat=True)))


def build_vocabulary_slug(kind: type["Vocabulary"], *names: str) -> str:
    """Build the slug of these names without checking whether it is free."""
    if base := next((slug for name in names if (slug := build_slug(name, 60))), ""):
        return base
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]
    return f"{kind._meta.model_name}-{digest}"


def append_free_number(base: str, used_slugs: Container[str]) -> str:
    """Return the slug, with the first free number appended if it is taken."""
    slug, n = base, 2
    while slug in used_slugs:
        slug, n = f"{base}-{n}", n + 1
    return slug


class Mergeable(Protocol):
    @property
    def merged_into_id(self) -> int | None: ...


def follow_merges[R: Mergeable](rows: Mapping[int, R], pk: int) -> R:
    """Return the row with this id, or the one at the end of the chain of rows that it was merged into."""
    row, seen = rows[pk], {pk}
    while (into := row.merged_into_id) and into not in seen:
        seen.add(into)
        row = rows[into]
    return row


class SlugManager(models.Manager[Any]):
    def get_by_natural_key(self, slug: str) -> Any:
        return self.get(slug=slug)


class Vocabulary(models.Model):
    is_public_state: ClassVar[bool] = True
    desk_columns: ClassVar[frozenset[str]] = frozenset({"country", "aliases", "note"})
    """Columns that no public page shows or depends on. A change of any other is a `NameChange`."""
    label_columns: ClassVar[tuple[str, str]] = ("name_zh", "name")
    """Columns of the Chinese and of the English name."""

    slug = models.SlugField(_("Slug"), max_length=80, unique=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    merged_into_id: int | None

    objects: ClassVar[SlugManager] = SlugManager()

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def label(self, side: Side) -> str:
        """Return the name in one language, or in the other if it has none."""
        zh, en = (str(getattr(self, column)) for column in self.label_columns)
        return (zh or en) if side == "zh" else (en or zh)

    def slug_names(self) -> tuple[str, ...]:
        """Return the names to build a slug from, in order of preference."""
        return (self.label("en"), self.label("zh"))

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude=exclude)
        for field in self._meta.concrete_fields:
            forms = getattr(self, field.attname) if isinstance(field, models.JSONField) else []
            if len(forms) > MAX_FORMS or any(len(form) > MAX_FORM_LENGTH for form in forms):
                sentence = _("At most %(n)s lines of at most %(length)s characters.")
                values = {"n": MAX_FORMS, "length": MAX_FORM_LENGTH}
                raise ValidationError({field.name: sentence % values})

    @classmethod
    def make(cls, **values: Any) -> Self:
        """Create a row with a free slug."""
        row = cls(**values)
        row.slug = find_free_vocabulary_slug(cls, *row.slug_names())
        row.save(force_insert=True)
        return row


class Author(Vocabulary):
    """An author of digested articles: the name as printed, and the parts that citations need.

    The order of the name follows from the name and its parts (`order`). Only *unknown* is stored, since undivided names have
    no parts either.
    """

    ORDERS: ClassVar[list[tuple[str, Any]]] = [
        (NameOrder.GIVEN_FIRST, _("Family name last")),
        (NameOrder.FAMILY_FIRST, _("Family name first")),
        (NameOrder.UNDIVIDED, _("Undivided: an organization, or no family name")),
        (NameOrder.UNKNOWN, _("Not known: printed as written")),
    ]

    class ChineseName(models.TextChoices):
        OWN = "own", _("Their own")
        TRANSLITERATION = "transliteration", _("A transliteration")

    name = models.CharField(_("Name as printed"), max_length=200)
    family = models.CharField(_("Family name"), max_length=100, blank=True)
    given = models.CharField(_("Given name"), max_length=100, blank=True)
    name_zh = models.CharField(_("Chinese name"), max_length=100, blank=True)
    name_zh_kind = models.CharField(
        _("The Chinese name is"), max_length=20, choices=ChineseName.choices, blank=True
    )
    name_order = models.CharField(
        _("Order of the name"), max_length=12, choices=ORDERS, blank=True, default=""
    )

    class Meta:
        verbose_name = _("Author")
        verbose_name_plural = _("Authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.name_zh}".strip() if self.name_zh != self.name else self.name

    @property
    def order(self) -> NameOrder:
        return find_name_order(self.name, self.family, self.given, self.name_order)

    def divide_again(self, before: "Author") -> None:
        """Let the parts follow a changed name, if they followed the one before and nobody typed others."""
        stored, order = (before.family, before.given), before.order
        words = len(before.family.split()) if order is NameOrder.FAMILY_FIRST else 1
        if self.name == before.name or (self.family, self.given) != stored or not any(stored):
            return
        if divide_in_order(before.name, order, words)[1:] == stored:
            _order, self.family, self.given = divide_in_order(self.name, order, words)


class Source(Vocabulary):
    """An outlet that publishes articles. Without a Chinese name its Latin name is shown."""

    name = models.CharField(pgettext_lazy("source", "Name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=100, blank=True)
    url = models.URLField(_("Address"), max_length=500, blank=True)
    kind = models.CharField(_("Kind"), max_length=40, blank=True)
    country = models.CharField(_("Country"), max_length=40, blank=True)
    aliases = models.JSONField(_("Other names"), default=list, blank=True)

    class Meta:
        verbose_name = _("Source")
        verbose_name_plural = _("Sources")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(merged_into=None), name="one_source_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.name_zh}".strip()


class Keyword(Vocabulary):
    """A keyword with a label in each language. Both labels are needed for publication."""

    label_columns: ClassVar[tuple[str, str]] = ("label_zh", "label_en")

    label_zh = models.CharField(_("Chinese label"), max_length=80, blank=True)
    label_en = models.CharField(_("English label"), max_length=80, blank=True)
    kind = models.CharField(_("Kind"), max_length=40, blank=True)
    listed = models.BooleanField(
        _("Listed"), default=True, help_text=_("Has a place in the index. Off for what is too broad.")
    )

    class Meta:
        verbose_name = _("Keyword")
        verbose_name_plural = _("Keywords")
        ordering = ["label_en", "label_zh"]
        constraints = [
            models.CheckConstraint(condition=~Q(label_zh="", label_en=""), name="keyword_has_a_label"),
            models.UniqueConstraint(
                fields=["label_zh"],
                condition=Q(merged_into=None) & ~Q(label_zh=""),
                name="one_keyword_a_chinese_label",
            ),
            models.UniqueConstraint(
                fields=["label_en"],
                condition=Q(merged_into=None) & ~Q(label_en=""),
                name="one_keyword_an_english_label",
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.label_zh, self.label_en)))


class Term(Vocabulary):
    """A glossary term with approved, accepted and avoided renderings in each language."""

    label_columns: ClassVar[tuple[str, str]] = ("zh", "en")

    zh = models.CharField(_("Approved rendering, Chinese"), max_length=120)
    en = models.CharField(_("Approved rendering, English"), max_length=200)
    also_zh = models.JSONField(_("Also accepted, Chinese"), default=list, blank=True)
    also_en = models.JSONField(_("Also accepted, English"), default=list, blank=True)
    avoid_zh = models.JSONField(_("Renderings to avoid, Chinese"), default=list, blank=True)
    avoid_en = models.JSONField(_("Renderings to avoid, English"), default=list, blank=True)
    safe_zh = models.JSONField(_("Safe contexts, Chinese"), default=list, blank=True)
    safe_en = models.JSONField(_("Safe contexts, English"), default=list, blank=True)
    note = models.TextField(pgettext_lazy("term", "Note"), blank=True)

    class Meta:
        verbose_name = _("Term")
        verbose_name_plural = _("Glossary")
        ordering = ["en"]

    def __str__(self) -> str:
        return f"{self.zh} · {self.en}"
