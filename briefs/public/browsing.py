"""Pages by which a reader looks around: keywords, authors, sources, terms, and the months of articles."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone

from ..content import Side
from ..rendering import dates, paths
from . import feeds, list_presenter, page_frame, page_keys, shelves, subjects
from .page_keys import Malformed


def index(request: HttpRequest, page: Side, kind: str) -> HttpResponse:
    rows = subjects.index(subjects.KINDS[kind], timezone.now())
    return page_frame.render("briefs/index.html", page, f"{kind}/", **shelves.index(rows, kind, page))


def subject(request: HttpRequest, page: Side, kind: str, slug: str) -> HttpResponse:
    now, asked = timezone.now(), subjects.KINDS[kind]
    found = _found(asked, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(page, kind, found.slug))
    try:
        sheet = subjects.briefs(asked, found, page, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    words = shelves.subject(
        found,
        asked,
        page,
        sheet=sheet,
        newest=not _place(request),
        n=subjects.number(asked, found, now),
        often=subjects.often(asked, found, now),
        site=subjects.site_of(found) if kind == "sources" else "",
    )
    words |= feeds.discovery(page, kind, slug, subjects.label(found, page))
    return page_frame.fill("briefs/subject.html", page, f"{kind}/{slug}/", place=_place(request), **words)


def term(request: HttpRequest, page: Side, slug: str) -> HttpResponse:
    now, asked = timezone.now(), subjects.KINDS["terms"]
    found = _found(asked, slug, now)
    if found.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(page, "terms", found.slug))
    try:
        sheet = subjects.uses(found, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    also = subjects.also_accepted(found)
    words = shelves.term(
        found, also, sheet, page, newest=not _place(request), n=subjects.number(asked, found, now)
    )
    return page_frame.render("briefs/term.html", page, f"terms/{slug}/", place=_place(request), **words)


def archive(request: HttpRequest, page: Side) -> HttpResponse:
    words = shelves.archive(subjects.months(timezone.now()), page)
    return page_frame.render("briefs/archive.html", page, "archive/", **words)


def year(request: HttpRequest, page: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subjects.months(now, year)
    if not months:
        raise Http404
    try:
        sheet = subjects.in_year(year, page, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    path, heading = f"archive/{year}/", list_presenter.year(year, page)
    words = shelves.period(sheet, months, heading, path, page, newest=not _place(request))
    return page_frame.fill("briefs/subject.html", page, path, place=_place(request), **words)


def month(request: HttpRequest, page: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subjects.months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = shelves.month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(page)}{path}")
    try:
        sheet = subjects.in_month(year, number, page, now, **page_keys.asked(request))
    except Malformed as error:
        raise Http404 from error
    heading = dates.month(dt.date(year, number, 1), page)
    words = shelves.period(sheet, months, heading, path, page, newest=not _place(request))
    return page_frame.fill("briefs/subject.html", page, path, place=_place(request), **words)


def _found(kind: subjects.Kind, slug: str, now: dt.datetime) -> subjects.Subject:
    found = subjects.find(kind, slug, now)
    if found is None:
        raise Http404
    return found


def _place(request: HttpRequest) -> str:
    return page_keys.said(page_keys.asked(request))
