"""The three views of content (Chinese, English, both in parallel), with bullets as nested lists and the cover."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, Bullet, Content, Marker, Picture, Side

from .text import escape_text, mark_language, render_partial, split_paragraphs


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


def render_pairs(content: Content, order: Sequence[Side], slug: str, *, has_links: bool = True) -> SafeString:
    """Render the bullets pair by pair; the first language in `order` is the page's own."""
    places = {side: nest_bullets(content, side)[0] for side in order}
    label = _anchor_label()
    rows = []
    for bullet in content.bullets:
        n = bullet.number
        texts = "\n".join(
            _pair_side_html(bullet, side, places[side][n]) if n in places[side] else render_lacuna(side)
            for side in order
        )
        elsewhere = "\n".join(_language_link(side, slug, n) for side in order if n in places[side])
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


type ReadingView = Literal["zh", "en", "parallel"]
READING_VIEWS: Final[tuple[ReadingView, ...]] = ("zh", "en", "parallel")


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
        render_cover(content, side, pictures_url),
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
    other = paths.OTHER_SIDE[language]
    return render_partial(
        "briefs/_parallel_view.html",
        pairs=render_pairs(content, (language, other), slug, has_links=has_links),
        has_links=has_links,
        summary=_render_paragraphs(content.summary(language)),
        twin_summary=_render_paragraphs(content.summary(other)),
        lang=LANGUAGE_TAGS[language],
        twin_lang=LANGUAGE_TAGS[other],
    )


def _render_paragraphs(words: str) -> SafeString:
    return mark_safe("\n".join(f"<p>{escape_text(part)}</p>" for part in split_paragraphs(words)))  # noqa: S308 escaped


PICTURE_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


def render_cover(content: Content, language: Side, pictures_url: str) -> SafeString:
    """Render the cover with its size; empty if there is no picture or `pictures_url` is empty."""
    picture = content.facts.picture
    if picture is None or not pictures_url:
        return mark_safe("")
    return render_partial(
        "briefs/_cover.html",
        sources=[
            {"type": kind, "files": _srcset(picture, pictures_url, end)}
            for end, kind in PICTURE_TYPES.items()
        ],
        file=f"{pictures_url}{picture.jpeg_name}",
        width=picture.width,
        height=picture.height,
        is_tall=picture.height > picture.width,
        alt=content.picture_alt(language),
        caption=format_caption(picture, language),
    )


def format_caption(picture: Picture, language: Side) -> SafeString:
    """Return the caption with credit and licence, either of which may be missing in a preview."""
    parts = {
        "credit": mark_language(picture.credit, language),
        "licence": mark_language(picture.licence, language),
    }
    if picture.credit and picture.licence:
        sentence = gettext("Picture: %(credit)s / %(licence)s")
    elif picture.credit:
        sentence = gettext("Picture: %(credit)s")
    else:
        sentence = "%(licence)s"
    return mark_safe(escape(sentence) % parts)  # noqa: S308 every part is escaped


def _srcset(picture: Picture, pictures_url: str, extension: str) -> str:
    return ", ".join(f"{pictures_url}{picture.key}-{width}.{extension} {width}w" for width in picture.widths)
