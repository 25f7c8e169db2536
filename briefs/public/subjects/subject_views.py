"""Pages by which a reader looks around: keywords, authors, sources, terms, and the months of articles."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from ...content import Side
from ...text import dates, paths
from .. import list_presenter, page_frame, page_keys
from ..machines import feeds
from ..page_keys import Malformed
from . import subject_presenters, subject_queries


def index(request: HttpRequest, page: Side, kind: str) -> HttpResponse:
    rows = subject_queries.index(subject_queries.KINDS[kind], timezone.now())
    return page_frame.render(
        "briefs/index.html", page, f"{kind}/", **subject_presenters.index(rows, kind, page)
    )


def subject(request: HttpRequest, page: Side, kind: str, slug: str) -> HttpResponse:
    now, asked = timezone.now(), subject_queries.KINDS[kind]
    found = _found(asked, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(page, kind, found.slug))
    try:
        sheet = subject_queries.briefs(asked, found, page, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    words = subject_presenters.subject(
        found,
        asked,
        page,
        sheet=sheet,
        newest=not _place(request),
        n=subject_queries.number(asked, found, now),
        often=subject_queries.often(asked, found, now),
        site=subject_queries.site_of(found) if kind == "sources" else "",
    )
    words |= feeds.discovery(page, kind, slug, subject_queries.label(found, page))
    return page_frame.fill("briefs/subject.html", page, f"{kind}/{slug}/", place=_place(request), **words)


def term(request: HttpRequest, page: Side, slug: str) -> HttpResponse:
    now, asked = timezone.now(), subject_queries.KINDS["terms"]
    found = _found(asked, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(page, "terms", found.slug))
    try:
        sheet = subject_queries.uses(found, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    also = subject_queries.also_accepted(found)
    words = subject_presenters.term(
        found, also, sheet, page, newest=not _place(request), n=subject_queries.number(asked, found, now)
    )
    return page_frame.render("briefs/term.html", page, f"terms/{slug}/", place=_place(request), **words)


def archive(request: HttpRequest, page: Side) -> HttpResponse:
    words = subject_presenters.archive(subject_queries.months(timezone.now()), page)
    return page_frame.render("briefs/archive.html", page, "archive/", **words)


def year(request: HttpRequest, page: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subject_queries.months(now, year)
    if not months:
        raise Http404
    try:
        sheet = subject_queries.in_year(year, page, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    path, heading = f"archive/{year}/", list_presenter.year(year, page)
    words = subject_presenters.period(sheet, months, heading, path, page, newest=not _place(request))
    return page_frame.fill("briefs/subject.html", page, path, place=_place(request), **words)


def month(request: HttpRequest, page: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subject_queries.months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = subject_presenters.month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(page)}{path}")
    try:
        sheet = subject_queries.in_month(year, number, page, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    heading = dates.month(dt.date(year, number, 1), page)
    words = subject_presenters.period(sheet, months, heading, path, page, newest=not _place(request))
    return page_frame.fill("briefs/subject.html", page, path, place=_place(request), **words)


def _found(kind: subject_queries.Kind, slug: str, now: dt.datetime) -> subject_queries.Subject:
    found = subject_queries.find(kind, slug, now)
    if found is None:
        raise Http404
    return found


def _place(request: HttpRequest) -> str:
    return page_keys.said(page_keys.asked(request))
