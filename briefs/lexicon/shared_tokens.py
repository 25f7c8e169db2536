"""Extract figures, acronyms and Latin names from texts. They are nearly always translated. Used by `pair_scores`."""

import re
from collections.abc import Callable, Iterable, Sequence

from briefs.lexicon.concepts import ACRONYMS
from briefs.lexicon.numbers_en import CARDINALS
from briefs.lexicon.numbers_zh import SCALES, parse_numeral

_SCALES_EN = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_AMOUNT = r"(\d[\d,]*(?:\.\d+)?) ?"
_AMOUNT_ZH = re.compile(rf"{_AMOUNT}(兆|億|萬)(?:{_AMOUNT}(億|萬))?")
_AMOUNT_EN = re.compile(rf"{_AMOUNT}(thousand|million|billion|trillion)", re.IGNORECASE)
_TENTHS = re.compile("([一二三四五六七八九])成")
_PERCENT = re.compile(r"(\d+) ?(?:%|percent|per cent)")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")

_SPELT_ZH = re.compile(
    "(?=[一二兩三四五六七八九十百千])[一二兩三四五六七八九]?[十百千]?(?:(?<=十)[一二三四五六七八九])?[萬億兆]?"
)
_NUMBERS_EN = {word: value for word, value in CARDINALS.items() if value} | {"dozen": 12}
_WORDS_EN = list(_NUMBERS_EN)
_SPELT_EN = re.compile(
    rf"\b({'|'.join(_WORDS_EN)})(?:-({'|'.join(_WORDS_EN[:9])}))?\b(?: ({'|'.join(_SCALES_EN)})\b)?"
)

_LATIN = re.compile("[A-Z][A-Za-z0-9]+")
_WORD_RUN = re.compile("[0-9a-z]+")
_ACRONYM = re.compile("[A-Z][A-Z0-9]++(?![a-z$])")


def extract_amounts_zh(text: str) -> set[str]:
    """Return amounts such as 3,000億 and 3億5,000萬 as values, and 三成 as 30 percent."""
    found = {
        _format_value(_parse_value(m[1]) * SCALES[m[2]] + (_parse_value(m[3]) * SCALES[m[4]] if m[3] else 0))
        for m in _AMOUNT_ZH.finditer(text)
    }
    return found | {f"{parse_numeral(m[1])}0%" for m in _TENTHS.finditer(text)}


def extract_amounts_en(text: str) -> set[str]:
    found = {_format_value(_parse_value(m[1]) * _SCALES_EN[m[2].lower()]) for m in _AMOUNT_EN.finditer(text)}
    return found | {f"{m[1]}%" for m in _PERCENT.finditer(text)}


def count_unmatched_tokens(zh: Sequence[str], en: Sequence[str]) -> tuple[list[int], list[int]]:
    """Count, per point, the figures (two digits or more) and Latin tokens that the other language lacks.

    In English only acronyms count: another capitalized word may be a name that has a Chinese form.
    """
    tokens_zh = [
        _extract_figures(text, extract_amounts_zh, _AMOUNT_ZH) | _casefold_all(_LATIN.findall(text))
        for text in zh
    ]
    tokens_en = [
        _extract_figures(text, extract_amounts_en, _AMOUNT_EN)
        | _casefold_all(set(_ACRONYM.findall(text)) - ACRONYMS)
        for text in en
    ]
    return _count_missing(tokens_zh, tokens_en, en, _extract_spelled_numbers_en), _count_missing(
        tokens_en, tokens_zh, zh, _extract_spelled_numbers_zh
    )


def _count_missing(
    tokens: Sequence[set[str]],
    tokens_of_other_side: Sequence[set[str]],
    other_texts: Sequence[str],
    extract_spelled_numbers: Callable[[str], set[str]],
) -> list[int]:
    there = set[str]().union(*tokens_of_other_side)
    missing = [found - there for found in tokens]
    if any(missing):
        words = set(_WORD_RUN.findall("\n".join(other_texts).casefold())).union(
            *map(extract_spelled_numbers, other_texts)
        )
        missing = [found - words for found in missing]
    return [len(found) for found in missing]


def _casefold_all(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _extract_figures(text: str, amounts: Callable[[str], set[str]], amount: re.Pattern[str]) -> set[str]:
    """Return values without their units."""
    numbers = [digits for digits in _FIGURE.findall(text) if len(digits) > 1]
    found = {value.rstrip("%") for value in amounts(text)}
    if found:
        numbers = [digits for digits in _FIGURE.findall(amount.sub(" ", text)) if len(digits) > 1]
    return found | {_format_value(_parse_value(digits)) for digits in numbers}


def _extract_spelled_numbers_zh(text: str) -> set[str]:
    """Return values written in words. They only serve as matches: 十 and `one` have other meanings too."""
    return {_format_value(float(parse_numeral(m[0]) or 0)) for m in _SPELT_ZH.finditer(text)}


def _extract_spelled_numbers_en(text: str) -> set[str]:
    return {
        _format_value((_NUMBERS_EN[tens] + _NUMBERS_EN.get(ones, 0)) * _SCALES_EN.get(scale, 1))
        for tens, ones, scale in _SPELT_EN.findall(text.casefold())
    }


def _format_value(value: float) -> str:
    return f"{value:.6g}"


def _parse_value(digits: str) -> float:
    return float(digits.replace(",", "")[:18])
