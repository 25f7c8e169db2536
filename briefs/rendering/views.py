"""The three views of a content: one language, the other, and both pair by pair."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils import translation

from ..content import LANG, SIDES, Content, Side
from ..text import paths
from . import cover, rows
from .text import markup, paragraphs, squeeze

type View = Literal["zh", "en", "parallel"]
VIEWS: tuple[View, ...] = ("zh", "en", "parallel")

_SEAM = "<!--en-->"
_LINKS = re.compile(r'<a\s+class="anchor".*?</a>\s*(?:<span class="elsewhere">.*?</span>)?', re.DOTALL)
_COVER = re.compile("<figure.*?</figure>", re.DOTALL)


def fragment(content: Content, view: View, slug: str, *, pictures: str = paths.PICTURES) -> str:
    """The HTML of one view. That of `parallel` holds both orders: see `order`.

    `pictures` is the address under which the cover's files stand; empty for a view without it.
    """
    if view == "parallel":
        halves = {side: rows.half(content, side, slug) for side in SIDES}
        return _SEAM.join(_parallel(content, page, halves) for page in SIDES)
    return _single(content, view, slug, pictures)


def order(html: str, page: Side) -> str:
    """Of a `parallel` fragment the half that puts this page's language first. Text cannot hold the seam."""
    zh, _, en = html.partition(_SEAM)
    return zh if page == "zh" else en


def bare(html: str) -> str:
    """A fragment without its cover and what leads to other places of the site: for feeds."""
    return unlinked(_COVER.sub("", html))


def unlinked(html: str) -> str:
    """A fragment without what leads to other places of the site: for a preview."""
    return _LINKS.sub("", html)


def _single(content: Content, side: Side, slug: str, pictures: str) -> str:
    with translation.override(paths.CODE[side]):
        context = _frame(content, side) | {
            "cover": cover.of(content, side, pictures),
            "bullets": rows.reading(content, side, slug),
        }
        return squeeze(render_to_string("briefs/_reading.html", context))


def _parallel(content: Content, page: Side, halves: Mapping[Side, rows.Half]) -> str:
    order = (page, paths.OTHER[page])
    with translation.override(paths.CODE[page]):
        context = _frame(content, page) | {"pairs": rows.pairs(content, order, halves)}
        return squeeze(render_to_string("briefs/_pairs.html", context))


def _frame(content: Content, page: Side) -> dict[str, Any]:
    other = paths.OTHER[page]
    return {
        "summary": [markup(p) for p in paragraphs(content.summary(page))],
        "twin_summary": [markup(p) for p in paragraphs(content.summary(other))],
        "lang": LANG[page],
        "twin_lang": LANG[other],
    }
