"""Paths of a brief's public pages, without the host. `briefs.public.urls` routes them."""

from briefs.content import Side

LANGUAGE_CODES: dict[Side, str] = {"zh": "zh-hant", "en": "en"}
"""The language code in an address, which is also Django's name for the language."""

HREFLANG: dict[Side, str] = {"zh": "zh-Hant", "en": "en"}
OTHER_SIDE: dict[Side, Side] = {"zh": "en", "en": "zh"}
NATIVE_LANGUAGE_NAMES: dict[Side, str] = {"zh": "中文", "en": "English"}


SITE_PLACEHOLDER = "\ufdd0"
"""Replaces the site's own host in stored text until a page is served. No text can contain this character."""

PICTURES_PATH = "/media/pictures/"
"""Path of an edition's picture. A preview uses another path, since its picture is not public."""


def with_query(path: str, *parts: str) -> str:
    """Return the address with these parts of a query, without empty ones. The address may have a query already."""
    query = "&".join(filter(None, parts))
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


def home(side: Side) -> str:
    return f"/{LANGUAGE_CODES[side]}/"


def brief(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}/"


def report(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}/report/"


def changes(side: Side, slug: str) -> str:
    return f"{brief(side, slug)}changes/"


def subject(side: Side, kind: str, slug: str) -> str:
    """Return the path of a subject. `kind` is keywords, authors, sources or terms."""
    return f"/{LANGUAGE_CODES[side]}/{kind}/{slug}/"


def issue(side: Side, number: int) -> str:
    return f"/{LANGUAGE_CODES[side]}/issues/{number}/"


def parallel(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}/parallel/"


def markdown(side: Side, slug: str) -> str:
    return f"/{LANGUAGE_CODES[side]}/briefs/{slug}.md"


def card(side: Side, slug: str) -> str:
    """Return the path of the picture for link previews."""
    return f"{brief(side, slug)}card.png"


def search(side: Side) -> str:
    return f"/{LANGUAGE_CODES[side]}/search/"
