"""The bullets of a view as HTML, row by row.

They are nearly all of a page, and every approval makes four views of them: templates took fifteen times as long.
Each piece of text comes through `markup` or `escape`.
"""

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANG, Bullet, Content, Side
from . import paths
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


def pairs(content: Content, order: Sequence[Side], slug: str) -> SafeString:
    """Of both languages, pair by pair; the first of `order` is the page's own."""
    places = {side: _places(content, side)[0] for side in order}
    lacuna = {"zh": escape(gettext("Not in the Chinese")), "en": escape(gettext("Not in the English"))}
    label = _label()
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        elsewhere = "\n".join(_elsewhere(side, slug, n) for side in order if bullet.text(side))
        texts = "\n".join(
            _of_pair(bullet, side, places[side][n])
            if bullet.text(side)
            else f'<p class="side lacuna">{lacuna[side]}</p>'
            for side in order
        )
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
