"""Queries for public pages. Each selects editions with a method of the `Editions` queryset (`listed`,
`found` or `gone`).

The exception is `list_history`: it also reads earlier editions of a brief that was found before.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404

from ..content import Side
from ..database.prepared_query import PreparedQuery
from ..derived.public_brief import BRIEF_COLUMNS, build_briefs
from ..derived.related_briefs import RelatedBriefs
from ..models.derived import EditionPlace, EditionTerm
from ..models.edition import Edition
from ..public_brief import PublicBrief, PublicName
from ..rendering import term_marks
from .keyset import NO_FILTER, PAGE_SIZE, KeysetPage, KeysetPaginator
from .page_keys import PageKey, build_beyond_condition

MAX_NEIGHBOURS = 10

type EditionRows = QuerySet[Edition, Any]


class Gone(Exception):
    """The page was public and has been removed."""


class PublicEdition(NamedTuple):
    """A brief's public edition."""

    pk: int
    brief_id: int
    number: int
    urgent: bool
    confirmed_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    older: int | None
    newer: int | None
    """`older` and `newer`: the adjacent briefs in the list of the newest."""
    brief: PublicBrief


class EditionHistoryLine(NamedTuple):
    """One edition of a brief's history."""

    live_from: dt.datetime
    minor: bool = False
    kind: str = ""
    note_zh: str = ""
    note_en: str = ""
    is_first: bool = False


class ListedBrief(NamedTuple):
    """A brief in a list. `time` is what the list is ordered by."""

    pk: int
    time: Any
    brief: PublicBrief


class BriefLink(NamedTuple):
    """What another brief's page says of a brief."""

    slug: str
    headlines: dict[Side, str]


type Neighbours = tuple[list[BriefLink], dict[int, BriefLink]]
"""Related briefs, and all neighbours by brief id."""
type TermsOfEdition = tuple[term_marks.TermOccurrences, dict[int, PublicName]]


def build_listed(page: KeysetPage[tuple[Any, ...]]) -> KeysetPage[ListedBrief]:
    """Build the briefs of a page of a list, whose rows are id, time and `BRIEF_COLUMNS`."""
    briefs = build_briefs([row[2:] for row in page.rows])
    rows = [ListedBrief(row[0], row[1], brief) for row, brief in zip(page.rows, briefs, strict=True)]
    return KeysetPage(rows, page.older_key, page.newer_key, page.query_string)


def find(slug: str, now: dt.datetime) -> PublicEdition:
    """Return the public edition with this slug. Raise Gone if it was removed, else Http404.

    Hidden and nonexistent briefs raise the same error.
    """
    rows = _edition_by_slug(slug, now)
    if not rows:
        raise _missing_page_error(slug, now)
    *values, slug, published_at, live_from, content = rows[0]
    return PublicEdition(*values, *build_briefs([(slug, published_at, live_from, content)]))


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
    """Return the related briefs, and the listed ones of `older` and `newer` by brief id. Two queries."""
    keywords, source = edition.brief.keywords, edition.brief.source
    related = RelatedBriefs().find(
        edition.brief_id, [name.pk for name in keywords], source.pk if source else None
    )
    briefs = [edition.older or 0, edition.newer or 0, *related][:MAX_NEIGHBOURS]
    rows = _links(now, *briefs, *[0] * (MAX_NEIGHBOURS - len(briefs)))
    links = {brief: BriefLink(slug, {"zh": zh or "", "en": en or ""}) for brief, slug, zh, en in rows}
    return [links[brief] for brief in related if brief in links], links


def load_terms(pk: int) -> TermsOfEdition:
    """Return where the glossary terms of an edition are, and their present names by id. One query."""
    rows = _terms(pk)
    occurrences = term_marks.collect_occurrences({term: places for term, *_, places in rows})
    return occurrences, {term: PublicName(term, slug, zh, en) for term, slug, zh, en, _ in rows}


def list_newest_briefs(now: dt.datetime, page: PageKey) -> KeysetPage[ListedBrief]:
    """Return a page of listed briefs, latest first publication first. Raise MalformedKey."""
    return build_listed(_newest_paginator.fetch_page(now, page=page))


def find_listed(slug: str, now: dt.datetime) -> PublicBrief:
    """Return a listed brief. Raise Gone or Http404, as `find` does. A withdrawn brief is not listed."""
    rows = _listed_by_slug(slug, now)
    if not rows:
        raise _missing_page_error(slug, now)
    return build_briefs(rows)[0]


