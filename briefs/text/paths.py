"""Where a brief's pages stand on the site. Without the host; `briefs.public.urls` answers there."""

from ..content import Side

LANGUAGE_CODES: dict[Side, str] = {"zh": "zh-hant", "en": "en"}
"""The language in an address, and Django's own name for it."""

HREFLANG: dict[Side, str] = {"zh": "zh-Hant", "en": "en"}
OTHER_SIDE: dict[Side, Side] = {"zh": "en", "en": "zh"}
NATIVE_LANGUAGE_NAMES: dict[Side, str] = {"zh": "中文", "en": "English"}


SITE_PLACEHOLDER = "\ufdd0"
"""Stands for the site's own host in what is stored, until a page is served: no text can hold this character."""

PICTURES_PATH = "/media/pictures/"
"""Where an edition's picture stands. A preview has another place, since nobody else may see that one."""


def home(side: Side) -> str:
    return f"/{LANGUAGE_CODES[side]}/"


def brief(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}/"


def report(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}/report/"


def subject(side: Side, kind: str, slug: str) -> str:
    """`kind` is keywords, authors, sources or terms."""
    return f"/{LANGUAGE_CODES[side]}/{kind}/{slug}/"


def parallel(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}/parallel/"


def card(side: Side, slug: str) -> str:
    """The picture for link previews."""
    return f"{brief(side, slug)}card.png"


def search(side: Side) -> str:
    return f"/{LANGUAGE_CODES[side]}/search/"
