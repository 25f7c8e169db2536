"""The frame of a page: what its head, masthead and foot need, in the language of its address."""

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

from ..content import LANG, Side
from ..rendering.text import squeeze
from ..text import paths

_SLOT = re.compile("\0([a-z_]+)\0")


def render(
    template: str, page: Side, path: str, *, place: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    """`path` is the address without its language: every page stands under both. `place` is where in a list one is, kept
    by the way to the other language alone.
    """
    body = squeeze(render_to_string(template, _fixed(page) | _frame(page, path, place) | context))
    return HttpResponse(body, status=status)


def fill(template: str, page: Side, path: str, *, place: str = "", **words: str | SafeString) -> HttpResponse:
    """As `render`, for pages that are asked for most: the template may show `words`, but not branch on them.

    It is then rendered once a language, with slots, and a request fills the slots: a tenth of the time.
    """
    if settings.DEBUG:
        _form.cache_clear()
    words = _frame(page, path, place) | words
    parts = list(_form(template, page, tuple(words)))
    given = [words[name] for name in parts[1::2]]
    parts[1::2] = [word if type(word) is SafeString else html.escape(word) for word in given]
    return HttpResponse("".join(parts))


@cache
def _form(template: str, page: Side, names: tuple[str, ...]) -> tuple[str, ...]:
    """The page's text and, between, the names of its slots: text, name, text, name, … text."""
    slots = {name: mark_safe(f"\0{name}\0") for name in names}  # noqa: S308 a name of ours
    with translation.override(paths.CODE[page]):
        return tuple(_SLOT.split(squeeze(render_to_string(template, _fixed(page) | slots))))


def _fixed(page: Side) -> dict[str, str]:
    """What is the same on every page of a language."""
    other = paths.OTHER[page]
    return {
        "page": page,
        "lang": LANG[page],
        "twin_lang": LANG[other],
        "site": settings.DIGEST_SITE_NAME[page],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "home": paths.home(page),
        "twin_name": paths.NAME[other],
        "joint": "｜" if page == "zh" else " · ",
        "description": gettext("Bilingual briefs of writing on foreign policy"),
        "hreflang_zh": paths.HREFLANG["zh"],
        "hreflang_en": paths.HREFLANG["en"],
    }


def _frame(page: Side, path: str, place: str) -> dict[str, str]:
    site = settings.SITE_URL
    zh, en = f"{site}{paths.home('zh')}{path}", f"{site}{paths.home('en')}{path}"
    return {
        "twin_url": f"{paths.home(paths.OTHER[page])}{path}{place}",
        "canonical": zh if page == "zh" else en,
        "address_zh": zh,
        "address_en": en,
        "address_default": en if path else f"{site}/",
    }
