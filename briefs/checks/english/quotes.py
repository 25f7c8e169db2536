"""Check English quotation marks and apostrophes (E5): curly, balanced, “ ” outside. Primes are kept: 5' 10"."""

import re
from collections.abc import Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import (
    MAX_FINDINGS,
    CheckedText,
    build_brief_finding,
    find_matches,
    list_side_texts,
)
from briefs.content import Content

_DOUBLE = re.compile('[“”"]')
_SINGLE = re.compile("'")
_PRIMES = re.compile(r"(?<=\d)(?:'(?=\s?\d{1,2}\")|(?<=\d')\"|'(?![A-Za-z0-9]))")
_INCHES = re.compile(r"(?<![0-9A-Za-z])\d{1,2}'\s?\d{1,2}(?P<inch>\")")
_OUTER = re.compile(r"(?<![A-Za-z0-9])‘(?P<inside>[^‘“”\n]{1,300}?)’(?![A-Za-z0-9])")


def check(content: Content, context: CheckContext) -> list[Finding]:
    english = list_side_texts(content, "en")
    edits = [edit for text in english for edit in _straight_mark_edits(text)]
    found = build_brief_finding("quotes.straight", edits)
    for text in english:
        if lone := _find_unbalanced(text.without_urls):
            found.append(text.build_finding("quotes.unbalanced", lone))
        found += _check_outer_quotes(text)
    return found


def _straight_mark_edits(text: CheckedText) -> Iterator[Edit]:
    """Yield edits of straight marks in text order. Double marks are included only if all are paired."""
    marks = dict(_orient_single_marks(text.without_urls))
    if not _find_unbalanced(text.without_urls):
        marks |= {
            at: to for at, to in _orient_double_marks(text.without_urls) if text.without_urls[at] == '"'
        }
    for at in sorted(marks)[:MAX_FINDINGS]:
        yield text.build_edit(at, at + 1, marks[at])


def _orient_double_marks(plain: str) -> Iterator[tuple[int, str]]:
    """Yield the position of each double mark and the mark it should be."""
    inches, opened = {match.start("inch") for match in _INCHES.finditer(plain)}, False
    for match in _DOUBLE.finditer(plain):
        at = match.start()
        if at not in inches:
            opened = not opened
            yield at, "“" if opened else "”"


def _find_unbalanced(plain: str) -> tuple[int, int] | None:
    """Return the first mark that turns the wrong way, or the last mark if it stays open."""
    at, to = -1, "”"
    for at, to in _orient_double_marks(plain):
        if plain[at] not in ('"', to):
            return at, at + 1
    return (at, at + 1) if to == "“" else None


def _orient_single_marks(plain: str) -> Iterator[tuple[int, str]]:
    primes = {match.start() for match in _PRIMES.finditer(plain)}
    singles = [match.start() for match in _SINGLE.finditer(plain) if match.start() not in primes]
    closing = [at for at in singles if not plain[at + 1 : at + 2].isalnum()]
    last = closing[-1] if closing else -1
    for at in singles:
        before, after = plain[at - 1 : at] if at else "", plain[at + 1 : at + 2]
        opens = (not before or before.isspace() or before in '(["“—') and after.isalpha() and at < last
        yield at, "‘" if opens else "’"


def _check_outer_quotes(text: CheckedText) -> Iterator[Finding]:
    """Report ‘ ’ outside “ ”."""
    for match in find_matches(_OUTER, text.without_quotations):
        start, end = match.span()
        edits = (text.build_edit(start, start + 1, "“"), text.build_edit(end - 1, end, "”"))
        yield text.build_finding("quotes.outer", (start, end), edits=edits)
