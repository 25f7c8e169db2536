"""What holds for every page of the desk and for no other page."""

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from ...workflow import Reason
from ...workflow.rules.transitions import format_permitted_people

log = logging.getLogger("briefs.refused")

type Handler = Callable[[HttpRequest], HttpResponse]

DESK_PREFIX = "/admin/"
REFUSED_STATUSES = (403, 409)
PRIVATE_PATHS = re.compile(r"/(admin|preview)(/|$)")


class DeskMiddleware:
    """The desk's pages, and a guest's, are for one person: no cache keeps them, nor what leads to them.

    It stands outermost, since the others redirect and refuse by themselves.
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
        """A database that let nobody in for too long: what was sent comes back, to be sent again. What a person
        of the desk may not do, or what is not there, is said on a page of the desk.
        """
        if not request.path_info.startswith(DESK_PREFIX):
            return None
        if isinstance(error, PermissionDenied | Http404) and admin.site.has_permission(request):
            return render_refusal_page(request, error)
        if not isinstance(error, OperationalError):
            return None
        try:
            return render_busy_page(request)
        except DatabaseError:  # not even to be read
            return None


def _log_refusal(request: HttpRequest, response: HttpResponse) -> None:
    """Who was refused what, for the log. The address names the brief and the verb; nothing that was sent is told."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return
    path = request.path.encode("unicode_escape").decode("ascii")
    log.warning("%d to %s (person %d): %s", response.status_code, person.get_username(), person.pk, path)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own line names nobody


class DeskLanguageMiddleware:
    """The interface speaks the person's language; before sign-in, the browser's. Not for public pages."""

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


def render_busy_page(request: HttpRequest) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {**admin.site.each_context(request), "title": _("The database is busy"), "sent": sent}
    headers = {"Retry-After": "5"}
    page = render_to_string("admin/briefs/home/busy.html", context, request)
    return HttpResponse(page, status=503, headers=headers)


def render_refusal_page(request: HttpRequest, error: PermissionDenied | Http404) -> HttpResponse:
    """Who could do it is named; of what is not there nothing is."""
    if isinstance(error, PermissionDenied):
        verb = str(error.args[0]) if error.args and error.args[0] else "publish_urgently"  # who may all
        title, told, status = (
            _("Not allowed"),
            str(Reason("role", {"name": format_permitted_people(verb)})),
            403,
        )
    else:
        title, told, status = _("Page not found"), _("The address may be mistyped."), 404
    context = {**admin.site.each_context(request), "title": title, "told": told}
    return HttpResponse(render_to_string("admin/briefs/home/refused.html", context, request), status=status)
