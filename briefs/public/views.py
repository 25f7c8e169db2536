"""The pages a reader opens. Each view is three moves: fetch, ask, render; the clock is read here alone."""

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from .. import rendering
from ..content import Side
from ..models.site import SiteText
from ..rendering import paths, text
from . import editions, errors, pages, paging, reading
from .languages import takes_chinese


def front_door(request: HttpRequest) -> HttpResponse:
    chinese = takes_chinese(request.headers.get("Accept-Language", ""))
    headers = {"Vary": "Accept-Language"}
    return HttpResponseRedirect(paths.home("zh" if chinese else "en"), headers=headers)


def other_spelling(request: HttpRequest, alias: str, rest: str) -> HttpResponse:
    """/zh-tw/… and /zh-Hant/… are /zh-hant/…; an address has one spelling."""
    side: Side = "en" if alias.lower() == "en" else "zh"
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(
        paths.home(side) + escape_uri_path(rest) + (f"?{query}" if query else "")
    )


def newest(request: HttpRequest, page: Side) -> HttpResponse:
    keys = paging.asked(request)
    try:
        listing = editions.newest(page, timezone.now(), **keys)
    except paging.Malformed as error:
        raise Http404 from error
    return pages.fill("briefs/list.html", page, "", place=paging.said(keys), **reading.listed(listing, page))


def brief(request: HttpRequest, page: Side, slug: str) -> HttpResponse:
    return _read(page, slug, page, "briefs/brief.html")


def parallel(request: HttpRequest, page: Side, slug: str) -> HttpResponse:
    return _read(page, slug, "parallel", "briefs/parallel.html")


def _read(page: Side, slug: str, view: rendering.View, template: str) -> HttpResponse:
    now = timezone.now()
    path = f"briefs/{slug}/parallel/" if view == "parallel" else f"briefs/{slug}/"
    try:
        found = editions.find(slug, view, now, page)
    except editions.Gone:
        return errors.gone(page)
    if found.withdrawn_at:
        response = pages.render(
            "briefs/withdrawn.html", page, path, **reading.withdrawn(found, found.withdrawn_at, page)
        )
        response.headers["X-Robots-Tag"] = "noindex"
        return response
    history, beside = editions.history(found, now), editions.beside(found, page, now)
    return pages.fill(template, page, path, **reading.read(found, history, beside, page, view))


def about(request: HttpRequest, page: Side) -> HttpResponse:
    own = SiteText.objects.filter(key="about").values_list(f"text_{page}", flat=True).first()
    words = own or reading.ABOUT[page]
    return pages.render("briefs/about.html", page, "about/", paragraphs=text.paragraphs(words))
