"""Middleware of ours: response headers, and the desk's rules."""

import logging
import re
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control

from briefs.admin.account.account_pages import build_busy_response
from briefs.admin.home.desk_site import render_refusal_page
from briefs.operations.accounts import sessions, throttle

type Handler = Callable[[HttpRequest], HttpResponse]


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
