"""Find figures and Latin names that occur on one side only, or differ in scale or unit (rule N)."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from briefs.checks.bilingual.name_agreement import (
    KnownNames,
    LatinName,
    collect_initials,
    extract_names,
    is_spelled_out,
    mark_matched_names,
)
from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding, Repair
from briefs.checks.texts import TextPair, fold_and_mask_urls, has_words, iterate_text_pairs
from briefs.content import Content, Side
from briefs.lexicon import numbers_en, numbers_zh, units
from briefs.lexicon.figure import Figure, FigureValues, format_decimal

_LARGE = Decimal(1000)
_ZH_SCALES = (("兆", 12), ("億", 8), ("萬", 4))


def check(content: Content, context: CheckContext) -> list[Finding]:
    read = [
        (pair, _SideFigures.from_text("zh", pair.zh), _SideFigures.from_text("en", pair.en))
        for pair in iterate_text_pairs(content)
        if has_words(pair.zh) and has_words(pair.en)
    ]
    known = KnownNames.select_for([reading.text for _, *both in read for reading in both], context)
    return [found for pair, zh, en in read for found in _check_pair(pair, zh, en, known)]


@dataclass(frozen=True, slots=True)
class _SideFigures:
    """The figures of one side, all values they or other words express, and the Latin names."""

    side: Side
    text: str
    original: str
    figures: list[Figure]
    values: FigureValues
    names: list[LatinName]

    @classmethod
    def from_text(cls, side: Side, original: str) -> "_SideFigures":
        text = fold_and_mask_urls(original)
        found, rest = extract_names(text)
        language = numbers_zh if side == "zh" else numbers_en
        figures = language.find_figures(rest)
        values = {value for figure in figures for value in figure.values} | language.find_implied_values(rest)
        return cls(side, text, original, figures, FigureValues(values), found)


def _check_pair(pair: TextPair, zh: _SideFigures, en: _SideFigures, known: KnownNames) -> list[Finding]:
    lone_zh, lone_en = _unmatched_figures(zh, en, known), _unmatched_figures(en, zh, known)
    scaled = list(_find_scale_mismatches(lone_zh, lone_en))
    told = {id(figure) for two in scaled for figure in two}
    found = [_scale_finding(pair, zh, en, *two) for two in scaled]
    found += [_unit_finding(pair, zh, en, *two) for two in _find_unit_mismatches(zh, en)]
    for reading, figures in ((zh, lone_zh), (en, lone_en)):
        found += [
            _unmatched_figure_finding(pair, reading, figure) for figure in figures if id(figure) not in told
        ]
    found += _check_currencies(pair, zh, en)
    return [*found, *_check_names(pair, zh, en, known), *_check_names(pair, en, zh, known)]


def _unmatched_figures(here: _SideFigures, there: _SideFigures, known: KnownNames) -> list[Figure]:
    """Return the figures without a counterpart, one per value."""
    converted = _BaseUnitFigures(there.figures)
    alone: dict[Decimal, Figure] = {}
    for figure in here.figures:
        met = any(value in there.values for value in figure.values)
        if figure.needs_counterpart and not met and figure not in converted:
            alone.setdefault(figure.value, figure)
    if not alone:
        return []
    covered = mark_matched_names(here.side, here.text, there.text, known)
    return [figure for figure in alone.values() if not covered[figure.start]]


class _BaseUnitFigures:
    """The figures of one side in base units, so that 500 miles matches 800公里."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._by_dimension: dict[str, list[Decimal]] = defaultdict(list)
        for figure in figures:
            if read := units.convert_to_base(figure.value, figure.unit):
                self._by_dimension[read[0]].append(read[1])
        for values in self._by_dimension.values():
            values.sort()

    def __contains__(self, figure: Figure) -> bool:
        read = units.convert_to_base(figure.value, figure.unit)
        if read is None:
            return False
        dimension, value = read
        values, slack = self._by_dimension.get(dimension, []), units.rounding_tolerance(dimension)
        at = bisect_left(values, value * (1 - slack))
        return at < len(values) and values[at] <= value * (1 + slack)


def _find_scale_mismatches(zh: Sequence[Figure], en: Sequence[Figure]) -> Iterator[tuple[Figure, Figure]]:
    """Yield unmatched figures with the same digits and another power of ten: 3.5億 against 3.5 billion."""
    by_digits: dict[tuple[int, ...], list[Figure]] = defaultdict(list)
    for figure in en:
        if figure.value >= _LARGE:
            by_digits[_digits(figure.value)].append(figure)
    for figure in zh:
        same = by_digits.get(_digits(figure.value), []) if figure.value >= _LARGE else []
        if same and units.are_compatible(figure.unit, same[-1].unit):
            yield figure, same.pop()


def _digits(value: Decimal) -> tuple[int, ...]:
    return value.normalize().as_tuple().digits


