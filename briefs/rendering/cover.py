"""The cover above the summary of a brief in one language: whole, never cut, and in place before it has come."""

from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..content import LANG, Content, Picture, Side
from ..text.scripts import lang_of
from .text import squeeze

TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


def of(content: Content, page: Side, pictures: str) -> SafeString:
    """Nothing where there is no picture, or no address under which its files stand (`pictures`)."""
    picture = content.facts.picture
    if picture is None or not pictures:
        return mark_safe("")
    context = {
        "sources": [{"type": kind, "files": _files(picture, pictures, end)} for end, kind in TYPES.items()],
        "file": f"{pictures}{picture.key}-{picture.width}.jpg",
        "width": picture.width,
        "height": picture.height,
        "is_tall": picture.height > picture.width,
        "alt": content.picture_alt(page),
        "caption": _caption(picture, page),
    }
    return mark_safe(squeeze(render_to_string("briefs/_cover.html", context)))  # noqa: S308 escaped by the template


def _caption(picture: Picture, page: Side) -> SafeString:
    """Whose picture it is and what that allows; in a preview one of the two may be missing."""
    parts = {"credit": _run(picture.credit, page), "licence": _run(picture.licence, page)}
    if picture.credit and picture.licence:
        sentence = gettext("Picture: %(credit)s / %(licence)s")
    elif picture.credit:
        sentence = gettext("Picture: %(credit)s")
    else:
        sentence = "%(licence)s"
    return mark_safe(escape(sentence) % parts)  # noqa: S308 every part is escaped


def _run(words: str, page: Side) -> SafeString:
    lang = lang_of(words)
    return escape(words) if lang == LANG[page] else format_html('<span lang="{}">{}</span>', lang, words)


def _files(picture: Picture, pictures: str, end: str) -> str:
    return ", ".join(f"{pictures}{picture.key}-{width}.{end} {width}w" for width in picture.widths)
