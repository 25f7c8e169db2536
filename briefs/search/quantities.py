"""Find amounts and dates in a query, and how both languages write them: 40億 is 4 billion. Pure: no database."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from ..lexicon import numbers_en, numbers_zh
from ..lexicon.figure import Figure, blank_out_figures, format_decimal
from ..lexicon.masking import blank_out_matches
from ..text.date_format import ENGLISH_MONTHS, format_day, format_month

_SMALLEST_AMOUNT: Final = 10_000
_SCALES_ZH: Final = (("兆", 10**12), ("億", 10**8), ("萬", 10**4))
_SCALES_EN: Final = (("trillion", 10**12), ("billion", 10**9), ("million", 10**6), ("thousand", 10**3))
_MAX_DECIMALS: Final = 3

_MONTH: Final = "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in ENGLISH_MONTHS)
_DATE: Final = re.compile(
    r"(?<!\d)(?P<y1>\d{4})(?:[-/.](?P<m1>\d{1,2})(?:[-/.](?P<d1>\d{1,2}))?|年(?P<m2>\d{1,2})月(?:(?P<d2>\d{1,2})日)?)(?!\d)"
    rf"|\b(?:(?P<d3>\d{{1,2}}) )?(?P<m3>{_MONTH})\.?(?: (?P<d4>\d{{1,2}}),?)? (?P<y2>\d{{4}})\b",
    re.IGNORECASE,
)


class Quantity(NamedTuple):
    """An amount or date in a query. `day` is set if it is a whole date."""

    start: int
    end: int
    forms: tuple[str, ...]
    day: dt.date | None = None


def find_quantities(text: str) -> list[Quantity]:
    found = list(_find_dates(text))
    rest = blank_out_matches(_DATE, text)
    # Chinese first: the English reader takes the 40 of 40億 for a number of its own.
    chinese = [figure for figure in numbers_zh.find_figures(rest) if figure.scale > 1 or _is_spelt(figure)]
    figures = [*chinese, *numbers_en.find_figures(blank_out_figures(rest, chinese))]
    return [*found, *(_build_amount(figure) for figure in figures if figure.value >= _SMALLEST_AMOUNT)]


def _is_spelt(figure: Figure) -> bool:
    return not figure.raw[0].isascii() and figure.value >= _SMALLEST_AMOUNT


def _build_amount(figure: Figure) -> Quantity:
    value = figure.value
    forms = [
        *(f"{number}{scale}" for number, scale in _scale(value, _SCALES_ZH)),
        *(f"{number} {scale}" for number, scale in _scale(value, _SCALES_EN)),
        *([f"{value:,f}"] if value < 10**6 and value == int(value) else []),
    ]
    return Quantity(figure.start, figure.end, tuple(forms))


def _scale(value: Decimal, scales: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, str]]:
    """Yield the number in the greatest scale that it reaches, if few decimals are left."""
    for name, scale in scales:
        if value >= scale:
            number = value / scale
            if round(number, _MAX_DECIMALS) == number:
                yield format_decimal(number), name
            return


def _find_dates(text: str) -> Iterator[Quantity]:
    for match in _DATE.finditer(text):
        part = {name: value for name, value in match.groupdict().items() if value}
        year = int(part.get("y1") or part["y2"])
        month = part.get("m1") or part.get("m2") or _month_number(part["m3"])
        day = part.get("d1") or part.get("d2") or part.get("d3") or part.get("d4")
        try:
            date = dt.date(year, int(month), int(day or 1))
        except ValueError:
            continue
        yield Quantity(*match.span(), _date_forms(date, has_day=bool(day)), date if day else None)


def _month_number(name: str) -> int:
    return [month[:3].lower() for month in ENGLISH_MONTHS].index(name[:3].lower()) + 1


def _date_forms(date: dt.date, *, has_day: bool) -> tuple[str, ...]:
    if not has_day:
        return format_month(date, "zh"), format_month(date, "en")
    month = ENGLISH_MONTHS[date.month - 1]
    return (
        format_day(date, "zh"),
        format_day(date, "en"),
        f"{month} {date.day}, {date.year}",
        date.isoformat(),
    )
