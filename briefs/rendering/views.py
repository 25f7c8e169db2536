"""The three views of a content: one language, the other, and both pair by pair."""

import re
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from ..content import LANG, SIDES, Content, Side
from . import cover, paths
from .nesting import nest
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
        return _SEAM.join(_parallel(content, page, slug) for page in SIDES)
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
    other = paths.OTHER[side]
    rows = [b for b in content.bullets if b.text(side)]
    places, closing = nest((b.level(side), b.marker(side)) for b in rows)
    with translation.override(paths.CODE[side]):
        bullets = [
            {
                "opening": mark_safe(f'{place.before}<li id="b{b.number}">'),  # noqa: S308 no text in it
                "id": f"b{b.number}",
                "number": str(b.number),
                "text": markup(b.text(side)),
                "label": _label(b.number),
                "has_twin": bool(b.text(other)),
            }
            for b, place in zip(rows, places, strict=True)
        ]
        context = _frame(content, side, slug) | {
            "cover": cover.of(content, side, pictures),
            "bullets": bullets,
            "closing": mark_safe(closing),  # noqa: S308 no text in it
        }
        return squeeze(render_to_string("briefs/_reading.html", context))


def _parallel(content: Content, page: Side, slug: str) -> str:
    order = (page, paths.OTHER[page])
    places = {side: _places(content, side) for side in SIDES}
    with translation.override(paths.CODE[page]):
        lacuna = {"zh": gettext("Not in the Chinese"), "en": gettext("Not in the English")}
        same = {
            side: {
                "lang": LANG[side],
                "name": paths.NAME[side],
                "url": paths.brief(side, slug),
                "lacuna": lacuna[side],
            }
            for side in SIDES
        }
        pairs = [
            {
                "id": f"b{b.number}",
                "number": str(b.number),
                "label": _label(b.number),
                "sides": [
                    same[side] | places[side].get(b.number, {}) | {"text": markup(b.text(side))}
                    for side in order
                ],
            }
            for b in content.bullets
        ]
        return squeeze(render_to_string("briefs/_pairs.html", _frame(content, page, slug) | {"pairs": pairs}))


def _places(content: Content, side: Side) -> dict[int, dict[str, str]]:
    rows = [b for b in content.bullets if b.text(side)]
    places, _ = nest((b.level(side), b.marker(side)) for b in rows)
    return {
        b.number: {"depth": str(place.depth), "ordinal": f"{place.ordinal}." if place.ordinal else ""}
        for b, place in zip(rows, places, strict=True)
    }


def _label(number: int) -> str:
    return gettext("Bullet %(n)s: link and copy") % {"n": number}


def _frame(content: Content, page: Side, slug: str) -> dict[str, Any]:
    other = paths.OTHER[page]
    return {
        "summary": [markup(p) for p in paragraphs(content.summary(page))],
        "twin_summary": [markup(p) for p in paragraphs(content.summary(other))],
        "lang": LANG[page],
        "twin_lang": LANG[other],
        "twin_name": paths.NAME[other],
        "twin": paths.brief(other, slug),
        "parallel": paths.parallel(page, slug),
    }
