"""Queries for keyword, author, source, term and archive pages.

Vocabulary is public only through a listed edition, so every query joins listed editions. A name used only
in drafts is not listed or counted, and its address returns 404.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Model, OuterRef, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404

from ...content import SIDES, Side
from ...database.prepared_query import PreparedQuery
from ...models.derived import Card, EditionAuthor, EditionKeyword, EditionTerm
from ...models.edition import Edition
from ...models.vocabulary import Author, Keyword, Source, Term, Vocabulary
from ...text.article_urls import is_safe_link, write_host_in_ascii
from .. import editions
from ..editions import BriefListRow, EditionRows
from ..keyset import NO_FILTER, KeysetPage, KeysetPaginator
from ..page_keys import PageKey

MAX_COUNTED_BRIEFS = 100
"""Maximum number of briefs counted on a subject's page."""
RECENT_BRIEFS = 60
"""Number of newest briefs from which related keywords are taken."""
MAX_RELATED_KEYWORDS = 8


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A kind of subject, with its join to editions and the sort columns of its list."""

    name: str
    model: type[Vocabulary]
    join_table: type[Model]
    join_path: str
    """`join_table`: the table that joins editions to the subject. `join_path`: the lookup path through it."""
    zh_column: str
    en_column: str
    """`zh_column` and `en_column`: columns of the two labels."""

    @property
    def join_column(self) -> str:
        return self.join_path.partition("__")[2]

    @property
    def time_column(self) -> str:
        return f"{self.join_path.partition('__')[0]}__published_at"

    @property
    def id_column(self) -> str:
        return "card__pk" if self.join_table is Card else f"{self.join_path.partition('__')[0]}__edition_id"

    def listed_editions(self, now: dt.datetime, subject: Any, *, where: Q = NO_FILTER) -> EditionRows:
        return Edition.objects.listed(now).filter(where, card__isnull=False, **{self.join_path: subject})


SUBJECT_KINDS: dict[str, SubjectKind] = {
    kind.name: kind
    for kind in (
        SubjectKind("keywords", Keyword, EditionKeyword, "in_keywords__keyword", "label_zh", "label_en"),
        SubjectKind("authors", Author, EditionAuthor, "in_authors__author", "name_zh", "name"),
        SubjectKind("sources", Source, Card, "card__source", "name_zh", "name"),
        SubjectKind("terms", Term, EditionTerm, "in_terms__term", "zh", "en"),
    )
}


class Subject(NamedTuple):
    """A vocabulary row. `is_used` is true if a listed edition has it."""

    pk: int
    slug: str
    zh: str
    en: str
    merged_into: int | None
    is_used: bool


class CountedSubject(NamedTuple):
    """A vocabulary row with its number of listed editions."""

    slug: str
    zh: str
    en: str
    family: str
    """Sort key of an author; the English label for other kinds."""
    brief_count: int


def subject_label(row: Subject | CountedSubject, side: Side) -> str:
    return (row.zh or row.en) if side == "zh" else (row.en or row.zh)


def twin_label(row: Subject | CountedSubject, side: Side) -> str:
    """Return the label in the other language; empty if it is the same."""
    other = subject_label(row, "en" if side == "zh" else "zh")
    return other if other != subject_label(row, side) else ""


class TermUse(NamedTuple):
    """An edition in which a term occurs."""

    pk: int
    published_at: dt.datetime
    card: dict[str, Any]
    content: Mapping[str, Any]
    occurrences: list[Any]


class ArchiveMonth(NamedTuple):
    month: int
    """Year and month as in `Card.article_month`: 202506, or 202500 if only the year is known."""
    brief_count: int


class ArchiveRow(NamedTuple):
    """A brief in a list by article date."""

    pk: int
    date: dt.date
    month: int
    iso_date: str
    """Date to its known precision: 2025, 2025-06 or 2025-06-09."""
    html: str

    @property
    def iso_day(self) -> str:
        """ISO date; empty if the day is not known."""
        return self.iso_date if len(self.iso_date) == len("2025-06-09") else ""


def find_subject(kind: SubjectKind, slug: str, now: dt.datetime) -> Subject:
    """Return the subject, or the one it was merged into. Raise Http404 if no listed edition has it."""
    rows = _subject_by_slug[kind.name](slug, now)
    seen: set[int] = set()
    while rows and (into := rows[0][4]) and into not in seen:
        seen.add(into)
        rows = list(_subjects(kind, now).filter(pk=into))
    if not rows or not rows[0][5] or rows[0][4]:
        raise Http404
    return Subject(*rows[0])


def list_briefs(
    kind: SubjectKind, subject: Subject, language: Side, now: dt.datetime, page: PageKey
) -> KeysetPage[BriefListRow]:
    """Return a page of the subject's briefs, newest first. Raise MalformedKey."""
    return _brief_paginators[kind.name, language].fetch_page(now, subject.pk, page=page)


