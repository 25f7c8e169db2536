"""Pages for what is not there: 404, 410 and 500. They ask the database nothing and name nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from ..content import Side
from ..rendering.paths import CODE
from . import pages
from .languages import of_path
from .serving import NEVER


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page("briefs/not_found.html", of_path(request.path_info) or "zh", 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _page("briefs/broken.html", of_path(request.path_info) or "zh", 500)


def gone(page: Side) -> HttpResponse:
    return _page("briefs/gone.html", page, 410)


def _page(template: str, page: Side, status: int, **context: Any) -> HttpResponse:
    """The languages stand side by side, that of the address first. Its switch leads to the first page."""
    with translation.override(CODE[page]):
        response = pages.render(template, page, "", status=status, number=status, **context)
    response.headers["Cache-Control"] = NEVER
    return response
