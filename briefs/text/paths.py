"""Where a brief's pages stand on the site. Without the host; `briefs.public.urls` answers there."""

from ..content import Side

CODE: dict[Side, str] = {"zh": "zh-hant", "en": "en"}
"""The language in an address, and Django's own name for it."""

HREFLANG: dict[Side, str] = {"zh": "zh-Hant", "en": "en"}
OTHER: dict[Side, Side] = {"zh": "en", "en": "zh"}
NAME: dict[Side, str] = {"zh": "中文", "en": "English"}


SITE = "\ufdd0"
"""Stands for the site's own host in what is stored, until a page is served: no text can hold this character."""

PICTURES = "/media/pictures/"
"""Where an edition's picture stands. A preview has another place, since nobody else may see that one."""


def home(side: Side) -> str:
    return f"/{CODE[side]}/"


def brief(side: Side, slug: str) -> str:
    return f"/{CODE[side]}/briefs/{slug}/"


def report(side: Side, slug: str) -> str:
    return f"/{CODE[side]}/briefs/{slug}/report/"


def subject(side: Side, kind: str, slug: str) -> str:
    """`kind` is keywords, authors, sources or terms."""
    return f"/{CODE[side]}/{kind}/{slug}/"


def parallel(side: Side, slug: str) -> str:
    return f"/{CODE[side]}/briefs/{slug}/parallel/"


def card(side: Side, slug: str) -> str:
    """The picture for link previews."""
    return f"{brief(side, slug)}card.png"


def search(side: Side) -> str:
    return f"/{CODE[side]}/search/"
