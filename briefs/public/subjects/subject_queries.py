"""What pages of keywords, authors, sources, terms and months ask. Vocabulary is public through a listed edition alone.

So every question joins the listed editions: a name that only drafts use is not listed, not counted, and its address
answers as one that never was.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Model, OuterRef, Q, Value
from django.db.models.fields.json import KeyTextTransform

from ...content import SIDES, Content, Side
from ...database.prepared_query import Prepared
from ...models.derived import Card, EditionAuthor, EditionKeyword, EditionTerm
from ...models.edition import Edition
from ...models.vocabulary import Author, Keyword, Source, Term, Vocabulary
from ...text.article_urls import is_link
from .. import editions
from ..editions import ANYWHERE, Row, Rows
from ..keyset import Sheet, Walk

MANY = 100
"""As far as the briefs of a subject are counted on its own page."""
LATELY = 60
"""The newest briefs of a subject, from which what often goes with it is read."""
OFTEN = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of subject: how an edition is joined to it, and in what order its list stands."""

    name: str
    model: type[Vocabulary]
    link: str
    at: str
    pk: str
    zh: str
    en: str
    """The columns of its two labels."""
    table: type[Model]
    column: str
    """Where editions are joined to it."""

    def listed(self, now: dt.datetime, subject: Any, *, where: Q = ANYWHERE) -> Rows:
        return Edition.objects.listed(now).filter(where, card__isnull=False, **{self.link: subject})


def _kind(name: str, model: type[Vocabulary], table: type[Model], link: str, zh: str, en: str) -> Kind:
    near, _, column = link.partition("__")
    pk = "card__pk" if near == "card" else f"{near}__edition_id"
    return Kind(name, model, link, f"{near}__published_at", pk, zh, en, table, column)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("keywords", Keyword, EditionKeyword, "in_keywords__keyword", "label_zh", "label_en"),
        _kind("authors", Author, EditionAuthor, "in_authors__author", "name_zh", "name"),
        _kind("sources", Source, Card, "card__source", "name_zh", "name"),
        _kind("terms", Term, EditionTerm, "in_terms__term", "zh", "en"),
    )
}


class Subject(NamedTuple):
    """A row of the vocabulary that listed editions use."""

    pk: int
    slug: str
    zh: str
    en: str
    into: int | None
    is_used: bool


class Counted(NamedTuple):
    """A row of the vocabulary, with the number of listed editions."""

    slug: str
    zh: str
    en: str
    family: str
    """Of an author, to be ordered by."""
    n: int


def label(row: Subject | Counted, side: Side) -> str:
    return (row.zh or row.en) if side == "zh" else (row.en or row.zh)


def twin(row: Subject | Counted, side: Side) -> str:
    """The label in the other language, empty where it is the same."""
    other = label(row, "en" if side == "zh" else "zh")
    return other if other != label(row, side) else ""


class Used(NamedTuple):
    """An edition in which a term stands."""

    pk: int
    published_at: dt.datetime
    card: dict[str, Any]
    content: Content
    places: list[Any]


class Month(NamedTuple):
    month: int
    """As `Card.article_month`: 202506, or 202500."""
    n: int


class Dated(NamedTuple):
    """A brief on a list by its article's day."""

    pk: int
    date: dt.date
    month: int
    precise: str
    """The date to its precision: 2025, 2025-06 or 2025-06-09."""
    html: str

    @property
    def day(self) -> str:
        """As ISO; empty where the day is not known."""
        return self.precise if len(self.precise) == len("2025-06-09") else ""


def find(kind: Kind, slug: str, now: dt.datetime) -> Subject | None:
    """The subject, or the one it was merged into; None where no listed edition has it."""
    rows = _found[kind.name](slug, now)
    seen: set[int] = set()
    while rows and (into := rows[0][4]) and into not in seen:
        seen.add(into)
        rows = list(_subjects(kind, now).filter(pk=into).values_list(*_columns(kind)))
    return Subject(*rows[0]) if rows and rows[0][5] and not rows[0][4] else None


def briefs(
    kind: Kind, subject: Subject, page: Side, now: dt.datetime, *, before: str | None, after: str | None
) -> Sheet[Row]:
    """Newest first. Raises Malformed."""
    return _briefs[kind.name, page].sheet(now, subject.pk, before=before, after=after)


def uses(term: Subject, now: dt.datetime, *, before: str | None, after: str | None) -> Sheet[Used]:
    """The newest briefs in which a term stands. Raises Malformed."""
    return _uses.sheet(now, term.pk, before=before, after=after)


def number(kind: Kind, subject: Subject, now: dt.datetime) -> int:
    """Of listed briefs; MANY + 1 stands for any number above."""
    return len(_number[kind.name](now, subject.pk))


def often(kind: Kind, subject: Subject, now: dt.datetime) -> list[Counted]:
    """Keywords that go with a subject in its newest briefs, the commonest first."""
    own = [subject.slug] if kind.model is Keyword else []
    rows = (Counted(*row) for row in _often[kind.name](now, subject.pk))
    return [row for row in rows if row.slug not in own][:OFTEN]


def site_of(source: Subject) -> str:
    """An outlet's own address, if it is one."""
    ((url,),) = _site(source.pk)
    return url if is_link(url) else ""


def also_accepted(term: Subject) -> dict[Side, list[str]]:
    """Per language the renderings that are accepted beside the first."""
    zh, en = Term.objects.values_list("also_zh", "also_en").get(pk=term.pk)
    return {"zh": zh, "en": en}


