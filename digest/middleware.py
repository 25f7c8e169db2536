"""All middleware of ours: response headers, the desk's rules, limits of request bodies; and 503 when the database fails."""

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict, RawPostDataException
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, gettext_noop

from briefs.admin.account.account_pages import build_busy_response
from briefs.admin.home.desk_site import render_refusal_page
from briefs.database import Fault, find_fault, log_fault
from briefs.operations.accounts import sessions, throttle
from briefs.public import CORS, Problem, read_sender, responses
from briefs.public.responses import NO_STORE, drop_session, language_from_path, strip_head_body

type Handler = Callable[[HttpRequest], HttpResponse]

# Response headers for which Django's middleware has no setting.

DENIED_FEATURES: Final = (
    *("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone"),
    *("midi", "payment", "usb", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY: Final = ", ".join(f"{feature}=()" for feature in DENIED_FEATURES)


def permissions_policy(get_response: Handler) -> Handler:
    """Add a Permissions-Policy to every response. No page uses a device, so injected code must not either."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response

    return answer


# The desk and guest pages: no caching, a log of refusals, error pages, the person's language.

PRIVATE_PATHS: Final = re.compile(r"/(admin|preview)(/|$)")
DESK_PREFIX: Final = "/admin/"
REFUSED_STATUSES: Final = (403, 409)
refusals: Final = logging.getLogger("briefs.refused")


class DeskMiddleware:
    """Forbid caching of desk and guest pages, log refusals and render error pages of the desk.

    Must precede all middleware that redirects or refuses, so that their answers are covered too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if PRIVATE_PATHS.match(request.path_info):
            patch_cache_control(response, private=True, no_store=True)
        desk = request.path_info.startswith(DESK_PREFIX)
        if desk and request.method == "POST" and response.status_code in REFUSED_STATUSES:
            _log_refusal(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return a page for exceptions on the desk. `server_error` answers those of the database."""
        if not request.path_info.startswith(DESK_PREFIX):
            return None
        if isinstance(error, throttle.Busy):
            return build_busy_response()
        if isinstance(error, PermissionDenied | Http404) and admin.site.has_permission(request):
            return render_refusal_page(request, error)
        return None


def _log_refusal(request: HttpRequest, response: HttpResponse) -> None:
    """Log the status, the person and the path, which names the brief and the verb.

    Submitted values are not logged.
    """
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return
    path = request.path.encode("unicode_escape").decode("ascii")
    refusals.warning("%d to %s (person %d): %s", response.status_code, person.get_username(), person.pk, path)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own line names nobody


class DeskLanguageMiddleware:
    """On the desk, end sessions that were idle, and use the person's language, or before sign-in the browser's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(DESK_PREFIX):
            return self.get_response(request)
        person = request.user
        chosen = getattr(person, "language", "") or translation.get_language_from_request(request)
        if chosen not in dict(settings.LANGUAGES):
            chosen = settings.LANGUAGE_CODE
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            sessions.limit_idle_time(request)
            return self.get_response(request)


# Limits of request bodies.

LIMIT: Final = 64 * 1024
"""Bytes of a body sent by somebody who is not signed in: a letter or a password."""
DESK_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of uploads, as in deploy/nginx.conf. The upload pages have lower limits of their own."""

WAITING: Final = 2
"""Requests with a large body that wait while another is answered. With more, they would hold all threads of the process
and readers would wait for them: the longest brief takes two seconds of processor time.
"""
WAIT_SECONDS: Final = 5

_turn = threading.Lock()
_places = threading.BoundedSemaphore(1 + WAITING)


class LargeRequestRefused(Exception):
    """Too many requests with a large body are running or waiting. Nothing of the body was read."""


@contextmanager
def take_turn() -> Iterator[None]:
    """Wait until no other request with a large body is running. Raise LargeRequestRefused if that takes too long."""
    if not _places.acquire(blocking=False):
        raise LargeRequestRefused
    try:
        if not _turn.acquire(timeout=WAIT_SECONDS):
            raise LargeRequestRefused
        try:
            yield
        finally:
            _turn.release()
    finally:
        _places.release()


def limit_body(get_response: Handler) -> Handler:
    """Answer 413 to a body over the limit, and 411 to one of unknown length, which Django would treat as empty.

    Must follow the authentication middleware and precede the CSRF check, which reads the body.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        request.multipart_parser_class = FormParser  # type: ignore[assignment]  # the stubs want an instance
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return _refuse(411, "The length of the request is missing. / 請求未註明長度。")
        if length.isdecimal() and int(length) <= LIMIT:
            return get_response(request)
        limit = (
            DESK_LIMIT if request.path_info.startswith("/admin/") and request.user.is_authenticated else LIMIT
        )
        if length.isdecimal() and int(length) <= limit:
            with take_turn():
                return get_response(request)
        return _refuse(413, f"At most {limit >> 10} kB. / 上限為 {limit >> 10} kB。")

    return answer


class FormParser(MultiPartParser):
    """Parse a body of plain fields, as browsers write them, in one go: 1 µs a field. Django's parser takes 150 µs, two
    seconds for the longest brief. Any other body is left to it.
    """

    _content_length: int
    _input_data: Any
    _boundary: bytes
    _encoding: str
    _FIELD = re.compile(rb'\r\nContent-Disposition: form-data; name="(?P<name>[\w.:-]+)"\r\n\r\n')

    def _parse(self) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        if 0 < self._content_length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            body = self._input_data.read()
            if (fields := self._read_fields(body)) is not None:
                return fields, MultiValueDict()
            self._input_data = BytesIO(body)
        return super()._parse()  # type: ignore[misc, no-any-return]  # unknown to the stubs

    def _read_fields(self, body: bytes) -> QueryDict | None:
        first, *parts, last = body.split(b"--" + self._boundary)
        if first or last not in (b"--", b"--\r\n"):
            return None
        if len(parts) > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
            raise TooManyFieldsSent
        fields = QueryDict(mutable=True)
        for part in parts:
            match, end = self._FIELD.match(part), len(part) - 2
            if not match or match.end() > end or not part.endswith(b"\r\n"):
                return None
            value = part[match.end() : end].decode(self._encoding, "replace")
            fields.appendlist(match["name"].decode(), value)
        fields._mutable = False
        return fields


def _refuse(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


# 503 when the database fails, anywhere in a request: session, sign-in, middleware, view or template.

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


# Forms of the desk that come too late: after the session ended, or after a sign-in in another window.


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
