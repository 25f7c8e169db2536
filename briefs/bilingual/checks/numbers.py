"""Find figures and Latin names that occur on one side only, or differ in scale or unit."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from briefs.bilingual.checks.names import (
    KnownNames,
    LatinName,
    collect_initials,
    extract_names,
    is_spelled_out,
    mark_matched_names,
)
from briefs.bilingual.checks.texts import (
    CheckContext,
    CheckedText,
    Finding,
    Repair,
    TextPair,
    check,
    fold_and_mask_urls,
    gettext_noop,
    iterate_translated_pairs,
)
from briefs.bilingual.lexicon import numbers_en, numbers_zh
from briefs.bilingual.lexicon.figure import (
    Figure,
    SortedValues,
    are_compatible,
    convert,
    convert_to_base,
    format_decimal,
    rounding_tolerance,
)
from briefs.content import Content, Side

_LARGE = Decimal(1000)
_MEASURE_WORD = re.compile(
    "(?<=[%月年天週])|[家個名位艘架項種國次座枚輛所場條份篇天年週人點大類屆任席州省市縣級島黨強顆件艘處架組期]"
)


@check(
    rules="N1 N2 N3 N4 N5 N6 N7",
    messages={
        "differs": gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
        "zh_only": gettext_noop("%(value)s appears in the Chinese only. Is it missing from the English?"),
        "en_only": gettext_noop("%(value)s appears in the English only. Is it missing from the Chinese?"),
        "scale": gettext_noop("%(en)s is %(right)s, not %(zh)s."),
        "convert": gettext_noop("%(en)s is about %(right)s; the Chinese says %(zh)s."),
        "unit": gettext_noop(
            "The English says %(en)s, the Chinese %(zh)s: the figure is the same, the unit is not."
        ),
        "names.glossary": gettext_noop("%(name)s has no counterpart. Add it to the glossary?"),
    },
)
def check_numbers(content: Content, context: CheckContext) -> list[Finding]:
    read = [
        (SideFigures.from_pair(pair, "zh"), SideFigures.from_pair(pair, "en"))
        for pair in iterate_translated_pairs(content)
    ]
    known_names = KnownNames.select_for([reading.text for both in read for reading in both], context)
    introduced = {
        name.key
        for reading in (reading for both in read for reading in both)
        for name in reading.names
        if reading.text.startswith((")", "）"), name.end)
        and (reading.side == "zh" or is_spelled_out(name.key, collect_initials(reading.text[: name.start])))
    }
    known_names = replace(known_names, introduced=frozenset(filter(str.isalpha, introduced)))
    return [finding for zh, en in read for finding in _check_pair(zh, en, known_names)]


@dataclass(frozen=True, slots=True)
class SideFigures:
    """The figures of one side, all values that figures or other words express, and the Latin names.

    `base_values` has the values of each dimension in its base unit, so that 500 miles equal 800公里.
    """

    checked: CheckedText
    text: str
    figures: list[Figure]
    values: SortedValues
    base_values: dict[str, SortedValues]
    names: list[LatinName]

    @classmethod
    def from_pair(cls, pair: TextPair, side: Side) -> Self:
        checked = pair.read(side)
        text = fold_and_mask_urls(checked.original)
        names, rest = extract_names(text)
        language = numbers_zh if side == "zh" else numbers_en
        figures = language.find_figures(rest)
        values = [value for figure in figures for value in figure.values]
        values += language.find_implied_values(rest)
        by_dimension: dict[str, list[Decimal]] = defaultdict(list)
        for figure in figures:
            if base := convert_to_base(figure.value, figure.unit):
                by_dimension[base[0]].append(base[1])
        base_values = {dimension: SortedValues(rows) for dimension, rows in by_dimension.items()}
        return cls(checked, text, figures, SortedValues(values), base_values, names)

    @property
    def side(self) -> Side:
        return self.checked.side

    def has_equal(self, figure: Figure) -> bool:
        """Return whether this side has the value of the other side's `figure`, in any unit."""
        if any(map(self.values.has_equal, figure.values)):
            return True
        base = convert_to_base(figure.value, figure.unit)
        if not base or base[0] not in self.base_values:
            return False
        slack = base[1] * rounding_tolerance(base[0])
        return self.base_values[base[0]].has_between(base[1] - slack, base[1] + slack)

    def counts_in_words(self, figure: Figure) -> bool:
        """Return whether a figure in words is a count that the other side should have: 九家, six."""
        is_small = 1 < figure.value < 100 and not figure.needs_counterpart
        return is_small and (self.side == "en" or bool(_MEASURE_WORD.match(self.text, figure.end)))

    def quote(self, figure: Figure) -> str:
        return self.checked.original[figure.start : figure.end].strip()


