"""Headlines (E6): title case after the Chicago manual, no final stop, not too long."""

import re
from collections.abc import Iterator

from briefs.checks.context import Context
from briefs.checks.finding import Edit, Finding
from briefs.checks.repairs import Text, texts
from briefs.checks.texts import characters
from briefs.content import Content

_LONGEST_EN, _LONGEST_ZH = 90, 24
_CLOSING = " .?!…”’\"')"
_READ = 1000
"""Characters of a headline that are looked at for their case."""

_WORD = re.compile("[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ’']*")
_SMALL = """
a an the and or nor of to at
"""
_LOW = frozenset(_SMALL.split())
# Small where they are prepositions, capital where they belong to a verb: Stand Up, Carry On. Either is let stand.
_PARTICLES = """
as but for from in into on onto per via vs v with by up down off out over under near past since than till until so yet
if about above across after against along amid among around before behind below beneath beside besides between
beyond despite during except inside like outside through throughout toward towards underneath unlike upon within
without de la le von van der den al bin el da di du i e
"""
_EITHER = frozenset(_PARTICLES.split())
_OPENS = re.compile("[:?!.—–]\\s*[“‘\"'(]?$|^[“‘\"'(\\s]*$")
_ABBREVIATED = re.compile(r"(?:[A-Z]\.[A-Z]|Inc|Co|Ltd|Jr|Sr|etc|No|[ap]\.m)\.$")


def check(content: Content, context: Context) -> list[Finding]:
    found: list[Finding] = []
    for side in ("en", "zh"):
        for text in texts(content, side)[:1]:
            if text.field == "headline":
                found += _english(text) if side == "en" else _chinese(text)
    return found


def _english(text: Text) -> Iterator[Finding]:
    head = text.original
    words = list(_WORD.finditer(head[:_READ]))
    if len(words) > 1 and head.isupper():
        yield text.finding("headline.capitals", (0, len(head)))
    elif edits := tuple(_title_case(text, words)):
        yield text.finding(
            "headline.case", (edits[0].start, edits[0].end), {"b": _rewritten(head, edits)}, edits
        )
    if head.endswith(".") and not head.endswith("..") and not _ABBREVIATED.search(head):
        yield _stop(text)
    if len(head) > _LONGEST_EN:
        values = {"n": len(head), "m": _LONGEST_EN}
        yield text.finding("headline.long_en", (_LONGEST_EN, len(head)), values)


def _chinese(text: Text) -> Iterator[Finding]:
    head = text.original
    if head.endswith(("。", ".")) and not head.endswith(("..", "。。")):
        yield _stop(text)
    if (n := characters(head)) > _LONGEST_ZH:
        yield text.finding("headline.long_zh", (0, len(head)), {"n": n, "m": _LONGEST_ZH})


def _stop(text: Text) -> Finding:
    end = len(text.original)
    return text.finding("headline.stop", (end - 1, end), edits=(text.edit(end - 1, end, ""),))


def _title_case(text: Text, words: list[re.Match[str]]) -> Iterator[Edit]:
    """The first letters to change. Mixed capitals (iPhone), figures (5g) and single letters (a.m.) are let stand."""
    head = text.original
    last = len(head[:_READ].rstrip(_CLOSING))
    for match in words:
        start, end = match.span()
        word, before, after = match[0], head[start - 1 : start], head[end : end + 1]
        if before.isdigit() or (after == "." and len(word) == 1):
            continue
        edge = match is words[0] or end == last or bool(_OPENS.search(head[max(start - 4, 0) : start]))
        low, either = word in _LOW, word in _EITHER
        if word[0].islower() and (edge or not (low or either)) and word[1:] == word[1:].lower():
            yield text.edit(start, start + 1, word[0].upper())
        elif word[0].isupper() and not edge and word.lower() in _LOW and word[1:].islower() and before != "-":
            yield text.edit(start, start + 1, word[0].lower())


def _rewritten(head: str, edits: tuple[Edit, ...]) -> str:
    letters = list(head)
    for edit in edits:
        letters[edit.start] = edit.to
    return "".join(letters)
