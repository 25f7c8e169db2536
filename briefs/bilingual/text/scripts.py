"""Detect Chinese or English by script, fold accents, join the halves of a wrapped line, split sentences, cut labels, find stems."""

import re
import threading
import unicodedata
from typing import Final

from snowballstemmer.english_stemmer import EnglishStemmer

from briefs.content import LANGUAGE_TAGS, SIDES, Side

_HAN = re.compile("[㐀-鿿豈-﫿\U00020000-\U0003ffff]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003ffff]"
)
_PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss"}
)
"""Small letters that Unicode does not decompose, as they are written without their sign."""
_LANGUAGE_SEPARATOR = re.compile(r" [/|] |[／｜]")
_LETTERS = re.compile(r"[A-Za-zÀ-ɏ]")
_CLOSING = ",.;:!?)]}%’”"
_OPENING = "([{“‘"
_AMOUNT = r"(?:[㐀-鿿$€£¥]|(?<=[$€£¥㐀-鿿])\d{1,3},)\d{1,3}"
_CUT = {
    r"[^\W_]—$": r"[^\W_]",
    r"[^\W_][.]?[-–]$": r"(?!(?:and|or|nor|to|than|versus|vs|but)\b)[^\W_]",  # Indo-Pacific; but: short- and long-term
    rf"{_AMOUNT},$": r"\d{3}(?!\d)",  # 1億2,000萬
    rf"{_AMOUNT}\.$": r"\d{1,2}(?!\d)",  # 約3.5億
    r"https?://\S*[/_=&?.]$": r"\S*[\d/_=&?.-]",
}
_LONGEST_CUT = 300
_COMPILED_CUTS = [(re.compile(end), re.compile(start)) for end, start in _CUT.items()]
"""Patterns for a word or an amount that is cut in two: the end of its first line, the start of the next."""


def fold_accents(text: str) -> str:
    """Return the text in small letters without accents: `Çelik` is celik, and `Wałęsa` is walesa."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN_LETTERS))
    return "".join(character for character in apart if not unicodedata.combining(character)).casefold()


def count_han(text: str) -> int:
    return sum(map(len, _HAN.findall(text)))


def detect_side(text: str) -> Side | None:
    """Return the language of a text, or None if it has no letter of either script."""
    if text.isascii():
        return "en" if _LETTERS.search(text) else None
    han, words = count_han(text), len(_LATIN_WORD.findall(text))
    if not han:
        return "en" if words else None
    return "zh" if 2 * han >= words else "en"


def split_bilingual(text: str) -> list[str]:
    """Return the two halves of `第一點 / First point`, or an empty list if the text has another form."""
    halves = _LANGUAGE_SEPARATOR.split(text)
    is_bilingual = len(halves) == 2 and {detect_side(half) for half in halves} == set(SIDES)
    return [half.strip() for half in halves] if is_bilingual else []


def is_wider(text: str, columns: int) -> bool:
    """Return whether a text is wider than this many screen columns. A Han character takes two."""
    if len(text) > columns or 2 * len(text) <= columns:
        return len(text) > columns
    return display_width(text) > columns


def display_width(text: str) -> int:
    return len(text) + len(_WIDE.findall(text))


def join_wrapped(above: str, below: str) -> str:
    """Join two lines with a space between Latin words only. Chinese, compounds, amounts and addresses get no
    space.
    """
    if not above or not below:
        return above + below
    if _WIDE.match(above[-1]) or _WIDE.match(below[0]):
        return above + below
    if (below[0] in _CLOSING and below[1:2] != below[0]) or above[-1] in _OPENING:
        return above + below
    tail = above[-_LONGEST_CUT:]
    if any(start.match(below) and end.search(tail) for end, start in _COMPILED_CUTS):
        return above + below
    return f"{above} {below}"


def detect_language_code(text: str) -> str:
    """Return the language tag of a name: Chinese if it has at least one Han character."""
    return LANGUAGE_TAGS["zh"] if _HAN.search(text) else LANGUAGE_TAGS["en"]


_stemmer = EnglishStemmer()
_lock = threading.Lock()


def stem_word(word: str) -> str:
    """Return the Snowball stem of a word. Callers cache it.

    A lock guards the stemmer, which is not thread-safe: two threads at once got IndexError or a mixed stem.
    """
    with _lock:
        return str(_stemmer.stemWord(word))


_END: dict[Side, re.Pattern[str]] = {
    # A quotation that its sentence goes on to comment, 「…嗎？」他問, does not end it.
    "zh": re.compile("[。！？!?]++[」』）)”’]*+(?![，、；：,;:]|(?<=[！？!?][」』])[的之與和等這是他她])"),
    "en": re.compile(r"[.!?]++[”’\")\]]*+(?=\s+[“‘\"'(\[]*[^\Wa-z_]|\s*\Z)"),
}
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Col|Capt|Adm|Sgt|Amb|St|Jr|Sr|No|vs|cf|ca|al|Inc|Ltd|Co|Corp|Art|Sec"
    r"|Fig|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b(?:[A-Za-z]\.)+[A-Za-z])\.\Z"
)
_OPENER = re.compile(
    r"\s+[“‘\"'(\[]*(?:The|This|That|These|Those|It|Its|He|She|They|We|In|On|At|By|But|And|Yet|So|If|As|A|An|For|From|While|When"
    r"|Since|However|Meanwhile|Instead|Rather|Nor|Both|Neither|Such|There|Their|His|Her)\b"
)
"""Words that begin a sentence and seldom follow an abbreviation within one: "in the U.S. The authors …"."""
_DOTTED = re.compile(r"(?:[A-Z]\.){2,}\Z|(?:Inc|Ltd|Co|Corp|Jr|Sr)\.\Z")


def split_sentences(text: str, side: Side) -> list[str]:
    """Return the sentences in order, without white space around them. A blank line ends a sentence; a line end is a space."""
    sentences = []
    for paragraph in re.split(r"\n\s*\n", text):
        words, start = " ".join(paragraph.split("\n")).strip(), 0
        for stop in _END[side].finditer(words):
            if side == "en" and _is_abbreviation(words, stop):
                continue
            sentences.append(words[start : stop.end()].strip())
            start = stop.end()
        sentences.append(words[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _is_abbreviation(text: str, stop: re.Match[str]) -> bool:
    """Return whether the point belongs to an abbreviation within a sentence, such as U.S. or Dr."""
    before = text[max(stop.start() - 20, 0) : stop.start() + 1]
    if stop[0] != "." or not _ABBREVIATION.search(before) or stop.end() == len(text):
        return False
    return not (_DOTTED.search(before) and _OPENER.match(text, stop.end()))


_LABEL_LENGTHS: Final[dict[Side, int]] = {"zh": 24, "en": 60}
_CLAUSE_END: Final = re.compile(r"[，；：。、！？—]|[,;:.!?—](?=\s)|\s(?=[(（–])")


def cut_label(text: str, side: Side) -> str:
    """Return the text up to the last punctuation within the length of a label; a text without any is cut at a word."""
    limit = _LABEL_LENGTHS[side]
    if len(text) <= limit:
        return text
    ends = [match.start() for match in _CLAUSE_END.finditer(text[: limit + 1]) if match.start() > limit // 4]
    at = ends[-1] if ends else text.rfind(" ", limit // 4, limit)
    return f"{text[: at if at > 0 else limit].rstrip()}{'……' if side == 'zh' else '…'}"
