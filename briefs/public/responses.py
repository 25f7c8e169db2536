"""What holds for every public answer: methods, language, freshness. Put on each view in `urls`.

No session, no cookie, no token: an answer is the same for everybody and depends on the address alone.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from .. import letters
from ..text.paths import LANGUAGE_CODES
from .limits import get_client_address

CACHE_ONE_MINUTE = "public, max-age=60"
NO_STORE = "no-store"

type ViewFunction = Callable[..., HttpResponse]


def public_view(view: ViewFunction, *, allows_post: bool = False, is_exported: bool = True) -> ViewFunction:
    """GET, HEAD and OPTIONS; the language of the address; an ETag from the bytes, and 304 for them.

    With `posts` the view takes a POST too, and asks itself where it comes from. `exported` is false for what answers
    each request anew: a static host cannot (`manage.py export_site`).
    """
    methods = ["GET", "HEAD", *(["POST"] if allows_post else []), "OPTIONS"]

    @wraps(view)
    def serve(request: HttpRequest, **arguments: Any) -> HttpResponse:
        drop_session(request)
        if request.method == "OPTIONS" or request.method not in methods:
            return _answer_other_method(request, methods)
        with translation.override(LANGUAGE_CODES[arguments.get("language", "zh")]):
            response = view(request, **arguments)
        response.headers.setdefault(
            "Cache-Control", CACHE_ONE_MINUTE if response.status_code < 400 else NO_STORE
        )
        answer: HttpResponse = response
        if response.status_code == 200 and response.headers["Cache-Control"] != NO_STORE:
            if "ETag" not in response.headers:  # a view may know one without the bytes
                response.headers["ETag"] = make_etag(response.content)
            etag = response.headers["ETag"]
            answer = get_conditional_response(request, etag, None, response) or response
        return strip_head_body(request, answer)

    serve.exported = is_exported and not allows_post  # type: ignore[attr-defined]
    return csrf_exempt(
        serve
    )  # no session to ride on: a POST is a plain 405, or `letters` asks for our own origin


def make_etag(data: bytes) -> str:
    """An ETag that changes with the data, and only then."""
    return f'"{hashlib.sha256(data).hexdigest()[:24]}"'


def drop_session(request: HttpRequest) -> None:
    """Or the desk's middleware answers a malformed cookie with a new one, and `Vary: Cookie`."""
    if hasattr(request, "session"):
        del request.session
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)


def read_sender(request: HttpRequest) -> letters.Sender:
    """Who posts a letter, and from which page, as far as the browser says."""
    return letters.Sender(
        address=get_client_address(request),
        own_origin=f"{request.scheme}://{request.get_host()}",
        origin=request.headers.get("Origin", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
    )


def strip_head_body(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer to HEAD: what GET would say, without its body."""
    if request.method == "HEAD":
        response.headers["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def _answer_other_method(request: HttpRequest, methods: list[str]) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ", ".join(methods), "Cache-Control": NO_STORE})
    refused = HttpResponseNotAllowed(methods)
    refused.headers["Cache-Control"] = NO_STORE
    return refused
