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
from ..rendering import text
from ..text import paths
from . import brief_presenter, editions, errors, page_frame, page_keys
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
    keys = page_keys.asked(request)
    try:
        listing = editions.newest(page, timezone.now(), **keys)
    except page_keys.Malformed as error:
        raise Http404 from error
    return page_frame.fill(
        "briefs/list.html", page, "", place=page_keys.said(keys), **brief_presenter.listed(listing, page)
    )


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
        response = page_frame.render(
            "briefs/withdrawn.html", page, path, **brief_presenter.withdrawn(found, found.withdrawn_at, page)
        )
        response.headers["X-Robots-Tag"] = "noindex"
        return response
    history, beside = editions.history(found, now), editions.beside(found, page, now)
    return page_frame.fill(template, page, path, **brief_presenter.read(found, history, beside, page, view))


def about(request: HttpRequest, page: Side) -> HttpResponse:
    own = SiteText.objects.filter(key="about").values_list(f"text_{page}", flat=True).first()
    words = own or brief_presenter.ABOUT[page]
    return page_frame.render("briefs/about.html", page, "about/", paragraphs=text.paragraphs(words))
