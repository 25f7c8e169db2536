"""Render pages with the context that head, masthead and footer need in the page's language."""

import html
import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANGUAGE_TAGS, Side
from ..rendering.text import strip_indentation
from ..text import paths

TITLE_SEPARATOR: dict[Side, str] = {"zh": "｜", "en": " · "}
_SLOT = re.compile("\0([a-z_]+)\0")


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


def render_with_slots(
    template: str, language: Side, path: str, *, query_string: str = "", **slot_values: str | SafeString
) -> HttpResponse:
    """Render a frequently requested page. The template may output `slot_values` but not branch on them.

    The template is rendered once per language with placeholders that each request fills: a tenth of the
    time.
    """
    if settings.DEBUG:
        _split_template.cache_clear()
    slot_values = _address_context(language, path, query_string) | slot_values
    parts = list(_split_template(template, language, tuple(slot_values)))
    given = [slot_values[name] for name in parts[1::2]]
    parts[1::2] = [word if type(word) is SafeString else html.escape(word) for word in given]
    return HttpResponse("".join(parts))


@cache
def _split_template(template: str, language: Side, slot_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the page's text split at its slots: text, name, text, name, … text."""
    slots = {name: mark_safe(f"\0{name}\0") for name in slot_names}  # noqa: S308 a name of ours
    with translation.override(paths.LANGUAGE_CODES[language]):
        return tuple(
            _SLOT.split(strip_indentation(render_to_string(template, _language_context(language) | slots)))
        )


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
