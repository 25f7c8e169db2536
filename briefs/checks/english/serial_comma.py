"""The serial comma (E3): between the last two of three single words. Advice, since a comma can also end a clause."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.finding import Finding
from briefs.checks.repairs import MOST, Text, introduced, sentence_start, texts
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
_FIRST = frozenset(_SENTENCE_WORDS.split())
_NO_SECOND = _FIRST | {
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
_NO_THIRD = _NO_SECOND | {
    *("the", "a", "an", "to", "in", "of", "on", "at", "by", "for", "with", "from", "as", "this", "these", "those", "their"),
    *("its", "his", "her", "our", "your", "my", "i", "you", "is", "are", "was", "were", "has", "have", "had", "will"),
    *("can", "may", "should", "must", "would", "could", "does", "did", "do", "while", "because", "be", "been", "other"),
    *("how", "what", "why", "sons", "company", "others", "more", "even", "only", "just", "never"),
}  # fmt: skip


def check(content: Content, context: Context) -> list[Finding]:
    return [found for text in texts(content, "en") for found in _check_text(text)]


def _check_text(text: Text) -> Iterator[Finding]:
    for match in islice(_SERIES.finditer(text.plain), MOST):
        if _is_series(text.plain, match):
            span = match.span("gap")
            edits = (text.edit(*span, ", "),)
            yield text.finding("serial.comma", match.span(), {"a": f"{match['and']} {match['c']}"}, edits)


def _is_series(plain: str, match: re.Match[str]) -> bool:
    first, second, third = match["a"].lower(), match["b"].lower(), match["c"].lower()
    if second in _NO_SECOND or third in _NO_THIRD or (third == "co" and plain[match.end("c") :][:1] == "."):
        return False
    start = match.start("a")
    opens = not plain[sentence_start(plain, start) : start].strip(" “‘\"'(")
    if opens and (first in _FIRST or first.endswith("ly")):
        return False
    return not introduced(plain, start)
