"""Preview the stored working copy as a public page, in Chinese, English or both side by side."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from ... import rendering, workflow
from ...content import LANGUAGE_TAGS, Content, Side
from ...derived.public_brief import build_unpublished_brief
from ...models import Brief
from ...rendering import cards
from ...text import paths
from ..common.access import require_role
from ..common.brief_pages import get_brief_or_404
from . import cover_views

PREVIEW_SLUG: Final = "preview"
"""Placeholder for the public slug; links with it are removed from the preview."""


def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the preview.

    `?view=` is zh, en or parallel; `?page=` is the first language of the parallel view.
    """
    require_role(request)
    brief = get_brief_or_404(pk)
    view = request.GET.get("view", "")
    if view not in rendering.READING_VIEWS:
        view = "parallel"
    language = _choose_language(request, view)
    with translation.override(paths.LANGUAGE_CODES[language]):
        response = TemplateResponse(
            request, "admin/briefs/editor/preview.html", _context(brief, view, language)
        )
        response.render()
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _choose_language(request: HttpRequest, view: str) -> Side:
    if view in paths.LANGUAGE_CODES:
        return "zh" if view == "zh" else "en"
    asked = request.GET.get("page") or ("en" if get_language() == "en" else "zh")
    return "en" if asked == "en" else "zh"


def _context(brief: Brief, view: Any, language: Side) -> dict[str, Any]:
    content = workflow.load_working_copy(brief)
    other = paths.OTHER_SIDE[language]
    html = rendering.render_fragment(
        content, view, language, PREVIEW_SLUG, pictures_url=cover_views.PICTURE_URL_PREFIX
    )
    here = reverse("admin:briefs_brief_preview", args=[brief.pk])
    return {
        "lang": LANGUAGE_TAGS[language],
        "twin_lang": LANGUAGE_TAGS[other],
        "site": settings.DIGEST_SITE_NAME[language],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "twin_name": paths.NATIVE_LANGUAGE_NAMES[other],
        "home": paths.home(language),
        "joint": "｜" if language == "zh" else " · ",
        "brief": brief,
        "view": view,
        "back": reverse("admin:briefs_brief_change", args=[brief.pk]),
        "headline": content.headline(language),
        "twin_headline": content.headline(other),
        "content": mark_safe(rendering.strip_links(html)),  # noqa: S308 escaped by the fragment
        "zh_url": f"{here}?view=zh",
        "en_url": f"{here}?view=en",
        "parallel": f"{here}?view=parallel&page={language}",
        "twin_url": f"{here}?view=parallel&page={other}" if view == "parallel" else f"{here}?view={other}",
    } | _build_card_context(content, language)


def _build_card_context(content: Content, language: Side) -> dict[str, Any]:
    """Return the byline and source box, without links: the pages of names exist only if a listed brief has them."""
    brief = build_unpublished_brief(content, PREVIEW_SLUG)
    return {
        "byline": cards.render_credit(brief, language, linked=False),
        "source": cards.render_source_box(brief, language),
    }