def _find_unit_mismatches(zh: _SideFigures, en: _SideFigures) -> Iterator[tuple[Figure, Figure]]:
    """Yield pairs of figures with the same value in incompatible units (N6)."""
    mine, theirs = _by_unit(zh.figures), _by_unit(en.figures)
    reported: set[tuple[str, str, Decimal]] = set()
    for value in mine.keys() & theirs.keys():
        for figures, others in ((mine[value], theirs[value]), (theirs[value], mine[value])):
            for unit in figures:
                if any(units.are_compatible(unit, other) for other in others):
                    continue
                a, b = (figures, others) if figures is mine[value] else (others, figures)
                two = (a[unit], next(iter(b.values()))) if figures is a else (next(iter(a.values())), b[unit])
                key = (two[0].unit, two[1].unit, value)
                if key not in reported:
                    reported.add(key)
                    yield two


def _by_unit(figures: Iterable[Figure]) -> dict[Decimal, dict[str, Figure]]:
    """Return, for each value, the first figure of each unit."""
    found: dict[Decimal, dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        found[figure.value].setdefault(figure.unit, figure)
    return found


def _check_currencies(pair: TextPair, zh: _SideFigures, en: _SideFigures) -> Iterator[Finding]:
    """Report an amount of money on one side whose counterpart is a bare figure (N6)."""
    sides = {
        "zh": _by_unit(f for f in zh.figures if f.needs_counterpart),
        "en": _by_unit(f for f in en.figures if f.needs_counterpart),
    }
    for here, there in ((zh, en), (en, zh)):
        told = set()
        for value, by_unit in sides[here.side].items():
            money = [figure for unit, figure in by_unit.items() if unit in units.CURRENCIES]
            if money and set(sides[there.side].get(value, ())) == {""} and money[0].unit not in told:
                told.add(money[0].unit)
                yield _one_sided_finding(pair, here, money[0], money[0].written_unit)


def _check_names(pair: TextPair, here: _SideFigures, there: _SideFigures, known: KnownNames) -> list[Finding]:
    others = {name.key for name in there.names}
    alone: dict[str, LatinName] = {}
    for name in here.names:
        if name.key not in others:
            alone.setdefault(name.key, name)
    if not alone:
        return []
    letters = collect_initials(there.text) if there.side == "en" else ""
    covered = mark_matched_names(here.side, here.text, there.text, known)
    return [
        _one_sided_finding(pair, here, name, name.raw, Repair("names.glossary", {"name": name.raw}))
        for name in alone.values()
        if not covered[name.start] and not is_spelled_out(name.key, letters)
    ]


def _unmatched_figure_finding(pair: TextPair, reading: _SideFigures, figure: Figure) -> Finding:
    return _one_sided_finding(pair, reading, figure, reading.original[figure.start : figure.end].strip())


def _one_sided_finding(
    pair: TextPair, reading: _SideFigures, item: Figure | LatinName, value: str, repair: Repair | None = None
) -> Finding:
    """Build a finding for an item that occurs on one side only. The span marks that item."""
    span = (item.start, item.end)
    code = f"numbers.{reading.side}_only"
    return Finding(code, pair.field, pair.bullet, reading.side, span, {"value": value}, repair)


def _scale_finding(
    pair: TextPair, zh: _SideFigures, en: _SideFigures, wrong: Figure, right: Figure
) -> Finding:
    return _mismatch_finding(
        pair, zh, en, "numbers.scale", wrong, right, _write_in_chinese(right.value) + wrong.written_unit
    )


def _unit_finding(
    pair: TextPair, zh: _SideFigures, en: _SideFigures, wrong: Figure, right: Figure
) -> Finding:
    into = units.convert(right.value, right.unit, wrong.unit)
    if into is None:
        return _mismatch_finding(pair, zh, en, "numbers.unit", wrong, right)
    return _mismatch_finding(
        pair, zh, en, "numbers.convert", wrong, right, f"{_round_to_two_digits(into)} {wrong.unit}"
    )


def _mismatch_finding(
    pair: TextPair,
    zh: _SideFigures,
    en: _SideFigures,
    code: str,
    wrong: Figure,
    right: Figure,
    should: str = "",
) -> Finding:
    values: dict[str, str | int] = {
        "zh": zh.original[wrong.start : wrong.end].strip(),
        "en": en.original[right.start : right.end].strip(),
    }
    if should:
        values["right"] = should
    return Finding(code, pair.field, pair.bullet, "zh", (wrong.start, wrong.end), values)


def _write_in_chinese(value: Decimal) -> str:
    """Write a number with a Chinese scale: 3,500,000,000 is 35億."""
    for unit, power in _ZH_SCALES:
        if value >= 10**power:
            return format_decimal(value.scaleb(-power)) + unit
    return format_decimal(value)


def _round_to_two_digits(value: Decimal) -> str:
    """Round to two significant digits: 804.672 is 800."""
    return format_decimal(round(value, 1 - value.adjusted()))
