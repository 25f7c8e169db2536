"""The bullets of a view as HTML, row by row.

They are nearly all of a page, and every approval makes four views of them: templates took fifteen times as long.
Each piece of text comes through `markup` or `escape`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANG, Bullet, Content, Side
from ..text import paths
from .nesting import Place, nest
from .text import markup

type Placed = dict[int, Place]
"""By number, where a bullet stands among those of one side."""


def reading(content: Content, side: Side, slug: str) -> SafeString:
    """Of one language, in nested lists."""
    places, closing = _places(content, side)
    other, parallel = paths.OTHER[side], paths.parallel(side, slug)
    label, side_by_side = _label(), escape(gettext("Side by side"))
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        if n not in places:
            continue
        twin = f"{_elsewhere(other, slug, n)}\n" if bullet.text(other) else ""
        rows.append(f"""{places[n].before}<li id="b{n}">
<p class="text">{markup(bullet.text(side))}</p><a
class="anchor"
href="#b{n}"
aria-label="{label % {"n": n}}"
>{n}</a>
<span class="elsewhere">
<a href="{parallel}#b{n}">{side_by_side}</a>
{twin}</span>""")
    return mark_safe("\n".join([*rows, closing]))  # noqa: S308 escaped row by row


@dataclass(frozen=True, slots=True)
class Half:
    """One side of every pair, by number: its words, and the way to them. The same whichever side comes first."""

    texts: dict[int, str]
    elsewhere: dict[int, str]


def half(content: Content, side: Side, slug: str) -> Half:
    places, _ = _places(content, side)
    bullets = [bullet for bullet in content.bullets if bullet.number in places]
    return Half(
        {b.number: _of_pair(b, side, places[b.number]) for b in bullets},
        {b.number: _elsewhere(side, slug, b.number) for b in bullets},
    )


def pairs(content: Content, order: Sequence[Side], halves: Mapping[Side, Half]) -> SafeString:
    """Of both languages, pair by pair; the first of `order` is the page's own."""
    sentences = {"zh": gettext("Not in the Chinese"), "en": gettext("Not in the English")}
    lacuna = {side: f'<p class="side lacuna">{escape(sentences[side])}</p>' for side in order}
    label = _label()
    rows = []
    for n in (bullet.number for bullet in content.bullets):
        elsewhere = "\n".join(halves[side].elsewhere[n] for side in order if n in halves[side].elsewhere)
        texts = "\n".join(halves[side].texts.get(n, lacuna[side]) for side in order)
        rows.append(f"""<li class="pair" id="b{n}">
<a class="anchor" href="#b{n}" aria-label="{label % {"n": n}}">{n}</a>
<span class="elsewhere">
{elsewhere}
</span>
{texts}
</li>""")
    return mark_safe("\n".join(rows))  # noqa: S308 escaped row by row


def _of_pair(bullet: Bullet, side: Side, place: Place) -> str:
    ordinal = place.ordinal
    marker = f'"marker">{ordinal}.' if ordinal else '"marker" aria-hidden="true">•'
    return f"""<div class="side level-{place.depth}" lang="{LANG[side]}">
<span class={marker}</span>
<p>{markup(bullet.text(side))}</p>
</div>"""


def _elsewhere(side: Side, slug: str, number: int) -> str:
    """The way to the same bullet on the page of one language."""
    return f"""<a
href="{paths.brief(side, slug)}#b{number}"
lang="{LANG[side]}"
hreflang="{LANG[side]}"
>{paths.NAME[side]}</a>"""


def _label() -> str:
    return escape(gettext("Bullet %(n)s: link and copy"))


def _places(content: Content, side: Side) -> tuple[Placed, str]:
    """Of the bullets that have words on this side, and the markup that closes the last one."""
    bullets = [b for b in content.bullets if b.text(side)]
    places, closing = nest((b.level(side), b.marker(side)) for b in bullets)
    return {b.number: place for b, place in zip(bullets, places, strict=True)}, closing
