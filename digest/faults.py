"""Answer 503 when the database fails, wherever in a request: session, sign-in, middleware, view or template.

Nothing here reads the database. What was typed comes back, so that it can be sent again.
"""

import sys
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from briefs.api.api_responses import CORS, Problem
from briefs.database.faults import Fault, find_fault, log_fault
from briefs.public import errors
from briefs.public.languages import language_from_path
from briefs.public.responses import NO_STORE, drop_session, read_sender, strip_head_body

from .body_limit import LIMIT, LargeRequestRefused

type Typed = list[tuple[str, str]]

ADVICE: Final = {
    Fault.AWAY: (
        gettext_noop("The database cannot be reached"),
        gettext_noop("Try again in a minute. If it lasts, tell the person who runs the server."),
    ),
    Fault.FULL: (
        gettext_noop("The disk is full"),
        gettext_noop("Nothing can be stored until there is room. Tell the person who runs the server."),
    ),
    Fault.READ_ONLY: (
        gettext_noop("The database can only be read"),
        gettext_noop("It takes no changes now, for example during maintenance. Try again later."),
    ),
    Fault.LOCKED: (
        gettext_noop("The database is busy"),
        gettext_noop("Somebody else has been writing for a long time. Try again in a few seconds."),
    ),
    Fault.CROWDED: (
        gettext_noop("Too many requests at this moment"),
        gettext_noop("No more can be answered at once. Try again in a few seconds."),
    ),
    Fault.DAMAGED: (
        gettext_noop("The database is damaged"),
        gettext_noop("Do not go on working, and tell the person who runs the server at once."),
    ),
}
RETRY_SECONDS: Final = 5
_CSRF_FIELD: Final = "csrfmiddlewaretoken"
_API_PATHS: Final = ("/api/v1/", "/corpus/", "/mcp")
_ACCOUNT_PATHS: Final = ("/admin/account/", "/admin/login/", "/admin/password_change/")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that nothing caught (Django's `handler500`)."""
    error = sys.exc_info()[1]
    fault = Fault.CROWDED if isinstance(error, LargeRequestRefused) else find_fault(error)
    if error is None or fault is None:
        if request.path_info.startswith(_API_PATHS):
            return strip_head_body(request, _build_problem(HTTPStatus.INTERNAL_SERVER_ERROR))
        return errors.server_error(request)
    log_fault(fault, error)
    response = _build_response(request, fault)
    response.headers["Cache-Control"] = NO_STORE
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would add a traceback for each request
    _forget_session(request)
    return strip_head_body(request, response)


def _build_problem(status: HTTPStatus, detail: str = "") -> HttpResponse:
    """Answer the API, whose errors have a form of their own."""
    return Problem(status, detail, headers=CORS).build_response()


def _build_response(request: HttpRequest, fault: Fault) -> HttpResponse:
    if request.path_info.startswith(_API_PATHS):
        return _build_problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{ADVICE[fault][0]}.")
    if not request.path_info.startswith("/admin/"):
        return _build_public_page(request, fault)
    code = getattr(request, "LANGUAGE_CODE", None) or translation.get_language_from_request(request)
    with translation.override(code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        title, advice = map(gettext, ADVICE[fault])
        if _is_from_script(request):
            return JsonResponse({"fault": fault, "reasons": [title, advice]}, status=503)
        context = {"title": title, "advice": advice, **_resend_context(request)}
        context["site_header"], context["site_title"] = admin.site.site_header, admin.site.site_title
        return HttpResponse(render_to_string("admin/briefs/home/fault.html", context), status=503)


def _build_public_page(request: HttpRequest, fault: Fault) -> HttpResponse:
    language = language_from_path(request.path_info) or "zh"
    heading, advice = ADVICE[fault][0], gettext_noop("Please try again in a moment.")
    reload = "" if request.method == "POST" else request.get_full_path()
    return errors.render_error(language, 503, heading, advice, reload=reload, **_resend_context(request))


def _is_from_script(request: HttpRequest) -> bool:
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode != "navigate" or not request.accepts("text/html")


def _resend_context(request: HttpRequest) -> dict[str, object]:
    """Return what the form needs that sends the same fields once more. `typed` is None if they cannot be returned."""
    context: dict[str, object] = {"method": request.method, "address": request.get_full_path(), "typed": None}
    if request.method != "POST" or request.path_info.startswith(_ACCOUNT_PATHS) or not _is_readable(request):
        return context
    try:
        fields, files = request.POST, request.FILES
        if not _is_from_own_page(request):
            return context
    except (OSError, SuspiciousOperation, MultiPartParserError, RawPostDataException):
        return context
    if any("password" in name for name in fields):
        return context
    return context | {
        "typed": [
            (name, value) for name, values in fields.lists() for value in values if name != _CSRF_FIELD
        ],
        "files": [(name, file.name) for name, sent in files.lists() for file in sent],
        "token": get_token(request) if request.path_info.startswith("/admin/") else "",
    }


def _is_readable(request: HttpRequest) -> bool:
    """Return whether the body may be read. If it was not read before, it must be short: anybody may have sent it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    if isinstance(sys.exc_info()[1], LargeRequestRefused):
        return False  # to read and return it would take as long as to answer it
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if has_session else LIMIT
    return hasattr(request, "_post") or (length.isdecimal() and int(length) <= limit)


def _is_from_own_page(request: HttpRequest) -> bool:
    """Return whether a page of this site sent the form.

    The CSRF check may not have run. Without it, another site's fields would get a valid token here.
    """
    if not request.path_info.startswith("/admin/"):
        return read_sender(request).is_same_origin()
    check = CsrfViewMiddleware(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, server_error, (), {}) is None


def _forget_session(request: HttpRequest) -> None:
    """Keep the middleware outside from reading or storing the session and its messages, which would fail again."""
    drop_session(request)
    if hasattr(request, "_messages"):
        del request._messages
