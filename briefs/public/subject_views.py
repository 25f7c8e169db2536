"""Views of keywords, authors, sources, terms and the archive of article months."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from briefs.content import Side
from briefs.text import date_format, paths

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
    return responses.render(
        "briefs/subject_index.html",
        language,
        f"{kind}/",
        menu_entry=kind,
        **subject_presenters.build_index_context(rows, kind, language),
    )


def subject(request: HttpRequest, language: Side, kind: str, slug: str) -> HttpResponse:
    now, subject_kind = timezone.now(), subject_queries.SUBJECT_KINDS[kind]
    subject_row = subject_queries.find_subject(subject_kind, slug, now)
    if subject_row.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, kind, subject_row.slug))
    return render_subject(
        subject_row, subject_kind, ListView.read(request, language), now, read_page_key(request)
    )


def render_subject(
    subject: Subject, kind: SubjectKind, view: ListView, now: dt.datetime, page_key: PageKey
) -> HttpResponse:
    """Render the page of a topic, author or source."""
    language = view.language
    timeline = subject_queries.list_timeline(kind, subject, now, page_key)
    is_first = not page_key.side
    path = f"{kind.name}/{subject.slug}/"
    name = subject_queries.subject_label(subject, language)
    feeds_of_page = feeds.build_feed_links(language, feeds.FeedScope(path, name=name))
    words = subject_presenters.build_topic_context(
        subject,
        kind,
        view,
        timeline=timeline,
        years=subject_queries.list_years(kind, subject, now),
        facets=subject_queries.count_facets(kind, subject, now) if is_first else None,
        start_here=subject_queries.list_start_here(kind, subject, now) if is_first else (),
        question_claims=subject_queries.list_question_claims(kind, subject, now) if is_first else (),
        follow=feeds_of_page.button,
    )
    if is_first and not timeline.rows:
        words |= _build_withdrawn_context(subject, kind, language, now)
    return responses.render(
        "briefs/topic.html",
        language,
        path,
        query_string=timeline.query_string,
        list_view=view,
        feeds=feeds_of_page.head,
        **words,
    )


def _build_withdrawn_context(
    subject: Subject, kind: SubjectKind, language: Side, now: dt.datetime
) -> dict[str, Any]:
    """Return what the page of a subject shows if all its briefs were withdrawn."""
    rows = editions.list_withdrawn(kind.found_editions(now, subject.pk))
    entries = [corrections.build_entry_context(corrections.build_withdrawal(row), language) for row in rows]
    return {"withdrawn": entries, "count": "", "paging": "", "robots": brief_answers.NOINDEX}


def term(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now, subject_kind = timezone.now(), subject_queries.SUBJECT_KINDS["terms"]
    term_row = subject_queries.find_subject(subject_kind, slug, now)
    if term_row.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, "terms", term_row.slug))
    page = subject_queries.list_term_uses(term_row, now, read_page_key(request))
    view = ListView.read(request, language)
    words = subject_presenters.build_term_context(
        term_row,
        subject_queries.list_accepted_renderings(term_row),
        page,
        view,
        subject_queries.count_term_uses(term_row, now),
    )
    if not page.rows and not page.query_string:
        words |= _build_withdrawn_context(term_row, subject_kind, language, now)
    path = f"terms/{slug}/"
    feeds_of_page = feeds.build_feed_links(language, feeds.FeedScope(path, name=words["plain"]))
    return responses.render(
        "briefs/term.html",
        language,
        path,
        query_string=page.query_string,
        list_view=view,
        feeds=feeds_of_page.head,
        follow=feeds_of_page.button,
        **words,
    )


def archive(request: HttpRequest, language: Side) -> HttpResponse:
    words = subject_presenters.build_archive_context(subject_queries.list_months(timezone.now()), language)
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
        date_format.format_year(year, language),
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
    heading = date_format.format_month(dt.date(year, number, 1), language)
    return _render_period(page, months, heading, path, ListView.read(request, language))


def _render_period(
    page: KeysetPage[ListedBrief], months: Sequence[ArchiveMonth], heading: str, path: str, view: ListView
) -> HttpResponse:
    words = subject_presenters.build_period_context(page, months, heading, path, view)
    return responses.render(
        "briefs/archive_period.html",
        view.language,
        path,
        query_string=page.query_string,
        list_view=view,
        **words,
    )
