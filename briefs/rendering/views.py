"""Render the three views of content: Chinese, English, and both in parallel."""

import re
from typing import Any, Literal

from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from ..content import LANGUAGE_TAGS, Content, Side
from ..text import paths
from . import cards, rows
from .text import escape_text, render_partial, split_paragraphs

type ReadingView = Literal["zh", "en", "parallel"]
READING_VIEWS: tuple[ReadingView, ...] = ("zh", "en", "parallel")

_LINKS_PATTERN = re.compile(
    r'<a\s+class="anchor".*?</a>\s*(?:<span class="elsewhere">.*?</span>)?', re.DOTALL
)
_COVER_PATTERN = re.compile("<figure.*?</figure>", re.DOTALL)


def render_fragment(
    content: Content, view: ReadingView, language: Side, slug: str, *, pictures_url: str = paths.PICTURES_PATH
) -> str:
    """Return the HTML of a view on a page of `language`, which comes first in the parallel view.

    `pictures_url` is the address prefix of the cover's files; empty omits the cover.
    """
    if view == "parallel":
        return _render_parallel(content, language, slug)
    return _render_single(content, view, slug, pictures_url)


def strip_cover_and_links(html: str) -> str:
    """Remove the cover and links to other pages of the site, for feeds."""
    return strip_links(_COVER_PATTERN.sub("", html))


def strip_links(html: str) -> str:
    """Remove bullet anchors and links to other pages of the site."""
    return _LINKS_PATTERN.sub("", html)


def _render_single(content: Content, side: Side, slug: str, pictures_url: str) -> str:
    with translation.override(paths.LANGUAGE_CODES[side]):
        return render_partial(
            "briefs/_single_language_view.html",
            cover=cards.render_cover(content, side, pictures_url),
            bullets=rows.render_single_language(content, side, slug),
            **_summary_context(content, side),
        )


def _render_parallel(content: Content, language: Side, slug: str) -> str:
    order = (language, paths.OTHER_SIDE[language])
    with translation.override(paths.LANGUAGE_CODES[language]):
        pairs = rows.render_pairs(
            content, order, {side: rows.render_pair_side(content, side, slug) for side in order}
        )
        context = _summary_context(content, language)
        return render_partial("briefs/_parallel_view.html", pairs=pairs, **context)


def _summary_context(content: Content, language: Side) -> dict[str, Any]:
    other = paths.OTHER_SIDE[language]
    return {
        "summary": _render_paragraphs(content.summary(language)),
        "twin_summary": _render_paragraphs(content.summary(other)),
        "lang": LANGUAGE_TAGS[language],
        "twin_lang": LANGUAGE_TAGS[other],
    }


def _render_paragraphs(words: str) -> SafeString:
    return mark_safe("\n".join(f"<p>{escape_text(part)}</p>" for part in split_paragraphs(words)))  # noqa: S308 escaped