def list_term_uses(term: Subject, now: dt.datetime, page: PageKey) -> KeysetPage[TermUse]:
    """Return a page of briefs in which a term occurs, newest first. Raise MalformedKey."""
    return _term_use_paginator.fetch_page(now, term.pk, page=page)


def count_briefs(kind: SubjectKind, subject: Subject, now: dt.datetime) -> int:
    """Return the number of listed briefs; MAX_COUNTED_BRIEFS + 1 if there are more."""
    return len(_brief_ids[kind.name](now, subject.pk))


def list_related_keywords(kind: SubjectKind, subject: Subject, now: dt.datetime) -> list[CountedSubject]:
    """Return keywords of the subject's newest briefs, most common first."""
    own = [subject.slug] if kind.model is Keyword else []
    rows = (CountedSubject(*row) for row in _related_keywords[kind.name](now, subject.pk))
    return [row for row in rows if row.slug not in own][:MAX_RELATED_KEYWORDS]


def source_site_url(source: Subject) -> str:
    """Return the outlet's URL; empty if it is not a safe link."""
    ((url,),) = _source_url(source.pk)
    return write_host_in_ascii(url) if is_safe_link(url) else ""


def list_accepted_renderings(term: Subject) -> dict[Side, list[str]]:
    """Return the accepted renderings besides the preferred one, by language."""
    zh, en = Term.objects.values_list("also_zh", "also_en").get(pk=term.pk)
    return {"zh": zh, "en": en}


def list_subjects(kind: SubjectKind, now: dt.datetime) -> list[CountedSubject]:
    """Return all subjects of listed editions with their counts.

    Keywords with `listed=False` are left out as too broad.
    """
    numbers = dict(_count_by_column(kind.join_table, kind.join_column, now))
    rows = kind.model._default_manager.filter(merged_into=None)
    if kind.model is Keyword:
        rows = rows.filter(listed=True)
    family = "family" if kind.model is Author else kind.en_column
    named = rows.values_list("pk", "slug", kind.zh_column, kind.en_column, family)
    return [CountedSubject(slug, zh, en, by, numbers[pk]) for pk, slug, zh, en, by in named if pk in numbers]


