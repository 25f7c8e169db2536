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


class EditionPlace(models.Model):
    """Where an edition stands in the lists of a source and of the archive, and which picture it shows."""

    is_public_state: ClassVar[bool] = True

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="place")
    source = models.ForeignKey("briefs.Source", models.PROTECT, null=True, related_name="+")
    article_date = models.DateField(default=UNDATED)
    """The first day of the date; `UNDATED` if there is none."""
    article_month = models.PositiveBigIntegerField(null=True)
    """202506, or 202500 if only the year is known."""
    published_at = models.DateTimeField()
    picture = models.CharField(max_length=64, blank=True)
    """Key of the picture, whose file is served while a listed edition has it."""

    class Meta:
        indexes = [
            models.Index(fields=["article_date"], name="place_by_date"),
            models.Index(fields=["article_month", "-article_date", "-edition"], name="place_by_month"),
            models.Index(fields=["source", "-published_at", "-edition"], name="place_by_source"),
            models.Index(fields=["source", "-article_date", "-edition"], name="place_by_source_date"),
            models.Index(fields=["picture"], name="place_by_picture", condition=~models.Q(picture="")),
        ]

    def __str__(self) -> str:
        return str(self.edition_id)


class EditionAuthor(models.Model):
    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_authors")
    author = models.ForeignKey("briefs.Author", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()
    article_date = models.DateField(default=UNDATED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "author"], name="edition_author_once")]
        indexes = [
            models.Index(fields=["author", "-published_at", "-edition"], name="author_newest"),
            models.Index(fields=["author", "-article_date", "-edition"], name="author_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.author_id}"


class EditionKeyword(models.Model):
    is_public_state: ClassVar[bool] = True

    edition = models.ForeignKey("briefs.Edition", models.CASCADE, related_name="in_keywords")
    keyword = models.ForeignKey("briefs.Keyword", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    published_at = models.DateTimeField()
    article_date = models.DateField(default=UNDATED)

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

    `place`: the Unix time of first publication in seconds, or the next free number, so that results sort by one number.
    `facets`: filters such as `k3 a7 s1 y2025 m202506`, as the edition has them; a search resolves merged rows. `version`:
    version of the analyser. `mark` is no longer used.
    """

    place = models.BigIntegerField(primary_key=True)
    edition = models.OneToOneField("briefs.Edition", models.CASCADE, related_name="+")
    day = models.DateField(null=True)
    facets = models.TextField()
    mark = models.CharField(max_length=64)
    version = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.edition_id} at {self.place}"


class EditionVector(models.Model):
    """The meaning of an edition, for search: 512 half-precision numbers. `version`: that of the sentence model."""

    edition = models.OneToOneField("briefs.Edition", models.CASCADE, primary_key=True, related_name="+")
    vector = models.BinaryField()
    version = models.CharField(max_length=80)

    def __str__(self) -> str:
        return str(self.edition_id)


class SearchIndex(models.Model):
    """The analyser version of an index, needed while the index has no entries."""

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
