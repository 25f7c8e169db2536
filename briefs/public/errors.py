"""Error pages, such as 404 and 503. They make no database query and do not name the brief."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from ..content import LANGUAGE_TAGS, Side
from ..text import paths
from . import page_frame
from .languages import language_from_path
from .responses import NO_STORE, drop_session, strip_head_body

_MESSAGES = {
    404: (
        gettext_noop("Page not found"),
        gettext_noop("The address may be mistyped, or the brief has moved."),
    ),
    410: (
        gettext_noop("This page has been removed."),
        gettext_noop("What stood here is no longer published."),
    ),
    429: (
        gettext_noop("Too many searches"),
        gettext_noop("Please wait a minute before the next one. Every page stays open meanwhile."),
    ),
    500: (
        gettext_noop("Something went wrong on our side."),
        gettext_noop("Please try again in a moment."),
    ),
}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if not request.path_info.startswith("/admin/"):
        drop_session(request)
    return strip_head_body(request, _error_page(language_from_path(request.path_info) or "zh", 404))


def server_error(request: HttpRequest) -> HttpResponse:
    return strip_head_body(request, _error_page(language_from_path(request.path_info) or "zh", 500))


def gone(language: Side) -> HttpResponse:
    return _error_page(language, 410)


def too_many_requests(language: Side, seconds: int) -> HttpResponse:
    response = _error_page(language, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _error_page(language: Side, status: int) -> HttpResponse:
    return render_error(language, status, *_MESSAGES[status])


def render_error(
    language: Side, status: int, heading: str, advice: str, *, reload: str = "", **context: Any
) -> HttpResponse:
    """Render an untranslated error in both languages, the address's own first.

    The language switch leads to the home page. `reload`: the address to try again, instead of the newest briefs.
    """
    sides = [_side_context(side, heading, advice, reload) for side in (language, paths.OTHER_SIDE[language])]
    with translation.override(paths.LANGUAGE_CODES[language]):
        response = page_frame.render(
            "briefs/error.html",
            language,
            "",
            status=status,
            number=status,
            sides=sides,
            heading=sides[0]["heading"],
            **context,
        )
    response.headers["Cache-Control"] = NO_STORE
    return response


def _side_context(side: Side, heading: str, advice: str, reload: str) -> dict[str, str]:
    with translation.override(paths.LANGUAGE_CODES[side]):
        return {
            "lang": LANGUAGE_TAGS[side],
            "heading": gettext(heading).rstrip(".。"),
            "advice": gettext(advice),
            "target": reload or paths.home(side),
            "link": gettext("Load the page again") if reload else gettext("See the newest briefs"),
        }
