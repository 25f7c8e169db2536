"""Read dates as people write them: one table of forms, tried in order. The default order is month first."""

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from briefs.bilingual.documents.types import ParsedDate
from briefs.bilingual.lexicon.numbers_zh import parse_numeral
from briefs.bilingual.text.date_format import ENGLISH_MONTHS

DateOrder = Literal["mdy", "dmy"]

MINGUO_YEARS = range(100, 151)
MINGUO_OFFSET = 1911
WESTERN_YEARS = range(1800, 2200)
DATE_TEXT_LIMIT = 80

_MONTHS = {name[:3].lower(): number for number, name in enumerate(ENGLISH_MONTHS, 1)}
_MONTHS |= {name.lower(): number for number, name in enumerate(ENGLISH_MONTHS, 1)} | {"sept": 9}
_SEASONS = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9}
_SEASONS |= {"冬": 12, "春": 3, "夏": 6, "秋": 9}

# Parts of the date patterns. `_read_parts` reads their groups.
_ERA = r"(?P<era>民國|民国|中華民國|中华民国|r\.?o\.?c\.?)? ?"
_YEAR = r"(?P<year>\d{4})"
_LONG_YEAR = r"(?P<year>\d{3,4})"  # of either era
_ANY_YEAR = r"(?P<year>\d{1,4})"
_MONTH = r"(?P<month>\d{1,2})"
_DAY = r"(?P<day>\d{1,2})"
_LAST = r"(?P<last>\d{1,2})"
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_LAST_NAME = r"(?P<last>[a-z]{3,9})\.?"
_TH = "(?:st|nd|rd|th)?"
_TO = " ?(?:/|-|–|—|&|and|to) ?"
_ISSUE = r"第? ?(?P<number>\d{1,2}) ?[期輯辑](?: ?\([總总]第? ?\d+ ?期\))?"
_ENGLISH_ISSUE = r"(?:vol(?:ume|\.)? ?\d+,? ?)?(?:no\.?|issue|number) ?(?P<number>\d{1,2})"
_VOLUME = r"(?:第 ?\d+ ?卷 ?,?)? ?"
_ANY_SEASON = "winter|spring|summer|autumn|fall"
_SEASON = f"(?P<season>{_ANY_SEASON})"
_WEEKDAY_BEFORE = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? ", re.IGNORECASE
)
_WEEKDAY = "[一二三四五六日天]"
_WEEKDAY_AFTER = re.compile(rf"[ ,(（]*(?:星期|週|周|禮拜|礼拜){_WEEKDAY}[)）]?$|[(（]{_WEEKDAY}[)）]$")
_TIME_AFTER = re.compile(
    r"(?:[ t,]+(?:at )?|(?<=[日)）]))(?:上午|下午)? ?\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?"
    r"(?: ?[ap]\.?m\.?)?(?: ?(?:z|[a-z]{2,4}|[+-]\d{2}:?\d{2}))?$"
)
_WORD_BEFORE = re.compile(
    r"^(?:first )?(?:published|posted|issued|released|updated)(?: online)?(?: on)?:? |^(?:發布|發佈|发布|發表|刊登|出版|更新)[於于:] ?"
)
_REMARK_AFTER = re.compile(
    r" ?\([^()\d]{1,20}\)$|[ ,;]*\(?(?:last )?(?:updated|modified|revised|更新)\b.*$|[,;(]*更新.*$"
)
_ISSUE_IN = re.compile(r"[^()]*(?:vol|no\.|issue|卷|期)[^()]*\(([^()]*)\)")
_ISSUE_BEFORE = re.compile(r"(?:(?:vol(?:ume|\.)?|no\.?|issue|number) ?\d+,? ?)+(?=[a-z])")
_ISSUE_AFTER = re.compile(
    r"(?<=[月號号]) ?[,(]? ?(?:第 ?\d+ ?卷 ?)?第 ?[\d一二三四五六七八九十]+ ?期\)?$|(?<=\d) ?[,(] ?(?:(?:vol(?:ume|\.)?|no\.?|issue|number) ?\d+,? ?)+\)?$"
)
_WESTERN = re.compile(r"^(?:西元|公元)(?= ?\d)")
_DOTS = re.compile(r"(?<=\d)[‧・·](?=\d)")
_SECOND_IN_PARENTHESES = re.compile(r"(.+?) ?\((.+)\)")
_NUMERALS = re.compile(r"[〇零○一二三四五六七八九十百]+(?=[年月日號号期輯辑卷])")
_ISSUES_PER_YEAR = (4, 6, 12, 24, 53)
_SHORT_YEARS = re.compile(r"^[0-4]\d(?=[-/.年]\d)|(?<=[-/., ])[0-4]\d$")


