"""Sitemaps, and the files that robots and browsers ask for at fixed addresses.

On large sites an index names one file of list pages, and files for ranges of edition ids.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import escape

from briefs.bilingual.text import paths
from briefs.content import SIDES, Side
from briefs.models.edition import Edition
from briefs.models.site import SiteText
from briefs.publications import published

from . import subject_queries

# sitemap.xml, split into several files for large sites.

BRIEFS_PER_SITEMAP = 5000
"""Briefs per file. Each has two addresses; the protocol allows 50,000 addresses per file."""

_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = list(_listed_editions(now)[: BRIEFS_PER_SITEMAP + 1])
    if len(rows) <= BRIEFS_PER_SITEMAP:
        return _urlset_response([*_list_page_paths(now), *_brief_paths(rows)])
    blocks = Edition.objects.listed(now).annotate(block=F("pk") / BRIEFS_PER_SITEMAP).values("block")
    last = blocks.annotate(last=Max("live_from")).order_by("block").values_list("block", "last")
    return _index_response(last)


def sitemap_part(request: HttpRequest, block: int) -> HttpResponse:
    first = block * BRIEFS_PER_SITEMAP
    rows = _listed_editions(timezone.now()).filter(pk__gte=first, pk__lt=first + BRIEFS_PER_SITEMAP)
    if not rows:
        raise Http404
    return _urlset_response(_brief_paths(rows))


def sitemap_pages(request: HttpRequest) -> HttpResponse:
    return _urlset_response(_list_page_paths(timezone.now()))


def _listed_editions(now: dt.datetime) -> QuerySet[Any, Any]:
    return Edition.objects.listed(now).order_by("pk").values_list("slug", "live_from")


def _brief_paths(rows: Iterable[tuple[str, dt.datetime]]) -> Iterator[tuple[str, dt.datetime | None]]:
    return ((f"briefs/{slug}/", live_from) for slug, live_from in rows)


def _urlset_response(paths_and_dates: Iterable[tuple[str, dt.datetime | None]]) -> HttpResponse:
    body = "".join(_url_entry(path, moment) for path, moment in paths_and_dates)
    return _xml_response(f'<urlset {_XMLNS} xmlns:xhtml="http://www.w3.org/1999/xhtml">\n{body}</urlset>')


def _list_page_paths(now: dt.datetime) -> Iterator[tuple[str, dt.datetime | None]]:
    """Yield list, index and archive paths with the time of their newest edition."""
    listed = Edition.objects.listed(now)
    last = listed.aggregate(last=Max("live_from"))["last"]
    yield "", last
    yield "corrections/", last
    yield from _issue_paths(now)
    yield "follow/", None
    yield "about/", SiteText.objects.filter(key="about").aggregate(last=Max("updated_at"))["last"]
    if last is None:
        return
    for kind in subject_queries.SUBJECT_KINDS.values():
        slug = f"{kind.join_path}__slug"
        rows = list(
            listed.exclude(**{kind.join_path: None})
            .values_list(slug)
            .annotate(last=Max("live_from"))
            .order_by(slug)
        )
        if rows:
            yield f"{kind.name}/", max(moment for _, moment in rows)
        yield from ((f"{kind.name}/{name}/", moment) for name, moment in rows)
    yield from _archive_paths(listed)


def _issue_paths(now: dt.datetime) -> Iterator[tuple[str, dt.datetime | None]]:
    rows = list(published.list_current(now).values_list("issue_number", "live_from"))
    if rows:
        yield "issues/", max(moment for _, moment in rows)
    yield from ((f"issues/{number}/", moment) for number, moment in rows)


def _archive_paths(listed: QuerySet[Edition, Edition]) -> Iterator[tuple[str, dt.datetime | None]]:
    month = "place__article_month"
    dated = listed.exclude(**{month: None}).values_list(month).annotate(last=Max("live_from"))
    newest: dict[str, dt.datetime] = {}
    for number, moment in dated.order_by(f"-{month}"):
        year, rest = divmod(number, 100)
        for path in ("archive/", f"archive/{year}/", *([f"archive/{year}/{rest:02}/"] if rest else [])):
            newest[path] = max(newest.get(path, moment), moment)
    yield from newest.items()


def _index_response(blocks: Iterable[tuple[int, dt.datetime]]) -> HttpResponse:
    files = [("pages", None), *blocks]
    body = "".join(
        f"<sitemap><loc>{escape(settings.SITE_URL)}/sitemap-{name}.xml</loc>{_lastmod_element(last)}</sitemap>\n"
        for name, last in files
    )
    return _xml_response(f"<sitemapindex {_XMLNS}>\n{body}</sitemapindex>")


def _url_entry(path: str, modified: dt.datetime | None) -> str:
    """Return the entries of a page in both languages, with hreflang links and x-default as in the page's
    head.
    """
    default = _address("en", path) if path else escape(f"{settings.SITE_URL}/")
    places = [*((paths.HREFLANG[side], _address(side, path)) for side in SIDES), ("x-default", default)]
    twins = "".join(f'<xhtml:link rel="alternate" hreflang="{lang}" href="{url}"/>' for lang, url in places)
    return "".join(
        f"<url><loc>{_address(side, path)}</loc>{_lastmod_element(modified)}{twins}</url>\n" for side in SIDES
    )


def _address(side: Side, path: str) -> str:
    return escape(f"{settings.SITE_URL}{paths.home(side)}{path}")


def _lastmod_element(moment: dt.datetime | None) -> str:
    return f"<lastmod>{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if moment else ""


def _xml_response(body: str) -> HttpResponse:
    return HttpResponse(f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n', content_type="application/xml")


# robots.txt, security.txt and favicon.ico.

_TEXT = "text/plain; charset=utf-8"
_FAVICON_PATH = Path(__file__).parents[1] / "static" / "briefs" / "favicon.ico"


def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /preview/",
        "",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type=_TEXT)


def security(request: HttpRequest) -> HttpResponse:
    """Return security.txt (RFC 9116).

    It expires in 360 days, under a year as the RFC recommends, at midnight so that the file changes once a
    day.
    """
    expires = timezone.now().astimezone(dt.UTC).date() + dt.timedelta(days=360)
    lines = [
        f"Contact: mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
        f"Expires: {expires.isoformat()}T00:00:00Z",
        "Preferred-Languages: zh-Hant, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type=_TEXT)


def favicon(request: HttpRequest) -> HttpResponse:
    """Return the icon where browsers and feed readers look for it without reading a page."""
    return HttpResponse(_read_favicon(), content_type="image/x-icon")


@cache
def _read_favicon() -> bytes:
    return _FAVICON_PATH.read_bytes()
