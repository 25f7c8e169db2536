"""What holds for every answer of the token door: who may, which methods, and that nobody keeps it."""

from collections.abc import Callable
from functools import wraps
from typing import Final

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
    """The view is given what the token opens. A token that opens nothing has one answer to every method."""

    @wraps(view)
    def serve(request: HttpRequest, token: str, language: Side | None = None, **rest: str) -> HttpResponse:
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
        response._has_been_logged = True  # type: ignore[attr-defined]  # a log would keep the token
        return strip_head_body(request, response)

    return csrf_exempt(serve)  # there is no session to ride on; `letters` asks for the page's own origin
