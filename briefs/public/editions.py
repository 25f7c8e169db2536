"""Queries for public editions, and keyset pagination of lists. Addresses contain the keys."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404, HttpRequest

from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.rendering import text
from briefs.content import Side
from briefs.derived import BRIEF_COLUMNS, build_briefs, find_related, join_briefs
from briefs.models.derived import EditionPlace, EditionTerm
from briefs.models.edition import ChangeKind, Edition, IssueEdition
from briefs.models.prepared import PreparedQuery, prepare

from .responses import Gone

# Keys of list positions in addresses: publication time (or article day) and id, encoded.

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = re.compile(
    r"(-?[0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII
)  # below 2⁶⁰, so that no database integer overflows; negative before 1970


type PageSide = Literal["", "before", "after"]


class MalformedKey(Http404):
    """The key does not have the format of `ListPosition`."""


class PageKey(NamedTuple):
    """Requested page: older than (`before`) or newer than (`after`) a list position, or the first page."""

    side: PageSide = ""
    position: str = ""


def read_page_key(request: HttpRequest) -> PageKey:
    sides: tuple[PageSide, ...] = ("before", "after")
    return next((PageKey(side, request.GET[side]) for side in sides if side in request.GET), PageKey())


def build_beyond_condition(
    comparison: Literal["lt", "gt"],
    time: Any,
    pk: Any,
    time_column: str = "published_at",
    id_column: str = "pk",
) -> Q:
    """Select rows below or above a position.

    The redundant first condition lets the database seek in the (time, id) index.
    """
    return Q(**{f"{time_column}__{comparison}e": time}) & (
        Q(**{f"{time_column}__{comparison}": time}) | Q(**{f"{id_column}__{comparison}": pk})
    )


class ListPosition(NamedTuple):
    published_at: dt.datetime
    id: int

    @classmethod
    def parse(cls, key: str) -> Self:
        """Parse the key of an address. Raise MalformedKey."""
        parts = _KEY.fullmatch(key)
        try:
            if not parts:
                raise MalformedKey(key)
            return cls(_EPOCH + dt.timedelta(microseconds=int(parts[1], 16)), int(parts[2], 16))
        except OverflowError as error:
            raise MalformedKey(key) from error

    def __str__(self) -> str:
        return f"{(self.published_at - _EPOCH) // dt.timedelta(microseconds=1):x}-{self.id:x}"


OLDEST_KEY = str(ListPosition(dt.datetime.min.replace(tzinfo=dt.UTC), 0))
"""Key that precedes every row, including articles from before 1970."""


def build_year_key(year: int) -> str:
    """Return the key of the position before the first article of a year, in a list by article day."""
    return build_key(0, dt.date(year + 1, 1, 1))


# Keyset pagination of brief lists.

PAGE_SIZE = 20
NO_FILTER = Q()

type QuerysetBuilder = Callable[..., QuerySet[Any, Any]]


class KeysetPage[R](NamedTuple):
    """One page of a list, with the keys of the older and newer pages.

    A key is empty if there is no such page. `query_string` is the page's own, empty on the first page.
    """

    rows: list[R]
    older_key: str
    newer_key: str
    query_string: str


class KeysetPaginator:
    """Fetch pages of a queryset ordered by time and id, newest first.

    `build_queryset` takes the query arguments and a `where` condition, and must apply `where` in the same
    filter as its joins: a second filter would join again and repeat a brief for each of its keywords.
    `select_columns` selects the columns of a row, id and time first. `time_column` and `id_column` define
    the order.
    """

    def __init__(
        self, build_queryset: QuerysetBuilder, select_columns: QuerysetBuilder, *argument_types: type, time_column: str, id_column: str
    ) -> None:  # fmt: skip
        def build(side: PageSide, *arguments: Any) -> QuerySet[Any, Any]:
            where, sign = NO_FILTER, "" if side == "after" else "-"
            if side:
                *arguments, time, pk = arguments  # type: ignore[assignment]
                where = build_beyond_condition(
                    "gt" if side == "after" else "lt", time, pk, time_column, id_column
                )
            rows = build_queryset(*arguments, where=where)
            return select_columns(rows.order_by(f"{sign}{time_column}", f"{sign}{id_column}"))[
                : PAGE_SIZE + 1
            ]

        self._orders_by_day = time_column.endswith("date")
        position = (dt.date if self._orders_by_day else dt.datetime, int)
        self.queries: dict[PageSide, PreparedQuery] = {
            "": PreparedQuery(partial(build, ""), *argument_types),
            "before": PreparedQuery(partial(build, "before"), *argument_types, *position),
            "after": PreparedQuery(partial(build, "after"), *argument_types, *position),
        }

    def fetch_page(self, *arguments: Any, page: PageKey) -> KeysetPage[tuple[Any, ...]]:
        """Return a page of the list. Raise MalformedKey."""
        position = self._parse_key(page.position) if page.side else ()
        return cut_page(self.queries[page.side](*arguments, *position), page)

    def _parse_key(self, key: str) -> tuple[dt.date, int]:
        position = ListPosition.parse(key)
        return (position.published_at.date() if self._orders_by_day else position.published_at), position.id


def cut_page[R: tuple[Any, ...]](rows: list[R], page: PageKey) -> KeysetPage[R]:
    """Return a page of rows, newest first. The rows begin with id and time, from the key on, and are one more if there are more."""
    is_upwards = page.side == "after"
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if is_upwards:
        rows.reverse()
    has_older = bool(rows) if is_upwards else more
    has_newer = more if is_upwards else bool(rows) and page.side == "before"
    return KeysetPage(
        rows,
        older_key=build_key(*rows[-1][:2]) if has_older else "",
        newer_key=build_key(*rows[0][:2]) if has_newer else "",
        query_string=f"?{page.side}={page.position}" if page.side else "",
    )


def build_key(pk: int, at: dt.date) -> str:
    """Return the key of a row's position in its list."""
    if not isinstance(at, dt.datetime):
        at = dt.datetime.combine(at, dt.time(), dt.UTC)
    return str(ListPosition(at, pk))


