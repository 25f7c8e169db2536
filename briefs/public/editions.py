"""Queries for public pages. Each selects editions with a method of the `Editions` queryset: `listed`, `found` or `gone`."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.http import Http404

from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.rendering import terms
from briefs.content import SIDES, Side
from briefs.derived import BRIEF_COLUMNS, build_briefs, find_related, join_briefs
from briefs.models.derived import EditionPlace, EditionTerm
from briefs.models.edition import ChangeKind, Edition, IssueEdition

from .list_pages import KeysetPage, PageKey, build_beyond_condition, fetch_page
from .responses import Gone

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