def _check_pair(zh: SideFigures, en: SideFigures, known_names: KnownNames) -> list[Finding]:
    lone_zh, lone_en = _unmatched_figures(zh, en, known_names), _unmatched_figures(en, zh, known_names)
    scaled = list(_find_scale_mismatches(lone_zh, lone_en))
    wrong = list(_find_wrong_figures(lone_zh, lone_en, scaled))
    reported = {id(figure) for two in (*scaled, *wrong) for figure in two}
    findings = [_scale_finding(zh, en, *two) for two in scaled]
    findings += [_mismatch_finding(zh, en, "numbers.differs", *two, {}) for two in wrong]
    findings += [_unit_finding(zh, en, *two) for two in _find_unit_mismatches(zh, en)]
    for reading, figures in ((zh, lone_zh), (en, lone_en)):
        rest = (figure for figure in figures if id(figure) not in reported)
        findings += [_one_sided_finding(reading, figure, reading.quote(figure)) for figure in rest]
    findings += _check_counts(zh, en)
    return [*findings, *_check_names(zh, en, known_names), *_check_names(en, zh, known_names)]


def _unmatched_figures(own: SideFigures, other: SideFigures, known_names: KnownNames) -> list[Figure]:
    """Return the figures without a counterpart, one per value."""
    alone: dict[Decimal, Figure] = {}
    for figure in own.figures:
        if figure.needs_counterpart and not other.has_equal(figure):
            alone.setdefault(figure.value, figure)
    if not alone:
        return []
    covered = mark_matched_names(own.side, own.text, other.text, known_names)
    return [figure for figure in alone.values() if figure.start not in covered]


def _find_scale_mismatches(zh: Sequence[Figure], en: Sequence[Figure]) -> Iterator[tuple[Figure, Figure]]:
    """Yield unmatched figures with the same digits and another power of ten: 3.5億 against 3.5 billion."""
    by_digits: dict[tuple[int, ...], list[Figure]] = defaultdict(list)
    for figure in en:
        if figure.value >= _LARGE:
            by_digits[_digits(figure.value)].append(figure)
    for figure in zh:
        same = by_digits.get(_digits(figure.value), []) if figure.value >= _LARGE else []
        if same and are_compatible(figure.unit, same[-1].unit):
            yield figure, same.pop()


def _find_wrong_figures(
    zh: Sequence[Figure], en: Sequence[Figure], scaled: Sequence[tuple[Figure, Figure]]
) -> Iterator[tuple[Figure, Figure]]:
    """Yield unmatched figures of both sides in order, as long as their units agree: 38.1% against 31.8 percent."""
    reported = {id(figure) for two in scaled for figure in two}
    rest = [figure for figure in en if id(figure) not in reported]
    for figure in zh:
        same = [other for other in rest if are_compatible(figure.unit, other.unit)]
        if same and id(figure) not in reported:
            rest.remove(same[0])
            yield figure, same[0]


def _digits(value: Decimal) -> tuple[int, ...]:
    return value.normalize().as_tuple().digits


def _find_unit_mismatches(zh: SideFigures, en: SideFigures) -> Iterator[tuple[Figure, Figure]]:
    """Yield pairs of figures with the same value in incompatible units."""
    mine, theirs = _by_unit(zh.figures), _by_unit(en.figures)
    for value in (mine.keys() & theirs.keys()) - {1}:
        left, right = mine[value], theirs[value]
        alone = [(figure, next(iter(right.values()))) for figure in _find_incompatible(left, right)]
        alone += [(next(iter(left.values())), figure) for figure in _find_incompatible(right, left)]
        yield from {(one.unit, other.unit): (one, other) for one, other in alone}.values()


