"""U.S. spelling (E1). What is part of a name keeps its own: the Labour Party, the Centre for Policy Studies."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.english.british import SPELLINGS
from briefs.checks.finding import Finding
from briefs.checks.repairs import MOST, Text, cased, sentence_start, texts
from briefs.checks.spans import blanked
from briefs.content import Content

_WORD = re.compile("[A-Za-z]+")
_NAME_GOES_ON = re.compile(r"(?:[’']s)?[ -](?:(?:for|of|and|on)[ ](?:the[ ])?)?[A-Z]")
_NAME_BEFORE = re.compile(r"[A-Z][A-Za-z.’']*[ -](?:(?:of|for|and|on)[ ](?:the[ ])?)?$")
_TITLE = re.compile(r"[ ](?:Party|Centre|for|of)(?![A-Za-z])")


def check(content: Content, context: Context) -> list[Finding]:
    return [found for text in texts(content, "en") for found in _check_text(text, context)]


def _check_text(text: Text, context: Context) -> Iterator[Finding]:
    british = (match for match in _WORD.finditer(text.plain) if match[0].lower() in SPELLINGS)
    matches = list(islice(british, MOST))
    own = blanked(text.plain, context.names) if matches else ""
    for match in matches:
        start, end = match.span()
        if own[start:end] == match[0] and not _is_name(text, start, end):
            yield text.change("spelling.british", (start, end), cased(match[0], SPELLINGS[match[0].lower()]))


def _is_name(text: Text, start: int, end: int) -> bool:
    """A capital within a sentence is a name's, and at its beginning if a name goes on. Headlines have them all."""
    plain = text.plain
    if not plain[start].isupper() or plain[start:end].isupper():
        return False
    if text.field == "headline":
        return bool(_TITLE.match(plain, end))
    if plain[sentence_start(plain, start) : start].strip(" “‘\"'("):
        return True
    return bool(_NAME_GOES_ON.match(plain, end) or _NAME_BEFORE.search(plain[max(start - 40, 0) : start]))