def list_major_changes(briefs: Sequence[int], now: dt.datetime) -> dict[int, list[EditionHistoryLine]]:
    """Return the past and present non-minor editions of up to PAGE_SIZE briefs by brief id, newest first.

    Only the change notes of non-minor editions tell readers about a change.
    """
    found: dict[int, list[EditionHistoryLine]] = {}
    for brief, *row in _major_changes(now, *briefs, *[0] * (PAGE_SIZE - len(briefs))):
        found.setdefault(brief, []).append(EditionHistoryLine(*row))
    return found


def is_picture_public(key: str, now: dt.datetime) -> bool:
    """Whether a listed edition has this picture."""
    return bool(_listed_with_picture(key, now))


def _missing_page_error(slug: str, now: dt.datetime) -> Exception:
    return Gone() if Edition.objects.gone(now).filter(slug=slug).exists() else Http404()


_HISTORY_COLUMNS = ("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")


def _edition_query(slug: str, now: dt.datetime) -> EditionRows:
    found: EditionRows = Edition.objects.found(now).filter(slug=slug)
    found = found.annotate(older=_neighbour_subquery(now, "lt"), newer=_neighbour_subquery(now, "gt"))
    return found.values_list(*PublicEdition._fields[:-1], *BRIEF_COLUMNS)[:1]


def _neighbour_subquery(now: dt.datetime, comparison: Literal["lt", "gt"]) -> Subquery:
    """Select the listed brief published directly before or after the outer edition."""
    there = build_beyond_condition(comparison, OuterRef("published_at"), OuterRef("pk"))
    sign = "-" if comparison == "lt" else ""
    listed = Edition.objects.listed(now).filter(there).order_by(f"{sign}published_at", f"{sign}pk")
    return Subquery(listed.values("brief_id")[:1])


def _links_query(now: dt.datetime, *briefs: Any) -> EditionRows:
    listed = Edition.objects.listed(now).filter(brief_id__in=briefs)
    return listed.values_list("brief_id", "slug", *select_headlines())


def select_headlines() -> tuple[KeyTextTransform, KeyTextTransform]:
    """Select the Chinese and the English headline of an edition, without reading its text."""
    return KeyTextTransform("headline_zh", "content"), KeyTextTransform("headline_en", "content")


def _terms_query(pk: int) -> QuerySet[EditionTerm, Any]:
    rows = EditionTerm.objects.filter(edition=pk, term__merged_into=None)
    return rows.values_list("term", "term__slug", "term__zh", "term__en", "places")


def _history_query(brief: int, now: dt.datetime) -> EditionRows:
    return _past_and_present_editions(now).filter(brief_id=brief).values_list(*_HISTORY_COLUMNS)


def _major_changes_query(now: dt.datetime, *briefs: int) -> EditionRows:
    rows = _past_and_present_editions(now).filter(brief__in=briefs, minor=False)
    return rows.values_list("brief", *_HISTORY_COLUMNS)


def _past_and_present_editions(now: dt.datetime) -> EditionRows:
    public = Edition.objects.filter(live_from__lte=now, removed_at=None)
    return public.uncancelled().order_by("-live_from")


def _listed_editions(now: dt.datetime, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where)


def _select_newest(listed: EditionRows) -> EditionRows:
    return listed.values_list("pk", "published_at", *BRIEF_COLUMNS)


def _listed_by_slug_query(slug: str, now: dt.datetime) -> EditionRows:
    return Edition.objects.listed(now).filter(slug=slug).values_list(*BRIEF_COLUMNS)[:1]


def _picture_query(key: str, now: dt.datetime) -> EditionRows:
    with_it = EditionPlace.objects.filter(picture=key).exclude(picture="").values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).values_list("pk")[:1]


_listed_with_picture = PreparedQuery(_picture_query, str, dt.datetime)
_edition_by_slug = PreparedQuery(_edition_query, str, dt.datetime)
_listed_by_slug = PreparedQuery(_listed_by_slug_query, str, dt.datetime)
_links = PreparedQuery(_links_query, dt.datetime, *[int] * MAX_NEIGHBOURS)
_terms = PreparedQuery(_terms_query, int)
_major_changes = PreparedQuery(_major_changes_query, dt.datetime, *[int] * PAGE_SIZE)
_history = PreparedQuery(_history_query, int, dt.datetime)
_newest_paginator = KeysetPaginator(
    _listed_editions, _select_newest, dt.datetime, time_column="published_at", id_column="pk"
)
