"""The text that wording checks read, and helpers that build findings with repairs."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Self

from briefs.checks.context import CheckContext
from briefs.checks.finding import Edit, Finding, FindingField, Repair, Span
from briefs.checks.texts import iterate_text_pairs, mask_urls
from briefs.content import Content, Side
from briefs.lexicon.masking import blank_out_matches

type Check = Callable[[Content, CheckContext], list[Finding]]
type TextCheck = Callable[[CheckedText, CheckContext], Iterable[Finding]]

MAX_FINDINGS = 1500
"""Maximum findings of one rule, usually in one text. Limits the cost of hostile pastes."""

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
    """One text of one side.

    `without_urls` and `without_quotations` blank out the parts not to be checked; all positions are kept.
    """

    field: FindingField
    bullet: int | None
    side: Side
    original: str
    without_urls: str

    @classmethod
    def from_text(cls, field: FindingField, bullet: int | None, side: Side, text: str) -> Self:
        return cls(field, bullet, side, text, mask_urls(text))

    @property
    def without_quotations(self) -> str:
        return blank_out_matches(_QUOTED[self.side], self.without_urls)

    def build_edit(self, start: int, end: int, replacement: str) -> Edit:
        return Edit(self.bullet, self.field, self.side, start, end, self.original[start:end], replacement)

    def build_finding(
        self, code: str, span: Span, values: Mapping[str, str | int] | None = None, edits: Iterable[Edit] = ()
    ) -> Finding:
        told, edits = dict(values or {}), tuple(edits)
        repair = Repair(code, told, edits) if edits else None
        return Finding(code, self.field, self.bullet, self.side, span, told, repair)

    def build_replacement_finding(self, code: str, span: Span, replacement: str) -> Finding:
        """Build a finding with values `a` (original) and `b` (replacement), and the repair."""
        values = {"a": self.original[slice(*span)], "b": replacement}
        return self.build_finding(code, span, values, [self.build_edit(*span, replacement)])

    def replace_matches(
        self,
        code: str,
        pattern: re.Pattern[str],
        replacement: str | Callable[[re.Match[str]], str],
        *,
        within: str | None = None,
        group: str | int = 0,
    ) -> Iterator[Finding]:
        """Yield a finding with a repair for each match that differs from its replacement.

        `within`: the text to search, by default the one without URLs. `group`: the part to replace.
        """
        for match in find_matches(pattern, self.without_urls if within is None else within):
            to = replacement if isinstance(replacement, str) else replacement(match)
            if to != match[group]:
                yield self.build_replacement_finding(code, match.span(group), to)


def find_matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield at most `MAX_FINDINGS` matches."""
    return islice(pattern.finditer(text), MAX_FINDINGS)


def list_side_texts(content: Content, side: Side) -> list[CheckedText]:
    """Return the non-empty headline, summary and bullets of one side."""
    return [
        CheckedText.from_text(pair.field, pair.bullet, side, text)
        for pair in iterate_text_pairs(content)
        if (text := pair.text(side))
    ]


def each_text(side: Side) -> Callable[[TextCheck], Check]:
    """Make a check of a brief from a check of one text, which then runs on all texts of one side."""

    def decorate(check_text: TextCheck) -> Check:
        def check(content: Content, context: CheckContext) -> list[Finding]:
            return [found for text in list_side_texts(content, side) for found in check_text(text, context)]

        return check

    return decorate


def build_brief_finding(code: str, edits: Iterable[Edit], **values: str | int) -> list[Finding]:
    """Return one finding with one repair for the whole brief, shown at the first edit."""
    edits = tuple(edits)
    if not edits:
        return []
    at = edits[0]
    return [Finding(code, at.field, at.bullet, at.side, at.span, values, Repair(code, values, edits))]


def match_case(original: str, replacement: str) -> str:
    """Apply the capitals of the original: Grey Zone becomes Gray Zone, GREY becomes GRAY."""
    if len(original) > 1 and original.isupper():
        return replacement.upper()
    words = original.split()
    if len(words) > 1 and all(word[0].isupper() for word in words):
        return " ".join(word[:1].upper() + word[1:] for word in replacement.split(" "))
    return replacement[:1].upper() + replacement[1:] if original[:1].isupper() else replacement


def _find_sentence_start(text: str, position: int) -> int:
    """Return the start of the sentence around a position, looking back at most 160 characters."""
    window = max(position - _LOOK_BACK, 0)
    ends = [match.end() for match in _SENTENCE_BREAK.finditer(text, window, position)]
    return next(
        (end for end in reversed(ends) if text[end - 1] != "." or _is_sentence_end(text, end)), window
    )


def _is_sentence_end(text: str, end: int) -> bool:
    """Return whether the point before `end` closes a sentence, unlike the last point of U.S."""
    return text[end : end + 1].isspace() and text[max(end - 3, 0) : end][:1] != "."


def opens_sentence(text: str, position: int) -> bool:
    """Return whether only quotation marks and brackets precede the position in its sentence."""
    return not text[_find_sentence_start(text, position) : position].strip(" “‘\"'(")


def is_in_introductory_phrase(text: str, position: int) -> bool:
    """Return whether a comma here would only end an introduction: "In Taiwan, Japan and Korea are…"."""
    start = _find_sentence_start(text, position)
    return "," not in text[start:position] and bool(_INTRODUCTORY_WORD.match(text, start))
