"""robots.txt and security.txt."""

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

_TEXT = "text/plain; charset=utf-8"


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
        f"Contact: mailto:{settings.SECURITY_CONTACT}",
        f"Expires: {expires.isoformat()}T00:00:00Z",
        "Preferred-Languages: zh-Hant, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type=_TEXT)
