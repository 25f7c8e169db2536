"""Which article addresses are safe links, which name the same article, and which hosts imitate another."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_TRACKING = re.compile(r"^(utm_.*|fbclid|gclid|mc_[ce]id|igshid|ref|ref_src|cmpid|ito|s?src)$", re.IGNORECASE)
_CAMPAIGN = re.compile(r"(utm_[^=]*|fbclid|gclid|mc_[ce]id|igshid)(=|$)", re.IGNORECASE)
"""The tracking parameters that only record where a visitor came from and never change the page."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]")
_ASCII_HOST = re.compile(r"[a-z0-9._-]+")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}]+")
_BEFORE_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi: ?)?", re.IGNORECASE)


def is_safe_link(url: str) -> bool:
    """Return whether a link is safe to show: http or https, a host, no credentials, no control characters."""
    if len(url) > 800 or _UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
        host = _encode_host(parts.hostname or "")
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and "." in host
        and parts.username is None
        and parts.password is None
    )


def find_original(url: str, doi: str) -> str:
    """Return a safe link to the article: its address, else its DOI as a link, else an empty string."""
    return url if is_safe_link(url) else f"https://doi.org/{quote(doi)}" if doi else ""


def read_doi(text: str) -> str:
    """Parse a text that is a DOI: bare, after `doi:`, or as an address of doi.org. Raise ValueError otherwise."""
    start = _BEFORE_DOI.match(text)
    if (match := _DOI.fullmatch(text, start.end() if start else 0)) is None:
        raise ValueError(text)
    return match[0]


def find_doi(text: str) -> str:
    """Return the first DOI in a text, without the punctuation after it, or an empty string."""
    match = _DOI.search(text)
    return match[0].rstrip(".,;)") if match else ""


def write_host_in_ascii(url: str) -> str:
    """Write the host of a safe link in punycode, as browsers do, so that a look-alike is not mistaken for another.

    The rest is unchanged, letter for letter. An unsafe link is returned as it is.
    """
    if url.isascii() or not is_safe_link(url):
        return url
    parts = urlsplit(url)
    if parts.netloc.isascii():
        return url
    port = f":{parts.port}" if parts.port is not None else ""
    return url.replace(parts.netloc, _encode_host(parts.hostname or "") + port, 1)


def _encode_host(host: str) -> str:
    """Encode a host in ASCII. Raise ValueError if browsers reject it.

    Python's `idna` codec follows the rules of 2003, which send `straße.de` to `strasse.de`, another site.
    """
    if host.isascii():
        return host
    labels = unicodedata.normalize("NFKC", host.lower()).replace("。", ".").split(".")
    if any(unicodedata.category(character)[0] in "CZ" for label in labels for character in label):
        raise ValueError(host)  # such as an invisible character
    labels = [
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels
    ]
    encoded = ".".join(labels)
    if not _ASCII_HOST.fullmatch(encoded) or any(len(label) > 63 for label in labels):
        raise ValueError(host)
    return encoded


def strip_tracking(url: str) -> str:
    """Remove campaign parameters from an address. The rest is unchanged, letter for letter."""
    front, mark, fragment = url.partition("#")
    path, _, query = front.partition("?")
    kept = "&".join(part for part in query.split("&") if not _CAMPAIGN.match(part))
    return (f"{path}?{kept}" if kept else path if query else front) + mark + fragment


def build_article_key(url: str) -> str:
    """Return a key that is equal for addresses of the same article. Scheme, `www`, trailing slash and
    tracking parameters are ignored.
    """
    if not is_safe_link(url):
        return ""
    parts = urlsplit(write_host_in_ascii(url))
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = urlencode(
        [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    )
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


_LOOKALIKES = str.maketrans(
    "асԁеһіјӏорԛѕԝху" + "ουνρια" + "օոսհցքզյ" + "ıɑɡłđøᴄᴏᴠᴡᴢ" + "01",
    "acdehijlopqswxy" + "ouvpia" + "onuhgpqj" + "iagldocovwz" + "ol",
)
"""Letters of Cyrillic, Greek, Armenian and extended Latin, and digits, with the letter that they look like."""
_EAST_ASIAN = {"CJK", "IDEOGRAPHIC", "BOPOMOFO", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"}
"""Names of scripts that one language uses together, such as Japanese."""


class LookalikeHost(NamedTuple):
    """A host in ASCII, and the known host that it looks like, if any."""

    host: str
    imitated: str = ""


def find_lookalike_host(url: str, known_addresses: Iterable[str] = ()) -> LookalikeHost | None:
    """Return the host of an address if a reader can mistake it for another host, or None.

    That is so if a label mixes scripts, if all its letters imitate Latin ones, or if the host looks like a known one.
    """
    if not (host := _read_host(url)):
        return None
    for imitated in filter(None, map(_read_host, known_addresses)):
        if _belongs_to(_fold(host), _fold(imitated)) and not _belongs_to(host, imitated):
            return LookalikeHost(host, imitated)
    labels = _decode(host).split(".")
    if any(_has_mixed_scripts(label) for label in labels) or (
        labels[-1].isascii() and any(map(_imitates_latin, labels))
    ):
        return LookalikeHost(host)
    return None


@lru_cache(maxsize=4096)
def _read_host(url: str) -> str:
    """Return the host in ASCII, without `www.`. Empty for an unsafe link."""
    if not is_safe_link(url):
        return ""
    return (urlsplit(write_host_in_ascii(url)).hostname or "").removeprefix("www.")


def _belongs_to(host: str, parent: str) -> bool:
    return host == parent or host.endswith(f".{parent}")


def _decode(host: str) -> str:
    """Decode the labels in punycode. A label that is not valid stays as it is."""
    return ".".join(map(_decode_label, host.split(".")))


def _decode_label(label: str) -> str:
    try:
        return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


@lru_cache(maxsize=4096)
def _fold(host: str) -> str:
    """Replace each letter by the Latin letter that it looks like. Hosts that look alike give the same text."""
    letters = unicodedata.normalize("NFKD", _decode(host))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w")


def _find_scripts(label: str) -> set[str]:
    """Return the scripts of the letters: the first word of a letter's name in Unicode. All of East Asia is one."""
    names = {unicodedata.name(letter, "UNKNOWN").partition(" ")[0] for letter in label if letter.isalpha()}
    return {"EAST ASIAN" if name in _EAST_ASIAN else name for name in names}


def _has_mixed_scripts(label: str) -> bool:
    return len(_find_scripts(label)) > 1


def _imitates_latin(label: str) -> bool:
    return (
        not label.isascii() and "LATIN" not in _find_scripts(label) and label.translate(_LOOKALIKES).isascii()
    )