def list_months(now: dt.datetime, year: int | None = None) -> list[ArchiveMonth]:
    """Return article months with their counts, newest first; of one year if given."""
    found = sorted((ArchiveMonth(*row) for row in _count_by_column(Card, "article_month", now)), reverse=True)
    return [row for row in found if year in (None, row.month // 100)]


def _count_by_column(table: type[Model], column: str, now: dt.datetime) -> Any:
    """Count listed editions by the value of a column of a related table.

    Listed ids first, then the column, both from indexes: a join would read every edition's content.
    """
    listed = Edition.objects.listed(now).values("pk")
    rows = table._default_manager.filter(edition__in=listed, **{f"{column}__isnull": False})
    return rows.values_list(column).annotate(n=Count("pk")).order_by()


def list_briefs_of_month(
    year: int, month: int, language: Side, now: dt.datetime, page: PageKey
) -> KeysetPage[ArchiveRow]:
    """Return a page of briefs by article day in this month, newest first. Raise MalformedKey."""
    return _month_paginators[language].fetch_page(now, year * 100 + month, page=page)


def list_briefs_of_year(year: int, language: Side, now: dt.datetime, page: PageKey) -> KeysetPage[ArchiveRow]:
    """Like `list_briefs_of_month`, for a year. Articles with only a year come last. Raise MalformedKey."""
    first, end = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    return _year_paginators[language].fetch_page(now, first, end, page=page)


def _subjects(kind: SubjectKind, now: dt.datetime) -> Any:
    """Return the columns of `Subject`."""
    rows = kind.model._default_manager.annotate(used=Exists(kind.listed_editions(now, OuterRef("pk"))))
    return rows.values_list("pk", "slug", kind.zh_column, kind.en_column, "merged_into_id", "used")


def _subject_query(kind: SubjectKind, slug: str, now: dt.datetime) -> Any:
    return _subjects(kind, now).filter(slug=slug)


def _brief_ids_query(kind: SubjectKind, now: dt.datetime, subject: Any) -> Any:
    return kind.listed_editions(now, subject).values_list("pk")[: MAX_COUNTED_BRIEFS + 1]


def _select_term_uses(rows: EditionRows) -> EditionRows:
    return rows.values_list("pk", "published_at", "card__data", "content", "in_terms__places")


def _select_archive_rows(language: Side, rows: EditionRows) -> EditionRows:
    precise = KeyTextTransform("date", "card__data")
    columns = ("pk", "card__article_date", "card__article_month", precise, "face__entry")
    dated: EditionRows = editions.annotate_face(rows, language).values_list(*columns)
    return dated


def _editions_of_month(now: dt.datetime, month: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where, card__article_month=month)


def _editions_of_year(now: dt.datetime, first: Any, end: Any, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(
        where, card__article_date__gte=first, card__article_date__lt=end
    )


def _related_keywords_query(kind: SubjectKind, now: dt.datetime, subject: Any) -> Any:
    newest = (
        kind.listed_editions(now, subject)
        .order_by(f"-{kind.time_column}", f"-{kind.id_column}")
        .values("pk")[:RECENT_BRIEFS]
    )
    rows = EditionKeyword.objects.filter(edition__in=newest)
    names = rows.values_list("keyword__slug", "keyword__label_zh", "keyword__label_en", Value(""))
    return names.annotate(n=Count("pk")).order_by("-n", "keyword__slug")[: MAX_RELATED_KEYWORDS + 1]


def _prepare_by_kind(query: Callable[..., Any], *argument_types: type) -> dict[str, PreparedQuery]:
    return {
        name: PreparedQuery(partial(query, kind), *argument_types) for name, kind in SUBJECT_KINDS.items()
    }


_subject_by_slug = _prepare_by_kind(_subject_query, str, dt.datetime)
_related_keywords = _prepare_by_kind(_related_keywords_query, dt.datetime, int)
_brief_ids = _prepare_by_kind(_brief_ids_query, dt.datetime, int)
_source_url = PreparedQuery(lambda pk: Source.objects.filter(pk=pk).values_list("url"), int)
_brief_paginators = {
    (name, page): KeysetPaginator(
        kind.listed_editions,
        partial(editions.select_entries, page),
        BriefListRow,
        dt.datetime,
        int,
        time_column=kind.time_column,
        id_column=kind.id_column,
    )
    for name, kind in SUBJECT_KINDS.items()
    for page in SIDES
}
_term_use_paginator = KeysetPaginator(
    SUBJECT_KINDS["terms"].listed_editions,
    _select_term_uses,
    TermUse,
    dt.datetime,
    int,
    time_column="in_terms__published_at",
    id_column="in_terms__edition_id",
)


def _prepare_archive(
    build_queryset: Callable[..., EditionRows], *period_types: type
) -> dict[Side, KeysetPaginator[ArchiveRow]]:
    return {
        page: KeysetPaginator(
            build_queryset,
            partial(_select_archive_rows, page),
            ArchiveRow,
            dt.datetime,
            *period_types,
            time_column="card__article_date",
            id_column="card__pk",
        )
        for page in SIDES
    }


_month_paginators = _prepare_archive(_editions_of_month, int)
_year_paginators = _prepare_archive(_editions_of_year, dt.date, dt.date)