@dataclass(slots=True)
class DateParts:
    """A date as matched by a pattern. `alternative`: the other reading of month and day. A day of 0 means none.

    `numbered`: the text gives only an issue number, which does not decide the month: No. 3 is March or July.
    """

    year: int
    month: int
    day: int = 0
    minguo: bool = False
    issue: bool = False
    season: bool = False
    numbered: bool = False
    alternative: tuple[int, int] | None = None


def _parse_year(digits: str, era: str | None) -> tuple[int, bool] | None:
    year = int(digits)
    if era or year in MINGUO_YEARS:
        return (year + MINGUO_OFFSET, True) if 0 < year <= MINGUO_YEARS[-1] else None
    return (year, False) if year in WESTERN_YEARS else None


def _is_valid_date(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


# Matched against the whole text, in lower case, with half-width digits. In `2025/07-08` the second number is a
# day unless it is the next month.
DATE_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR} ?[/.] ?{_MONTH} ?[-–~] ?(?P<next>\d{{1,2}})",
        rf"{_ERA}{_LONG_YEAR} ?[-/.] ?{_MONTH} ?[-/.] ?{_DAY}",
        rf"(?P<first>\d{{1,2}}) ?[-/.] ?(?P<second>\d{{1,2}}) ?[-/.] ?{_LONG_YEAR}",
        rf"{_ERA}{_ANY_YEAR} ?年 ?{_MONTH} ?月 ?{_DAY} ?[日號号]",
        rf"{_ERA}{_ANY_YEAR} ?年 ?{_MONTH} ?月 ?[號号刊]?",
        rf"{_ERA}{_ANY_YEAR} ?年 ?{_MONTH} ?月? ?[-/–—~、至] ?{_LAST} ?月 ?[號号刊]?",
        rf"(?:the )?{_DAY}{_TH}(?: |-|/)(?:day )?(?:of )?{_NAME},?(?: |-|/){_YEAR}",
        rf"{_NAME}[ -]?{_DAY}{_TH}(?: ?, ?| |-){_YEAR}",
        rf"{_YEAR}(?:,? |-){_NAME}(?: |-){_DAY}",
        rf"{_NAME}(?: of)?,?[ -]{_YEAR}",
        rf"{_NAME}{_TO}{_LAST_NAME},? {_YEAR}",
        rf"{_YEAR},? {_NAME}{_TO}{_LAST_NAME}",
        rf"{_NAME} {_YEAR}{_TO}{_LAST_NAME} (?P<last_year>\d{{4}})",
        rf"{_ERA}{_LONG_YEAR} ?[-/.] ?{_MONTH}",
        r"(?P<year>\d{3,4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"{_MONTH} ?[/.-] ?{_YEAR}",
        rf"{_SEASON}(?: ?[/–-] ?(?:{_ANY_SEASON}))?,? {_YEAR}(?: ?[/–-] ?(?:\d{{2}}|\d{{4}}))?",
        rf"{_YEAR},? {_SEASON}",
        rf"{_YEAR} ?年? ?(?P<season>[春夏秋冬])[季號号刊]*",
        rf"{_ERA}{_LONG_YEAR} ?[年,/]? ?{_VOLUME}{_ISSUE}",
        rf"{_VOLUME}{_ISSUE} ?[,(]? ?{_ERA}{_LONG_YEAR} ?年?\)?",
        rf"{_YEAR},? ?{_ENGLISH_ISSUE}",
        rf"{_ENGLISH_ISSUE},? ?\(?{_YEAR}\)?",
    )
)


