"""What holds for every page of the desk and for no other page."""

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

type Handler = Callable[[HttpRequest], HttpResponse]

DESK = "/admin/"
PRIVATE = re.compile(r"/(admin|preview)(/|$)")


class DeskMiddleware:
    """The desk's pages, and a guest's, are for one person: no cache keeps them, nor what leads to them.

    It stands outermost, since the others redirect and refuse by themselves.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if PRIVATE.match(request.path_info):
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A database that let nobody in for too long: what was sent comes back, to be sent again."""
        if not (isinstance(error, OperationalError) and request.path_info.startswith(DESK)):
            return None
        try:
            return busy(request)
        except DatabaseError:  # not even to be read
            return None


class DeskLanguageMiddleware:
    """The interface speaks the person's language; before sign-in, the browser's. Not for public pages."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(DESK):
            return self.get_response(request)
        person = request.user
        chosen = getattr(person, "language", "") or translation.get_language_from_request(request)
        if chosen not in dict(settings.LANGUAGES):
            chosen = settings.LANGUAGE_CODE
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            return self.get_response(request)


def busy(request: HttpRequest) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {**admin.site.each_context(request), "title": _("The database is busy"), "sent": sent}
    headers = {"Retry-After": "5"}
    page = render_to_string("admin/briefs/busy.html", context, request)
    return HttpResponse(page, status=503, headers=headers)
