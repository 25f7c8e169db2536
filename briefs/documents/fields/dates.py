"""Read dates as people write them: one table of forms, tried in order. The default order is month first."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from briefs.documents.types import ParsedDate

DateOrder = Literal["mdy", "dmy"]
DateFormReader = Callable[[re.Match[str], DateOrder], "DateParts | None"]

MINGUO_YEARS = range(100, 151)
MINGUO_OFFSET = 1911
WESTERN_YEARS = range(1800, 2200)
DATE_TEXT_LIMIT = 80

_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {name[:length]: number for number, name in enumerate(_MONTH_NAMES, 1) for length in (3, len(name))}
_MONTHS["sept"] = 9
_SEASONS = {
    "winter": 12,
    "spring": 3,
    "summer": 6,
    "autumn": 9,
    "fall": 9,
    "冬": 12,
    "春": 3,
    "夏": 6,
    "秋": 9,
}
_WEEKDAYS_EN = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_WEEKDAYS_ZH = "一二三四五六日"

_MON = r"([a-z]{3,9})\.?"
_SEASON = "winter|spring|summer|autumn|fall"
_ERA = r"(民國|民国|中華民國|中华民国|r\.?o\.?c\.?)?"
_WEEKDAY_BEFORE = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? ", re.IGNORECASE
)
_DAY = "[一二三四五六日天]"
_WEEKDAY_AFTER = re.compile(rf"[ ,(（]*(?:星期|週|周|禮拜|礼拜){_DAY}[)）]?$|[(（]{_DAY}[)）]$")
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
_ISSUE_AFTER = re.compile(r"(?<=[月號号]) ?,?第 ?[\d一二三四五六七八九十]+ ?期$")
_WESTERN = re.compile(r"^(?:西元|公元)(?:前)?(?= ?\d)")
_DOTS = re.compile(r"(?<=\d)[‧・·](?=\d)")
_SECOND_IN_PARENTHESES = re.compile(r"(.+?) ?\((.+)\)")
_NUMERALS = re.compile(r"[〇零○一二三四五六七八九十百]+(?=[年月日號号])")


class DateParts:
    """A date as read by a form: year, first month, day, and the alternative reading of month and day."""

    __slots__ = ("alternative", "day", "issue", "minguo", "month", "season", "year")

    def __init__(
        self,
        year: int,
        month: int,
        day: int = 0,
        *,
        minguo: bool = False,
        alternative: tuple[int, int] | None = None,
    ) -> None:
        self.year, self.month, self.day, self.minguo, self.alternative = year, month, day, minguo, alternative
        self.issue = self.season = False


def _parse_year(digits: str, era: str | None = None) -> tuple[int, bool] | None:
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


def _year_first(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    era, digits, month, day = match.groups()
    year = _parse_year(digits, era)
    return DateParts(year[0], int(month), int(day), minguo=year[1]) if year else None


def _year_month(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    era, digits, month = match.groups()
    year = _parse_year(digits, era)
    return DateParts(year[0], int(month), minguo=year[1]) if year else None


def _year_months(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    era, digits, month, last = match.groups()
    year = _parse_year(digits, era)
    return _mark_as_issue(DateParts(year[0], int(month), minguo=year[1]), int(last)) if year else None


def _next_months(match: re.Match[str], order: DateOrder) -> DateParts | None:
    """Read `2025/07-08` as an issue of two months. If the second number is not the next month, it is a day."""
    return _year_months(match, order) if int(match[4]) == int(match[3]) + 1 else None


def _year_last(match: re.Match[str], order: DateOrder) -> DateParts | None:
    first, second, year = int(match[1]), int(match[2]), _parse_year(match[3])
    if year is None:
        return None
    month_first, day_first = (first, second), (second, first)
    readings = [month_first, day_first] if order == "mdy" else [day_first, month_first]
    possible = [reading for reading in readings if _is_valid_date(year[0], *reading)]
    if not possible:
        return None
    swapped = possible[1] if len(possible) == 2 and possible[0] != possible[1] else None
    return DateParts(year[0], *possible[0], minguo=year[1], alternative=swapped)


def _month_last_year(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    year = _parse_year(match[2])
    return DateParts(year[0], int(match[1]), minguo=year[1]) if year else None


def _day_month(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    return _build_from_month_name(match[2], match[3], int(match[1]))


def _month_day(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    return _build_from_month_name(match[1], match[3], int(match[2]))


def _year_month_day(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    return _build_from_month_name(match[2], match[1], int(match[3]))


def _month_only(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    return _build_from_month_name(match[1], match[2])


def _year_and_months(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    found, last = _build_from_month_name(match[2], match[1]), _MONTHS.get(match[3].lower())
    return _mark_as_issue(found, last) if found and last else None


def _months_of_years(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    """Read `December 2024/January 2025` as one issue."""
    first, last = _build_from_month_name(match[1], match[2]), _build_from_month_name(match[3], match[4])
    if first is None or last is None or last.year - first.year != 1:
        return None
    return _mark_as_issue(first, last.month)


def _months(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    last = _MONTHS.get(match[2].lower())
    found = _build_from_month_name(match[1], match[3])
    return _mark_as_issue(found, last) if found and last else None


def _season(match: re.Match[str], _order: DateOrder) -> DateParts | None:
    name, digits = (match[1], match[2]) if match[1] in _SEASONS else (match[2], match[1])
    year = _parse_year(digits)
    if year is None or name not in _SEASONS:
        return None
    found = DateParts(year[0], _SEASONS[name], minguo=year[1])
    found.issue = found.season = True
    return found


def _build_from_month_name(name: str, digits: str, day: int = 0) -> DateParts | None:
    month, year = _MONTHS.get(name.lower()), int(digits)
    return DateParts(year, month, day) if month and year in WESTERN_YEARS else None


def _mark_as_issue(found: DateParts, last: int) -> DateParts | None:
    if not 1 <= last <= 12 or last == found.month:
        return None
    found.issue = True
    return found


# Matched against the whole text, in lower case, with half-width digits.
DATE_FORMS: tuple[tuple[re.Pattern[str], DateFormReader], ...] = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"()(\d{4}) ?[/.] ?(\d{1,2}) ?[-–~] ?(\d{1,2})", _next_months),
        (_ERA + r" ?(\d{3,4}) ?[-/.] ?(\d{1,2}) ?[-/.] ?(\d{1,2})", _year_first),
        (r"(\d{1,2}) ?[-/.] ?(\d{1,2}) ?[-/.] ?(\d{3,4})", _year_last),
        (_ERA + r" ?(\d{1,4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日號号]", _year_first),
        (_ERA + r" ?(\d{1,4}) ?年 ?(\d{1,2}) ?月 ?[號号刊]?", _year_month),
        (_ERA + r" ?(\d{1,4}) ?年 ?(\d{1,2}) ?月? ?[-/–—~、至] ?(\d{1,2}) ?月 ?[號号刊]?", _year_months),
        (
            r"(?:the )?(\d{1,2})(?:st|nd|rd|th)?(?: |-|/)(?:day )?(?:of )?" + _MON + r",?(?: |-|/)(\d{4})",
            _day_month,
        ),
        (_MON + r"[ -]?(\d{1,2})(?:st|nd|rd|th)?(?: ?, ?| |-)(\d{4})", _month_day),
        (r"(\d{4})(?:,? |-)" + _MON + r"(?: |-)(\d{1,2})", _year_month_day),
        (_MON + r"(?: of)?,?[ -](\d{4})", _month_only),
        (_MON + r" ?(?:/|-|–|—|&|and|to) ?" + _MON + r",? (\d{4})", _months),
        (r"(\d{4}),? " + _MON + r" ?(?:/|-|–|—|&|and|to) ?" + _MON, _year_and_months),
        (_MON + r" (\d{4}) ?(?:/|-|–|—|&|and|to) ?" + _MON + r" (\d{4})", _months_of_years),
        (_ERA + r" ?(\d{3,4}) ?[-/.] ?(\d{1,2})", _year_month),
        (r"()(\d{3,4})(\d{2})(\d{2})", _year_first),
        (r"(\d{1,2}) ?[/.-] ?(\d{4})", _month_last_year),
        (rf"({_SEASON})(?: ?[/–-] ?(?:{_SEASON}))?,? (\d{{4}})(?: ?[/–-] ?(?:\d{{2}}|\d{{4}}))?", _season),
        (rf"(\d{{4}}),? ({_SEASON})", _season),
        (r"(\d{4}) ?年? ?([春夏秋冬])[季號号刊]*", _season),
    )
)


def read_date(text: str, order: DateOrder = "mdy") -> tuple[ParsedDate, frozenset[str]] | None:
    """Return the date in a text and its traits (`minguo`, `season`), or None if no form fits."""
    raw = text.strip()
    if len(raw) > DATE_TEXT_LIMIT:
        return None
    if found := _match_forms(raw, order):
        return _build_parsed_date(found, raw)
    if twice := _SECOND_IN_PARENTHESES.fullmatch(
        unicodedata.normalize("NFKC", raw)
    ):  # 民國114年6月9日（2025年6月9日）
        first, second = (_match_forms(part, order) for part in twice.groups())
        if (
            first
            and second
            and first.day
            and (first.year, first.month, first.day)
            == (
                second.year,
                second.month,
                second.day,
            )
        ):
            return _build_parsed_date(first, raw)
    return None


def _match_forms(raw: str, order: DateOrder) -> DateParts | None:
    plain = _normalize_date_text(raw)
    whole = _strip_issue_number(plain)
    for pattern, form in DATE_FORMS:
        if (match := pattern.fullmatch(whole)) and (found := form(match, order)):
            found.issue = found.issue or (whole != plain and not found.day)
            return found
    return None


def _normalize_date_text(raw: str) -> str:
    text = _DOTS.sub(".", unicodedata.normalize("NFKC", raw).lower().strip(" ."))
    text = _WESTERN.sub("", _WORD_BEFORE.sub("", text).removesuffix(" issue").replace("元年", "1年")).strip(
        " "
    )
    text = _NUMERALS.sub(lambda match: _convert_han_numeral(match[0]), _TIME_AFTER.sub("", text))
    text = _WEEKDAY_AFTER.sub("", _WEEKDAY_BEFORE.sub("", text)).strip(" .,")
    return text if _ISSUE_IN.fullmatch(text) else _REMARK_AFTER.sub("", text).strip(" .,")


def _strip_issue_number(text: str) -> str:
    """Remove volume and number: `Vol. 104, No. 3 (May/June 2025)`, 2025年5月第3期."""
    if issue := _ISSUE_IN.fullmatch(text):
        return issue[1].strip(" .,")
    return _ISSUE_AFTER.sub("", _ISSUE_BEFORE.sub("", text))


def _convert_han_numeral(numeral: str) -> str:
    """Convert 二〇二五 → 2025, 一一四 → 114, 十二 → 12, 三十一 → 31, 一百一十四 → 114."""
    if "百" in numeral:
        hundreds, _, rest = numeral.partition("百")
        below = _convert_han_numeral(rest.lstrip("〇零○")) if rest else "0"
        return str(int(_convert_han_numeral(hundreds or "一")) * 100 + int(below or 0))
    digits = "".join(
        "0" if c in "〇零○" else c if c == "十" else str("一二三四五六七八九".index(c) + 1) for c in numeral
    )
    if "十" not in digits:
        return digits
    tens, _, ones = digits.partition("十")
    return f"{tens or 1}{ones or 0}"


def _build_parsed_date(found: DateParts, raw: str) -> tuple[ParsedDate, frozenset[str]] | None:
    if not _is_valid_date(found.year, found.month, found.day or 1):
        return None
    alternative = _iso(found.year, *found.alternative) if found.alternative else ""
    date = ParsedDate(
        iso=_iso(found.year, found.month, found.day),
        label=raw if found.issue else "",
        raw=raw,
        ambiguous=bool(alternative),
        alternative=alternative,
    )
    traits = [trait for trait in ("minguo", "season") if getattr(found, trait)]
    return date, frozenset(traits)


def _iso(year: int, month: int, day: int = 0) -> str:
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"


def format_date_in_english(iso: str) -> str:
    """Return `9 June 2025 (Monday)`, or `June 2025`."""
    year, month, *day = iso.split("-")
    name = _MONTH_NAMES[int(month) - 1].capitalize()
    if not day:
        return f"{name} {year}"
    return f"{int(day[0])} {name} {year} ({_WEEKDAYS_EN[_weekday(iso)]})"


def format_date_in_chinese(iso: str) -> str:
    """Return `2025 年 6 月 9 日（星期一）`, or `2025 年 6 月`."""
    year, month, *day = iso.split("-")
    if not day:
        return f"{year} 年 {int(month)} 月"
    return f"{year} 年 {int(month)} 月 {int(day[0])} 日（星期{_WEEKDAYS_ZH[_weekday(iso)]}）"


def _weekday(iso: str) -> int:
    return datetime.date.fromisoformat(iso).weekday()
