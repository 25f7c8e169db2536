"""Check the serial comma (E3) in series of three single words. Advice, since a comma can also end a clause."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.english.style_words import read_words
from briefs.checks.finding import Finding
from briefs.checks.repairs import (
    CheckedText,
    each_text,
    find_matches,
    is_in_introductory_phrase,
    opens_sentence,
)

_ITEM = "[A-Za-z][A-Za-z’'-]{0,30}"
_SERIES = re.compile(
    f"(?<![A-Za-z’'-])(?P<a>{_ITEM}), (?P<b>{_ITEM})(?P<gap> )(?P<and>and|or) (?P<c>{_ITEM})(?P<more>(?:[.] ?[A-Z])?)"
)
_SENTENCE_OPENERS = frozenset(read_words("sentence openers"))
_NOT_SECOND_ITEM = _SENTENCE_OPENERS.union(read_words("clause openers"))
_NOT_THIRD_ITEM = _NOT_SECOND_ITEM.union(read_words("small words"))


@each_text("en")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    for match in find_matches(_SERIES, text.without_urls):
        if _is_series(text.without_urls, match):
            values = {"a": f"{match['and']} {match['c']}"}
            edit = text.build_edit(*match.span("gap"), ", ")
            yield text.build_finding("serial.comma", match.span(), values, [edit])


def _is_series(plain: str, match: re.Match[str]) -> bool:
    first, second, third = match["a"].lower(), match["b"].lower(), match["c"].lower()
    if (
        second in _NOT_SECOND_ITEM
        or third in _NOT_THIRD_ITEM
        or (third in ("co", "u") and plain[match.end("c") :][:1] == ".")
        or (second.endswith("ly") and third.endswith("ly"))
        or third.endswith(second)  # known or unknown, national and international
    ):
        return False
    start = match.start("a")
    if opens_sentence(plain, start) and (first in _SENTENCE_OPENERS or first.endswith("ly")):
        return False
    return not is_in_introductory_phrase(plain, start)
