"""The Markdown twin of a brief's page, at an address of its own and by `Accept: text/markdown`.

Shared caches keep one answer for an address, so the page sends no `Vary: Accept`: that would store a copy for each
browser's wording of the header. The twin at the page's address may not be stored instead.
"""

from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ...content import Side
from ...rendering import markdown
from ...text import paths
from .. import brief_presenter, editions, errors
from ..responses import NO_STORE, ViewFunction

_MARKDOWN = "text/markdown"


def markdown_twin(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now = timezone.now()
    try:
        found = editions.find(slug, now)
    except editions.Gone:
        return errors.gone(language)
    if found.withdrawn_at:
        notices = brief_presenter.build_withdrawal_notices(found, found.withdrawn_at, language)
        body = markdown.render_withdrawn_markdown(found.brief, language, notices)
    else:
        lines = [
            brief_presenter.build_history_line(row, language) for row in editions.list_history(found, now)
        ]
        body = markdown.render_markdown(
            found.brief,
            language,
            posted=brief_presenter.render_posted_line(found.brief, lines, language),
            notices=brief_presenter.render_notice_lines(found, lines),
        )
    response = HttpResponse(
        body.replace(paths.SITE_PLACEHOLDER, settings.SITE_URL), content_type=f"{_MARKDOWN}; charset=utf-8"
    )
    response.headers["Link"] = f'<{settings.SITE_URL}{paths.brief(language, slug)}>; rel="canonical"'
    if found.withdrawn_at:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def offer_markdown(view: ViewFunction) -> ViewFunction:
    """Answer the address of a brief's page with its Markdown, if the client prefers that."""

    @wraps(view)
    def serve(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
        if _MARKDOWN not in request.META.get("HTTP_ACCEPT", ""):  # spares other requests 20 microseconds
            return view(request, language=language, slug=slug)
        if request.get_preferred_type(["text/html", _MARKDOWN]) == _MARKDOWN:
            return negotiated_twin(request, language, slug)
        response = view(request, language=language, slug=slug)
        response.headers["Cache-Control"] = NO_STORE  # nginx would keep it under the key of the Markdown
        return response

    return serve


def negotiated_twin(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    """Return the twin as an answer at the address of the page."""
    response = markdown_twin(request, language, slug)
    response.headers["Cache-Control"] = NO_STORE
    response.headers["Vary"] = "Accept"
    if response.status_code == 200:
        response.headers["Content-Location"] = paths.markdown(language, slug)
    return response
