"""Check Chinese punctuation: width, brackets, quotation marks, dash and ellipsis, spaces (Z1–Z4, Z6)."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from briefs.checks.context import CheckContext
from briefs.checks.finding import Edit, Finding, Repair
from briefs.checks.texts import HAN_RANGES, TextPair, iterate_text_pairs, mask_urls
from briefs.content import Content

_MAX_FINDINGS = 1500
_SPACE = "[ \u00a0\u3000]{0,4}"
_FULL_WIDTH = dict(zip(",;:?!", "，；：？！", strict=True))

_HALF_WIDTH = re.compile(
    f"(?<=[{HAN_RANGES}」』）》]){_SPACE}(?P<mark>[,;:?!]){_SPACE}(?=[{HAN_RANGES}「『（《])"
)
_BRACKETS = re.compile(r"\((?P<inside>[^()\n]{1,200})\)")
_IS_HAN = re.compile(f"[{HAN_RANGES}]")
_QUOTES = (
    ("punctuation.quotes", re.compile("“(?P<inside>[^“”]{1,400})”"), "「」"),
    ("punctuation.straight", re.compile('"(?P<inside>[^"]{1,400})"'), "「」"),
)
_STRAY = re.compile("[“”]")
_INNER = {"‘": "『", "’": "』"}
_DASH_OR_ELLIPSIS = re.compile(
    r"\.{3,}|。{3,}|(?<!…)…(?:…{2,})?(?!…)|(?<![─—])(?:—(?:—{2,})?|──+)(?![─—])|(?<!-)--+(?!-)"
)
_LATIN_SPACE = re.compile(
    f"(?<=[{HAN_RANGES}])[ \u00a0]{{1,8}}(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])[ \u00a0]{{1,8}}(?=[{HAN_RANGES}])"
)


def check(content: Content, context: CheckContext) -> list[Finding]:
    chinese = [(pair, mask_urls(pair.zh)) for pair in iterate_text_pairs(content) if pair.zh]
    found = [
        finding
        for pair, text in chinese
        for finding in (*_check_quotes(pair, text), *_check_dashes_and_ellipses(pair, text))
    ]
    narrow = [edit for pair, text in chinese for edit in _half_width_edits(pair, text)]
    commas = all(edit.expected.strip("\u3000\u00a0 ") == "," for edit in narrow)
    found += _build_brief_finding(
        "punctuation.commas" if commas else "punctuation.width", narrow, len(narrow)
    )
    brackets = [edit for pair, text in chinese for edit in _bracket_edits(pair, text)]
    found += _build_brief_finding("punctuation.brackets", brackets, len(brackets) // 2)
    spaces = [edit for pair, text in chinese for edit in _space_edits(pair, text)]
    return [*found, *_build_brief_finding("punctuation.spaces", spaces, len(spaces))]


def _build_brief_finding(code: str, edits: list[Edit], n: int) -> Iterator[Finding]:
    """Yield one finding with one repair for the whole brief, shown at the first edit."""
    if edits:
        at = edits[0]
        values: dict[str, str | int] = {"n": n}
        yield Finding(
            code, at.field, at.bullet, "zh", (at.start, at.end), values, Repair(code, values, tuple(edits))
        )


def _edit(pair: TextPair, start: int, end: int, to: str) -> Edit:
    return Edit(pair.bullet, pair.field, "zh", start, end, pair.zh[start:end], to)


def _half_width_edits(pair: TextPair, text: str) -> Iterator[Edit]:
    for match in _HALF_WIDTH.finditer(text):
        yield _edit(pair, match.start(), match.end(), _FULL_WIDTH[match["mark"]])


def _bracket_edits(pair: TextPair, text: str) -> Iterator[Edit]:
    """Yield edits for each pair of brackets with Han just inside it or just before it."""
    for match in _BRACKETS.finditer(text):
        beside = text[max(match.start() - 1, 0) : match.start()] + match["inside"][0] + match["inside"][-1]
        if _IS_HAN.search(beside):
            yield _edit(pair, match.start(), match.start() + 1, "（")
            yield _edit(pair, match.end() - 1, match.end(), "）")


def _check_quotes(pair: TextPair, text: str) -> Iterator[Finding]:
    """Report quotation marks. Repair balanced pairs; only show a single curly mark."""
    rest = text
    for code, pattern, marks in _QUOTES:
        matches = [
            match
            for match in islice(pattern.finditer(rest), _MAX_FINDINGS)
            if _IS_HAN.search(match["inside"])
        ]
        if matches:
            edits = [edit for match in matches for edit in _quote_edits(pair, match, marks)]
            yield _finding(pair, code, matches[0].span(), {}, edits)
        rest = pattern.sub(lambda match: "□" * len(match[0]), rest)
    if stray := _STRAY.search(rest):
        yield _finding(pair, "punctuation.quotes", stray.span(), {}, ())
    yield from _check_outer_quotes(pair, rest)


def _quote_edits(pair: TextPair, match: re.Match[str], marks: str) -> Iterator[Edit]:
    yield _edit(pair, match.start(), match.start() + 1, marks[0])
    inside = match["inside"]
    if inside.count("‘") == inside.count("’"):
        for at, mark in enumerate(inside, match.start("inside")):
            if mark in _INNER:
                yield _edit(pair, at, at + 1, _INNER[mark])
    yield _edit(pair, match.end() - 1, match.end(), marks[1])


def _check_outer_quotes(pair: TextPair, text: str) -> Iterator[Finding]:
    """Report 『』 outside 「」."""
    depth = 0
    edits: list[Edit] = []
    for at, mark in enumerate(text):
        if mark in "「」":
            depth = max(depth + (1 if mark == "「" else -1), 0)
        elif mark in "『』" and not depth and len(edits) < _MAX_FINDINGS:
            edits.append(_edit(pair, at, at + 1, "「" if mark == "『" else "」"))
    if edits:
        even = len(edits) % 2 == 0
        yield _finding(pair, "punctuation.outer", (edits[0].start, edits[0].end), {}, edits if even else ())


def _check_dashes_and_ellipses(pair: TextPair, text: str) -> Iterator[Finding]:
    """Report dashes and ellipses beside Han, one finding for each way of writing them."""
    ways: dict[tuple[str, str], list[Edit]] = {}
    for match in islice(_DASH_OR_ELLIPSIS.finditer(text), _MAX_FINDINGS):
        beside = text[max(match.start() - 1, 0) : match.start()] + text[match.end() : match.end() + 1]
        if _IS_HAN.search(beside):
            to = "……" if match[0][0] in ".。…" else "——"
            ways.setdefault((match[0], to), []).append(_edit(pair, *match.span(), to))
    for (was, to), edits in ways.items():
        values: dict[str, str | int] = {"a": was, "b": to}
        yield _finding(pair, "punctuation.marks", (edits[0].start, edits[0].end), values, edits)


def _space_edits(pair: TextPair, text: str) -> Iterator[Edit]:
    for match in _LATIN_SPACE.finditer(text):
        yield _edit(pair, *match.span(), "")


def _finding(
    pair: TextPair, code: str, span: tuple[int, int], values: dict[str, str | int], edits: Iterable[Edit]
) -> Finding:
    edits = tuple(edits)
    repair = Repair(code, values, edits) if edits else None
    return Finding(code, pair.field, pair.bullet, "zh", span, values, repair)
