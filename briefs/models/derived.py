"""What can be rebuilt from editions at any time. Public code reads it beside them."""

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
    data = models.JSONField(encoder=PlainJSON)
    content_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["article_date"], name="card_by_date")]

    def __str__(self) -> str:
        return str(self.edition_id)


class EditionAuthor(models.Model):
    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="+")
    author = models.ForeignKey("briefs.Author", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "author"], name="edition_author_once")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.author_id}"


class EditionPicture(models.Model):
    """The picture that an edition shows. A file is handed out while a listed edition has its key."""

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="+")
    key = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.edition_id} {self.key[:12]}"


class EditionKeyword(models.Model):
    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="+")
    keyword = models.ForeignKey("briefs.Keyword", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "keyword"], name="edition_keyword_once")]

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
