"""Queries for keyword, author, source and term pages, and for the archive by date of the article.

Vocabulary is public only through an edition. Lists and counts join listed editions; a name whose briefs were all withdrawn
still has a page. A name used only in drafts is not listed or counted, and its address returns 404.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from django.db.models import CharField, Count, Exists, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Substr
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs.bilingual.public_brief import PublicBrief
from briefs.content import Side
from briefs.derived import BRIEF_COLUMNS, join_briefs
from briefs.models.derived import UNDATED, EditionAuthor, EditionKeyword, EditionPlace, EditionTerm
from briefs.models.edition import Edition
from briefs.models.prepared import PreparedQuery
from briefs.models.site import MAX_START_HERE, SiteText
from briefs.models.vocabulary import Author, Keyword, Source, Term, Vocabulary

from . import editions, list_pages
from .editions import EditionRows, ListedBrief
from .list_pages import KeysetPage, PageKey

MAX_COUNTED_BRIEFS = 100
"""Maximum number of briefs counted on a subject's page."""
MIN_COUNTED_BRIEFS: Final = 6


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A kind of subject (keyword, author, source, term), with its join to editions and its list's sort columns.

    `join_table`: the table that joins editions to the subject. `join_path`: the lookup path through it.
    """

    name: str
    model: type[Vocabulary]
    join_table: type[Model]
    join_path: str
    label: Promise
    plural: Promise

    @property
    def join_column(self) -> str:
        return self.join_path.partition("__")[2]

    def column(self, name: str) -> str:
        """Return the path of a column of `join_table`, such as `published_at` and `article_date`."""
        return f"{self.join_path.partition('__')[0]}__{name}"

    @property
    def id_column(self) -> str:
        return self.column("pk" if self.join_table is EditionPlace else "edition_id")

    def listed_editions(self, now: dt.datetime, subject: Any) -> EditionRows:
        return Edition.objects.listed(now).filter(**{self.join_path: subject})

    def found_editions(self, now: dt.datetime, subject: Any) -> EditionRows:
        return Edition.objects.found(now).filter(**{self.join_path: subject})


SUBJECT_KINDS: dict[str, SubjectKind] = {
    kind.name: kind
    for kind in (
        SubjectKind("keywords", Keyword, EditionKeyword, "in_keywords__keyword", _("Topic"), _("Topics")),
        SubjectKind("authors", Author, EditionAuthor, "in_authors__author", _("Author"), _("Authors")),
        SubjectKind("sources", Source, EditionPlace, "place__source", _("Source"), _("Sources")),
        SubjectKind("terms", Term, EditionTerm, "in_terms__term", _("Term"), _("Glossary")),
    )
}


class Subject(NamedTuple):
    """A vocabulary row with the `SiteText` of its page. `is_used`: a listed or withdrawn brief has it."""

    pk: int
    slug: str
    zh: str
    en: str
    merged_into: int | None
    is_used: bool
    url: str = ""
    """The site of a source."""
    intro_zh: str | None = None
    intro_en: str | None = None
    start_here: Sequence[Mapping[str, Any]] | None = None

    def intro(self, side: Side) -> str:
        return (self.intro_zh if side == "zh" else self.intro_en) or ""


class StartHere(NamedTuple):
    """A listed brief that editors recommend to read first, with their reasons."""

    brief: PublicBrief
    reasons: Mapping[Side, str]


class CountedSubject(NamedTuple):
    """A vocabulary row with its number of listed editions."""

    slug: str
    zh: str
    en: str
    family: str
    """Sort key of an author; the English label for other kinds."""
    given: str
    brief_count: int


def subject_label(row: Subject | CountedSubject, side: Side) -> str:
    return (row.zh or row.en) if side == "zh" else (row.en or row.zh)


def twin_label(row: Subject | CountedSubject, side: Side) -> str:
    """Return the label in the other language; empty if it is the same."""
    other = subject_label(row, "en" if side == "zh" else "zh")
    return other if other != subject_label(row, side) else ""


class TermUse(NamedTuple):
    """A brief in which a term occurs, and where: `EditionTerm.places`."""

    brief: PublicBrief
    places: list[Any]


class SubjectFacets(NamedTuple):
    """Counts of the names on a subject's newest briefs, by kind. `brief_count`: the number of these briefs."""

    brief_count: int
    names: Mapping[str, Sequence[CountedSubject]]
    """Most common first, without the subject itself."""

    @property
    def is_small(self) -> bool:
        """Return whether a page of so few briefs needs neither counts nor a recommendation."""
        return self.brief_count < MIN_COUNTED_BRIEFS


