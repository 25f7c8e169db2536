"""Check U.S. spelling (E1). Names keep their own: the Labour Party, the Centre for Policy Studies."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.english.british import BRITISH_TO_AMERICAN
from briefs.checks.finding import Finding
from briefs.checks.repairs import MAX_FINDINGS, CheckedText, each_text, match_case, opens_sentence
from briefs.checks.spans import mask_words

_WORD = re.compile("[A-Za-z]+")
_NAME_CONTINUES = re.compile(r"(?:[’']s)?[ -](?:(?:for|of|and|on)[ ](?:the[ ])?)?[A-Z]")
_PARTY_CONTINUES = re.compile("(?<=Labour) (?:peer|leader|MP|government|voter|minister|candidate|lawmaker)")
_NAME_BEFORE = re.compile(r"[A-Z][A-Za-z.’']*[ -](?:(?:of|for|and|on)[ ](?:the[ ])?)?$")
_NAME_CONTINUES_IN_HEADLINE = re.compile(r"[ ](?:Party|Centre|for|of)(?![A-Za-z])")


@each_text("en")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    british = (
        match for match in _WORD.finditer(text.without_urls) if match[0].lower() in BRITISH_TO_AMERICAN
    )
    matches = list(islice(british, MAX_FINDINGS))
    own = mask_words(text.without_urls, context.names) if matches else ""
    for match in matches:
        start, end = match.span()
        if own[start:end] == match[0] and not _is_part_of_name(text, start, end):
            yield text.build_replacement_finding(
                "spelling.british", (start, end), match_case(match[0], BRITISH_TO_AMERICAN[match[0].lower()])
            )


def _is_part_of_name(text: CheckedText, start: int, end: int) -> bool:
    """Return whether a capitalized word belongs to a name.

    A capital within a sentence does; at a sentence start or in a headline, only if a name adjoins.
    """
    plain = text.without_urls
    if not plain[start].isupper() or plain[start:end].isupper():
        return False
    if text.field == "headline":
        return bool(_NAME_CONTINUES_IN_HEADLINE.match(plain, end))
    if not opens_sentence(plain, start):
        return True
    continues = _NAME_CONTINUES.match(plain, end) or _PARTY_CONTINUES.match(plain, end)
    return bool(continues or _NAME_BEFORE.search(plain[max(start - 40, 0) : start]))
