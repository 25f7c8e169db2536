"""Checks of punctuation: marks, dashes, quotation marks and stops of the Chinese; commas, dashes and marks of the English."""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from briefs.bilingual.checks.texts import (
    HAN_RANGES,
    MAX_FINDINGS,
    CheckContext,
    CheckedText,
    Edit,
    Finding,
    build_brief_finding,
    check,
    find_matches,
    gettext_noop,
    has_words,
    is_in_introductory_phrase,
    list_side_texts,
    ngettext,
    opens_sentence,
)
from briefs.bilingual.lexicon.figure import blank_out_matches
from briefs.content import Bullet, Content

from .english import read_words

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
_STRAY_QUOTE = re.compile("[“”]")
_INNER_DEPTH = 2
_INNER = {"‘": "『", "’": "』"}
_DASH_OR_ELLIPSIS = re.compile(
    r"\.{3,}|。{3,}|(?<!…)…(?:…{2,})?(?!…)|(?<![─—])(?:—(?:—{2,})?|──+)(?![─—])|(?<!-)--+(?!-)"
)
_LATIN_SPACE = re.compile(
    f"(?<=[{HAN_RANGES}])[ \u00a0]{{1,8}}(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])[ \u00a0]{{1,8}}(?=[{HAN_RANGES}])"
)


