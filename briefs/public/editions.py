"""Queries for public pages. Each selects editions with a method of the `Editions` queryset (`listed`,
`found` or `gone`).

The exception is `list_history`: it also reads earlier editions of a brief that was found before.
"""

import datetime as dt
import logging
from collections.abc import Collection
from functools import partial
from typing import Any, Literal, NamedTuple

from django.db.models import FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from ..content import SIDES, Content, Side
from ..database.prepared_query import PreparedQuery
from ..derived.build import build_without_storing
from ..models.derived import EditionPicture, Rendering
from ..models.edition import Edition
from ..rendering import ReadingView
from ..rendering.term_marks import PAGE_SIDES
from .keyset import NO_FILTER, KeysetPage, KeysetPaginator
from .page_keys import PageKey, build_beyond_condition

MAX_NEIGHBOURS = 10
log = logging.getLogger(__name__)

type EditionRows = QuerySet[Edition, Any]


class Gone(Exception):
    """The page was public and has been removed."""


class PublicEdition(NamedTuple):
    """A brief's public edition and its derived data."""

    pk: int
    brief_id: int
    number: int
    live_from: dt.datetime
    published_at: dt.datetime
    urgent: bool
    confirmed_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    card: dict[str, Any]
    credit: str
    source: str
    gist: str
    head: str
    cite: str
    attribution: str
    html: str
    gloss: dict[str, Any] | None
    """Glossary `marks` and `html` for the page, as stored in `Gloss`."""
    related: list[int] | None
    """Ids of related briefs, whether public or not."""
    older: int | None
    newer: int | None
    """`older` and `newer`: the adjacent briefs in the list of the newest."""


class EditionHistoryLine(NamedTuple):
    """One edition of a brief's history."""

    live_from: dt.datetime
    minor: bool = False
    kind: str = ""
    note_zh: str = ""
    note_en: str = ""
    is_first: bool = False


class BriefListRow(NamedTuple):
    """A brief in a list: its sort key (`published_at`, `pk`) and its entry as HTML."""

    pk: int
    published_at: dt.datetime
    html: str

    @property
    def published_iso_date(self) -> str:
        return timezone.localdate(self.published_at).isoformat()


class Lead(NamedTuple):
    """What the home page shows of the newest brief."""

    content: Content
    card: dict[str, Any]
    glossary_html: str


def find(slug: str, view: ReadingView, now: dt.datetime, language: Side = "zh") -> PublicEdition:
    """Return the public edition with this slug. Raise Gone if it was removed, else Http404.

    One query if found. Hidden and nonexistent briefs raise the same error.
    """
    rows = _edition_by_slug[f"parallel_{language}" if view == "parallel" else view](slug, view, now)
    if not rows:
        raise _missing_page_error(slug, now)
    found = PublicEdition(*rows[0])
    return found if found.html and found.head and found.card else _complete(found, view, language)


def _complete(found: PublicEdition, view: ReadingView, language: Side) -> PublicEdition:
    """Build what is missing without storing it: an upgrade may have begun, or the other version approved the brief.

    The terms are left out, as their places are those in the stored HTML.
    """
    log.warning("Edition %s lacks derived rows: run manage.py rebuild_derived.", found.pk)
    made = build_without_storing(found.pk, view)
    face: dict[str, Any] = {
        name: made.faces[language][name] for name in _FACE_COLUMNS if name in PublicEdition._fields
    }
    return found._replace(card=made.card, html=made.html, gloss=None, **face)


def list_history(edition: PublicEdition, now: dt.datetime) -> list[EditionHistoryLine]:
    """Return the editions that are or were public, newest first, without scheduled, cancelled or removed
    ones.
    """
    rows = _history(edition.brief_id, now) if edition.number > 1 else []
    return [
        *(EditionHistoryLine(*row) for row in rows[:-1]),
        EditionHistoryLine(edition.published_at, is_first=True),
    ]


def load_content(edition: PublicEdition) -> Content:
    return Content.from_json(Edition.objects.values_list("content", flat=True).get(pk=edition.pk))


def load_neighbour_lines(edition: PublicEdition, language: Side, now: dt.datetime) -> dict[int, str]:
    """Return entry lines of the older, newer and related briefs by brief id.

    Only listed briefs are included.
    """
    briefs = [edition.older or 0, edition.newer or 0, *(edition.related or ())][:MAX_NEIGHBOURS]
    briefs += [0] * (MAX_NEIGHBOURS - len(briefs))
    return dict(_neighbour_lines[language](now, *briefs))


def list_newest_briefs(language: Side, now: dt.datetime, page: PageKey) -> KeysetPage[BriefListRow]:
    """Return a page of listed briefs, latest first publication first. Raise MalformedKey."""
    return _newest_paginators[language].fetch_page(now, page=page)


def load_lead(pk: int, language: Side) -> Lead:
    """Return the content, card and glossary block of an edition that was already found to be public."""
    ((content, card, gloss),) = _lead[language](pk)
    return Lead(Content.from_json(content), card, gloss["html"] if gloss else "")


def find_card(slug: str, now: dt.datetime) -> dict[str, Any]:
    """Return the card of a listed brief. Raise Gone or Http404, as `find` does.

    A withdrawn brief is not listed, so it has no card here.
    """
    rows = _card_by_slug(slug, now)
    if not rows:
        raise _missing_page_error(slug, now)
    ((pk, data),) = rows
    card: dict[str, Any] = data or build_without_storing(pk, "zh").card
    return card


