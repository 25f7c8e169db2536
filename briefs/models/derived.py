"""Derived rows, which can be rebuilt from editions at any time. Public code reads them with the editions.

Rows of lists repeat the edition's `published_at`, which never changes, and the day of its article, so that one index
serves the list of a keyword with 30,000 briefs.
"""

import datetime as dt
from typing import ClassVar

from django.db import models

from .fields import PlainJSON

UNDATED = dt.date.min
"""Day of an article without a date, which lists show last."""


class View(models.TextChoices):
    ZH = "zh"
    EN = "en"
    PARALLEL = "parallel"


class Rendering(models.Model):
    """HTML of one view of an edition's frozen content, without labels, history and related briefs."""

    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="+")
    view = models.CharField(max_length=8, choices=View.choices)
    html = models.TextField()
    content_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "view"], name="rendering_once")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.view}"


class Card(models.Model):
    """Data of an edition for lists, with current vocabulary labels.

    `data` holds headline_zh/en, gist_zh/en (the summary), source, authors and keywords with their
    labels and slugs, and the article facts that are shown. Relabelling or merging rebuilds it.
    """

    is_public_state: ClassVar[bool] = True

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="card")
    source = models.ForeignKey("briefs.Source", models.PROTECT, null=True, related_name="+")
    article_date = models.DateField(null=True)
    """The first day of the date; `UNDATED` if there is none."""
    article_month = models.PositiveBigIntegerField(null=True)
    """202506, or 202500 if only the year is known."""
    published_at = models.DateTimeField()
    data = models.JSONField(encoder=PlainJSON)
    content_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["article_date"], name="card_by_date"),
            models.Index(fields=["article_month", "-article_date", "-edition"], name="card_by_month"),
            models.Index(fields=["source", "-published_at", "-edition"], name="card_by_source"),
            models.Index(fields=["source", "-article_date", "-edition"], name="card_by_source_date"),
        ]

    def __str__(self) -> str:
        return str(self.edition_id)


class Face(models.Model):
    """HTML of a card on pages of one language: the entries of lists and the parts around a brief's text.

    `gist` is plain text. The site's host is `text.paths.SITE_PLACEHOLDER`.
    """

    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="faces")
    page = models.CharField(max_length=2)
    entry = models.TextField()
    timeline_entry = models.TextField(default="", db_default="")
    """The entry by date of the article, in both languages, on the page of a topic, author or source."""
    byline = models.TextField()
    credit = models.TextField()
    """The byline with links, for the brief's page."""
    source = models.TextField()
    gist = models.TextField()
    head = models.TextField()
    cite = models.TextField()
    attribution = models.TextField(default="", db_default="")
    """Plain text that ends a copied bullet, before the bullet's address."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "page"], name="face_once")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.page}"


class EditionAuthor(models.Model):
    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_authors")
    author = models.ForeignKey("briefs.Author", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()
    article_date = models.DateField(default=UNDATED, db_default=UNDATED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "author"], name="edition_author_once")]
        indexes = [
            models.Index(fields=["author", "-published_at", "-edition"], name="author_newest"),
            models.Index(fields=["author", "-article_date", "-edition"], name="author_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.author_id}"


class EditionPicture(models.Model):
    """The picture of an edition. Its file is served while a listed edition has the key."""

    is_public_state: ClassVar[bool] = True

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="+")
    key = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.edition_id} {self.key[:12]}"


class EditionKeyword(models.Model):
    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_keywords")
    keyword = models.ForeignKey("briefs.Keyword", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()
    article_date = models.DateField(default=UNDATED, db_default=UNDATED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "keyword"], name="edition_keyword_once")]
        indexes = [
            models.Index(fields=["keyword", "-published_at", "-edition"], name="keyword_newest"),
            models.Index(fields=["keyword", "-article_date", "-edition"], name="keyword_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.keyword_id}"


class SearchEntry(models.Model):
    """An edition's place in the search index, and its facets.

    `place` is the second of its first publication, or the next free number, so results sort by one number.
    `facets` are filters such as `k3 a7 s1 y2025 m202506`, with merges resolved. `mark` is the hash of the indexed data,
    `version` the version of the analyser.
    """

    place = models.BigIntegerField(primary_key=True)
    edition = models.OneToOneField("briefs.Edition", models.CASCADE, related_name="+")
    day = models.DateField(null=True)
    facets = models.TextField()
    mark = models.CharField(max_length=64)
    version = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.edition_id} at {self.place}"


class SearchIndex(models.Model):
    """Analyser version of an index without entries."""

    name = models.CharField(max_length=40, primary_key=True)
    version = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class EditionTerm(models.Model):
    """A glossary term that occurs in an edition.

    `places` lists for each text the bullet's number (0 for the summary) and the character spans of each side, as
    `[[number, [[start, end], …], […]], …]`.
    """

    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_terms")
    term = models.ForeignKey("briefs.Term", models.PROTECT, related_name="+")
    places = models.JSONField(encoder=PlainJSON)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "term"], name="edition_term_once")]
        indexes = [models.Index(fields=["term", "-published_at", "-edition"], name="term_newest")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.term_id}"


class Gloss(models.Model):
    """Glossary marks and explanations of an edition's pages. Rebuilt when the glossary changes, unlike renderings.

    Each page column holds `marks`, the start, end and number of each term in the rendering's HTML, and `html`, the block
    of explanations. A page reads only its own column. `labels` are the labels used, to detect stale rows.
    """

    is_public_state: ClassVar[bool] = True

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="gloss")
    zh = models.JSONField(encoder=PlainJSON)
    en = models.JSONField(encoder=PlainJSON)
    parallel_zh = models.JSONField(encoder=PlainJSON)
    parallel_en = models.JSONField(encoder=PlainJSON)
    labels = models.JSONField(encoder=PlainJSON)
    content_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.edition_id)


class Relabelling(models.Model):
    """A changed vocabulary row, and the progress of rebuilding its editions.

    Editions are rebuilt from the newest id down, first those not superseded at `asked_at`, then the others (`past`).
    Ids from `below` up are done. Rows with equal progress are processed together.
    """

    kind = models.CharField(max_length=20)
    """Model name: author, keyword, source or term."""
    row = models.BigIntegerField()
    asked_at = models.DateTimeField()
    past = models.BooleanField(default=False)
    below = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "row"], name="relabelling_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class Related(models.Model):
    """Ids of the briefs related to an edition, the nearest first, and the edition's own link in each language.

    Pages must check which of the briefs are public.
    """

    is_public_state: ClassVar[bool] = True

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="related")
    briefs = models.JSONField(encoder=PlainJSON)
    line_zh = models.TextField()
    line_en = models.TextField()

    def __str__(self) -> str:
        return str(self.edition_id)
