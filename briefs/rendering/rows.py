"""Render the bullets of a view with f-strings.

They are most of a page, and every approval renders them for both languages and both orders of the parallel view:
templates took fifteen times as long. Texts of the brief are escaped by `escape_text`, our own strings by `escape`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANGUAGE_TAGS, Bullet, Content, Side
from ..text import paths
from .nesting import NestedPosition, nest
from .text import escape_text

type PositionsByNumber = dict[int, NestedPosition]
"""Position of each bullet in the lists of one side, by bullet number."""


def render_single_language(content: Content, side: Side, slug: str) -> SafeString:
    """Render the bullets of one language as nested lists."""
    places, closing = nest_bullets(content, side)
    other, parallel = paths.OTHER_SIDE[side], paths.parallel(side, slug)
    label, side_by_side = _anchor_label(), escape(gettext("Side by side"))
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        if n not in places:
            continue
        twin = f"{_language_link(other, slug, n)}\n" if bullet.text(other) else ""
        rows.append(f"""{places[n].preceding_markup}<li id="b{n}">
<p class="text">{escape_text(bullet.text(side))}</p><a
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


def render_pairs(content: Content, order: Sequence[Side], pair_sides: Mapping[Side, PairSide]) -> SafeString:
    """Render the bullets pair by pair; the first language in `order` is the page's own."""
    lacuna = {side: render_lacuna(side) for side in order}
    label = _anchor_label()
    rows = []
    for n in (bullet.number for bullet in content.bullets):
        elsewhere = "\n".join(pair_sides[side].links[n] for side in order if n in pair_sides[side].links)
        texts = "\n".join(pair_sides[side].texts.get(n, lacuna[side]) for side in order)
        rows.append(f"""<li class="pair" id="b{n}">
<a class="anchor" href="#b{n}" aria-label="{label % {"n": n}}">{n}</a>
<span class="elsewhere">
{elsewhere}
</span>
{texts}
</li>""")
    return mark_safe("\n".join(rows))  # noqa: S308 escaped row by row


def render_lacuna(side: Side) -> str:
    """Say that a bullet has no text in this language."""
    sentence = gettext("Not in the Chinese") if side == "zh" else gettext("Not in the English")
    return f'<p class="side lacuna">{escape(sentence)}</p>'


def _pair_side_html(bullet: Bullet, side: Side, position: NestedPosition) -> str:
    ordinal = position.ordinal
    marker = f'"marker">{ordinal}.' if ordinal else '"marker" aria-hidden="true">•'
    return f"""<div class="side level-{position.depth}" lang="{LANGUAGE_TAGS[side]}">
<span class={marker}</span>
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
    return {b.number: place for b, place in zip(bullets, places, strict=True)}, closing