# Queries for public pages. Each selects editions with a method of the `Editions` queryset (`listed`, `found` or `gone`).

MAX_NEIGHBOURS = 10

type EditionRows = QuerySet[Edition, Any]


class PublicEdition(NamedTuple):
    """A brief's public edition."""

    pk: int
    brief_id: int
    number: int
    withdrawn_at: dt.datetime | None
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    older: int | None
    newer: int | None
    """`older` and `newer`: the adjacent briefs in the list of the newest."""
    brief: PublicBrief


class WithdrawnBrief(NamedTuple):
    """A withdrawn brief, of which readers see headline, authors, source, dates and the reason."""

    pk: int
    withdrawn_at: dt.datetime
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    brief: PublicBrief


class EditionHistoryLine(NamedTuple):
    """One edition of a brief's history."""

    live_from: dt.datetime
    kind: str = ""
    note_zh: str = ""
    note_en: str = ""
    is_first: bool = False


class ListedBrief(NamedTuple):
    """A brief in a list. `time`: the value by which the list is ordered."""

    pk: int
    time: Any
    brief: PublicBrief


class BriefLink(NamedTuple):
    """Slug and headlines of a brief, for links on other briefs' pages."""

    slug: str
    headlines: dict[Side, str]


type Neighbours = tuple[list[BriefLink], dict[int, BriefLink]]
"""Related briefs, and all neighbours by brief id."""
type TermsOfEdition = tuple[text.TermOccurrences, dict[int, PublicName]]


def build_listed(page: KeysetPage[tuple[Any, ...]]) -> KeysetPage[ListedBrief]:
    """Convert a page of rows (id, time and `BRIEF_COLUMNS`) to a page of briefs."""
    return KeysetPage([ListedBrief(*row) for row in join_briefs(page.rows)], *page[1:])