def list_major_changes(briefs: Collection[int], now: dt.datetime) -> dict[int, list[EditionHistoryLine]]:
    """Return the past and present non-minor editions of these briefs by brief id, newest first.

    Only the change notes of non-minor editions tell readers about a change.
    """
    rows = _past_and_present_editions(now).filter(brief__in=briefs, minor=False)
    found: dict[int, list[EditionHistoryLine]] = {}
    for brief, *row in rows.values_list("brief", *_HISTORY_COLUMNS):
        found.setdefault(brief, []).append(EditionHistoryLine(*row))
    return found


def is_picture_public(key: str, now: dt.datetime) -> bool:
    """Whether a listed edition has this picture."""
    return bool(_listed_with_picture(key, now))


def _missing_page_error(slug: str, now: dt.datetime) -> Exception:
    return Gone() if Edition.objects.gone(now).filter(slug=slug).exists() else Http404()


def select_html(view: str) -> Subquery:
    """Select the stored HTML of a view."""
    return Subquery(Rendering.objects.filter(edition=OuterRef("pk"), view=view).values("html"))


_HISTORY_COLUMNS = ("live_from", "minor", "change_kind", "change_note_zh", "change_note_en")
_FACE_COLUMNS = {
    name: f"face__{name}" for name in ("byline", "credit", "source", "gist", "head", "cite", "attribution")
}
_COLUMNS = {"card": "card__data", "related": "related__briefs", **_FACE_COLUMNS}
"""Query column of each field of `PublicEdition` whose name differs from the column's."""


def _edition_query(page_name: str, slug: str, view: str, now: dt.datetime) -> EditionRows:
    found: EditionRows = (
        annotate_face(Edition.objects.found(now), PAGE_SIDES[page_name][0])
        .filter(slug=slug)
        .annotate(
            html=select_html(view),
            older=_neighbour_subquery(now, "lt"),
            newer=_neighbour_subquery(now, "gt"),
        )
    )
    columns = _COLUMNS | {"gloss": f"gloss__{page_name}"}
    return found.values_list(*(columns.get(column, column) for column in PublicEdition._fields))[:1]


def _neighbour_subquery(now: dt.datetime, comparison: Literal["lt", "gt"]) -> Subquery:
    """Select the listed brief published directly before or after the outer edition."""
    there = build_beyond_condition(comparison, OuterRef("published_at"), OuterRef("pk"))
    sign = "-" if comparison == "lt" else ""
    listed = Edition.objects.listed(now).filter(there).order_by(f"{sign}published_at", f"{sign}pk")
    return Subquery(listed.values("brief_id")[:1])


def _neighbour_lines_query(language: Side, now: dt.datetime, *briefs: Any) -> EditionRows:
    listed = Edition.objects.listed(now).filter(brief_id__in=briefs)
    return listed.values_list("brief_id", f"related__line_{language}")


def _history_query(brief: int, now: dt.datetime) -> EditionRows:
    return _past_and_present_editions(now).filter(brief_id=brief).values_list(*_HISTORY_COLUMNS)


def _past_and_present_editions(now: dt.datetime) -> EditionRows:
    public = Edition.objects.filter(live_from__lte=now, removed_at=None)
    return public.uncancelled().order_by("-live_from")


def _listed_editions(now: dt.datetime, *, where: Q = NO_FILTER) -> EditionRows:
    return Edition.objects.listed(now).filter(where, card__isnull=False)


def select_entries(language: Side, listed: EditionRows) -> EditionRows:
    rows: EditionRows = annotate_face(listed, language).values_list("pk", "published_at", "face__entry")
    return rows


def annotate_face(rows: EditionRows, language: Side) -> Any:
    """Join the `Face` row of this language as `face`."""
    return rows.annotate(face=FilteredRelation("faces", condition=Q(faces__page=language)))


def _lead_query(language: Side, pk: int) -> EditionRows:
    return Edition.objects.filter(pk=pk).values_list("content", "card__data", f"gloss__{language}")


def _card_by_slug_query(slug: str, now: dt.datetime) -> EditionRows:
    return Edition.objects.listed(now).filter(slug=slug).values_list("pk", "card__data")[:1]


def _picture_query(key: str, now: dt.datetime) -> EditionRows:
    with_it = EditionPicture.objects.filter(key=key).values("edition")
    return Edition.objects.listed(now).filter(pk__in=with_it).values_list("pk")[:1]


_listed_with_picture = PreparedQuery(_picture_query, str, dt.datetime)
_edition_by_slug = {
    name: PreparedQuery(partial(_edition_query, name), str, str, dt.datetime) for name in PAGE_SIDES
}
_neighbour_lines = {
    page: PreparedQuery(partial(_neighbour_lines_query, page), dt.datetime, *[int] * MAX_NEIGHBOURS)
    for page in SIDES
}
_history = PreparedQuery(_history_query, int, dt.datetime)
_lead = {page: PreparedQuery(partial(_lead_query, page), int) for page in SIDES}
_newest_paginators = {
    page: KeysetPaginator(
        _listed_editions,
        partial(select_entries, page),
        BriefListRow,
        dt.datetime,
        time_column="published_at",
        id_column="pk",
    )
    for page in SIDES
}
_card_by_slug = PreparedQuery(_card_by_slug_query, str, dt.datetime)
