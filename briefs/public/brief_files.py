"""A public brief as files: citations, Markdown and its picture."""

import logging
import re
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls.converters import StringConverter
from django.utils import timezone

from briefs import images
from briefs.citations import bibtex, csl, ris, works
from briefs.content import Side
from briefs.rendering import markdown
from briefs.rendering.cards import PICTURE_TYPES
from briefs.text import paths

from . import brief_presenter, editions, responses
from .responses import NO_STORE, ViewFunction

# Citation files for reference managers, of a brief or of the article it digests.

CITATION_FORMATS: dict[str, tuple[Callable[[works.CitableWork], str], str]] = {
    "ris": (ris.format_ris, "application/x-research-info-systems; charset=utf-8"),
    "bib": (bibtex.format_bibtex, "application/x-bibtex; charset=utf-8"),
    "json": (csl.format_csl, "application/vnd.citationstyles.csl+json; charset=utf-8"),
}


class CitationFileConverter(StringConverter):
    values = tuple(f"{what}.{end}" for what in ("cite", "original") for end in CITATION_FORMATS)
    regex = "|".join(map(re.escape, values))


def citation(request: HttpRequest, language: Side, slug: str, file: str) -> HttpResponse:
    try:
        edition = editions.find(slug, timezone.now())
    except editions.Gone:
        return responses.gone(language)
    what, _, end = file.partition(".")
    write, kind = CITATION_FORMATS[end]
    if what == "cite":
        work = brief_presenter.build_brief_work(edition, language)
    else:
        work = works.build_article_work(edition.brief)
    body = write(work).replace(paths.SITE_PLACEHOLDER, settings.SITE_URL)
    response = HttpResponse(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{work.citation_key}.{end}"'
    if edition.withdrawn_at:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


# The Markdown twin of a brief's page, at an address of its own and by `Accept: text/markdown`.

_MARKDOWN = "text/markdown"


def markdown_twin(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now = timezone.now()
    try:
        edition = editions.find(slug, now)
    except editions.Gone:
        return responses.gone(language)
    if edition.withdrawn_at:
        notices = brief_presenter.build_withdrawal_notices(edition, edition.withdrawn_at, language)
        body = markdown.render_withdrawn_markdown(edition.brief, language, notices)
    else:
        lines = [
            brief_presenter.build_history_line(row, language) for row in editions.list_history(edition, now)
        ]
        body = markdown.render_markdown(
            edition.brief,
            language,
            posted=brief_presenter.render_posted_line(edition.brief, lines, language),
            notices=brief_presenter.render_notice_lines(edition, lines),
        )
    response = HttpResponse(
        body.replace(paths.SITE_PLACEHOLDER, settings.SITE_URL), content_type=f"{_MARKDOWN}; charset=utf-8"
    )
    response.headers["Link"] = f'<{settings.SITE_URL}{paths.brief(language, slug)}>; rel="canonical"'
    if edition.withdrawn_at:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def offer_markdown(view: ViewFunction) -> ViewFunction:
    """Wrap a brief's page to answer with its Markdown if the client's Accept header prefers that."""

    @wraps(view)
    def serve(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
        if _MARKDOWN not in request.META.get("HTTP_ACCEPT", ""):  # spares other requests 20 microseconds
            return view(request, language=language, slug=slug)
        if request.get_preferred_type(["text/html", _MARKDOWN]) == _MARKDOWN:
            return negotiated_twin(request, language, slug)
        response = view(request, language=language, slug=slug)
        response.headers["Cache-Control"] = (
            NO_STORE  # else nginx would store the page under the key of the Markdown
        )
        return response

    return serve


def negotiated_twin(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    """Return the Markdown as an answer at the address of the page."""
    response = markdown_twin(request, language, slug)
    response.headers["Cache-Control"] = NO_STORE
    response.headers["Vary"] = "Accept"
    if response.status_code == 200:
        response.headers["Content-Location"] = paths.markdown(language, slug)
    return response


# Serve cover files while a listed edition shows the picture.

log = logging.getLogger(__name__)


def picture(request: HttpRequest, name: str) -> HttpResponse:
    key = images.picture_key_from_file_name(name)
    if not key or not editions.is_picture_public(key, timezone.now()):
        raise Http404
    try:
        data = images.read(name)
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError as error:  # the storage is away
        log.error("%s: %s", name, error)
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    kind = PICTURE_TYPES[name.rpartition(".")[2]]
    return HttpResponse(data, content_type=kind)
