"""Check Chinese punctuation: width, brackets, quotation marks, dash and ellipsis, spaces (Z1–Z4, Z6)."""

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
from briefs.checks.texts import HAN_RANGES
from briefs.content import Content
from briefs.lexicon.masking import blank_out_matches

_SPACE = "[ \u00a0\u3000]{0,4}"
_FULL_WIDTH = dict(zip(",;:?!", "，；：？！", strict=True))

_HALF_WIDTH = re.compile(
    f"(?<=[{HAN_RANGES}」』）》]){_SPACE}(?:(?P<mark>[,;:?!]){_SPACE}(?=[{HAN_RANGES}「『（《])|(?P<comma>,){_SPACE}(?=[0-9]))"
)
_BRACKETS = re.compile(r"\((?P<inside>[^()\n]{1,200})\)")
_IS_HAN = re.compile(f"[{HAN_RANGES}]")
_QUOTES = (
    ("punctuation.quotes", re.compile("“(?P<inside>[^“”]{1,400})”")),
    ("punctuation.straight", re.compile('"(?P<inside>[^"]{1,400})"')),
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
    chinese = list_side_texts(content, "zh")
    found = [
        finding for text in chinese for finding in (*_check_quotes(text), *_check_dashes_and_ellipses(text))
    ]
    narrow = [edit for text in chinese for edit in _half_width_edits(text)]
    commas = all(edit.expected.strip("\u3000\u00a0 ") == "," for edit in narrow)
    brackets = [edit for text in chinese for edit in _bracket_edits(text)]
    spaces = [edit for text in chinese for edit in _space_edits(text)]
    return [
        *found,
        *build_brief_finding("punctuation.commas" if commas else "punctuation.width", narrow, n=len(narrow)),
        *build_brief_finding("punctuation.brackets", brackets, n=len(brackets) // 2),
        *build_brief_finding("punctuation.spaces", spaces, n=len(spaces)),
    ]


def _half_width_edits(text: CheckedText) -> Iterator[Edit]:
    for match in _HALF_WIDTH.finditer(text.without_urls):
        yield text.build_edit(*match.span(), _FULL_WIDTH[match["mark"] or match["comma"]])


def _bracket_edits(text: CheckedText) -> Iterator[Edit]:
    """Yield edits for each pair of brackets with Han just inside it or just before it."""
    for match in _BRACKETS.finditer(text.without_urls):
        before = text.without_urls[max(match.start() - 1, 0) : match.start()]
        if _IS_HAN.search(before + match["inside"][0] + match["inside"][-1]):
            yield text.build_edit(match.start(), match.start() + 1, "（")
            yield text.build_edit(match.end() - 1, match.end(), "）")


def _space_edits(text: CheckedText) -> Iterator[Edit]:
    for match in _LATIN_SPACE.finditer(text.without_urls):
        yield text.build_edit(*match.span(), "")


def _check_quotes(text: CheckedText) -> Iterator[Finding]:
    """Report quotation marks. Balanced pairs get a repair, a single curly mark gets none."""
    rest = text.without_urls
    for code, pattern in _QUOTES:
        if matches := [match for match in find_matches(pattern, rest) if _IS_HAN.search(match["inside"])]:
            edits = [edit for match in matches for edit in _quote_edits(text, match)]
            yield text.build_finding(code, matches[0].span(), edits=edits)
        rest = blank_out_matches(pattern, rest)
    if stray := _STRAY.search(rest):
        yield text.build_finding("punctuation.quotes", stray.span())
    yield from _check_outer_quotes(text, rest)


def _quote_edits(text: CheckedText, match: re.Match[str]) -> Iterator[Edit]:
    yield text.build_edit(match.start(), match.start() + 1, "「")
    inside = match["inside"]
    if inside.count("‘") == inside.count("’"):
        for at, mark in enumerate(inside, match.start("inside")):
            if mark in _INNER:
                yield text.build_edit(at, at + 1, _INNER[mark])
    yield text.build_edit(match.end() - 1, match.end(), "」")


def _check_outer_quotes(text: CheckedText, rest: str) -> Iterator[Finding]:
    """Report 『』 outside 「」."""
    depth = 0
    edits: list[Edit] = []
    for at, mark in enumerate(rest):
        if mark in "「」":
            depth = max(depth + (1 if mark == "「" else -1), 0)
        elif mark in "『』" and not depth and len(edits) < MAX_FINDINGS:
            edits.append(text.build_edit(at, at + 1, "「" if mark == "『" else "」"))
    if edits:
        even = len(edits) % 2 == 0
        yield text.build_finding("punctuation.outer", edits[0].span, edits=edits if even else ())


def _check_dashes_and_ellipses(text: CheckedText) -> Iterator[Finding]:
    """Report dashes and ellipses beside Han, one finding for each way of writing them."""
    ways: dict[tuple[str, str], list[Edit]] = {}
    plain = text.without_urls
    for match in find_matches(_DASH_OR_ELLIPSIS, plain):
        start, end = match.span()
        if _IS_HAN.search(plain[max(start - 1, 0) : start] + plain[end : end + 1]):
            to = "……" if match[0][0] in ".。…" else "——"
            ways.setdefault((match[0], to), []).append(text.build_edit(start, end, to))
    for (was, to), edits in ways.items():
        yield text.build_finding("punctuation.marks", edits[0].span, {"a": was, "b": to}, edits)
