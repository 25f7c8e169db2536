"""Check the serial comma (E3) in series of three single words. Advice, since a comma can also end a clause."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
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
_SENTENCE_WORDS = """
also accordingly actually additionally afterward afterwards again alternatively besides consequently conversely currently
domestically economically eventually fifth finally first firstly fortunately fourth furthermore hence historically
however importantly indeed initially instead lastly later likewise meanwhile militarily moreover nevertheless
next nonetheless now otherwise overall politically predictably presumably recently rather regardless second secondly
similarly simultaneously so specifically still strategically subsequently then thereafter therefore third thirdly thus today
together tomorrow too traditionally ultimately unfortunately yesterday yet yes no well perhaps here there
"""
_SENTENCE_OPENERS = frozenset(_SENTENCE_WORDS.split())
_SUBORDINATE_WORDS = "who which whose where when that and or but not it they he she we if"
_NOT_SECOND_ITEM = _SENTENCE_OPENERS.union(_SUBORDINATE_WORDS.split())
_SMALL_WORDS = """
the a an to in of on at by for with from as this these those their its his her our your my i you is are was
were has have had will can may should must would could does did do while because be been other how what why
sons company others more even only just never
"""
_NOT_THIRD_ITEM = _NOT_SECOND_ITEM.union(_SMALL_WORDS.split())


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
        or (third == "co" and plain[match.end("c") :][:1] == ".")
    ):
        return False
    start = match.start("a")
    if opens_sentence(plain, start) and (first in _SENTENCE_OPENERS or first.endswith("ly")):
        return False
    return not is_in_introductory_phrase(plain, start)