def _read_parts(match: re.Match[str], order: DateOrder) -> DateParts | None:
    """Build a date from the groups of a pattern, or return None if they are no valid date."""
    parts = match.groupdict("")
    year = _parse_year(parts["year"], parts.get("era"))
    if year is None:
        return None
    if "first" in parts:
        return _read_ambiguous(year, int(parts["first"]), int(parts["second"]), order)
    if "season" in parts:
        return DateParts(year[0], _SEASONS[parts["season"]], minguo=year[1], issue=True, season=True)
    if number := int(parts.get("number", 0)):
        sizes = [size for size in _ISSUES_PER_YEAR if number <= size]
        months = [12 * (number - 1) // size + 1 for size in sizes[:1] + [s for s in sizes[1:] if s >= 12]]
        if not months:
            return None
        date = DateParts(year[0], months[0], minguo=year[1], issue=True, numbered=True)
        if months[1:2] not in ([], months[:1]):
            date.alternative = (months[1], 0)
        return date
    if "name" in parts:
        month = _MONTHS.get(parts["name"], 0)
        if not month or year[1]:
            return None
    else:
        month = int(parts.get("month", 0))
    date = DateParts(year[0], month, int(parts.get("day", 0)), minguo=year[1])
    if last := parts.get("last") or parts.get("next"):
        number = int(last) if last.isdecimal() else _MONTHS.get(last, 0)
        date.issue = 1 <= number <= 12 and number != month
        is_apart = "next" in parts and number != month + 1
        if not date.issue or is_apart or int(parts.get("last_year", year[0] + 1)) != year[0] + 1:
            return None
    return date


def _read_ambiguous(year: tuple[int, bool], first: int, second: int, order: DateOrder) -> DateParts | None:
    month_first, day_first = (first, second), (second, first)
    readings = [month_first, day_first] if order == "mdy" else [day_first, month_first]
    possible = [reading for reading in readings if _is_valid_date(year[0], *reading)]
    if not possible:
        return None
    swapped = possible[1] if len(possible) == 2 and possible[0] != possible[1] else None
    return DateParts(year[0], *possible[0], minguo=year[1], alternative=swapped)


def read_date(text: str, order: DateOrder = "mdy") -> tuple[ParsedDate, frozenset[str]] | None:
    """Return the date in a text and its traits (`minguo`, `numbered`, `season`), or None if no pattern matches."""
    raw = text.strip()
    if len(raw) > DATE_TEXT_LIMIT:
        return None
    if parts := _match_forms(raw, order):
        return _build_parsed_date(parts, raw)
    # 民國114年6月9日（2025年6月9日）
    if twice := _SECOND_IN_PARENTHESES.fullmatch(unicodedata.normalize("NFKC", raw)):
        first, second = (_match_forms(part, order) for part in twice.groups())
        if first and second and first.day and _get_day(first) == _get_day(second):
            return _build_parsed_date(first, raw)
    return None


def read_short_year(text: str, order: DateOrder = "mdy") -> tuple[ParsedDate, frozenset[str]] | None:
    """Return the newest date that a text with a year of two digits may mean, such as 19/6/25. It is ambiguous."""
    plain = _normalize_date_text(text).lstrip("'’")
    readings = [
        read[0]
        for match in _SHORT_YEARS.finditer(plain)
        if (read := read_date(f"{plain[: match.start()]}20{plain[match.start() :]}", order))
    ]
    dates = sorted(readings, key=lambda date: date.iso, reverse=True)
    isos = list(dict.fromkeys(iso for date in dates for iso in (date.iso, date.alternative) if iso))
    if not isos:
        return None
    date = ParsedDate(isos[0], raw=text.strip(), ambiguous=True, alternative="".join(isos[1:2]))
    return date, frozenset(() if date.alternative else ("short-year",))


def _get_day(date: DateParts) -> tuple[int, int, int]:
    return date.year, date.month, date.day


def _match_forms(raw: str, order: DateOrder) -> DateParts | None:
    plain = _normalize_date_text(raw)
    whole = _strip_issue_number(plain)
    for text in dict.fromkeys((whole, plain)):
        for form in DATE_FORMS:
            if (match := form.fullmatch(text)) and (parts := _read_parts(match, order)):
                parts.issue = parts.issue or (whole != plain and not parts.day)
                return parts
    return None


def _normalize_date_text(raw: str) -> str:
    text = _DOTS.sub(".", unicodedata.normalize("NFKC", raw).lower().strip(" ."))
    text = _WORD_BEFORE.sub("", text).removesuffix(" issue").replace("元年", "1年")
    text = _WESTERN.sub("", text).strip(" ")
    text = _NUMERALS.sub(_convert_han_numeral, _TIME_AFTER.sub("", text))
    text = _WEEKDAY_AFTER.sub("", _WEEKDAY_BEFORE.sub("", text)).strip(" .,")
    return text if _ISSUE_IN.fullmatch(text) else _REMARK_AFTER.sub("", text).strip(" .,")


def _strip_issue_number(text: str) -> str:
    """Remove volume and number: `Vol. 104, No. 3 (May/June 2025)`, 2025年5月第3期."""
    if issue := _ISSUE_IN.fullmatch(text):
        return issue[1].strip(" .,")
    return _ISSUE_AFTER.sub("", _ISSUE_BEFORE.sub("", text))


def _convert_han_numeral(match: re.Match[str]) -> str:
    """Convert 二〇二五 → 2025, 十二 → 12, 一百一十四 → 114. Other text is kept."""
    value = parse_numeral(match[0].replace("○", "〇"))
    return match[0] if value is None else str(value)


def _build_parsed_date(parts: DateParts, raw: str) -> tuple[ParsedDate, frozenset[str]] | None:
    if not _is_valid_date(parts.year, parts.month, parts.day or 1):
        return None
    alternative = _iso(parts.year, *parts.alternative) if parts.alternative else ""
    date = ParsedDate(
        iso=_iso(parts.year, parts.month, parts.day),
        label=raw if parts.issue else "",
        raw=raw,
        ambiguous=bool(alternative) or parts.numbered,
        alternative=alternative,
    )
    traits = [trait for trait in ("minguo", "numbered", "season") if getattr(parts, trait)]
    return date, frozenset(traits)


def _iso(year: int, month: int, day: int = 0) -> str:
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"
