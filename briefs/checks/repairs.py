"""One text of a brief as the checks of wording read it, and findings that replace characters in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefs.checks.finding import Edit, Field, Finding, Repair, Span
from briefs.checks.texts import masked_urls, pairs
from briefs.content import Content, Side
from briefs.lexicon.masking import blank_out_matches

MOST = 1500
"""Findings of one rule in one text. No brief has so many; a hostile paste costs no more."""

_QUOTED: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        "「[^「」]{0,2000}」|『[^『』]{0,2000}』|《[^《》]{0,200}》|〈[^〈〉]{0,200}〉|“[^“”]{0,2000}”"
    ),
    "en": re.compile('[“"][^“”"]{0,2000}[”"]'),
}
_OPENS_SENTENCE = re.compile("[.?!:;\u2014\n]")
_INTRODUCES = re.compile(
    r"[“‘\"'(\s]*(?:in|on|at|for|with|without|from|since|after|before|during|under|by|of|to|beyond|unlike|like|"
    r"despite|among|amid|across|through|throughout|within|outside|against|if|when|whenever|while|although|though|"
    r"because|as|once|unless|until|where|whereas|given|regarding|inside|alongside|besides|along|following|due)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
_LOOK_BACK = 160


@dataclass(frozen=True, slots=True)
class Text:
    """`plain` is the text without addresses, `own` also without what others are quoted with. Places are kept."""

    field: Field
    bullet: int | None
    side: Side
    original: str
    plain: str

    @property
    def own(self) -> str:
        return blank_out_matches(_QUOTED[self.side], self.plain)

    def edit(self, start: int, end: int, to: str) -> Edit:
        return Edit(self.bullet, self.field, self.side, start, end, self.original[start:end], to)

    def finding(
        self, code: str, span: Span, values: Mapping[str, str | int] | None = None, edits: Sequence[Edit] = ()
    ) -> Finding:
        told = dict(values or {})
        repair = Repair(code, told, tuple(edits)) if edits else None
        return Finding(code, self.field, self.bullet, self.side, span, told, repair)

    def change(self, code: str, span: Span, to: str, **values: str | int) -> Finding:
        """A finding that says `a` and `b`, and whose repair writes the one for the other."""
        told = {"a": self.original[slice(*span)], "b": to, **values}
        return self.finding(code, span, told, (self.edit(*span, to),))


def texts(content: Content, side: Side) -> list[Text]:
    """Headline, summary and bullets of one side, as far as there are any."""
    return [
        Text(pair.field, pair.bullet, side, text, masked_urls(text))
        for pair in pairs(content)
        if (text := pair.text(side))
    ]


def together(code: str, edits: Sequence[Edit], **values: str | int) -> list[Finding]:
    """One finding and one repair for the whole brief, shown at the first place."""
    if not edits:
        return []
    at = edits[0]
    told = dict(values)
    span = (at.start, at.end)
    return [Finding(code, at.field, at.bullet, at.side, span, told, Repair(code, told, tuple(edits)))]


def cased(written: str, to: str) -> str:
    """With the capitals of what it replaces: Grey Zone becomes Gray Zone, GREY becomes GRAY."""
    if len(written) > 1 and written.isupper():
        return to.upper()
    words = written.split()
    if len(words) > 1 and all(word[0].isupper() for word in words):
        return " ".join(word[:1].upper() + word[1:] for word in to.split(" "))
    return to[:1].upper() + to[1:] if written[:1].isupper() else to


def sentence_start(text: str, at: int) -> int:
    """Where the sentence of this place begins, looking back no further than a sentence is long."""
    window = max(at - _LOOK_BACK, 0)
    ends = [match.end() for match in _OPENS_SENTENCE.finditer(text, window, at)]
    return next((end for end in reversed(ends) if text[end - 1] != "." or _ends(text, end)), window)


def _ends(text: str, end: int) -> bool:
    """Whether the point before this place ends a sentence, and not U.S. or Mr."""
    return text[end : end + 1].isspace() and text[max(end - 3, 0) : end][:1] != "."


def introduced(text: str, at: int) -> bool:
    """Whether a comma at this place only ends an introduction: "In Taiwan, Japan and Korea are…"."""
    start = sentence_start(text, at)
    return "," not in text[start:at] and bool(_INTRODUCES.match(text, start))
