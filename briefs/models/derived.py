"""What can be rebuilt from editions at any time. Public code reads it beside them.

Where a row stands in a list it repeats the edition's `published_at`, which never changes: the list of a keyword with
thirty thousand briefs is then walked from its head by one index.
"""

from django.db import models

from .fields import PlainJSON


class View(models.TextChoices):
    ZH = "zh"
    EN = "en"
    PARALLEL = "parallel"


class Rendering(models.Model):
    """HTML of one view of what an edition freezes: no labels, no history, no related briefs."""

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
    """An edition as lists show it, with the names and labels that the vocabulary has now.

    `data` holds headline_zh/en, gist_zh/en (the summary), source, authors and keywords with their
    labels and slugs, and the article facts that are shown. Relabelling or merging rebuilds it.
    """

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="card")
    source = models.ForeignKey("briefs.Source", models.PROTECT, null=True, related_name="+")
    article_date = models.DateField(null=True)
    article_month = models.PositiveBigIntegerField(null=True)
    """202506; 202500 for an article of which only the year is known."""
    published_at = models.DateTimeField()
    data = models.JSONField(encoder=PlainJSON)
    content_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["article_date"], name="card_by_date"),
            models.Index(fields=["article_month", "-article_date", "-edition"], name="card_by_month"),
            models.Index(fields=["source", "-published_at", "-edition"], name="card_by_source"),
        ]

    def __str__(self) -> str:
        return str(self.edition_id)


class Face(models.Model):
    """A card as pages of one language show it, in HTML: the entry on a list, and what stands around a brief's text.

    `gist` is plain text. The site's own host is left open (`rendering.paths.SITE`).
    """

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="faces")
    page = models.CharField(max_length=2)
    entry = models.TextField()
    byline = models.TextField()
    credit = models.TextField()
    """The byline with links to the names' pages."""
    source = models.TextField()
    gist = models.TextField()
    head = models.TextField()
    cite = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "page"], name="face_once")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.page}"


class EditionAuthor(models.Model):
    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_authors")
    author = models.ForeignKey("briefs.Author", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "author"], name="edition_author_once")]
        indexes = [models.Index(fields=["author", "-published_at", "-edition"], name="author_newest")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.author_id}"


class EditionPicture(models.Model):
    """The picture that an edition shows. A file is handed out while a listed edition has its key."""

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="+")
    key = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.edition_id} {self.key[:12]}"


class EditionKeyword(models.Model):
    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_keywords")
    keyword = models.ForeignKey("briefs.Keyword", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "keyword"], name="edition_keyword_once")]
        indexes = [models.Index(fields=["keyword", "-published_at", "-edition"], name="keyword_newest")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.keyword_id}"


class SearchEntry(models.Model):
    """An edition's place in the search index, and what its hits are counted by.

    `place` is the second of its first publication, or the next that is free: the order of "newest first", as one
    number that an index can be walked by. `facets` are what it may be filtered by: `k3 a7 s1 y2025 m202506`, with the
    ids that the vocabulary has now. `mark` is of what was indexed, `version` of how.
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
    """How the rows of an index that keeps no entries were made."""

    name = models.CharField(max_length=40, primary_key=True)
    version = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class EditionTerm(models.Model):
    """A glossary term that stands in an edition.

    `places` holds where: for each text the bullet's number (0 for the summary) and per side the spans of
    characters, as `[[number, [[start, end], …], […]], …]`.
    """

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
    """The terms of an edition as its pages show them: remade when the glossary changes, as a rendering is not.

    A column for each page holds `marks` — where in the rendering's HTML a term begins and ends, with its number — and
    `html`, the block that explains them. Apart, since a page reads its own alone. `labels` are those they were made with.
    """

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
    """A vocabulary row that changed, and how far the editions that it concerns have been made anew since.

    They are walked from the newest id down, those that were superseded when it was asked for after all others
    (`past`). Ids from `below` up are done. Rows with equal values are at the same place of one walk.
    """

    kind = models.CharField(max_length=20)
    """The model's name: author, keyword, source, term."""
    row = models.BigIntegerField()
    asked_at = models.DateTimeField()
    past = models.BooleanField(default=False)
    below = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "row"], name="relabelling_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class Related(models.Model):
    """Briefs that go with an edition, the nearest first, by id; and its own line on their pages, in each language.

    Which of them are public is asked when they are shown.
    """

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="related")
    briefs = models.JSONField(encoder=PlainJSON)
    line_zh = models.TextField()
    line_en = models.TextField()

    def __str__(self) -> str:
        return str(self.edition_id)