MAX_WITHDRAWN: Final = 100


def list_withdrawn(found: EditionRows, since: dt.datetime | None = None) -> list[WithdrawnBrief]:
    """Return the withdrawn ones of these editions, latest first. `found`: selected by the queryset of that name."""
    rows = found.filter(Q(withdrawn_at__gte=since) if since else Q(withdrawn_at__isnull=False))
    columns = WithdrawnBrief._fields[:-1]
    values = rows.order_by("-withdrawn_at", "-pk").values_list(*columns, *BRIEF_COLUMNS)[:MAX_WITHDRAWN]
    return [WithdrawnBrief(*row) for row in join_briefs(list(values))]


def find(slug: str, now: dt.datetime) -> PublicEdition:
    """Return the public edition with this slug. Raise Gone if it was removed, else Http404.

    Hidden and nonexistent briefs raise the same error.
    """
    rows = _edition_by_slug(slug, now)
    if not rows:
        raise _missing_page_error(slug, now)
    return PublicEdition(*join_briefs(rows)[0])


def list_history(edition: PublicEdition, now: dt.datetime) -> list[EditionHistoryLine]:
    """Return the editions that are or were public, newest first, without scheduled, cancelled or removed
    ones.
    """
    rows = _history(edition.brief_id, now) if edition.number > 1 else []
    return [
        *(EditionHistoryLine(*row) for row in rows[:-1]),
        EditionHistoryLine(edition.brief.published_at, is_first=True),
    ]


def load_neighbours(edition: PublicEdition, now: dt.datetime) -> Neighbours:
    """Return the related briefs, and those of the older and newer brief that are listed, by brief id. Two queries."""
    keywords, source = edition.brief.keywords, edition.brief.source
    related = find_related(edition.brief_id, [name.pk for name in keywords], source.pk if source else None)
    briefs = [edition.older or 0, edition.newer or 0, *related][:MAX_NEIGHBOURS]
    rows = _links(now, *briefs)
    links = {brief: BriefLink(slug, {"zh": zh or "", "en": en or ""}) for brief, slug, zh, en in rows}
    return [links[brief] for brief in related if brief in links], links


def load_terms(pk: int) -> TermsOfEdition:
    """Return the term occurrences of an edition, and the terms' current names by id. One query."""
    rows = _terms(pk)
    occurrences = text.collect_occurrences({term: places for term, *_, places in rows})
    return occurrences, {term: PublicName(term, slug, zh, en) for term, slug, zh, en, _ in rows}


def list_issues_of_brief(brief_id: int, now: dt.datetime) -> list[int]:
    """Return the numbers of the listed issues that the brief is in, newest first."""
    return [number for (number,) in _issues_of_brief(brief_id, now)]


