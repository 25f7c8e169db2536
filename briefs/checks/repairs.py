"""One text of a brief as the checks of wording read it, and findings that replace characters in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefs.checks.finding import Edit, Finding, FindingField, Repair, Span
from briefs.checks.texts import iterate_text_pairs, mask_urls
from briefs.content import Content, Side
from briefs.lexicon.masking import blank_out_matches

MAX_FINDINGS = 1500
"""Findings of one rule in one text. No brief has so many; a hostile paste costs no more."""

_QUOTED: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        "「[^「」]{0,2000}」|『[^『』]{0,2000}』|《[^《》]{0,200}》|〈[^〈〉]{0,200}〉|“[^“”]{0,2000}”"
    ),
    "en": re.compile('[“"][^“”"]{0,2000}[”"]'),
}
_SENTENCE_BREAK = re.compile("[.?!:;\u2014\n]")
_INTRODUCTORY_WORD = re.compile(
    r"[“‘\"'(\s]*(?:in|on|at|for|with|without|from|since|after|before|during|under|by|of|to|beyond|unlike|like|"
    r"despite|among|amid|across|through|throughout|within|outside|against|if|when|whenever|while|although|though|"
    r"because|as|once|unless|until|where|whereas|given|regarding|inside|alongside|besides|along|following|due)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
_LOOK_BACK = 160


@dataclass(frozen=True, slots=True)
class CheckedText:
    """`plain` is the text without addresses, `own` also without what others are quoted with. Places are kept."""

    field: FindingField
    bullet: int | None
    side: Side
    original: str
    without_urls: str

    @property
    def without_quotations(self) -> str:
        return blank_out_matches(_QUOTED[self.side], self.without_urls)

    def build_edit(self, start: int, end: int, replacement: str) -> Edit:
        return Edit(self.bullet, self.field, self.side, start, end, self.original[start:end], replacement)

    def build_finding(
        self, code: str, span: Span, values: Mapping[str, str | int] | None = None, edits: Sequence[Edit] = ()
    ) -> Finding:
        told = dict(values or {})
        repair = Repair(code, told, tuple(edits)) if edits else None
        return Finding(code, self.field, self.bullet, self.side, span, told, repair)

    def build_replacement_finding(
        self, code: str, span: Span, replacement: str, **values: str | int
    ) -> Finding:
        """A finding that says `a` and `b`, and whose repair writes the one for the other."""
        told = {"a": self.original[slice(*span)], "b": replacement, **values}
        return self.build_finding(code, span, told, (self.build_edit(*span, replacement),))


def list_side_texts(content: Content, side: Side) -> list[CheckedText]:
    """Headline, summary and bullets of one side, as far as there are any."""
    return [
        CheckedText(pair.field, pair.bullet, side, text, mask_urls(text))
        for pair in iterate_text_pairs(content)
        if (text := pair.text(side))
    ]


def build_brief_finding(code: str, edits: Sequence[Edit], **values: str | int) -> list[Finding]:
    """One finding and one repair for the whole brief, shown at the first place."""
    if not edits:
        return []
    at = edits[0]
    told = dict(values)
    span = (at.start, at.end)
    return [Finding(code, at.field, at.bullet, at.side, span, told, Repair(code, told, tuple(edits)))]


def match_case(original: str, replacement: str) -> str:
    """With the capitals of what it replaces: Grey Zone becomes Gray Zone, GREY becomes GRAY."""
    if len(original) > 1 and original.isupper():
        return replacement.upper()
    words = original.split()
    if len(words) > 1 and all(word[0].isupper() for word in words):
        return " ".join(word[:1].upper() + word[1:] for word in replacement.split(" "))
    return replacement[:1].upper() + replacement[1:] if original[:1].isupper() else replacement


def find_sentence_start(text: str, position: int) -> int:
    """Where the sentence of this place begins, looking back no further than a sentence is long."""
    window = max(position - _LOOK_BACK, 0)
    ends = [match.end() for match in _SENTENCE_BREAK.finditer(text, window, position)]
    return next(
        (end for end in reversed(ends) if text[end - 1] != "." or _is_sentence_end(text, end)), window
    )


def _is_sentence_end(text: str, end: int) -> bool:
    """Whether the point before this place ends a sentence, and not U.S. or Mr."""
    return text[end : end + 1].isspace() and text[max(end - 3, 0) : end][:1] != "."


def is_in_introductory_phrase(text: str, position: int) -> bool:
    """Whether a comma at this place only ends an introduction: "In Taiwan, Japan and Korea are…"."""
    start = find_sentence_start(text, position)
    return "," not in text[start:position] and bool(_INTRODUCTORY_WORD.match(text, start))
