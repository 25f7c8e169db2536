"""Queries for public editions, and keyset pagination of lists. Addresses contain the keys."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404, HttpRequest

from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.rendering import terms
from briefs.bilingual.text import paths
from briefs.content import SIDES, Side
from briefs.derived import BRIEF_COLUMNS, build_briefs, find_related, join_briefs
from briefs.models.derived import EditionPlace, EditionTerm
from briefs.models.edition import ChangeKind, Edition, IssueEdition

from .responses import Gone, ListView

# Keys of list positions in addresses: publication time (or article day) and id, encoded.

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = re.compile(
    r"(-?[0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII
)  # below 2⁶⁰, so that no database integer overflows; negative before 1970


type PageSide = Literal["", "before", "after"]


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
        """Parse the key of an address. Raise Http404."""
        parts = _KEY.fullmatch(key)
        try:
            if parts:
                return cls(_EPOCH + dt.timedelta(microseconds=int(parts[1], 16)), int(parts[2], 16))
        except OverflowError:
            pass
        raise Http404

    def __str__(self) -> str:
        return f"{(self.published_at - _EPOCH) // dt.timedelta(microseconds=1):x}-{self.id:x}"


def build_year_key(year: int) -> str:
    """Return the key of the position before the first article of a year, in a list by article day."""
    return build_key(0, dt.date(year + 1, 1, 1))


# Keyset pagination of brief lists.

PAGE_SIZE = 20


class KeysetPage[R](NamedTuple):
    """One page of a list, with the keys of the older and newer pages.

    A key is empty if there is no such page. `query_string` is the page's own, empty on the first page.
    """

    rows: list[R]
    older_key: str
    newer_key: str
    query_string: str

    def build_links(self, url: str, view: ListView) -> dict[str, Any]:
        """Return the addresses of the older and the newer page, empty if there are none. `url`: of the first page."""
        return {
            "older": self.older_key and paths.with_query(url, f"before={self.older_key}", view.show),
            "newer": self.newer_key and paths.with_query(url, f"after={self.newer_key}", view.show),
        }


def fetch_page(
    rows: QuerySet[Any, Any], page: PageKey, columns: Sequence[Any], *, time: str = "published_at", pk: str = "pk", where: Q | None = None
) -> KeysetPage[tuple[Any, ...]]:  # fmt: skip
    """Return a page of rows of id, time and `columns`, ordered by the columns `time` and `pk`. Raise Http404.

    `where` stands in one filter with the position: a second filter would join again, and repeat a brief for each of its
    keywords.
    """
    where, sign = where or Q(), "" if page.side == "after" else "-"
    if page.side:
        at, row_id = ListPosition.parse(page.position)
        is_day = time.endswith("date")
        where &= build_beyond_condition("lt" if sign else "gt", at.date() if is_day else at, row_id, time, pk)
    ordered = rows.filter(where).order_by(f"{sign}{time}", f"{sign}{pk}").values_list("pk", time, *columns)
    return cut_page(list(ordered[: PAGE_SIZE + 1]), page)


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
type TermsOfEdition = tuple[terms.TermOccurrences, dict[int, PublicName]]


def fetch_briefs(listed: EditionRows, page: PageKey, **options: Any) -> KeysetPage[ListedBrief]:
    """Return a page of briefs. Raise Http404. `options`: of `fetch_page`."""
    rows, *keys = fetch_page(listed, page, BRIEF_COLUMNS, **options)
    return KeysetPage([ListedBrief(*row) for row in join_briefs(rows)], *keys)


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
    found = Edition.objects.found(now).filter(slug=slug)
    found = found.annotate(older=_neighbour_subquery(now, "lt"), newer=_neighbour_subquery(now, "gt"))
    rows = list(found.values_list(*PublicEdition._fields[:-1], *BRIEF_COLUMNS)[:1])
    if not rows:
        raise _missing_page_error(slug, now)
    return PublicEdition(*join_briefs(rows)[0])


def _neighbour_subquery(now: dt.datetime, comparison: Literal["lt", "gt"]) -> Subquery:
    """Select the listed brief published directly before or after the outer edition."""
    there = build_beyond_condition(comparison, OuterRef("published_at"), OuterRef("pk"))
    sign = "-" if comparison == "lt" else ""
    listed = Edition.objects.listed(now).filter(there).order_by(f"{sign}published_at", f"{sign}pk")
    return Subquery(listed.values("brief_id")[:1])


def find_listed(slug: str, now: dt.datetime) -> PublicBrief:
    """Return a listed brief. Raise Gone or Http404, as `find` does. A withdrawn brief is not listed."""
    rows = list(Edition.objects.listed(now).filter(slug=slug).values_list(*BRIEF_COLUMNS)[:1])
    if not rows:
        raise _missing_page_error(slug, now)
    return build_briefs(rows)[0]


def _missing_page_error(slug: str, now: dt.datetime) -> Exception:
    return Gone() if Edition.objects.gone(now).filter(slug=slug).exists() else Http404()


def list_history(edition: PublicEdition, now: dt.datetime) -> list[EditionHistoryLine]:
    """Return the editions that are or were public, newest first, without scheduled, cancelled or removed
    ones.
    """
    first = EditionHistoryLine(edition.brief.published_at, is_first=True)
    if edition.number == 1:
        return [first]
    rows = _past_and_present_editions(now).filter(brief=edition.brief_id).values_list(*_HISTORY_COLUMNS)
    return [*(EditionHistoryLine(*row) for row in list(rows)[:-1]), first]


def list_major_changes(briefs: Sequence[int], now: dt.datetime) -> dict[int, list[EditionHistoryLine]]:
    """Return the past and present editions of these briefs by brief id, newest first, without small repairs."""
    changes: dict[int, list[EditionHistoryLine]] = {}
    rows = (
        _past_and_present_editions(now).filter(brief__in=briefs).exclude(change_kind=ChangeKind.SMALL_REPAIR)
    )
    for brief, *row in rows.values_list("brief", *_HISTORY_COLUMNS):
        changes.setdefault(brief, []).append(EditionHistoryLine(*row))
    return changes


_HISTORY_COLUMNS: Final = ("live_from", "change_kind", "change_note_zh", "change_note_en")


def _past_and_present_editions(now: dt.datetime) -> EditionRows:
    public = Edition.objects.filter(live_from__lte=now, removed_at=None)
    return public.uncancelled().order_by("-live_from")


def load_neighbours(edition: PublicEdition, now: dt.datetime) -> Neighbours:
    """Return the related briefs, and those of the older and newer brief that are listed, by brief id. Two queries."""
    keywords, source = edition.brief.keywords, edition.brief.source
    related = find_related(edition.brief_id, [name.pk for name in keywords], source.pk if source else None)
    near = [brief for brief in (edition.older, edition.newer, *related) if brief]
    links = load_links(Edition.objects.listed(now).filter(brief__in=near))
    return [links[brief] for brief in related if brief in links], links


def load_links(rows: EditionRows) -> dict[int, BriefLink]:
    """Return the links to these briefs by brief id, without reading their texts."""
    headlines = (KeyTextTransform(f"headline_{side}", "content") for side in SIDES)
    return {
        brief: BriefLink(slug, {"zh": zh or "", "en": en or ""})
        for brief, slug, zh, en in rows.values_list("brief", "slug", *headlines)
    }


def load_terms(pk: int) -> TermsOfEdition:
    """Return the term occurrences of an edition, and the terms' current names by id. One query."""
    found = EditionTerm.objects.filter(edition=pk, term__merged_into=None)
    rows = found.values_list("term", "term__slug", "term__zh", "term__en", "places")
    occurrences = terms.collect_occurrences({term: places for term, *_, places in rows})
    return occurrences, {term: PublicName(term, slug, zh, en) for term, slug, zh, en, _ in rows}


def list_issues_of_brief(brief_id: int, now: dt.datetime) -> list[int]:
    """Return the numbers of the listed issues that the brief is in, newest first."""
    listed = IssueEdition.objects.listed(now).filter(items__brief=brief_id)
    return list(listed.order_by("-published_at", "-pk").values_list("issue_number", flat=True))


def list_newest_briefs(now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Return a page of listed briefs, by first publication, newest first. Raise Http404."""
    return fetch_briefs(Edition.objects.listed(now), page)


def is_picture_public(key: str, now: dt.datetime) -> bool:
    """Return whether a listed edition has this picture."""
    with_it = EditionPlace.objects.filter(picture=key).exclude(picture="").values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).exists()
