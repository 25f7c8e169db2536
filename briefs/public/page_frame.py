"""Render pages with the context that head, masthead and footer need in the page's language."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from ..content import LANGUAGE_TAGS, Side
from ..rendering.text import strip_indentation
from ..text import paths

TITLE_SEPARATOR: dict[Side, str] = {"zh": "｜", "en": " · "}


def render(
    template: str, language: Side, path: str, *, query_string: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page. `path` is its address without the language prefix, valid in both languages.

    `query_string` is a position in a list. Only the link to the other language keeps it.
    """
    body = strip_indentation(
        render_to_string(
            template, _language_context(language) | _address_context(language, path, query_string) | context
        )
    )
    return HttpResponse(body, status=status)


def _language_context(language: Side) -> dict[str, Any]:
    """Return the context that all pages of a language share."""
    other = paths.OTHER_SIDE[language]
    return {
        "page": language,
        "lang": LANGUAGE_TAGS[language],
        "twin_lang": LANGUAGE_TAGS[other],
        "site": settings.DIGEST_SITE_NAME[language],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "home": paths.home(language),
        "twin_name": paths.NATIVE_LANGUAGE_NAMES[other],
        "joint": TITLE_SEPARATOR[language],
        "description": gettext("Bilingual briefs of writing on foreign policy"),
        "has_corpus": settings.DIGEST_CORPUS,
        "hreflang_zh": paths.HREFLANG["zh"],
        "hreflang_en": paths.HREFLANG["en"],
    }


def _address_context(language: Side, path: str, query_string: str) -> dict[str, str]:
    site = settings.SITE_URL
    zh, en = f"{site}{paths.home('zh')}{path}", f"{site}{paths.home('en')}{path}"
    return {
        "twin_url": f"{paths.home(paths.OTHER_SIDE[language])}{path}{query_string}",
        "canonical": zh if language == "zh" else en,
        "address_zh": zh,
        "address_en": en,
        "address_default": en if path else f"{site}/",
    }