@check(
    rules="Z1 Z2 Z3 Z4 Z6",
    is_plain=True,
    pairs="quotes straight outer inner brackets",
    messages={
        "quotes": gettext_noop("Curly quotation marks in Chinese. Change to 「」"),
        "straight": gettext_noop("Straight quotation marks in Chinese. Change to 「」"),
        "outer": gettext_noop("『』 are for a quotation inside another. Change to 「」"),
        "inner": gettext_noop("「」 inside 「」. Change to 『』"),
        "marks": gettext_noop("“%(a)s” in Chinese. Change to %(b)s"),
        "spaces": gettext_noop("Space between Chinese and Latin text. Remove"),
        "commas": ngettext(
            "%(n)s half-width comma between Chinese characters. Change to ，",
            "%(n)s half-width commas between Chinese characters. Change to ，",
        ),
        "width": ngettext(
            "%(n)s half-width punctuation mark between Chinese characters. Change to full width",
            "%(n)s half-width punctuation marks between Chinese characters. Change to full width",
        ),
        "brackets": ngettext(
            "%(n)s pair of half-width brackets beside Chinese characters. Change to （）",
            "%(n)s pairs of half-width brackets beside Chinese characters. Change to （）",
        ),
    },
)
def check_punctuation(content: Content, context: CheckContext) -> list[Finding]:
    """Check Chinese punctuation: width, brackets, quotation marks, dash and ellipsis, spaces."""
    chinese = list_side_texts(content, "zh")
    findings = [
        finding for text in chinese for finding in (*_check_quotes(text), *_check_dashes_and_ellipses(text))
    ]
    narrow = [edit for text in chinese for edit in _half_width_edits(text)]
    commas = all(edit.expected.strip("\u3000\u00a0 ") == "," for edit in narrow)
    brackets = [edit for text in chinese for edit in _bracket_edits(text)]
    spaces = [edit for text in chinese for edit in text.build_edits(_LATIN_SPACE, "")]
    return [
        *findings,
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


def _check_quotes(text: CheckedText) -> Iterator[Finding]:
    """Report quotation marks. Balanced pairs get a repair, a single curly mark gets none."""
    rest = text.without_urls
    for code, pattern in _QUOTES:
        if matches := [match for match in find_matches(pattern, rest) if _IS_HAN.search(match["inside"])]:
            edits = [edit for match in matches for edit in _quote_edits(text, match)]
            yield text.build_finding(code, matches[0].span(), edits=edits)
        rest = blank_out_matches(pattern, rest)
    if stray := _STRAY_QUOTE.search(rest):
        yield text.build_finding("punctuation.quotes", stray.span())
    yield from _check_outer_corner_marks(text, rest)


def _quote_edits(text: CheckedText, match: re.Match[str]) -> Iterator[Edit]:
    yield text.build_edit(match.start(), match.start() + 1, "「")
    inside = match["inside"]
    if inside.count("‘") == inside.count("’"):
        for at, mark in enumerate(inside, match.start("inside")):
            if mark in _INNER:
                yield text.build_edit(at, at + 1, _INNER[mark])
    yield text.build_edit(match.end() - 1, match.end(), "」")


def _check_outer_corner_marks(text: CheckedText, rest: str) -> Iterator[Finding]:
    """Report 『』 outside 「」, and 「」 inside 「」."""
    depth = 0
    edits: dict[str, list[Edit]] = {"outer": [], "inner": []}
    for at, mark in enumerate(rest):
        if mark in "『』" and not depth:
            edits["outer"].append(text.build_edit(at, at + 1, "「" if mark == "『" else "」"))
        elif mark in "「」":
            depth += mark == "「"
            if depth == _INNER_DEPTH:
                edits["inner"].append(text.build_edit(at, at + 1, "『" if mark == "「" else "』"))
            depth = max(depth - (mark == "」"), 0)
    for reason, some in edits.items():
        if some:
            even = len(some) % 2 == 0
            yield text.build_finding(
                f"punctuation.{reason}", some[0].span, edits=some[:MAX_FINDINGS] if even else ()
            )


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


_STOPS = "。！？；：…!?;:."
_CLOSING = '」』）》〉”’")］】 \u3000'
_COMMAS = "，、,､"


@check(
    rules="Z7",
    is_plain=True,
    messages={
        "comma": gettext_noop("“%(a)s” at the end of a bullet. Remove"),
        "missing": ngettext(
            "%(n)s of %(m)s bullets in this list has no final stop. Add %(mark)s",
            "%(n)s of %(m)s bullets in this list have no final stop. Add %(mark)s",
        ),
    },
)
def check_stops(content: Content, context: CheckContext) -> list[Finding]:
    """Check that the Chinese bullets of one list and level all end with or without a final stop."""
    return [finding for bullets in _split_lists(content) for finding in _check_list(bullets)]


def _split_lists(content: Content) -> Iterator[list[Bullet]]:
    """Yield lists of bullets on one level that no shallower bullet separates.

    Lead-ins that end in ： are left out.
    """
    written = [bullet for bullet in content.bullets if has_words(bullet.text_zh)]
    lists: dict[int, list[Bullet]] = {}
    for bullet, after in zip_longest(written, written[1:]):
        for level in [level for level in lists if level > bullet.level_zh]:
            yield lists.pop(level)
        leads = after is not None and after.level_zh > bullet.level_zh
        if not (leads and bullet.text_zh[-1] in "：:"):
            lists.setdefault(bullet.level_zh, []).append(bullet)
    yield from lists.values()


def _check_list(bullets: list[Bullet]) -> Iterator[Finding]:
    """Report missing stops if at least half of the bullets have one; otherwise report only trailing commas."""
    missing = [bullet for bullet in bullets if not _ends_with_stop(bullet.text_zh)]
    if 0 < len(missing) <= len(bullets) / 2:
        yield from _missing_stops_finding(bullets, missing)
        return
    for bullet in missing:
        if bullet.text_zh[-1] in _COMMAS:
            text = _read_text(bullet)
            span = (len(text.original) - 1, len(text.original))
            edit = text.build_edit(*span, "")
            yield text.build_finding("stops.comma", span, {"a": text.original[-1]}, [edit])


def _missing_stops_finding(bullets: list[Bullet], missing: list[Bullet]) -> list[Finding]:
    mark = _choose_stop(bullets)
    edits = []
    for bullet in missing:
        text = _read_text(bullet)
        end = len(text.original)
        start = end - 1 if text.original[-1] in _COMMAS else end
        edits.append(text.build_edit(start, end, "。" if bullet is bullets[-1] else mark))
    return build_brief_finding("stops.missing", edits, n=len(missing), m=len(bullets), mark=mark)


def _choose_stop(bullets: Iterable[Bullet]) -> str:
    """Return ； if the list uses it more often than 。, else 。."""
    ends = [bullet.text_zh.rstrip(_CLOSING)[-1:] for bullet in bullets]
    return "；" if ends.count("；") > ends.count("。") else "。"


def _ends_with_stop(text: str) -> bool:
    return text.rstrip(_CLOSING)[-1:] in _STOPS


def _read_text(bullet: Bullet) -> CheckedText:
    return CheckedText.from_text("bullet", bullet.number, "zh", bullet.text_zh)


_ITEM = "[A-Za-z][A-Za-z’'-]{0,30}"
_SERIES = re.compile(
    f"(?<![A-Za-z’'-])(?P<a>{_ITEM}), (?P<b>{_ITEM})(?P<gap> )(?P<and>and|or) (?P<c>{_ITEM})(?P<more>(?:[.] ?[A-Z])?)"
)
_SENTENCE_OPENERS = frozenset(read_words("sentence openers"))
_NOT_SECOND_ITEM = _SENTENCE_OPENERS.union(read_words("clause openers"))
_NOT_THIRD_ITEM = _NOT_SECOND_ITEM.union(read_words("small words"))


@check(
    each="en",
    rules="E3",
    is_plain=True,
    messages={"comma": gettext_noop("No comma before “%(a)s” in a series. Add one")},
)
def check_serial(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Check the serial comma in series of three single words. Advice, since a comma can also end a clause."""
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


_RANGE = re.compile(
    r"(?<![0-9A-Za-z.,/#$-])(?:(?:US|NT|HK|A)?[$€£])?\d{1,4}(?:,\d{3})?(?:\.\d{1,2})?(?P<dash>-)\d{1,4}(?:,\d{3})?(?![0-9A-Za-z/%]*-\d|[0-9/]|[A-Z])"
)
_EM = re.compile(
    r"(?=[\s—-])(?<=[A-Za-z0-9.,’”)])(?P<dash>\s{0,3}(?:(?<!-)-{2,3}(?!-)|—)\s{0,3})(?=[A-Za-z0-9“‘(])"
)
_EQUAL_NAME = "|".join(re.escape(name) for name in sorted(read_words("equals"), key=len, reverse=True))
_EQUAL_PAIR = re.compile(f"(?<![A-Za-z])(?:{_EQUAL_NAME})(?P<dash>-)(?=(?:{_EQUAL_NAME})(?![A-Za-z]))")


@check(
    each="en",
    rules="E4",
    is_plain=True,
    messages={"style": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”")},
)
def check_dashes(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    """Check English dashes: en between figures and equals, em without spaces, hyphen for compounds."""
    for pattern, dash in ((_RANGE, "–"), (_EM, "—"), (_EQUAL_PAIR, "–")):
        yield from text.replace_matches("dashes.style", pattern, dash, group="dash")


_DOUBLE = re.compile('[“”"]')
_SINGLE = re.compile("'")
_PRIMES = re.compile(r"(?<=\d)(?:'(?=\s?\d{1,2}\")|(?<=\d')\"|'(?![A-Za-z0-9]))")
_INCHES = re.compile(r"(?<![0-9A-Za-z])\d{1,2}'\s?\d{1,2}(?P<inch>\")")
_OUTER = re.compile(r"(?<![A-Za-z0-9])‘(?P<inside>[^‘“”\n]{1,300}?)’(?![A-Za-z0-9])")


@check(
    rules="E5",
    is_plain=True,
    pairs="outer",
    indivisible="straight apostrophe",
    messages={
        "straight": gettext_noop("Straight quotation marks. Change to “ ”"),
        "apostrophe": gettext_noop("Straight apostrophe: use ’"),
        "unbalanced": gettext_noop("A quotation mark has no partner."),
        "outer": gettext_noop("‘ ’ are for a quotation inside another. Change to “ ”"),
    },
)
def check_quotes(content: Content, context: CheckContext) -> list[Finding]:
    """Check English quotation marks and apostrophes: curly, balanced, “ ” outside. Primes are kept: 5' 10"."""
    english = list_side_texts(content, "en")
    edits = [edit for text in english for edit in _straight_mark_edits(text)]
    is_apostrophe = all((edit.expected, edit.replacement) == ("'", "’") for edit in edits)
    findings = build_brief_finding("quotes.apostrophe" if is_apostrophe else "quotes.straight", edits)
    for text in english:
        if lone := _find_unbalanced(text.without_urls):
            findings.append(text.build_finding("quotes.unbalanced", lone))
        findings += _check_outer_single_marks(text)
    return findings


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


def _check_outer_single_marks(text: CheckedText) -> Iterator[Finding]:
    """Report ‘ ’ outside “ ”."""
    for match in find_matches(_OUTER, text.without_quotations):
        start, end = match.span()
        edits = (text.build_edit(start, start + 1, "“"), text.build_edit(end - 1, end, "”"))
        yield text.build_finding("quotes.outer", (start, end), edits=edits)
