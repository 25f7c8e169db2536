"""Check form in both languages: marks, repeated words, language, addresses, weekdays (F1–F5)."""

import re
from collections.abc import Iterator
from datetime import date

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding, Span
from briefs.checks.repairs import CheckedText, find_matches
from briefs.checks.texts import (
    HAN_RANGES,
    INVISIBLE_CHARACTER,
    describe_character,
    find_urls,
    fold_characters,
    iterate_text_pairs,
)
from briefs.content import SIDES, Content, Side
from briefs.text.date_format import ENGLISH_MONTHS

_OPENING_BY_CLOSING = {
    "」": "「",
    "』": "『",
    "）": "（",
    "》": "《",
    "〉": "〈",
    ")": "(",
    "]": "[",
    "】": "【",
}
_MARK = re.compile("[「」『』（）《》〈〉()【】]|\\[|\\]")
_LIST_NUMBER = re.compile(r"(?<![A-Za-z0-9(（])[0-9A-Za-z一二三四五六七八九十]{1,3}[)）]")
_DOUBLED: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(r"[，、；：。][，、；：。,;]+|[,;][，、；：。]+"),
    "en": re.compile(r"[,;:]{2,}|[,;:?!]\.(?![.\d])"),
}
_REPEATED: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        "(?:(?<!目)的(?=的(?![確喀]))|了(?=了(?![解結卻然]))|(?P<word>[與和及為將被對於而但])(?=(?P=word))|(?!一|國家|使用|研究|人民|許可|軟體)(?P<words>[一-鿿]{2,6})(?=(?P=words)))"
    ),
    "en": re.compile(r"(?<![A-Za-z’'-])(?!(?:had|that) )(?P<word>[a-z]{2,30}) (?=(?-i:[a-z]))(?=(?P=word)(?![A-Za-z’'-]))", re.I),
}  # fmt: skip
_HAN, _LATIN = re.compile(f"[{HAN_RANGES}]+"), re.compile(r"[A-Za-z][A-Za-z’'-]+")
_ASIDE = re.compile(r"[(（][^()（）]{,200}[)）]|[“「\"][^“”「」\"]{,200}[”」\"]")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE: dict[Side, re.Pattern[str]] = {
    "zh": re.compile(
        r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日[（(，, ]?(?P<weekday>(?:星期|禮拜|[週周])[一二三四五六日天])"
    ),
    "en": re.compile(
        rf"(?P<weekday>{'|'.join(_WEEKDAYS)}), (?P<month>{'|'.join(ENGLISH_MONTHS)}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})"
    ),
}


def check(content: Content, context: CheckContext) -> list[Finding]:
    found: list[Finding] = []
    for pair in iterate_text_pairs(content):
        texts = [CheckedText.from_text(pair.field, pair.bullet, side, pair.text(side)) for side in SIDES]
        for text in texts:
            found += _check_text(text)
        found += _check_pair(*texts)
    return found


def _check_text(text: CheckedText) -> Iterator[Finding]:
    plain = text.without_urls
    if (at := _find_unpaired(plain)) is not None:
        yield text.build_finding("form.unpaired", (at, at + 1), {"a": plain[at]})
    yield from text.replace_matches("form.doubled", _DOUBLED[text.side], _choose_mark)
    for match in _REPEATED[text.side].finditer(plain):
        word = match[0].strip()
        edit = text.build_edit(*match.span(), "")
        yield text.build_finding("form.repeated", match.span(), {"a": word}, [edit])
    for character, spans in _group_invisible(text.original).items():
        edits = [text.build_edit(*span, "") for span in spans]
        yield text.build_finding("form.invisible", spans[0], {"a": describe_character(character)}, edits)
    han, latin = len("".join(_HAN.findall(plain))), len(_LATIN.findall(plain))
    if (han > latin + 3) if text.side == "en" else (latin > han + 3):
        yield text.build_finding(f"form.language_{text.side}", (0, len(plain)))
    elif text.side == "en" and (left := _HAN.search(_ASIDE.sub(lambda aside: " " * len(aside[0]), plain))):
        yield text.build_finding("form.chinese_left", left.span(), {"a": left[0]})
    for match in _DATE[text.side].finditer(fold_characters(plain)):
        if (right := _find_weekday(match, text.side)) and right != match["weekday"]:
            yield text.build_replacement_finding("form.weekday", match.span("weekday"), right)


def _group_invisible(text: str) -> dict[str, list[Span]]:
    """Return the spans of each invisible character."""
    spans: dict[str, list[Span]] = {}
    for match in find_matches(INVISIBLE_CHARACTER, text):
        spans.setdefault(match[0], []).append(match.span())
    return spans


def _find_unpaired(plain: str) -> int | None:
    """Return the position of the first bracket or quotation mark without its partner."""
    numbers = {match.end() - 1 for match in _LIST_NUMBER.finditer(plain)}
    opened: list[int] = []
    for match in _MARK.finditer(plain):
        at, mark = match.start(), match[0]
        if mark not in _OPENING_BY_CLOSING:
            opened.append(at)
        elif opened and _fold_bracket(plain[opened[-1]]) == _fold_bracket(_OPENING_BY_CLOSING[mark]):
            opened.pop()
        elif at not in numbers:
            return at
    return opened[0] if opened else None


def _fold_bracket(mark: str) -> str:
    return "(" if mark == "（" else mark


def _choose_mark(match: re.Match[str]) -> str:
    """Keep the strongest of several marks: a full stop, or else the first."""
    return next((mark for mark in match[0] if mark in "。.?!"), match[0][0])


def _find_weekday(match: re.Match[str], side: Side) -> str:
    """Return the weekday of a written date, in the words that the text uses."""
    month = match["month"] if side == "zh" else ENGLISH_MONTHS.index(match["month"]) + 1
    try:
        number = date(int(match["year"]), int(month), int(match["day"])).weekday()
    except ValueError:
        return ""
    written = match["weekday"]
    if side == "en":
        return _WEEKDAYS[number]
    return written if number == 6 and written[-1] in "日天" else written[:-1] + "一二三四五六日"[number]


def _check_pair(zh: CheckedText, en: CheckedText) -> Iterator[Finding]:
    one, other = set(find_urls(zh.original)), set(find_urls(en.original))
    if one and other and one != other:
        at = zh.original.find(min(one - other or one))
        yield zh.build_finding("form.addresses", (at, at + 4))
