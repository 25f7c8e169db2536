"""Views of keywords, authors, sources, terms and the archive of article months."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from briefs.bilingual.text import date_format, paths
from briefs.content import SIDES, Side

from . import (
    brief_answers,
    corrections,
    editions,
    feeds,
    responses,
    subject_presenters,
    subject_queries,
)
from .editions import KeysetPage, ListedBrief, PageKey, read_page_key
from .responses import ListView
from .subject_queries import ArchiveMonth, Subject, SubjectKind


def index(request: HttpRequest, language: Side, kind: str) -> HttpResponse:
    rows = subject_queries.list_subjects(subject_queries.SUBJECT_KINDS[kind], timezone.now())
    view = ListView.read(request, language)
    return responses.render(
        "briefs/subject_index.html",
        language,
        f"{kind}/",
        menu_entry=kind,
        **subject_presenters.build_index_context(rows, kind, view),
    )


def subject(request: HttpRequest, language: Side, kind: str, slug: str) -> HttpResponse:
    """Show a topic, author, source or term."""
    now, of = timezone.now(), subject_queries.SUBJECT_KINDS[kind]
    row = subject_queries.find_subject(of, slug, now)
    if row.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, kind, row.slug))
    view, key = ListView.read(request, language), read_page_key(request)
    page, words = (_build_term if kind == "terms" else _build_topic)(row, of, view, now, key)
    is_list = bool(page.rows or key.side)
    if not is_list:  # all its briefs were withdrawn
        rows = editions.list_withdrawn(of.found_editions(now, row.pk))
        notices = [corrections.build_entry_sides(corrections.build_withdrawal(row), view) for row in rows]
        words |= {"withdrawn": notices, "paging": "", "robots": brief_answers.NOINDEX}
    path = f"{kind}/{slug}/"
    feeds_of_page = feeds.build_feed_links(language, feeds.FeedScope(path, name=words["plain"]))
    return responses.render(
        "briefs/topic.html",
        language,
        path,
        query_string=page.query_string,
        list_view=view if is_list else None,
        menu_entry=kind,
        feeds=feeds_of_page.head,
        follow=feeds_of_page.button,
        **words,
    )


type _Page = tuple[KeysetPage[Any], dict[str, Any]]
"""The list of a subject's page, and the context of its template."""


def _build_topic(
    subject: Subject, kind: SubjectKind, view: ListView, now: dt.datetime, key: PageKey
) -> _Page:
    timeline = subject_queries.list_timeline(kind, subject, now, key)
    facets = None if key.side else subject_queries.count_facets(kind, subject, now)
    has_start = facets is not None and not facets.is_small
    return timeline, subject_presenters.build_topic_context(
        subject,
        kind,
        view,
        timeline=timeline,
        years=subject_queries.list_years(kind, subject, now),
        facets=facets,
        start_here=subject_queries.list_start_here(kind, subject, now) if has_start else (),
    )


def _build_term(term: Subject, kind: SubjectKind, view: ListView, now: dt.datetime, key: PageKey) -> _Page:
    uses = subject_queries.list_term_uses(term, now, key)
    renderings = subject_queries.list_accepted_renderings(term)
    count = subject_queries.count_term_uses(term, now)
    return uses, subject_presenters.build_term_context(term, renderings, uses, view, count)


def archive(request: HttpRequest, language: Side) -> HttpResponse:
    months, view = subject_queries.list_months(timezone.now()), ListView.read(request, language)
    words = subject_presenters.build_archive_context(months, view)
    return responses.render("briefs/archive.html", language, "archive/", **words)


def year(request: HttpRequest, language: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subject_queries.list_months(now, year)
    if not months:
        raise Http404
    page = subject_queries.list_briefs_of_year(year, now, read_page_key(request))
    return _render_period(
        page,
        months,
        {side: date_format.format_year(year, side) for side in SIDES},
        f"archive/{year}/",
        ListView.read(request, language),
    )


def month(request: HttpRequest, language: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subject_queries.list_months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = subject_presenters.month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(language)}{path}")
    page = subject_queries.list_briefs_of_month(year, number, now, read_page_key(request))
    headings = {side: date_format.format_month(dt.date(year, number, 1), side) for side in SIDES}
    return _render_period(page, months, headings, path, ListView.read(request, language))


def _render_period(
    page: KeysetPage[ListedBrief],
    months: Sequence[ArchiveMonth],
    headings: Mapping[Side, str],
    path: str,
    view: ListView,
) -> HttpResponse:
    words = subject_presenters.build_period_context(page, months, headings, path, view)
    return responses.render(
        "briefs/archive_period.html",
        view.language,
        path,
        query_string=page.query_string,
        list_view=view,
        **words,
    )
