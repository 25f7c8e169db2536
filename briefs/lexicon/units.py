"""Units and currencies: how each language writes them, and which are compatible (N6)."""

import re
from decimal import Decimal

# Code: dimension, factor to its base unit, Chinese pattern, English pattern (regular expressions).
_LENGTH, _AREA, _MASS, _DAYS, _MONTHS = "length", "area", "mass", "days", "months"
_UNITS: dict[str, tuple[str, str, str, str]] = {
    "km2": (_AREA, "1", "平方公里", r"square[ -]kilomet(?:er|re)s?|sq\.? ?km|km²"),
    "mi2": (_AREA, "2.589988", "平方英[里哩]", r"square[ -]miles?|sq\.? ?mi(?:les?)?"),
    "ha": (_AREA, "0.01", "公頃", r"hectares?|ha"),
    "acre": (_AREA, "0.00404686", "英畝", r"acres?"),
    "nmi": (_LENGTH, "1.852", "海里|浬", r"nautical[ -]miles?|nmi"),
    "km": (_LENGTH, "1", "公里|千米", r"kilomet(?:er|re)s?|km"),
    "mi": (_LENGTH, "1.609344", "英里|哩", r"miles?"),
    "m": (_LENGTH, "0.001", "公尺|米(?!其)", r"met(?:er|re)s?|m"),
    "ft": (_LENGTH, "0.0003048", "英[尺呎]|呎", r"feet|foot|ft"),
    "kg": (_MASS, "0.001", "公斤", r"kilograms?|kilos?|kg"),
    "lb": (_MASS, "0.00045359", "磅", r"pounds?|lbs?"),
    "t": (_MASS, "1", "公噸", r"metric[ -]tons?|tonnes?"),
    "short ton": (_MASS, "0.907185", "短噸", r"short[ -]tons?"),
    "ton": ("ton", "1", "噸(?!位)", r"tons?"),
    "hour": (_DAYS, "0.0416666667", "個?小時", r"hours?"),
    "day": (_DAYS, "1", "天(?![然空])", r"days?"),
    "week": (_DAYS, "7", "[週周](?![邊遭圍年])|個?星期", r"weeks?"),
    "month": (_MONTHS, "1", "個月", r"months?"),
    "%": ("share", "1", "%|個?百分點", r"%|per ?cent(?:age[ -]points?)?"),
    "USD": ("money", "1", "美[元金]", r"(?:US|U\.S\.) dollars?"),
    "TWD": ("money", "1", "(?:新?[臺台]幣)", r"(?:NT|(?:New )?Taiwan) dollars?"),
    "CNY": ("money", "1", "人民幣", r"yuan|renminbi|RMB"),
    "HKD": ("money", "1", "港[幣元]", r"Hong Kong dollars?"),
    "AUD": ("money", "1", "澳[幣元]", r"Australian dollars?"),
    "EUR": ("money", "1", "歐元", r"euros?"),
    "GBP": ("money", "1", "英鎊", r"pounds? sterling"),
    "JPY": ("money", "1", "日[圓元幣]", r"yen"),
    "KRW": ("money", "1", "韓[圜元幣]", r"(?:South )?Korean won"),
    "元": ("money", "1", "[元圓](?![首素化年件老宵])", r"(?!)"),
    "$": ("money", "1", "(?!)", r"dollars?"),
}
_SIGNS = {
    "US$": "USD", "U.S.$": "USD", "USD": "USD", "NT$": "TWD", "NTD": "TWD", "HK$": "HKD", "A$": "AUD",
    "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "JPY": "JPY", "RMB": "CNY", "CNY": "CNY", "$": "$",
    "美元": "USD", "新台幣": "TWD", "新臺幣": "TWD", "台幣": "TWD", "臺幣": "TWD", "人民幣": "CNY",
}  # fmt: skip
_DOLLARS = {"$", "USD", "TWD", "HKD", "AUD"}
CURRENCIES = {code for code, unit in _UNITS.items() if unit[0] == "money"}

CURRENCY_SIGN_PATTERN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))


def _build_unit_pattern(position: int, before: str, after: str) -> re.Pattern[str]:
    groups = (f"(?P<u{n}>{unit[position]})" for n, unit in enumerate(_UNITS.values()))
    return re.compile(f"{before}(?:{'|'.join(groups)}){after}")


_CODES = list(_UNITS)
_ZH = _build_unit_pattern(2, r"[多餘]?\s?", "")
_EN = _build_unit_pattern(3, r"[\s-]?", "(?![A-Za-z])")


def find_unit_after(text: str, end: int, *, chinese: bool) -> tuple[str, int]:
    """Return the unit that follows a figure and its end: `("km", 14)`, or `("", end)`."""
    match = (_ZH if chinese else _EN).match(text, end)
    if not match or not match.lastgroup:
        return "", end
    return _CODES[int(match.lastgroup[1:])], match.end()


def find_currency(sign: str) -> str:
    return _SIGNS.get(sign.strip(), "")


def are_compatible(one: str, other: str) -> bool:
    """Return whether figures with these units may be equal. A missing unit is compatible with every unit."""
    if one == other or not one or not other:
        return True
    if {one, other} <= CURRENCIES and "元" in (one, other):
        return True
    return {one, other} <= _DOLLARS and "$" in (one, other)


def convert_to_base(value: Decimal, unit: str) -> tuple[str, Decimal] | None:
    """Convert to the base unit of the dimension, or return None if the dimension has no conversion."""
    if unit not in _UNITS:
        return None
    dimension, factor = _UNITS[unit][:2]
    if dimension not in (_LENGTH, _AREA, _MASS, _DAYS, _MONTHS):
        return None
    return dimension, value * Decimal(factor)


def convert(value: Decimal, unit: str, into: str) -> Decimal | None:
    """Convert between units: 500 mi into km is 804.672. Return None if the dimensions differ."""
    start, target = convert_to_base(value, unit), convert_to_base(Decimal(1), into)
    if start is None or target is None or start[0] != target[0]:
        return None
    return start[1] / target[1]


def rounding_tolerance(dimension: str) -> Decimal:
    """Return the relative tolerance of a conversion: 500 miles may be 800 km, but a week is seven days."""
    return Decimal("0.03") if dimension in (_LENGTH, _AREA, _MASS) else Decimal("0.001")
