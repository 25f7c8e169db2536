"""Convert LaTeX in BibTeX files to plain text."""

import re
import unicodedata
from typing import Final

_ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "d": "\u0323", "b": "\u0331",
    "r": "\u030a",
}  # fmt: skip
_WORDS: Final = {
    "ss": "ß", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "l": "ł",
    "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ",
    "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“",
    "textquotedblright": "”", "textquotesingle": "'", "ldots": "…", "dots": "…", "textellipsis": "…",
    "textdollar": "$", "pounds": "£", "texteuro": "€", "euro": "€", "copyright": "©", "textregistered": "®",
    "texttrademark": "™", "textunderscore": "_", "textasciitilde": "~", "textbackslash": "\\", "S": "§",
}  # fmt: skip
_ACCENT: Final = re.compile(
    r"""\\(?:([`'^~"=.])|([uvHckdbr])(?![a-zA-Z]))[ ]?"""
    r"""(?:\{[ ]?\\?([A-Za-z])[ ]?\}|\\([ij])(?![a-zA-Z])(?:\{\}|[ ])?|([A-Za-z]))"""
)
_COMMAND: Final = re.compile(r"\\([A-Za-z]+)\*?(?:\{\}|[ ](?![ ]))?")
_ESCAPED_MARK: Final = re.compile(r"\\([&%$#_{}\-/ ,@])")
_PLAIN: Final = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("~", "\u00a0"))


def latex_to_text(text: str) -> str:
    """Compose accents and remove escapes, braces and unknown commands, keeping the arguments."""
    text = _ACCENT.sub(_compose_accent, text)
    text = _ESCAPED_MARK.sub(lambda match: _hide_mark(match[1]), text)
    text = _COMMAND.sub(lambda match: _WORDS.get(match[1], ""), text)
    for was, now in _PLAIN:
        text = text.replace(was, now)
    text = text.replace("{", "").replace("}", "")
    return unicodedata.normalize("NFC", text.translate(_RESTORED_MARKS))


def latex_to_url(text: str) -> str:
    """Convert a link, keeping its tildes and hyphens."""
    text = re.sub(r"\\url\b", "", text)
    return re.sub(r"\\([&%$#_~])", r"\1", text).replace("{", "").replace("}", "").strip()


def _compose_accent(match: re.Match[str]) -> str:
    letter = match[3] or match[4] or match[5]
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1] or match[2]])


# Protect escaped marks while commands, dashes and braces are processed.
_PLACEHOLDERS: Final = {mark: chr(0xE000 + n) for n, mark in enumerate("&%$#_@")}
_RESTORED_MARKS: Final = str.maketrans({hidden: mark for mark, hidden in _PLACEHOLDERS.items()})


def _hide_mark(mark: str) -> str:
    return _PLACEHOLDERS.get(mark, " " if mark in " ," else "")
