"""Views of keywords, authors, sources, terms and the archive of article months."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from ...content import Side
from ...text import dates, paths
from .. import list_presenter, page_frame, page_keys
from ..machines import feeds
from ..page_keys import MalformedKey
from . import subject_presenters, subject_queries


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
    found = _subject_or_404(subject_kind, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, kind, found.slug))
    try:
        sheet = subject_queries.list_briefs(
            subject_kind, found, language, now, **page_keys.read_page_keys(request)
        )
    except MalformedKey as error:
        raise Http404 from error
    words = subject_presenters.build_subject_context(
        found,
        subject_kind,
        language,
        brief_list=sheet,
        is_first_page=not _query_string(request),
        brief_count=subject_queries.count_briefs(subject_kind, found, now),
        related_keywords=subject_queries.list_related_keywords(subject_kind, found, now),
        site_url=subject_queries.source_site_url(found) if kind == "sources" else "",
    )
    words |= feeds.build_feed_links(language, kind, slug, subject_queries.subject_label(found, language))
    return page_frame.render_with_slots(
        "briefs/subject.html", language, f"{kind}/{slug}/", query_string=_query_string(request), **words
    )


def term(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now, subject_kind = timezone.now(), subject_queries.SUBJECT_KINDS["terms"]
    found = _subject_or_404(subject_kind, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, "terms", found.slug))
    try:
        sheet = subject_queries.list_term_uses(found, now, **page_keys.read_page_keys(request))
    except MalformedKey as error:
        raise Http404 from error
    also = subject_queries.list_accepted_renderings(found)
    words = subject_presenters.build_term_context(
        found,
        also,
        sheet,
        language,
        is_first_page=not _query_string(request),
        brief_count=subject_queries.count_briefs(subject_kind, found, now),
    )
    return page_frame.render(
        "briefs/term.html", language, f"terms/{slug}/", query_string=_query_string(request), **words
    )


def archive(request: HttpRequest, language: Side) -> HttpResponse:
    words = subject_presenters.build_archive_context(subject_queries.list_months(timezone.now()), language)
    return page_frame.render("briefs/archive.html", language, "archive/", **words)


def year(request: HttpRequest, language: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subject_queries.list_months(now, year)
    if not months:
        raise Http404
    try:
        sheet = subject_queries.list_briefs_of_year(year, language, now, **page_keys.read_page_keys(request))
    except MalformedKey as error:
        raise Http404 from error
    path, heading = f"archive/{year}/", list_presenter.format_year(year, language)
    words = subject_presenters.build_period_context(
        sheet, months, heading, path, language, is_first_page=not _query_string(request)
    )
    return page_frame.render_with_slots(
        "briefs/subject.html", language, path, query_string=_query_string(request), **words
    )


def month(request: HttpRequest, language: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subject_queries.list_months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = subject_presenters.month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(language)}{path}")
    try:
        sheet = subject_queries.list_briefs_of_month(
            year, number, language, now, **page_keys.read_page_keys(request)
        )
    except MalformedKey as error:
        raise Http404 from error
    heading = dates.format_month(dt.date(year, number, 1), language)
    words = subject_presenters.build_period_context(
        sheet, months, heading, path, language, is_first_page=not _query_string(request)
    )
    return page_frame.render_with_slots(
        "briefs/subject.html", language, path, query_string=_query_string(request), **words
    )


def _subject_or_404(
    kind: subject_queries.SubjectKind, slug: str, now: dt.datetime
) -> subject_queries.Subject:
    found = subject_queries.find_subject(kind, slug, now)
    if found is None:
        raise Http404
    return found


def _query_string(request: HttpRequest) -> str:
    return page_keys.format_query_string(page_keys.read_page_keys(request))
