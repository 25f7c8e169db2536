"""Render the three views of content, with bullets as nested lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.content import LANGUAGE_TAGS, Bullet, Content, Marker, Side
from briefs.text import paths

from . import cards
from .text import escape_text, render_partial, split_paragraphs

# Convert flat rows of (level, marker) to nested lists.


@dataclass(frozen=True, slots=True)
class NestedPosition:
    """Position of a row. `preceding_markup` goes between the previous row and this row's `<li>`."""

    preceding_markup: str
    depth: int
    ordinal: int
    """Position among the numbered rows of its list; 0 for a bullet. The site shows the bullet's number instead."""


@dataclass(slots=True)
class _OpenList:
    level: int
    count: int = 0


def nest(rows: Iterable[tuple[int, Marker]]) -> tuple[list[NestedPosition], str]:
    """Return the position of each row, and the markup that closes the last one.

    Numbered rows that follow bullets in the same list continue its count.
    """
    places: list[NestedPosition] = []
    open_: list[_OpenList] = []
    for level, marker in rows:
        before = ""
        while len(open_) > 1 and open_[-1].level > level:
            open_.pop()
            before += "</li></ul>"
        if not open_ or open_[-1].level < level:
            before += "<ul>" if open_ else '<ul class="bullets">'
            open_.append(_OpenList(level))
        else:
            open_[-1].level = level  # the list began at a deeper level
            before += "</li>"
        ordinal = 0
        if marker == "number":
            open_[-1].count += 1
            ordinal = open_[-1].count
        places.append(NestedPosition(before, len(open_) - 1, ordinal))
    return places, "</li></ul>" * len(open_)


# Render the bullets of a view with f-strings.

type PositionsByNumber = dict[int, NestedPosition]
"""Position of each bullet in the lists of one side, by bullet number."""


def render_single_language(content: Content, side: Side, slug: str, *, has_links: bool = True) -> SafeString:
    """Render the bullets of one language as nested lists."""
    places, closing = nest_bullets(content, side)
    other, parallel = paths.OTHER_SIDE[side], paths.parallel(side, slug)
    label, side_by_side = _anchor_label(), escape(gettext("Side by side"))
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        if n not in places:
            continue
        row = f"""{places[n].preceding_markup}<li id="b{n}">
<p class="text">{escape_text(bullet.text(side))}</p>"""
        if not has_links:
            rows.append(row)
            continue
        twin = f"{_language_link(other, slug, n)}\n" if bullet.text(other) else ""
        rows.append(f"""{row}<a
class="anchor"
href="#b{n}"
aria-label="{label % {"n": n}}"
>{n}</a>
<span class="elsewhere">
<a href="{parallel}#b{n}">{side_by_side}</a>
{twin}</span>""")
    return mark_safe("\n".join([*rows, closing]))  # noqa: S308 escaped row by row


@dataclass(frozen=True, slots=True)
class PairSide:
    """Texts and language links of one side, by bullet number.

    They do not depend on the order of the sides.
    """

    texts: dict[int, str]
    links: dict[int, str]


def render_pair_side(content: Content, side: Side, slug: str) -> PairSide:
    places, _ = nest_bullets(content, side)
    bullets = [bullet for bullet in content.bullets if bullet.number in places]
    return PairSide(
        {b.number: _pair_side_html(b, side, places[b.number]) for b in bullets},
        {b.number: _language_link(side, slug, b.number) for b in bullets},
    )


def render_pairs(
    content: Content, order: Sequence[Side], pair_sides: Mapping[Side, PairSide], *, has_links: bool = True
) -> SafeString:
    """Render the bullets pair by pair; the first language in `order` is the page's own."""
    lacuna = {side: render_lacuna(side) for side in order}
    label = _anchor_label()
    rows = []
    for n in (bullet.number for bullet in content.bullets):
        elsewhere = "\n".join(pair_sides[side].links[n] for side in order if n in pair_sides[side].links)
        texts = "\n".join(pair_sides[side].texts.get(n, lacuna[side]) for side in order)
        links = f"""
<a class="anchor" href="#b{n}" aria-label="{label % {"n": n}}">{n}</a>
<span class="elsewhere">
{elsewhere}
</span>"""
        rows.append(f"""<li class="pair" id="b{n}">{links if has_links else ""}
{texts}
</li>""")
    return mark_safe("\n".join(rows))  # noqa: S308 escaped row by row


