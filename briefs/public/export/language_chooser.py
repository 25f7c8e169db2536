"""Page with links to both languages; replaces language negotiation in the static export."""

from django.http import HttpResponse
from django.utils import translation

from ...content import LANGUAGE_TAGS, SIDES
from ...text import paths
from .. import page_frame


def render_language_chooser() -> HttpResponse:
    sides = [
        {"lang": LANGUAGE_TAGS[side], "home": paths.home(side), "name": paths.NATIVE_LANGUAGE_NAMES[side]}
        for side in SIDES
    ]
    with translation.override(paths.LANGUAGE_CODES["zh"]):
        return page_frame.render("briefs/language_chooser.html", "zh", "", sides=sides)