def _find_incompatible(figures: dict[str, Figure], others: dict[str, Figure]) -> list[Figure]:
    """Return the figures whose unit is compatible with no unit of `others`. Both arguments are keyed by unit."""
    return [
        figure for unit, figure in figures.items() if not any(are_compatible(unit, other) for other in others)
    ]


def _by_unit(figures: Iterable[Figure]) -> dict[Decimal, dict[str, Figure]]:
    """Return, for each value, the first figure of each unit."""
    figures_by_value: dict[Decimal, dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        figures_by_value[figure.value].setdefault(figure.unit, figure)
    return figures_by_value


def _check_counts(zh: SideFigures, en: SideFigures) -> Iterator[Finding]:
    """Report a small count in words on each side that the other side lacks: 九家 against six."""
    lone_zh, lone_en = (
        [
            figure
            for figure in own.figures
            if own.counts_in_words(figure) and not any(map(other.values.has_equal, figure.values))
        ]
        for own, other in ((zh, en), (en, zh))
    )
    if lone_zh and lone_en:
        yield _mismatch_finding(zh, en, "numbers.differs", lone_zh[0], lone_en[0], {})


def _check_names(own: SideFigures, other: SideFigures, known_names: KnownNames) -> list[Finding]:
    return [
        replace(_one_sided_finding(own, name, name.raw), repair=Repair("names.glossary", {"name": name.raw}))
        for name in _find_lone_names(own, other, known_names)
    ]


def _find_lone_names(own: SideFigures, other: SideFigures, known_names: KnownNames) -> list[LatinName]:
    """Return the Latin names without a counterpart, each once."""
    others = {name.key for name in other.names} | known_names.introduced
    alone: dict[str, LatinName] = {}
    for name in own.names:
        if name.key not in others and not (len(name.key) > 3 and name.key.title() in other.text):
            alone.setdefault(name.key, name)
    if not alone:
        return []
    letters = collect_initials(other.text) if other.side == "en" else ""
    covered = mark_matched_names(own.side, own.text, other.text, known_names)
    return [
        name for name in alone.values() if name.start not in covered and not is_spelled_out(name.key, letters)
    ]


def _one_sided_finding(reading: SideFigures, item: Figure | LatinName, value: str) -> Finding:
    """Build a finding for an item that occurs on one side only. The span marks that item."""
    code = f"numbers.{reading.side}_only"
    return reading.checked.build_finding(code, (item.start, item.end), {"value": value})


def _scale_finding(zh: SideFigures, en: SideFigures, wrong: Figure, right: Figure) -> Finding:
    written = _write_in_chinese(right.value) + wrong.written_unit
    return _mismatch_finding(zh, en, "numbers.scale", wrong, right, {"right": written})


def _unit_finding(zh: SideFigures, en: SideFigures, wrong: Figure, right: Figure) -> Finding:
    into = convert(right.value, right.unit, wrong.unit)
    if into is None:
        return _mismatch_finding(zh, en, "numbers.unit", wrong, right, {})
    written = f"{_round_to_two_digits(into)} {wrong.unit}"
    return _mismatch_finding(zh, en, "numbers.convert", wrong, right, {"right": written})


def _mismatch_finding(
    zh: SideFigures, en: SideFigures, code: str, wrong: Figure, right: Figure, values: dict[str, str]
) -> Finding:
    quoted = {"zh": zh.quote(wrong), "en": en.quote(right)}
    return zh.checked.build_finding(code, (wrong.start, wrong.end), quoted | values)


def _write_in_chinese(value: Decimal) -> str:
    """Write a number with a Chinese scale: 3,500,000,000 is 35億."""
    for unit, size in numbers_zh.SCALES.items():
        if value >= size:
            return format_decimal(value / size) + unit
    return format_decimal(value)


def _round_to_two_digits(value: Decimal) -> str:
    """Round to two significant digits: 804.672 is 800."""
    return format_decimal(round(value, 1 - value.adjusted()))
