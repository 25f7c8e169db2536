"""Middleware for the desk: cache headers, refusal pages and interface language."""

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from ...accounts import throttle
from ...workflow import Reason
from ...workflow.rules.transitions import format_permitted_people
from ..account.account_pages import build_busy_response
from ..common.brief_pages import render_page

log = logging.getLogger("briefs.refused")

type Handler = Callable[[HttpRequest], HttpResponse]

DESK_PREFIX = "/admin/"
REFUSED_STATUSES = (403, 409)
PRIVATE_PATHS = re.compile(r"/(admin|preview)(/|$)")


class DeskMiddleware:
    """Forbid caching of desk and guest pages, log refusals and render error pages of the desk.

    Must stand outside of all middleware that redirects or refuses, so that their answers are covered too.
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
        """Return a page for exceptions on the desk. `digest.faults` answers those of the database."""
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
    log.warning("%d to %s (person %d): %s", response.status_code, person.get_username(), person.pk, path)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own line names nobody


class DeskLanguageMiddleware:
    """Set the interface language on the desk to the person's, or before sign-in to the browser's."""

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
            return self.get_response(request)


def render_refusal_page(request: HttpRequest, error: PermissionDenied | Http404) -> HttpResponse:
    """Render a 403 page that names the people with permission, or a 404 page without details."""
    title, told, status = _("Page not found"), _("The address may be mistyped."), 404
    if isinstance(error, PermissionDenied):
        # Without a verb, name the publishers.
        verb = str(error.args[0]) if error.args and error.args[0] else "publish_urgently"
        reason = Reason("role", {"name": format_permitted_people(verb)})
        title, told, status = _("Not allowed"), str(reason), 403
    return render_page(request, "home/refused", title=title, opts=None, told=told, status=status).render()
