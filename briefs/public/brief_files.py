"""Files of a brief: its Markdown twin, citation files, the picture of link previews, and covers."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls.converters import StringConverter
from django.utils import timezone

from briefs import images
from briefs.bilingual.citations import bibtex, csl, ris, works
from briefs.bilingual.rendering import citation_box, markdown, page_metadata
from briefs.bilingual.rendering.title_card import draw_title_card
from briefs.bilingual.rendering.views import PICTURE_TYPES
from briefs.bilingual.text import paths
from briefs.content import Side

from . import editions
from .brief_answers import (
    build_brief_work,
    build_history_line,
    build_withdrawal_notices,
    find_correction,
    log,
    mark_withdrawn,
    render_notice_lines,
    render_posted_line,
)
from .responses import NO_STORE, ViewFunction

_MARKDOWN = "text/markdown"


def markdown_twin(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    now = timezone.now()
    edition = editions.find(slug, now)
    if edition.withdrawn_at:
        notices = build_withdrawal_notices(edition, edition.withdrawn_at, language)
        citation = citation_box.render_citation(build_brief_work(edition, language), language)
        body = markdown.render_withdrawn_markdown(edition.brief, language, notices, citation)
    else:
        history = editions.list_history(edition, now)
        lines = [build_history_line(row, language) for row in history]
        body = markdown.render_markdown(
            edition.brief,
            language,
            posted=render_posted_line(edition.brief, lines, language),
            notices=render_notice_lines(edition, lines),
            corrected_on=find_correction(history),
        )
    response = HttpResponse(
        body.replace(paths.SITE_PLACEHOLDER, settings.SITE_URL), content_type=f"{_MARKDOWN}; charset=utf-8"
    )
    response.headers["Link"] = f'<{settings.SITE_URL}{paths.brief(language, slug)}>; rel="canonical"'
    return mark_withdrawn(response, edition)


def offer_markdown(view: ViewFunction) -> ViewFunction:
    """Wrap a brief's page to answer with its Markdown if the client's Accept header prefers that."""

    @wraps(view)
    def serve(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
        if _MARKDOWN not in request.META.get("HTTP_ACCEPT", ""):  # spares other requests 20 microseconds
            return view(request, language=language, slug=slug)
        if request.get_preferred_type(["text/html", _MARKDOWN]) == _MARKDOWN:
            response = markdown_twin(request, language, slug)
            response.headers["Vary"] = "Accept"
            response.headers["Content-Location"] = paths.markdown(language, slug)
        else:
            response = view(request, language=language, slug=slug)
        # else nginx would store one of the two under the key of the other
        response.headers["Cache-Control"] = NO_STORE
        return response

    return serve


CITATION_FORMATS: dict[str, tuple[Callable[[works.CitableWork], str], str]] = {
    "ris": (ris.format_ris, "application/x-research-info-systems; charset=utf-8"),
    "bib": (bibtex.format_bibtex, "application/x-bibtex; charset=utf-8"),
    "json": (csl.format_csl, "application/vnd.citationstyles.csl+json; charset=utf-8"),
}


class CitationFileConverter(StringConverter):
    regex = rf"(?:cite|original)\.(?:{'|'.join(CITATION_FORMATS)})"


def citation(request: HttpRequest, language: Side, slug: str, file: str) -> HttpResponse:
    now = timezone.now()
    edition = editions.find(slug, now)
    what, _, end = file.partition(".")
    write, kind = CITATION_FORMATS[end]
    if what == "cite":
        work = build_brief_work(edition, language, find_correction(editions.list_history(edition, now)))
    else:
        work = works.build_article_work(edition.brief, language)
        if not work.title:
            work = replace(work, title=f"[{edition.brief.headline(language)}]")
    body = write(work).replace(paths.SITE_PLACEHOLDER, settings.SITE_URL)
    response = HttpResponse(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{work.citation_key}.{end}"'
    return mark_withdrawn(response, edition)


def card(request: HttpRequest, language: Side, slug: str) -> HttpResponse:
    """Return a picture for link previews: the headline, or by a redirect the brief's own picture."""
    brief = editions.find_listed(slug, timezone.now())
    if brief.facts.picture:
        return HttpResponseRedirect(page_metadata.get_preview_path(brief, language))
    picture = draw_title_card(brief.headline(language), settings.DIGEST_SITE_NAME[language])
    return HttpResponse(picture, content_type="image/png")


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