def list_newest_briefs(now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Return a page of listed briefs, by first publication, newest first. Raise MalformedKey."""
    return build_listed(_newest_paginator.fetch_page(now, page=page))


def find_listed(slug: str, now: dt.datetime) -> PublicBrief:
    """Return a listed brief. Raise Gone or Http404, as `find` does. A withdrawn brief is not listed."""
    rows = _listed_by_slug(slug, now)
    if not rows:
        raise _missing_page_error(slug, now)
    return build_briefs(rows)[0]


def list_major_changes(briefs: Sequence[int], now: dt.datetime) -> dict[int, list[EditionHistoryLine]]:
    """Return the past and present editions of these briefs by brief id, newest first, without small repairs."""
    changes: dict[int, list[EditionHistoryLine]] = {}
    for brief, *row in _major_changes(now, *briefs) if briefs else ():
        changes.setdefault(brief, []).append(EditionHistoryLine(*row))
    return changes


def is_picture_public(key: str, now: dt.datetime) -> bool:
    """Return whether a listed edition has this picture."""
    return bool(_listed_with_picture(key, now))


def _missing_page_error(slug: str, now: dt.datetime) -> Exception:
    return Gone() if Edition.objects.gone(now).filter(slug=slug).exists() else Http404()


_HISTORY_COLUMNS = ("live_from", "change_kind", "change_note_zh", "change_note_en")


@prepare(str, dt.datetime)
def _edition_by_slug(slug: str, now: dt.datetime) -> EditionRows:
    rows: EditionRows = Edition.objects.found(now).filter(slug=slug)
    rows = rows.annotate(older=_neighbour_subquery(now, "lt"), newer=_neighbour_subquery(now, "gt"))
    return rows.values_list(*PublicEdition._fields[:-1], *BRIEF_COLUMNS)[:1]


def _neighbour_subquery(now: dt.datetime, comparison: Literal["lt", "gt"]) -> Subquery:
    """Select the listed brief published directly before or after the outer edition."""
    there = build_beyond_condition(comparison, OuterRef("published_at"), OuterRef("pk"))
    sign = "-" if comparison == "lt" else ""
    listed = Edition.objects.listed(now).filter(there).order_by(f"{sign}published_at", f"{sign}pk")
    return Subquery(listed.values("brief_id")[:1])


@prepare(dt.datetime, ids=MAX_NEIGHBOURS)
def _links(now: dt.datetime, *briefs: Any) -> EditionRows:
    listed = Edition.objects.listed(now).filter(brief_id__in=briefs)
    return listed.values_list("brief_id", "slug", *select_headlines())


def select_headlines() -> tuple[KeyTextTransform, KeyTextTransform]:
    """Select the Chinese and the English headline of an edition, without reading its text."""
    return KeyTextTransform("headline_zh", "content"), KeyTextTransform("headline_en", "content")


@prepare(int, dt.datetime)
def _issues_of_brief(brief: int, now: dt.datetime) -> QuerySet[IssueEdition, Any]:
    listed = IssueEdition.objects.listed(now).filter(items__brief=brief)
    return listed.order_by("-published_at", "-pk").values_list("issue_number")


@prepare(int)
def _terms(pk: int) -> QuerySet[EditionTerm, Any]:
    rows = EditionTerm.objects.filter(edition=pk, term__merged_into=None)
    return rows.values_list("term", "term__slug", "term__zh", "term__en", "places")


@prepare(int, dt.datetime)
def _history(brief: int, now: dt.datetime) -> EditionRows:
    return _past_and_present_editions(now).filter(brief_id=brief).values_list(*_HISTORY_COLUMNS)


@prepare(dt.datetime, ids=PAGE_SIZE)
def _major_changes(now: dt.datetime, *briefs: int) -> EditionRows:
    rows = (
        _past_and_present_editions(now).filter(brief__in=briefs).exclude(change_kind=ChangeKind.SMALL_REPAIR)
    )
    return rows.values_list("brief", *_HISTORY_COLUMNS)


def _past_and_present_editions(now: dt.datetime) -> EditionRows:
    public = Edition.objects.filter(live_from__lte=now, removed_at=None)
    return public.uncancelled().order_by("-live_from")


def _listed_editions(now: dt.datetime, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where)


def _select_newest(listed: EditionRows) -> EditionRows:
    return listed.values_list("pk", "published_at", *BRIEF_COLUMNS)


@prepare(str, dt.datetime)
def _listed_by_slug(slug: str, now: dt.datetime) -> EditionRows:
    return Edition.objects.listed(now).filter(slug=slug).values_list(*BRIEF_COLUMNS)[:1]


@prepare(str, dt.datetime)
def _listed_with_picture(key: str, now: dt.datetime) -> EditionRows:
    with_it = EditionPlace.objects.filter(picture=key).exclude(picture="").values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).values_list("pk")[:1]


_newest_paginator = KeysetPaginator(
    _listed_editions, _select_newest, dt.datetime, time_column="published_at", id_column="pk"
)
