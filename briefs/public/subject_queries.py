"""Queries for keyword, author, source and term pages, and for the archive by date of the article.

Vocabulary is public only through an edition. Lists and counts join listed editions; a name whose briefs were all withdrawn
still has a page. A name used only in drafts is not listed or counted, and its address returns 404.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from django.db.models import CharField, Count, Exists, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Substr
from django.http import Http404

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.text.article_urls import is_safe_link, write_host_in_ascii
from briefs.content import Side
from briefs.derived import BRIEF_COLUMNS, join_briefs
from briefs.models.derived import UNDATED, EditionAuthor, EditionKeyword, EditionPlace, EditionTerm
from briefs.models.edition import Edition
from briefs.models.prepared import PreparedQuery, prepare
from briefs.models.site import MAX_START_HERE, SiteText
from briefs.models.vocabulary import Author, Keyword, Source, Term, Vocabulary

from . import editions
from .editions import NO_FILTER, EditionRows, KeysetPage, KeysetPaginator, ListedBrief, PageKey

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

    @property
    def join_column(self) -> str:
        return self.join_path.partition("__")[2]

    def column(self, name: str) -> str:
        """Return the path of a column of `join_table`, such as `published_at` and `article_date`."""
        return f"{self.join_path.partition('__')[0]}__{name}"

    @property
    def id_column(self) -> str:
        return self.column("pk" if self.join_table is EditionPlace else "edition_id")

    def listed_editions(self, now: dt.datetime, subject: Any, *, where: Q = NO_FILTER) -> EditionRows:
        return Edition.objects.listed(now).filter(where, **{self.join_path: subject})

    def found_editions(self, now: dt.datetime, subject: Any) -> EditionRows:
        return Edition.objects.found(now).filter(**{self.join_path: subject})


SUBJECT_KINDS: dict[str, SubjectKind] = {
    kind.name: kind
    for kind in (
        SubjectKind("keywords", Keyword, EditionKeyword, "in_keywords__keyword"),
        SubjectKind("authors", Author, EditionAuthor, "in_authors__author"),
        SubjectKind("sources", Source, EditionPlace, "place__source"),
        SubjectKind("terms", Term, EditionTerm, "in_terms__term"),
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
    rows = list(_subject_by_slug[kind.name](slug, now))
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
    """Return a page of the subject's briefs by article day, newest first. Raise MalformedKey."""
    return editions.build_listed(_timeline_paginators[kind.name].fetch_page(now, subject.pk, page=page))


def list_years(kind: SubjectKind, subject: Subject, now: dt.datetime) -> list[int]:
    """Return the years of the articles in the subject's timeline, newest first. One query."""
    return sorted((int(year) for (year,) in _years[kind.name](now, subject.pk)), reverse=True)


def list_term_uses(term: Subject, now: dt.datetime, page: PageKey) -> KeysetPage[TermUse]:
    """Return a page of briefs in which a term occurs, newest first. Raise MalformedKey."""
    rows_page = _term_use_paginator.fetch_page(now, term.pk, page=page)
    uses = [TermUse(brief, places) for _, _, places, brief in join_briefs(rows_page.rows)]
    return KeysetPage(uses, *rows_page[1:])


def count_term_uses(term: Subject, now: dt.datetime) -> int:
    """Return the number of listed briefs; MAX_COUNTED_BRIEFS + 1 if there are more."""
    return len(_ids_with_term(now, term.pk))


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


def list_start_here(kind: SubjectKind, subject: Subject, now: dt.datetime) -> list[StartHere]:
    """Return the recommended briefs that are listed and still have the subject. At most one query."""
    chosen = list(subject.start_here or ())[:MAX_START_HERE]
    if not chosen:
        return []
    ids = [choice["brief"] for choice in chosen]
    briefs = dict(join_briefs(list(_start_here[kind.name](now, subject.pk, *ids))))
    return [
        StartHere(briefs[choice["brief"]], {"zh": choice["zh"], "en": choice["en"]})
        for choice in chosen
        if choice["brief"] in briefs
    ]


def source_site_url(source: Subject) -> str:
    """Return the outlet's URL; empty if it is not a safe link."""
    return write_host_in_ascii(source.url) if is_safe_link(source.url) else ""


def list_accepted_renderings(term: Subject) -> dict[Side, list[str]]:
    """Return the accepted renderings besides the preferred one, by language."""
    zh, en = Term.objects.values_list("also_zh", "also_en").get(pk=term.pk)
    return {"zh": zh, "en": en}


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


def _subject_query(kind: SubjectKind, slug: str, now: dt.datetime) -> Any:
    return _subjects(kind, now).filter(slug=slug)


@prepare(dt.datetime, int)
def _ids_with_term(now: dt.datetime, term: Any) -> Any:
    return SUBJECT_KINDS["terms"].listed_editions(now, term).values_list("pk")[: MAX_COUNTED_BRIEFS + 1]


