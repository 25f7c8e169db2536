"""Wrapper for all preview views: token check, allowed methods and headers that forbid caching."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from ..content import Side
from ..public.languages import accepts_chinese
from ..public.responses import drop_session, strip_head_body
from ..text.paths import LANGUAGE_CODES
from . import links, pages

PREVIEW_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}

type ViewFunction = Callable[..., HttpResponse]


def guest_view(view: ViewFunction) -> ViewFunction:
    """Pass the opened preview to the view. An invalid token gets the same response for every method."""

    @wraps(view)
    def serve(request: HttpRequest, token: str, language: Side | None = None, **rest: Any) -> HttpResponse:
        drop_session(request)
        side = language or ("zh" if accepts_chinese(request.headers.get("Accept-Language", "")) else "en")
        opened = links.find(token, timezone.now())
        with translation.override(LANGUAGE_CODES[side]):
            if opened is None:
                response = pages.render_closed(side)
            elif request.method not in ("GET", "HEAD", "POST"):
                response = HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            else:
                response = view(request, opened=opened, token=token, language=side, **rest)
        for name, value in PREVIEW_HEADERS.items():
            response.headers[name] = value
        response._has_been_logged = True  # type: ignore[attr-defined]  # keeps the token out of Django's request log
        return strip_head_body(request, response)

    return csrf_exempt(serve)  # no session to forge; `letters` checks the page's origin
