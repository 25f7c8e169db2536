"""Check the serial comma (E3) in series of three single words. Advice, since a comma can also end a clause."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import (
    MAX_FINDINGS,
    CheckedText,
    find_sentence_start,
    is_in_introductory_phrase,
    list_side_texts,
)
from briefs.content import Content

_ITEM = "[A-Za-z][A-Za-z’'-]{0,30}"
_SERIES = re.compile(
    f"(?<![A-Za-z’'-])(?P<a>{_ITEM}), (?P<b>{_ITEM})(?P<gap> )(?P<and>and|or) (?P<c>{_ITEM})(?P<more>(?:[.] ?[A-Z])?)"
)
_SENTENCE_WORDS = """
also accordingly actually additionally afterward afterwards again alternatively besides consequently conversely currently
domestically economically eventually fifth finally first firstly fortunately fourth furthermore hence historically
however importantly indeed initially instead lastly later likewise meanwhile militarily moreover nevertheless
next nonetheless now otherwise overall politically predictably presumably recently rather regardless second secondly
similarly simultaneously so specifically still strategically subsequently then thereafter therefore third thirdly thus today
together tomorrow too traditionally ultimately unfortunately yesterday yet yes no well perhaps here there
"""
_SENTENCE_OPENERS = frozenset(_SENTENCE_WORDS.split())
_NOT_SECOND_ITEM = _SENTENCE_OPENERS | {
    "who",
    "which",
    "whose",
    "where",
    "when",
    "that",
    "and",
    "or",
    "but",
    "not",
    "it",
    "they",
    "he",
    "she",
    "we",
    "if",
}
_NOT_THIRD_ITEM = _NOT_SECOND_ITEM | {
    *("the", "a", "an", "to", "in", "of", "on", "at", "by", "for", "with", "from", "as", "this", "these", "those", "their"),
    *("its", "his", "her", "our", "your", "my", "i", "you", "is", "are", "was", "were", "has", "have", "had", "will"),
    *("can", "may", "should", "must", "would", "could", "does", "did", "do", "while", "because", "be", "been", "other"),
    *("how", "what", "why", "sons", "company", "others", "more", "even", "only", "just", "never"),
}  # fmt: skip


def check(content: Content, context: CheckContext) -> list[Finding]:
    return [found for text in list_side_texts(content, "en") for found in _check_text(text)]


def _check_text(text: CheckedText) -> Iterator[Finding]:
    for match in islice(_SERIES.finditer(text.without_urls), MAX_FINDINGS):
        if _is_series(text.without_urls, match):
            span = match.span("gap")
            edits = (text.build_edit(*span, ", "),)
            yield text.build_finding(
                "serial.comma", match.span(), {"a": f"{match['and']} {match['c']}"}, edits
            )


def _is_series(plain: str, match: re.Match[str]) -> bool:
    first, second, third = match["a"].lower(), match["b"].lower(), match["c"].lower()
    if (
        second in _NOT_SECOND_ITEM
        or third in _NOT_THIRD_ITEM
        or (third == "co" and plain[match.end("c") :][:1] == ".")
    ):
        return False
    start = match.start("a")
    opens = not plain[find_sentence_start(plain, start) : start].strip(" “‘\"'(")
    if opens and (first in _SENTENCE_OPENERS or first.endswith("ly")):
        return False
    return not is_in_introductory_phrase(plain, start)
