"""Pages in place of an answer: 503 when the database fails, anywhere in a request; and forms of the desk that come too late."""

import sys
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from briefs.database import Fault, find_fault, log_fault
from briefs.public import CORS, Problem, read_sender, responses
from briefs.public.responses import NO_STORE, drop_session, language_from_path, strip_head_body

from .body_limits import LIMIT, LargeRequestRefused
from .middleware import Handler

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
_API_PATHS: Final = ("/api/v1/", "/corpus/")
_ACCOUNT_PATHS: Final = ("/admin/account/", "/admin/login/", "/admin/password_change/")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an uncaught exception (Django's `handler500`)."""
    error = sys.exc_info()[1]
    fault = Fault.CROWDED if isinstance(error, LargeRequestRefused) else find_fault(error)
    if error is None or fault is None:
        if request.path_info.startswith(_API_PATHS):
            return strip_head_body(request, _build_problem(HTTPStatus.INTERNAL_SERVER_ERROR))
        if request.path_info.startswith("/admin/"):
            title, advice = responses.MESSAGES[500]
            return _build_desk_response(request, title, advice, status=500)
        return responses.server_error(request)
    log_fault(fault, error)
    response = _build_response(request, fault)
    response.headers["Cache-Control"] = NO_STORE
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would add a traceback for each request
    _forget_session(request)
    return strip_head_body(request, response)


def _build_problem(status: HTTPStatus, detail: str = "") -> HttpResponse:
    """Build an error of the API as problem+json."""
    return Problem(status, detail, headers=CORS).build_response()


def _build_response(request: HttpRequest, fault: Fault) -> HttpResponse:
    if request.path_info.startswith(_API_PATHS):
        return _build_problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{ADVICE[fault][0]}.")
    if not request.path_info.startswith("/admin/"):
        return _build_public_page(request, fault)
    return _build_desk_response(request, *ADVICE[fault], status=503, fault=fault)


def _build_desk_response(
    request: HttpRequest, title: str, advice: str, *, status: int, **values: object
) -> HttpResponse:
    """Build an error of the desk: a page with the fields of the form, or JSON with `values` for a script."""
    code = getattr(request, "LANGUAGE_CODE", None) or translation.get_language_from_request(request)
    with translation.override(code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        title, advice = gettext(title), gettext(advice)
        if _is_from_script(request):
            return JsonResponse({**values, "reasons": [title, advice]}, status=status)
        return _render_desk_page(title, advice, _resend_context(request), status=status)


def _render_desk_page(title: str, advice: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    """Render an error page of the desk that needs neither session nor database."""
    context = {"title": title, "told": advice, **context}
    context["site_header"], context["site_title"] = admin.site.site_header, admin.site.site_title
    return HttpResponse(render_to_string("admin/briefs/home/refused.html", context), status=status)


def _build_public_page(request: HttpRequest, fault: Fault) -> HttpResponse:
    language = language_from_path(request.path_info) or "zh"
    heading, advice = ADVICE[fault][0], gettext_noop("Please try again in a moment.")
    reload = "" if request.method == "POST" else request.get_full_path()
    return responses.render_error(language, 503, heading, advice, reload=reload, **_resend_context(request))


def _is_from_script(request: HttpRequest) -> bool:
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode != "navigate" or not request.accepts("text/html")


def _resend_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the form that sends the same fields again. `typed` is None if they cannot be shown."""
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
    """Return whether to read the body: yes if it is in memory already, or short enough (without a session, `LIMIT`)."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    if isinstance(sys.exc_info()[1], LargeRequestRefused):
        return False  # reading and returning it would take as long as the refused request
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if has_session else LIMIT
    return hasattr(request, "_post") or (length.isdecimal() and int(length) <= limit)


class _TokenCheck(CsrfViewMiddleware):
    """Django's CSRF check, which says no without the page of `csrf_failure`, since that page asks here."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(status=403)


def _is_from_own_page(request: HttpRequest) -> bool:
    """Return whether a page of this site sent the form.

    The CSRF check may not have run. Without it, another site's fields would get a valid token here.
    """
    if read_sender(request).is_same_origin():
        return True
    if not request.path_info.startswith("/admin/"):
        return False
    check = _TokenCheck(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, server_error, (), {}) is None


def _forget_session(request: HttpRequest) -> None:
    """Replace session and messages by empty ones, so that outer middleware does not use the failed database again."""
    drop_session(request)
    if hasattr(request, "_messages"):
        del request._messages


def keep_typed_fields(get_response: Handler) -> Handler:
    """Return the fields of a form sent after the session ended, instead of a redirect to the sign-in that drops them."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method != "POST":
            return response
        sign_in = reverse("admin:login")
        if (
            not response.headers.get("Location", "").startswith(f"{sign_in}?")
            or request.user.is_authenticated
            or _is_from_script(request)
        ):
            return response
        context = _resend_context(request)
        if not context["typed"]:
            return response
        advice = gettext("Log in in a new window, and then send what you typed from this page.")
        context["sign_in"] = sign_in
        return _render_desk_page(gettext("You are logged out"), advice, context, status=403)

    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a valid token (Django's CSRF_FAILURE_VIEW): mostly, a sign-in elsewhere changed the token."""
    title = gettext_noop("This page was opened before you logged in")
    advice = gettext_noop("Nothing was stored yet.")
    if settings.CSRF_COOKIE_NAME not in request.COOKIES:
        title = gettext_noop("Your browser sent no cookie")
        advice = gettext_noop("The desk needs cookies. Allow them for this site, then load the page again.")
    elif request.path_info.startswith(_ACCOUNT_PATHS) and read_sender(request).is_same_origin():
        if not request.user.is_authenticated:
            messages.info(request, gettext("This page was open for too long. Please fill it in again."))
        query = urlencode({"next": request.POST["next"]}) if request.POST.get("next") else ""
        return redirect(f"{request.path}?{query}")
    return _build_desk_response(request, title, advice, status=403)
