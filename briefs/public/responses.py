"""Wrapper for all public views: allowed methods, language and caching. Applied in `urls`.

Public responses use no session, cookie or token: they are the same for all readers.
"""

import hashlib
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from .. import letters
from ..client_address import get_client_address
from ..database.replica import read_from_replica
from ..text.paths import LANGUAGE_CODES

CACHE_ONE_MINUTE = "public, max-age=60"
NO_STORE = "no-store"

type ViewFunction = Callable[..., HttpResponse]


def public_view(view: ViewFunction, *, allows_post: bool = False, is_exported: bool = True) -> ViewFunction:
    """Wrap a view: allow GET, HEAD and OPTIONS, activate the address's language, answer 304 by ETag.

    With `allows_post` the view also accepts POST and must check the origin itself. `is_exported` is false for
    views whose answer depends on the request, which a static host cannot provide (`manage.py export_site`).
    """
    methods = ["GET", "HEAD", *(["POST"] if allows_post else []), "OPTIONS"]

    @wraps(view)
    def serve(request: HttpRequest, **arguments: Any) -> HttpResponse:
        drop_session(request)
        if request.method == "OPTIONS" or request.method not in methods:
            return _answer_other_method(request, methods)
        with translation.override(LANGUAGE_CODES[arguments.get("language", "zh")]):
            build = partial(view, request, **arguments)
            response = build() if request.method == "POST" else read_from_replica(build)
        response.headers.setdefault(
            "Cache-Control", CACHE_ONE_MINUTE if response.status_code < 400 else NO_STORE
        )
        answer: HttpResponse = response
        if response.status_code == 200 and response.headers["Cache-Control"] != NO_STORE:
            if "ETag" not in response.headers:  # a view may set an ETag computed without the content
                response.headers["ETag"] = make_etag(response.content)
            etag = response.headers["ETag"]
            answer = get_conditional_response(request, etag, None, response) or response
        return strip_head_body(request, answer)

    serve.exported = is_exported and not allows_post  # type: ignore[attr-defined]
    return csrf_exempt(
        serve
    )  # no session to forge: other views answer POST with 405, and `letters` checks the origin


def make_etag(data: bytes) -> str:
    """Return an ETag computed from the data."""
    return f'"{hashlib.sha256(data).hexdigest()[:24]}"'


def drop_session(request: HttpRequest) -> None:
    """Remove the session from the request.

    Otherwise the session middleware answers a malformed cookie with a new cookie and `Vary: Cookie`.
    """
    if hasattr(request, "session"):
        del request.session
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)


def read_sender(request: HttpRequest) -> letters.Sender:
    """Return the sender's address and the page origin as the browser reports it."""
    return letters.Sender(
        address=get_client_address(request),
        own_origin=f"{request.scheme}://{request.get_host()}",
        origin=request.headers.get("Origin", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
    )


def strip_head_body(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Remove the body from the response to a HEAD request, keeping its Content-Length.

    A view that streams answers HEAD with an empty stream and has no length.
    """
    if request.method == "HEAD" and not response.streaming:
        response.headers["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def _answer_other_method(request: HttpRequest, methods: list[str]) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(methods), "Cache-Control": NO_STORE})
    refused = HttpResponseNotAllowed(methods)
    refused.headers["Cache-Control"] = NO_STORE
    return refused
