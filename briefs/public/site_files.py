"""Files that robots and browsers ask for at fixed addresses: robots.txt, security.txt and favicon.ico."""

import datetime as dt
from email.utils import parseaddr
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

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
