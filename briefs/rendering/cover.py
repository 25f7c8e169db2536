"""Render the cover above the summary, uncropped and with its size declared before it loads."""

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import Content, Picture, Side
from .cards import mark_language
from .text import render_partial

PICTURE_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


def render_cover(content: Content, language: Side, pictures_url: str) -> SafeString:
    """Return the cover; empty if there is no picture or `pictures_url` is empty."""
    picture = content.facts.picture
    if picture is None or not pictures_url:
        return mark_safe("")
    return render_partial(
        "briefs/_cover.html",
        sources=[
            {"type": kind, "files": _srcset(picture, pictures_url, end)}
            for end, kind in PICTURE_TYPES.items()
        ],
        file=f"{pictures_url}{picture.key}-{picture.width}.jpg",
        width=picture.width,
        height=picture.height,
        is_tall=picture.height > picture.width,
        alt=content.picture_alt(language),
        caption=_caption(picture, language),
    )


def _caption(picture: Picture, language: Side) -> SafeString:
    """Return the caption with credit and licence. In a preview one of them may be missing."""
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
