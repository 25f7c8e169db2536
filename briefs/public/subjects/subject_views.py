"""Views of keywords, authors, sources, terms and the archive of article months."""

import datetime as dt
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from ...content import Side
from ...text import date_format, paths
from .. import list_presenter, page_frame
from ..keyset import KeysetPage
from ..machines import feeds
from ..page_keys import read_page_key
from . import subject_presenters, subject_queries
from .subject_queries import ArchiveMonth, ArchiveRow


def index(request: HttpRequest, language: Side, kind: str) -> HttpResponse:
    rows = subject_queries.list_subjects(subject_queries.SUBJECT_KINDS[kind], timezone.now())
    return page_frame.render(
        "briefs/subject_index.html",
        language,
        f"{kind}/",
        **subject_presenters.build_index_context(rows, kind, language),
    )


def subject(request: HttpRequest, language: Side, kind: str, slug: str) -> HttpResponse:
    now, subject_kind = timezone.now(), subject_queries.SUBJECT_KINDS[kind]
    found = subject_queries.find_subject(subject_kind, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, kind, found.slug))
    page = subject_queries.list_briefs(subject_kind, found, language, now, read_page_key(request))
    words = subject_presenters.build_subject_context(
        found,
        subject_kind,
        language,
        brief_list=page,
        brief_count=subject_queries.count_briefs(subject_kind, found, now),
        related_keywords=subject_queries.list_related_keywords(subject_kind, found, now),
        site_url=subject_queries.source_site_url(found) if kind == "sources" else "",
    )
    words |= feeds.build_feed_links(language, kind, slug, subject_queries.subject_label(found, language))
    return page_frame.render_with_slots(
        "briefs/subject.html", language, f"{kind}/{slug}/", query_string=page.query_string, **words
    )


def term(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now, subject_kind = timezone.now(), subject_queries.SUBJECT_KINDS["terms"]
    found = subject_queries.find_subject(subject_kind, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, "terms", found.slug))
    page = subject_queries.list_term_uses(found, now, read_page_key(request))
    words = subject_presenters.build_term_context(
        found,
        subject_queries.list_accepted_renderings(found),
        page,
        language,
        subject_queries.count_briefs(subject_kind, found, now),
    )
    return page_frame.render(
        "briefs/term.html", language, f"terms/{slug}/", query_string=page.query_string, **words
    )


def archive(request: HttpRequest, language: Side) -> HttpResponse:
    words = subject_presenters.build_archive_context(subject_queries.list_months(timezone.now()), language)
    return page_frame.render("briefs/archive.html", language, "archive/", **words)


def year(request: HttpRequest, language: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subject_queries.list_months(now, year)
    if not months:
        raise Http404
    page = subject_queries.list_briefs_of_year(year, language, now, read_page_key(request))
    return _render_period(
        page, months, list_presenter.format_year(year, language), f"archive/{year}/", language
    )


def month(request: HttpRequest, language: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subject_queries.list_months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = subject_presenters.month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(language)}{path}")
    page = subject_queries.list_briefs_of_month(year, number, language, now, read_page_key(request))
    heading = date_format.format_month(dt.date(year, number, 1), language)
    return _render_period(page, months, heading, path, language)


def _render_period(
    page: KeysetPage[ArchiveRow], months: Sequence[ArchiveMonth], heading: str, path: str, language: Side
) -> HttpResponse:
    words = subject_presenters.build_period_context(page, months, heading, path, language)
    return page_frame.render_with_slots(
        "briefs/subject.html", language, path, query_string=page.query_string, **words
    )
