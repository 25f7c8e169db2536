"""Split a text into sentences, in Chinese and in English."""

import re
from typing import Final

from briefs.content import Side

_END: Final[dict[Side, re.Pattern[str]]] = {
    # A quotation that its sentence goes on to comment, 「…嗎？」他問, does not end it.
    "zh": re.compile("[。！？!?]++[」』）)”’]*+(?![，、；：,;:]|(?<=[！？!?][」』])[的之與和等這是他她])"),
    "en": re.compile(r"[.!?]++[”’\")\]]*+(?=\s+[“‘\"'(\[]*[^\Wa-z_]|\s*\Z)"),
}
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Col|Capt|Adm|Sgt|Amb|St|Jr|Sr|No|vs|cf|ca|al|Inc|Ltd|Co|Corp|Art|Sec"
    r"|Fig|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b(?:[A-Za-z]\.)+[A-Za-z])\.\Z"
)
_OPENER: Final = re.compile(
    r"\s+[“‘\"'(\[]*(?:The|This|That|These|Those|It|Its|He|She|They|We|In|On|At|By|But|And|Yet|So|If|As|A|An|For|From|While|When"
    r"|Since|However|Meanwhile|Instead|Rather|Nor|Both|Neither|Such|There|Their|His|Her)\b"
)
"""Words that begin a sentence and seldom follow an abbreviation within one: "in the U.S. The authors …"."""
_DOTTED: Final = re.compile(r"(?:[A-Z]\.){2,}\Z|(?:Inc|Ltd|Co|Corp|Jr|Sr)\.\Z")


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
