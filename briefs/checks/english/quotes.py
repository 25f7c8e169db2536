"""Quotation marks and apostrophes in English (E5): curly, balanced, “ ” outside. Primes are left: 5' 10"."""

import re
from collections.abc import Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import MOST, Text, texts, together
from briefs.content import Content

_DOUBLE = re.compile('[“”"]')
_SINGLE = re.compile("'")
_PRIMES = re.compile(r"(?<=\d)(?:'(?=\s?\d{1,2}\")|(?<=\d')\"|'(?![A-Za-z0-9]))")
_INCHES = re.compile(r"(?<![0-9A-Za-z])\d{1,2}'\s?\d{1,2}(?P<inch>\")")
_OUTER = re.compile(r"(?<![A-Za-z0-9])‘(?P<inside>[^‘“”\n]{1,300}?)’(?![A-Za-z0-9])")


def check(content: Content, context: Context) -> list[Finding]:
    english = texts(content, "en")
    edits = [edit for text in english for edit in _straight(text)]
    found = together("quotes.straight", edits)
    for text in english:
        if lone := _lone(text.plain):
            found.append(text.finding("quotes.unbalanced", lone))
        found += _outer(text)
    return found


def _straight(text: Text) -> Iterator[Edit]:
    """In the order in which they stand; double ones only where all of the text have a partner."""
    marks = dict(_apostrophes(text.plain))
    if not _lone(text.plain):
        marks |= {at: to for at, to in _doubles(text.plain) if text.plain[at] == '"'}
    for at in islice(sorted(marks), MOST):
        yield text.edit(at, at + 1, marks[at])


def _inches(plain: str) -> set[int]:
    return {match.start("inch") for match in _INCHES.finditer(plain)}


def _doubles(plain: str) -> Iterator[tuple[int, str]]:
    """Each double mark, and which way it must turn."""
    inches, opened = _inches(plain), False
    for match in _DOUBLE.finditer(plain):
        at = match.start()
        if at not in inches:
            opened = not opened
            yield at, "“" if opened else "”"


def _lone(plain: str) -> tuple[int, int] | None:
    """The first mark that turns the wrong way, or the last that stays open."""
    at, to = -1, "”"
    for at, to in _doubles(plain):
        if plain[at] not in ('"', to):
            return at, at + 1
    return (at, at + 1) if to == "“" else None


def _apostrophes(plain: str) -> Iterator[tuple[int, str]]:
    primes = {match.start() for match in _PRIMES.finditer(plain)}
    singles = [match.start() for match in _SINGLE.finditer(plain) if match.start() not in primes]
    closing = [at for at in singles if not plain[at + 1 : at + 2].isalnum()]
    last = closing[-1] if closing else -1
    for at in singles:
        before, after = plain[at - 1 : at] if at else "", plain[at + 1 : at + 2]
        opens = (not before or before.isspace() or before in '(["“—') and after.isalpha() and at < last
        yield at, "‘" if opens else "’"


def _outer(text: Text) -> Iterator[Finding]:
    """‘ ’ that stand in no “ ”."""
    for match in islice(_OUTER.finditer(text.own), MOST):
        start, end = match.span()
        edits = (text.edit(start, start + 1, "“"), text.edit(end - 1, end, "”"))
        yield text.finding("quotes.outer", (start, end), edits=edits)