def _select_term_uses(rows: EditionRows) -> EditionRows:
    return rows.values_list("pk", "published_at", "in_terms__places", *BRIEF_COLUMNS)


def _select_timeline(kind: SubjectKind, rows: EditionRows) -> EditionRows:
    return rows.values_list("pk", kind.column("article_date"), *BRIEF_COLUMNS)


def _years_query(kind: SubjectKind, now: dt.datetime, subject: Any) -> Any:
    rows = _listed_rows(kind.join_table, now).filter(**{kind.join_column: subject})
    year = Substr(Cast("article_date", CharField()), 1, 4)  # Extract calls Python for each row on SQLite
    return rows.exclude(article_date=UNDATED).values_list(year).distinct()


def _newest_query(kind: SubjectKind, now: dt.datetime, subject: Any) -> Any:
    newest = kind.listed_editions(now, subject).order_by(
        f"-{kind.column('published_at')}", f"-{kind.id_column}"
    )
    return newest.values_list("pk")[: MAX_COUNTED_BRIEFS + 1]


def _count_names_sql() -> str:
    """Build SQL that counts the name ids of the editions in `newest`, and then looks up the names.

    SQLite ran a plain join from the names: all keywords × all editions. CROSS JOIN fixes the order of its loops.
    """
    parts = []
    for of in SUBJECT_KINDS.values():
        links, names, column = of.join_table._meta.db_table, of.model._meta.db_table, f"{of.join_column}_id"
        zh, en = of.model.label_columns
        parts.append(
            f"SELECT '{of.name}', v.slug, v.{zh}, v.{en}, c.n FROM (SELECT {column} AS pk, COUNT(*) AS n"  # noqa: S608 our own names
            f" FROM {links} WHERE edition_id IN (SELECT id FROM newest) GROUP BY {column}) c CROSS JOIN {names} v WHERE v.id = c.pk"
        )
    return " UNION ALL ".join(parts)


def _start_here_query(kind: SubjectKind, now: dt.datetime, subject: Any, *briefs: Any) -> Any:
    rows = kind.listed_editions(now, subject, where=Q(brief_id__in=briefs))
    return rows.values_list("brief_id", *BRIEF_COLUMNS)


def _prepare_by_kind(
    query: Callable[..., Any], *argument_types: type, **options: Any
) -> dict[str, PreparedQuery]:
    return {
        name: PreparedQuery(partial(query, kind), *argument_types, **options)
        for name, kind in SUBJECT_KINDS.items()
    }


_subject_by_slug = _prepare_by_kind(_subject_query, str, dt.datetime)
_facets = _prepare_by_kind(
    _newest_query,
    dt.datetime,
    int,
    around=f"WITH newest (id) AS MATERIALIZED ({{queryset}}) {_count_names_sql()}",
)
_years = {
    name: PreparedQuery(partial(_years_query, kind), dt.datetime, int)
    for name, kind in SUBJECT_KINDS.items()
    if name != "terms"
}
_start_here = _prepare_by_kind(_start_here_query, dt.datetime, int, ids=MAX_START_HERE)
_timeline_paginators = {
    name: KeysetPaginator(
        kind.listed_editions,
        partial(_select_timeline, kind),
        dt.datetime,
        int,
        time_column=kind.column("article_date"),
        id_column=kind.id_column,
    )
    for name, kind in SUBJECT_KINDS.items()
    if name != "terms"
}
_term_use_paginator = KeysetPaginator(
    SUBJECT_KINDS["terms"].listed_editions,
    _select_term_uses,
    dt.datetime,
    int,
    time_column="in_terms__published_at",
    id_column="in_terms__edition_id",
)


# Queries for the archive, which lists briefs by the date of their article.


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
    """Return a page of briefs by article day in this month, newest first. Raise MalformedKey."""
    return editions.build_listed(_month_paginator.fetch_page(now, year * 100 + month, page=page))


def list_briefs_of_year(year: int, now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Like `list_briefs_of_month`, for a year. Articles with only a year come last. Raise MalformedKey."""
    first, end = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    return editions.build_listed(_year_paginator.fetch_page(now, first, end, page=page))


def _select_archive_rows(rows: EditionRows) -> EditionRows:
    return rows.values_list("pk", "place__article_date", *BRIEF_COLUMNS)


def _editions_of_month(now: dt.datetime, month: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where, place__article_month=month)


def _editions_of_year(now: dt.datetime, first: Any, end: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(
        where, place__article_date__gte=first, place__article_date__lt=end
    )


def _prepare_archive(build_queryset: Callable[..., EditionRows], *period_types: type) -> KeysetPaginator:
    return KeysetPaginator(
        build_queryset,
        _select_archive_rows,
        dt.datetime,
        *period_types,
        time_column="place__article_date",
        id_column="place__pk",
    )


_month_paginator = _prepare_archive(_editions_of_month, int)
_year_paginator = _prepare_archive(_editions_of_year, dt.date, dt.date)
