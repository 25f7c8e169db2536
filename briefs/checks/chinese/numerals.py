"""Check how Chinese writes figures (Z8): Arabic for data, 萬 and 億 for large numbers, words for small counts."""

import re
from collections.abc import Callable, Iterator

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.repairs import CheckedText, each_text, find_matches
from briefs.lexicon import numbers_zh

_DIGITS = "〇零一二三四五六七八九"
_SMALLEST_SCALED = 10_000
_RUN = "(?<![零〇一二兩三四五六七八九十百千萬億兆數幾好第])(?P<run>[一二兩三四五六七八九十][零〇一二兩三四五六七八九十百千萬億兆]{0,12})"

_LARGE_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.,/_#第號-])(?P<number>\d{5,15}|\d{1,3}(?:,\d{3}){1,4})(?![0-9A-Za-z./,年號-]|\s?[十百千萬億兆])"
)
_PERCENTAGE = re.compile(f"{_RUN}(?=[%％])")
_AGE = re.compile(f"{_RUN}(?=歲(?!月))")
_MONEY = re.compile(
    f"{_RUN}(?=美[元金]|歐元|日[圓元]|英鎊|人民幣|港[元幣]|新?[台臺]幣|(?<=[百千萬億兆])元(?![首素化年件老宵旦]))"
)
_YEAR = re.compile(f"(?<![{_DIGITS}十])(?P<run>[一二][{_DIGITS}]{{3}})(?=年)")
_DAY = re.compile(
    "(?<![一二三四五六七八九十])(?P<run>[一二三四五六七八九十]{1,2})月(?P<day>[一二三四五六七八九十]{1,3})(?=日)"
)
_SMALL_COUNT = re.compile(
    r"(?<![0-9A-Za-z.,，、/~～–—至到第條-])(?P<run>[1-9])(?=項|種|類|方面|大(?=[方類主重原])|個(?!月|小時|鐘頭|星期|百分|世紀))"
)


@each_text("zh")
def check(text: CheckedText, context: CheckContext) -> Iterator[Finding]:
    own = text.without_quotations
    for pattern, write in _RULES:
        for match in find_matches(pattern, own):
            to = write(match)
            if to is None:
                yield text.build_finding("numerals.plain", match.span(), {"a": match[0]})
            elif to != match[0]:
                yield text.build_replacement_finding("numerals.style", match.span(), to)


def _write_scaled(match: re.Match[str]) -> str | None:
    """Write a large number with a scale: 1200000000 is 12億.

    Return None for a remainder below 1000, since 10萬5 would be read as 10.5萬.
    """
    value = int(match["number"].replace(",", ""))
    if value < _SMALLEST_SCALED:
        return match[0]
    written = ""
    for scale, size in numbers_zh.SCALES.items():
        part, value = divmod(value, size)
        written += f"{part:,}{scale}" if part else ""
    if value and value < 1000:
        return None
    return written + (f"{value:,}" if value else "")


def _write_arabic(match: re.Match[str]) -> str | None:
    """Write a Chinese numeral in Arabic digits: 十二億 is 12億, 四十 is 40. Invalid numerals are kept."""
    written, rest = "", match["run"]
    for scale in numbers_zh.SCALES:
        head, found, tail = rest.partition(scale)
        if found:
            value = numbers_zh.parse_numeral(head) if head else None
            if value is None:
                return match[0]
            written, rest = f"{written}{value:,f}{scale}", tail
    if not rest:
        return written
    value = numbers_zh.parse_numeral(rest)
    if value is None or (written and value < 1000):
        return match[0]
    return written + f"{value:,f}"


def _write_year(match: re.Match[str]) -> str:
    return str(numbers_zh.parse_numeral(match["run"]))


def _write_month_and_day(match: re.Match[str]) -> str:
    month, day = numbers_zh.parse_numeral(match["run"]), numbers_zh.parse_numeral(match["day"])
    return match[0] if month is None or day is None else f"{month}月{day}"


def _write_small_count(match: re.Match[str]) -> str:
    return "兩" if match[0] == "2" else _DIGITS[int(match[0]) + 1]


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (_LARGE_NUMBER, _write_scaled),
    (_PERCENTAGE, _write_arabic),
    (_AGE, _write_arabic),
    (_MONEY, _write_arabic),
    (_YEAR, _write_year),
    (_DAY, _write_month_and_day),
    (_SMALL_COUNT, _write_small_count),
)
