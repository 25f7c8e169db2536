"""Wrapper for the views of the API and the corpus: methods, CORS, rate limits, and errors as problem+json (RFC 9457).

Shared caches may store answers, which are the same for everybody. So answers state the limit (`RateLimit-Policy`), not
what one client has left of it; only 429 has `RateLimit` and `Retry-After`.
"""

from collections.abc import Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from briefs.derived.brief_shape import Moment
from briefs.public import rate_limits
from briefs.public.rate_limits import SEARCH_LIMIT_WINDOW, Activity
from briefs.public.responses import NO_STORE, ViewFunction, drop_session, public_view

JSON = "application/json"
METHODS = "GET, HEAD, OPTIONS"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag, Link, RateLimit, RateLimit-Policy, Retry-After",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "If-None-Match, If-Range, Range",
    "Access-Control-Max-Age": "86400",
}


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """An error (RFC 9457). `parameter` is the one that was wrong; `removed` is when a brief was removed."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    parameter: str = ""
    removed: Moment | None = None


class Problem(Exception):
    """Raised to answer with an error. `values` are fields of `ProblemDetails`."""

    def __init__(
        self, status: HTTPStatus, detail: str = "", *, headers: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        super().__init__(detail)
        self.details = ProblemDetails(status.phrase, status.value, detail=detail, **values)
        self.headers = headers or {}

    def build_response(self) -> HttpResponse:
        body, status = msgspec.json.encode(self.details), self.details.status
        headers = {"Cache-Control": NO_STORE, **self.headers}
        return HttpResponse(body, status=status, content_type="application/problem+json", headers=headers)


def api_view(view: ViewFunction, activity: Activity = "api") -> ViewFunction:
    """Wrap a view that may raise `Problem` and Http404."""
    served = public_view(_answer_problems(view, activity))

    @wraps(view)
    def serve(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if request.method in METHODS.split(", "):
            response = served(request, **arguments)
        else:
            drop_session(request)
            response = Problem(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": METHODS}).build_response()
        for name, value in (CORS | (_PREFLIGHT if request.method == "OPTIONS" else {})).items():
            response.headers[name] = value
        response.headers.setdefault("RateLimit-Policy", _build_policy(activity))
        return response

    return csrf_exempt(serve)


def _build_policy(activity: Activity) -> str:
    return f'"{activity}";q={rate_limits.get_limit(activity)};w={SEARCH_LIMIT_WINDOW}'


def _answer_problems(view: ViewFunction, activity: Activity) -> ViewFunction:
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            require_rate(request, activity)
            return view(request, **arguments)
        except Http404:
            return Problem(HTTPStatus.NOT_FOUND, "There is nothing public at this address.").build_response()
        except Problem as problem:
            return problem.build_response()

    return answer


def require_rate(request: HttpRequest, activity: Activity) -> None:
    """Raise Problem if the client must wait."""
    if wait := rate_limits.seconds_to_wait(request, activity):
        headers = {
            "Retry-After": str(wait),
            "RateLimit": f'"{activity}";r=0;t={wait}',
            "RateLimit-Policy": _build_policy(activity),
        }
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"Wait {wait} {'second' if wait == 1 else 'seconds'}.",
            headers=headers,
        )


def json_response(value: Any, *, next_url: str | None = None) -> HttpResponse:
    headers = {"Link": f'<{next_url}>; rel="next"'} if next_url else {}
    return HttpResponse(msgspec.json.encode(value), content_type=JSON, headers=headers)
