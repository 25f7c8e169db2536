"""The three views of a content: one language, the other, and both pair by pair."""

import re
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from ..content import LANG, SIDES, Content, Side
from . import paths
from .nesting import nest
from .text import markup, paragraphs

type View = Literal["zh", "en", "parallel"]
VIEWS: tuple[View, ...] = ("zh", "en", "parallel")

_SEAM = "<!--en-->"
_LINKS = re.compile(r'<a class="anchor".*?</a>(?:<span class="elsewhere">.*?</span>)?', re.DOTALL)


def fragment(content: Content, view: View, slug: str) -> str:
    """The HTML of one view. That of `parallel` holds both orders: see `order`."""
    if view == "parallel":
        return _SEAM.join(_parallel(content, page, slug) for page in SIDES)
    return _single(content, view, slug)


def order(html: str, page: Side) -> str:
    """Of a `parallel` fragment the half that puts this page's language first. Text cannot hold the seam."""
    zh, _, en = html.partition(_SEAM)
    return zh if page == "zh" else en


def bare(html: str) -> str:
    """A fragment without what leads to other places of the site: for feeds."""
    return _LINKS.sub("", html)


def _single(content: Content, side: Side, slug: str) -> str:
    other = paths.OTHER[side]
    rows = [b for b in content.bullets if b.text(side)]
    places, closing = nest((b.level(side), b.marker(side)) for b in rows)
    with translation.override(paths.CODE[side]):
        bullets = [
            {
                "before": place.before,
                "id": f"b{b.number}",
                "number": str(b.number),
                "text": markup(b.text(side)),
                "label": _label(b.number),
                "has_twin": bool(b.text(other)),
            }
            for b, place in zip(rows, places, strict=True)
        ]
        context = _frame(content, side, slug) | {"bullets": bullets, "closing": closing}
        return render_to_string("briefs/_reading.html", context)


def _parallel(content: Content, page: Side, slug: str) -> str:
    places = {side: _places(content, side) for side in SIDES}
    with translation.override(paths.CODE[page]):
        pairs = [
            {
                "id": f"b{b.number}",
                "number": str(b.number),
                "label": _label(b.number),
                "sides": [
                    {
                        "lang": LANG[side],
                        "text": markup(b.text(side)),
                        "missing": not b.text(side),
                        "is_chinese": side == "zh",
                        **places[side].get(b.number, {}),
                    }
                    for side in (page, paths.OTHER[page])
                ],
            }
            for b in content.bullets
        ]
        return render_to_string("briefs/_pairs.html", _frame(content, page, slug) | {"pairs": pairs})


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
        "name": paths.NAME[page],
        "twin_name": paths.NAME[other],
        "here": paths.brief(page, slug),
        "twin": paths.brief(other, slug),
        "parallel": paths.parallel(page, slug),
    }
