"""Find hosts that can be mistaken for another site, because their letters look like those of another script.

A short form of the rules of Unicode (UTS 39) and of browsers: enough to warn, not to refuse.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from .article_urls import is_safe_link, write_host_in_ascii

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
    """Return the host of an address if it can be mistaken for another, or None.

    It can if one label mixes scripts, if all its letters imitate Latin ones, or if it looks like a known host.
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
    """Replace every letter by the Latin one that it looks like. Hosts that look alike give the same text."""
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