def find_subject(kind: SubjectKind, slug: str, now: dt.datetime) -> Subject:
    """Return the subject, or the one it was merged into. Raise Http404 if no listed or withdrawn brief has it.

    An unknown slug costs as many queries as a merged one, so that timing does not reveal which names drafts use.
    """
    rows = list(_subjects(kind, now).filter(slug=slug))
    seen: set[int] = set()
    into = (rows[0][4] or 0) if rows else 0
    if into or not rows or not rows[0][5]:
        while into not in seen and (into or not seen):
            seen.add(into)
            rows = list(_subjects(kind, now).filter(pk=into))
            into = (rows[0][4] or 0) if rows else 0
    if not rows or not rows[0][5] or rows[0][4]:
        raise Http404
    return Subject(*rows[0])


def list_timeline(
    kind: SubjectKind, subject: Subject, now: dt.datetime, page: PageKey
) -> KeysetPage[ListedBrief]:
    """Return a page of the subject's briefs by article day, newest first. Raise Http404."""
    return _fetch_by_day(kind, Q(**{kind.join_path: subject.pk}), now, page)


def _fetch_by_day(kind: SubjectKind, where: Q, now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Return a page of listed briefs by article day, as the rows of a kind's `join_table` have it."""
    day = kind.column("article_date")
    return editions.fetch_briefs(Edition.objects.listed(now), page, time=day, pk=kind.id_column, where=where)


def list_years(kind: SubjectKind, subject: Subject, now: dt.datetime) -> list[int]:
    """Return the years of the articles in the subject's timeline, newest first. One query."""
    rows = _listed_rows(kind.join_table, now).filter(**{kind.join_column: subject.pk})
    year = Substr(Cast("article_date", CharField()), 1, 4)  # Extract calls Python for each row on SQLite
    years = rows.exclude(article_date=UNDATED).values_list(year, flat=True).distinct()
    return sorted(map(int, years), reverse=True)


def list_term_uses(term: Subject, now: dt.datetime, page: PageKey) -> KeysetPage[TermUse]:
    """Return a page of briefs in which a term occurs, newest first. Raise Http404."""
    rows, *keys = list_pages.fetch_page(
        Edition.objects.listed(now),
        page,
        ("in_terms__places", *BRIEF_COLUMNS),
        time="in_terms__published_at",
        pk="in_terms__edition_id",
        where=Q(in_terms__term=term.pk),
    )
    return KeysetPage([TermUse(brief, places) for _, _, places, brief in join_briefs(rows)], *keys)


def count_term_uses(term: Subject, now: dt.datetime) -> int:
    """Return the number of listed briefs; MAX_COUNTED_BRIEFS + 1 if there are more."""
    return SUBJECT_KINDS["terms"].listed_editions(now, term.pk)[: MAX_COUNTED_BRIEFS + 1].count()


def count_facets(kind: SubjectKind, subject: Subject, now: dt.datetime) -> SubjectFacets:
    """Count the names of up to MAX_COUNTED_BRIEFS + 1 newest briefs. One query."""
    names: dict[str, list[CountedSubject]] = {}
    brief_count = 0
    rows = sorted(_facets[kind.name](now, subject.pk), key=lambda row: (-row[4], row[1]))
    for name, slug, zh, en, n in rows:
        counted = CountedSubject(slug, zh, en, en, "", n)
        if name == kind.name and counted.slug == subject.slug:
            brief_count = counted.brief_count
        else:
            names.setdefault(name, []).append(counted)
    return SubjectFacets(brief_count, names)


def _select_facets(kind: SubjectKind, now: dt.datetime, subject: int) -> QuerySet[Any, Any]:
    newest = kind.listed_editions(now, subject).order_by(
        f"-{kind.column('published_at')}", f"-{kind.id_column}"
    )
    newest = newest.values("pk")[: MAX_COUNTED_BRIEFS + 1]
    first, *others = (_count_names(of, newest) for of in SUBJECT_KINDS.values())
    facets: QuerySet[Any, Any] = first.union(*others, all=True)
    return facets


def _count_names(kind: SubjectKind, newest: EditionRows) -> Any:
    """Select kind, slug, labels and number of the names of these editions."""
    column = kind.join_column
    rows = kind.join_table._default_manager.filter(edition__in=newest, **{f"{column}__isnull": False})
    labels = [f"{column}__{label}" for label in ("slug", *kind.model.label_columns)]
    return rows.values_list(Value(kind.name), *labels).annotate(n=Count("pk")).order_by()


_facets: Final = {
    name: PreparedQuery(partial(_select_facets, kind), dt.datetime, int)
    for name, kind in SUBJECT_KINDS.items()
}
"""Compiled once: to build this query takes a third of the time of a page of a subject."""


def list_start_here(kind: SubjectKind, subject: Subject, now: dt.datetime) -> list[StartHere]:
    """Return the recommended briefs that are listed and still have the subject. At most one query."""
    chosen = list(subject.start_here or ())[:MAX_START_HERE]
    if not chosen:
        return []
    ids = [choice["brief"] for choice in chosen]
    rows = kind.listed_editions(now, subject.pk).filter(brief__in=ids)
    briefs = dict(join_briefs(list(rows.values_list("brief", *BRIEF_COLUMNS))))
    return [
        StartHere(briefs[choice["brief"]], {"zh": choice["zh"], "en": choice["en"]})
        for choice in chosen
        if choice["brief"] in briefs
    ]


def list_subjects(kind: SubjectKind, now: dt.datetime, *, is_complete: bool = False) -> list[CountedSubject]:
    """Return all subjects of listed editions with their counts.

    Keywords with `listed=False` are left out as too broad, unless `is_complete`.
    """
    numbers = dict(count_by_column(kind.join_table, kind.join_column, now))
    rows = kind.model._default_manager.filter(merged_into=None)
    if kind.model is Keyword and not is_complete:
        rows = rows.filter(listed=True)
    labels = kind.model.label_columns
    parts = ("family", "given") if kind.model is Author else labels[1:] * 2
    named = rows.values_list("pk", "slug", *labels, *parts)
    return [CountedSubject._make([*values, numbers[pk]]) for pk, *values in named if pk in numbers]


def count_topics(now: dt.datetime, limit: int) -> tuple[list[CountedSubject], int]:
    """Return the keywords with most listed briefs, and the number of keywords with any. Two queries over all briefs."""
    rows = list_subjects(SUBJECT_KINDS["keywords"], now)
    return sorted(rows, key=lambda row: (-row.brief_count, row.slug))[:limit], len(rows)


def count_by_column(table: type[Model], column: str, now: dt.datetime) -> Any:
    """Count listed editions by the value of a column of a related table, in the order of its index."""
    rows = _listed_rows(table, now).filter(**{f"{column}__isnull": False})
    return rows.values_list(column).annotate(n=Count("pk")).order_by()


def _listed_rows(table: type[Model], now: dt.datetime) -> QuerySet[Any]:
    """Return the rows of a related table without those of editions that are not listed, which are found in an index.

    A join would read every edition's content, and so does SQLite where it selects the listed ids.
    """
    return table._default_manager.exclude(edition__in=Edition.objects.unlisted(now).values("pk"))


SITE_TEXT_COLUMNS: Final = ("text_zh", "text_en", "start_here")


def _subjects(kind: SubjectKind, now: dt.datetime) -> Any:
    """Return the columns of `Subject`."""
    key = Concat(Value(f"{kind.model._meta.model_name}/"), OuterRef("slug"))
    page_text = SiteText.objects.filter(key=key)
    rows = kind.model._default_manager.annotate(
        used=Exists(kind.found_editions(now, OuterRef("pk"))),
        **{name: Subquery(page_text.values(name)) for name in SITE_TEXT_COLUMNS},
    )
    url = "url" if kind.model is Source else Value("")
    return rows.values_list(
        *("pk", "slug", *kind.model.label_columns, "merged_into_id", "used"),
        *(url, *SITE_TEXT_COLUMNS),
    )


class ArchiveMonth(NamedTuple):
    month: int
    """Year and month as in `EditionPlace.article_month`: 202506, or 202500 if only the year is known."""
    brief_count: int


def list_months(now: dt.datetime, year: int | None = None) -> list[ArchiveMonth]:
    """Return article months with their counts, newest first; of one year if given."""
    months = sorted(
        (ArchiveMonth(*row) for row in count_by_column(EditionPlace, "article_month", now)), reverse=True
    )
    return [row for row in months if year in (None, row.month // 100)]


def list_briefs_of_month(year: int, month: int, now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Return a page of briefs by article day in this month, newest first. Raise Http404."""
    return _fetch_by_day(_SOURCES, Q(place__article_month=year * 100 + month), now, page)


def list_briefs_of_year(year: int, now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Like `list_briefs_of_month`, for a year. Articles with only a year come last. Raise Http404."""
    first, end = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    return _fetch_by_day(_SOURCES, Q(place__article_date__gte=first, place__article_date__lt=end), now, page)


_SOURCES: Final = SUBJECT_KINDS["sources"]
"""Has one row an edition, with the date of its article."""