def index(kind: Kind, now: dt.datetime) -> list[Counted]:
    """All that listed editions use, with how many briefs each has. A keyword that is too broad has no place in it."""
    numbers = dict(_numbers(kind.table, kind.column, now))
    rows = kind.model._default_manager.filter(merged_into=None)
    if kind.model is Keyword:
        rows = rows.filter(listed=True)
    family = "family" if kind.model is Author else kind.en
    named = rows.values_list("pk", "slug", kind.zh, kind.en, family)
    return [Counted(slug, zh, en, by, numbers[pk]) for pk, slug, zh, en, by in named if pk in numbers]


def months(now: dt.datetime, year: int | None = None) -> list[Month]:
    """Months of articles with their numbers, the newest first; of one year, if it is said."""
    found = sorted((Month(*row) for row in _numbers(Card, "article_month", now)), reverse=True)
    return [row for row in found if year in (None, row.month // 100)]


def _numbers(table: type[Model], column: str, now: dt.datetime) -> Any:
    """How many listed editions have each value of a column of a table that stands beside them.

    Listed ids first, then the column, both from indexes: a join would read every edition past its content.
    """
    listed = Edition.objects.listed(now).values("pk")
    rows = table._default_manager.filter(edition__in=listed, **{f"{column}__isnull": False})
    return rows.values_list(column).annotate(n=Count("pk")).order_by()


def in_month(
    year: int, month: int, page: Side, now: dt.datetime, *, before: str | None, after: str | None
) -> Sheet[Dated]:
    """Briefs of a month's articles, by the article's day, the newest first. Raises Malformed."""
    return _by_month[page].sheet(now, year * 100 + month, before=before, after=after)


def in_year(
    year: int, page: Side, now: dt.datetime, *, before: str | None, after: str | None
) -> Sheet[Dated]:
    """As `in_month`; with the articles of which only the year is known, at its end. Raises Malformed."""
    first, end = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    return _by_year[page].sheet(now, first, end, before=before, after=after)


def _subjects(kind: Kind, now: dt.datetime) -> Any:
    return kind.model._default_manager.annotate(used=Exists(kind.listed(now, OuterRef("pk"))))


def _columns(kind: Kind) -> tuple[str, ...]:
    return ("pk", "slug", kind.zh, kind.en, "merged_into_id", "used")


def _find(kind: Kind, slug: str, now: dt.datetime) -> Any:
    return _subjects(kind, now).filter(slug=slug).values_list(*_columns(kind))


def _numbered(kind: Kind, now: dt.datetime, subject: Any) -> Any:
    return kind.listed(now, subject).values_list("pk")[: MANY + 1]


def _used(rows: Rows) -> Rows:
    return rows.values_list("pk", "published_at", "card__data", "content", "in_terms__places")


def _use(
    pk: int, at: dt.datetime, card: dict[str, Any], content: Mapping[str, Any], places: list[Any]
) -> Used:
    return Used(pk, at, card, Content.from_json(content), places)


def _dated(page: Side, rows: Rows) -> Rows:
    precise = KeyTextTransform("date", "card__data")
    columns = ("pk", "card__article_date", "card__article_month", precise, "face__entry")
    dated: Rows = editions.facing(rows, page).values_list(*columns)
    return dated


def _in_month(now: dt.datetime, month: Any, *, where: Q = ANYWHERE) -> Rows:
    return Edition.objects.listed(now).filter(where, card__article_month=month)


def _in_year(now: dt.datetime, first: Any, end: Any, *, where: Q = ANYWHERE) -> Rows:
    return Edition.objects.listed(now).filter(
        where, card__article_date__gte=first, card__article_date__lt=end
    )


def _lately(kind: Kind, now: dt.datetime, subject: Any) -> Any:
    newest = kind.listed(now, subject).order_by(f"-{kind.at}", f"-{kind.pk}").values("pk")[:LATELY]
    rows = EditionKeyword.objects.filter(edition__in=newest)
    names = rows.values_list("keyword__slug", "keyword__label_zh", "keyword__label_en", Value(""))
    return names.annotate(n=Count("pk")).order_by("-n", "keyword__slug")[: OFTEN + 1]


def _size() -> int:
    return editions.PAGE


_found = {name: Prepared(partial(_find, kind), str, dt.datetime) for name, kind in KINDS.items()}
_often = {name: Prepared(partial(_lately, kind), dt.datetime, int) for name, kind in KINDS.items()}
_site = Prepared(lambda pk: Source.objects.filter(pk=pk).values_list("url"), int)
_number = {name: Prepared(partial(_numbered, kind), dt.datetime, int) for name, kind in KINDS.items()}
_briefs = {
    (name, page): Walk(
        kind.listed,
        partial(editions.entries, page),
        Row,
        dt.datetime,
        int,
        at=kind.at,
        pk=kind.pk,
        size=_size,
    )
    for name, kind in KINDS.items()
    for page in SIDES
}
_uses = Walk(
    KINDS["terms"].listed,
    _used,
    _use,
    dt.datetime,
    int,
    at="in_terms__published_at",
    pk="in_terms__edition_id",
    size=_size,
)
_by_month = {
    page: Walk(
        _in_month,
        partial(_dated, page),
        Dated,
        dt.datetime,
        int,
        at="card__article_date",
        pk="card__pk",
        size=_size,
    )
    for page in SIDES
}
_by_year = {
    page: Walk(
        _in_year, partial(_dated, page), Dated, dt.datetime, dt.date, dt.date, at="card__article_date", pk="card__pk", size=_size
    )
    for page in SIDES
}  # fmt: skip
