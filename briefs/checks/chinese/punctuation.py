"""Chinese punctuation: width, brackets, quotation marks, dash and ellipsis, spaces (Z1–Z4, Z6)."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from briefs.checks.context import Context
from briefs.checks.finding import Edit, Finding, Repair
from briefs.checks.texts import HAN, Pair, masked_urls, pairs
from briefs.content import Content

_MOST = 1500
_SPACE = "[ \u00a0\u3000]{0,4}"
_WIDE = dict(zip(",;:?!", "，；：？！", strict=True))

_NARROW = re.compile(f"(?<=[{HAN}」』）》]){_SPACE}(?P<mark>[,;:?!]){_SPACE}(?=[{HAN}「『（《])")
_BRACKETS = re.compile(r"\((?P<inside>[^()\n]{1,200})\)")
_IS_HAN = re.compile(f"[{HAN}]")
_QUOTES = (
    ("punctuation.quotes", re.compile("“(?P<inside>[^“”]{1,400})”"), "「」"),
    ("punctuation.straight", re.compile('"(?P<inside>[^"]{1,400})"'), "「」"),
)
_STRAY = re.compile("[“”]")
_INNER = {"‘": "『", "’": "』"}
_MARKS = re.compile(
    r"\.{3,}|。{3,}|(?<!…)…(?:…{2,})?(?!…)|(?<![─—])(?:—(?:—{2,})?|──+)(?![─—])|(?<!-)--+(?!-)"
)
_LATIN_SPACE = re.compile(
    f"(?<=[{HAN}])[ \u00a0]{{1,8}}(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])[ \u00a0]{{1,8}}(?=[{HAN}])"
)


def check(content: Content, context: Context) -> list[Finding]:
    chinese = [(pair, masked_urls(pair.zh)) for pair in pairs(content) if pair.zh]
    found = [finding for pair, text in chinese for finding in (*_quotes(pair, text), *_marks(pair, text))]
    narrow = [edit for pair, text in chinese for edit in _narrow(pair, text)]
    commas = all(edit.was.strip("\u3000\u00a0 ") == "," for edit in narrow)
    found += _together("punctuation.commas" if commas else "punctuation.width", narrow, len(narrow))
    brackets = [edit for pair, text in chinese for edit in _brackets(pair, text)]
    found += _together("punctuation.brackets", brackets, len(brackets) // 2)
    spaces = [edit for pair, text in chinese for edit in _spaces(pair, text)]
    return [*found, *_together("punctuation.spaces", spaces, len(spaces))]


def _together(code: str, edits: list[Edit], n: int) -> Iterator[Finding]:
    """One finding and one repair for the whole brief, shown at the first place."""
    if edits:
        at = edits[0]
        values: dict[str, str | int] = {"n": n}
        yield Finding(
            code, at.field, at.bullet, "zh", (at.start, at.end), values, Repair(code, values, tuple(edits))
        )


def _edit(pair: Pair, start: int, end: int, to: str) -> Edit:
    return Edit(pair.bullet, pair.field, "zh", start, end, pair.zh[start:end], to)


def _narrow(pair: Pair, text: str) -> Iterator[Edit]:
    for match in _NARROW.finditer(text):
        yield _edit(pair, match.start(), match.end(), _WIDE[match["mark"]])


def _brackets(pair: Pair, text: str) -> Iterator[Edit]:
    """A pair of them that touches Han within or before."""
    for match in _BRACKETS.finditer(text):
        beside = text[max(match.start() - 1, 0) : match.start()] + match["inside"][0] + match["inside"][-1]
        if _IS_HAN.search(beside):
            yield _edit(pair, match.start(), match.start() + 1, "（")
            yield _edit(pair, match.end() - 1, match.end(), "）")


def _quotes(pair: Pair, text: str) -> Iterator[Finding]:
    """Repaired where balanced; a lone curly mark is only shown."""
    rest = text
    for code, pattern, marks in _QUOTES:
        matches = [
            match for match in islice(pattern.finditer(rest), _MOST) if _IS_HAN.search(match["inside"])
        ]
        if matches:
            edits = [edit for match in matches for edit in _requoted(pair, match, marks)]
            yield _finding(pair, code, matches[0].span(), {}, edits)
        rest = pattern.sub(lambda match: "□" * len(match[0]), rest)
    if stray := _STRAY.search(rest):
        yield _finding(pair, "punctuation.quotes", stray.span(), {}, ())
    yield from _outer(pair, rest)


def _requoted(pair: Pair, match: re.Match[str], marks: str) -> Iterator[Edit]:
    yield _edit(pair, match.start(), match.start() + 1, marks[0])
    inside = match["inside"]
    if inside.count("‘") == inside.count("’"):
        for at, mark in enumerate(inside, match.start("inside")):
            if mark in _INNER:
                yield _edit(pair, at, at + 1, _INNER[mark])
    yield _edit(pair, match.end() - 1, match.end(), marks[1])


def _outer(pair: Pair, text: str) -> Iterator[Finding]:
    """『』 that stand in no 「」."""
    depth = 0
    edits: list[Edit] = []
    for at, mark in enumerate(text):
        if mark in "「」":
            depth = max(depth + (1 if mark == "「" else -1), 0)
        elif mark in "『』" and not depth and len(edits) < _MOST:
            edits.append(_edit(pair, at, at + 1, "「" if mark == "『" else "」"))
    if edits:
        even = len(edits) % 2 == 0
        yield _finding(pair, "punctuation.outer", (edits[0].start, edits[0].end), {}, edits if even else ())


def _marks(pair: Pair, text: str) -> Iterator[Finding]:
    """Dash and ellipsis beside Han; one finding for each way of writing them."""
    ways: dict[tuple[str, str], list[Edit]] = {}
    for match in islice(_MARKS.finditer(text), _MOST):
        beside = text[max(match.start() - 1, 0) : match.start()] + text[match.end() : match.end() + 1]
        if _IS_HAN.search(beside):
            to = "……" if match[0][0] in ".。…" else "——"
            ways.setdefault((match[0], to), []).append(_edit(pair, *match.span(), to))
    for (was, to), edits in ways.items():
        values: dict[str, str | int] = {"a": was, "b": to}
        yield _finding(pair, "punctuation.marks", (edits[0].start, edits[0].end), values, edits)


def _spaces(pair: Pair, text: str) -> Iterator[Edit]:
    for match in _LATIN_SPACE.finditer(text):
        yield _edit(pair, *match.span(), "")


def _finding(
    pair: Pair, code: str, span: tuple[int, int], values: dict[str, str | int], edits: Iterable[Edit]
) -> Finding:
    edits = tuple(edits)
    repair = Repair(code, values, edits) if edits else None
    return Finding(code, pair.field, pair.bullet, "zh", span, values, repair)