def render_lacuna(side: Side) -> str:
    """Render the note that a bullet has no text in this language."""
    sentence = gettext("Not in the Chinese") if side == "zh" else gettext("Not in the English")
    return f'<p class="side lacuna">{escape(sentence)}</p>'


def _pair_side_html(bullet: Bullet, side: Side, position: NestedPosition) -> str:
    return f"""<div class="side level-{position.depth}" lang="{LANGUAGE_TAGS[side]}">
<span class="marker" aria-hidden="true">{"–" if position.depth else "•"}</span>
<p>{escape_text(bullet.text(side))}</p>
</div>"""


def _language_link(side: Side, slug: str, number: int) -> str:
    """Render the link to the same bullet on one language's page."""
    return f"""<a
href="{paths.brief(side, slug)}#b{number}"
lang="{LANGUAGE_TAGS[side]}"
hreflang="{LANGUAGE_TAGS[side]}"
>{paths.NATIVE_LANGUAGE_NAMES[side]}</a>"""


def _anchor_label() -> str:
    return escape(gettext("Bullet %(n)s: link and copy"))


def nest_bullets(content: Content, side: Side) -> tuple[PositionsByNumber, str]:
    """Return the positions of the bullets with text on this side, and the closing markup."""
    bullets = [b for b in content.bullets if b.text(side)]
    places, closing = nest((b.level(side), b.marker(side)) for b in bullets)
    return {b.number: position for b, position in zip(bullets, places, strict=True)}, closing


# Render the three views of content: Chinese, English, and both in parallel.

type ReadingView = Literal["zh", "en", "parallel"]
READING_VIEWS: tuple[ReadingView, ...] = ("zh", "en", "parallel")


def render_fragment(
    content: Content,
    view: ReadingView,
    language: Side,
    slug: str,
    *,
    pictures_url: str = paths.PICTURES_PATH,
    has_links: bool = True,
) -> str:
    """Return the HTML of a view on a page of `language`, which comes first in the parallel view.

    `pictures_url` is the address prefix of the cover's files; empty omits the cover. Without `has_links` there are
    no anchors of bullets and no links to other pages of the site, for feeds and previews.
    """
    with translation.override(paths.LANGUAGE_CODES[language if view == "parallel" else view]):
        if view == "parallel":
            return _render_parallel(content, language, slug, has_links=has_links)
        return _render_single(content, view, slug, pictures_url, has_links=has_links)


def _render_single(content: Content, side: Side, slug: str, pictures_url: str, *, has_links: bool) -> str:
    """Render cover, summary and bullets. A template takes a third of the time of a feed."""
    parts = [
        cards.render_cover(content, side, pictures_url),
        f"""<section id="summary" aria-labelledby="s">
<h2 id="s" class="label">{escape(gettext("Summary"))}</h2>
<div class="summary">
{_render_paragraphs(content.summary(side))}
</div>
</section>""",
    ]
    if bullets := render_single_language(content, side, slug, has_links=has_links):
        hint = escape(
            gettext("A number is the address of its point: press it to cite, copy or read the Chinese")
        )
        parts.append(f"""<section aria-labelledby="p">
<h2 id="p" class="label">{escape(gettext("Key points"))}</h2>
{f'<p class="numbers ui">{hint}</p>\n' if has_links else ""}{bullets}
</section>""")
    return "\n".join(filter(None, parts))


def _render_parallel(content: Content, language: Side, slug: str, *, has_links: bool) -> str:
    order = (language, paths.OTHER_SIDE[language])
    sides = {side: render_pair_side(content, side, slug) for side in order}
    return render_partial(
        "briefs/_parallel_view.html",
        pairs=render_pairs(content, order, sides, has_links=has_links),
        has_links=has_links,
        **_summary_context(content, language),
    )


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
