"""Find figures in an English text: US$3.5 billion, 40 percent, the 1990s, twenty-three million."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

from briefs.bilingual.lexicon.figure import (
    FIGURE_LIMIT,
    NUMBER_PATTERN,
    SIGN_PATTERN,
    Figure,
    blank_out_figures,
    find_unit_after,
    find_unit_of_sign,
    join_ranges,
)
from briefs.bilingual.text import read_sections
from briefs.bilingual.text.date_format import ENGLISH_MONTHS

_ARABIC = re.compile(
    f"(?<![0-9A-Za-z])(?<!\\d\\.)(?P<sign>(?:{SIGN_PATTERN})\\s?)?(?P<number>{NUMBER_PATTERN})"
    r"(?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|bn|mn|tn)(?![A-Za-z])|(?P<letter>[KMBTkmb])(?![A-Za-z]))?"
    r"(?P<ending>(?:'?s|st|nd|rd|th)(?![A-Za-z]))?"
)
_PREFIXES = {"kilo": 10**3, "mega": 10**6, "giga": 10**9, "tera": 10**12}
_METRIC = re.compile(f"[ -]?({'|'.join(_PREFIXES)})(?:watt|joule|hertz|bit|byte|volt)")
_QUARTER = re.compile(r"(?<![A-Za-z0-9])(?:Q[1-4]|H[12])(?![A-Za-z0-9])")

_NUMBER_WORDS = read_sections(Path(__file__).with_name("number_words.txt"))
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
CARDINALS = {word: n for n, word in enumerate(" ".join(_NUMBER_WORDS["cardinals"]).split())}
CARDINALS |= {word: 10 * n for n, word in enumerate(_TENS, 2)}
_WORD = {word: Decimal(n) for word, n in CARDINALS.items()}
_WORD |= {word: Decimal(n) for n, word in enumerate(" ".join(_NUMBER_WORDS["ordinals"]).split())}
_WORD |= {f"{word[:-1]}ieth": Decimal(10 * n) for n, word in enumerate(_TENS, 2)}
_TEN_MULTIPLES = {Decimal(10 * n) for n in range(2, 10)}
_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "bn": 10**9, "mn": 10**6, "tn": 10**12, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12,
}  # fmt: skip
_HALF_OF_SCALE = re.compile(r"\b[Hh]alf[ -]an?[ -](million|billion|trillion)\b")
_DIGITS = "two|three|four|five|six|seven|eight|nine"
_ONE_IN = re.compile(rf"\b((?i:one|{_DIGITS})) (?:in|out of) (?:every )?({_DIGITS}|ten)\b")
_LONGEST_RUN = 8
_LEAST_SCALE_NEEDING_COUNTERPART = Decimal(10**6)
_WORDS = re.compile(r"[A-Za-z]+")
_MONTH = {name: Decimal(n) for n, name in enumerate(ENGLISH_MONTHS, 1)}
_MONTH |= {name[:3]: n for name, n in _MONTH.items()} | {"Sept": Decimal(9)}

# Words other than numerals, and the numbers that the Chinese text may have for them.
_VALUES_BY_WORD = {word: values for word, *values in map(str.split, _NUMBER_WORDS["values"])}

_IMPLYING_WORDS = {*_VALUES_BY_WORD, *map(str.lower, _MONTH), "other", "decades", "dozen"}
_NUMERALS = {*_WORD, *(word for word in _SCALES if len(word) > 2)}


def find_figures(text: str) -> list[Figure]:
    """Return the figures in order. The text must come from `fold_and_mask_urls`."""
    arabic = list(_find_arabic_figures(text))
    figures = [
        *arabic,
        *_quarters(text),
        *islice(_find_spelled_figures(blank_out_figures(text, arabic)), FIGURE_LIMIT),
    ]
    return join_ranges(text, sorted(figures, key=lambda figure: figure.start))


def find_implied_values(text: str) -> set[Decimal]:
    """Return values that English expresses by other words: June, half, half a billion, both, a decade."""
    values = {
        100 * _WORD[above.lower()] / _WORD[below]
        for above, below in islice(_ONE_IN.findall(text), FIGURE_LIMIT)
    }
    words = _WORDS.findall(text)
    if _IMPLYING_WORDS.isdisjoint(map(str.lower, words)):
        return values
    for before, word in zip(["", *words], words, strict=False):
        if word in _MONTH:
            values.add(_MONTH[word])
        lower = word.lower()
        if lower == "other" and before.lower() in _WORD:
            values.add(_WORD[before.lower()] + 1)  # Fordow and two other sites: 福爾多等三處
        values.update(map(Decimal, _VALUES_BY_WORD.get(lower, ())))
        if lower in ("decades", "dozen") and (many := _WORD.get(before.lower())):
            values.add(many * (10 if lower == "decades" else 12))
    return values | {Decimal(_SCALES[scale]) / 2 for scale in _HALF_OF_SCALE.findall(text)}


def _find_arabic_figures(text: str) -> Iterator[Figure]:
    for match in islice(_ARABIC.finditer(text), FIGURE_LIMIT):
        number = Decimal(match["number"].replace(",", ""))
        letter = match["letter"] if match["sign"] else None
        scale = Decimal(_SCALES.get(match["scale"] or (letter or "").upper(), 1))
        values: tuple[Decimal, ...] = (number * scale,)
        if (match["ending"] or "").endswith("s") and number < 100:
            values = (number, number + 1900)  # the '90s
        if prefix := _METRIC.match(text, match.end()):
            values = (*values, number * scale * _PREFIXES[prefix[1]])  # 300 megajoules: 3億焦耳
        unit, end = find_unit_after(text, match.end(), chinese=False)
        written = text[match.end() : end].strip(" -\xa0")
        if sign := find_unit_of_sign(match["sign"] or ""):
            unit, written = sign, match["sign"].strip()
        raw = text[match.start() : end]
        yield Figure(match.start(), end, raw, values, scale, unit, written_unit=written)


def _quarters(text: str) -> Iterator[Figure]:
    """Yield quarters and half-years as figures: Q3 is 第三季."""
    for match in islice(_QUARTER.finditer(text), FIGURE_LIMIT):
        yield Figure(match.start(), match.end(), match[0], (Decimal(match[0][1]),))


def _find_spelled_figures(text: str) -> Iterator[Figure]:
    """Yield figures written in words. Only those with a scale from a million on (three billion) need a
    counterpart.
    """
    if _NUMERALS.isdisjoint(word.removesuffix("fold") for word in _WORDS.findall(text.lower())):
        return
    run: list[re.Match[str]] = []
    for match in _WORDS.finditer(text):
        word = _numeral(match[0])
        if run and not (word and _continues_numeral(text, run[-1], match)):
            yield _build_spelled_figure(text, run)
            run = []
        if word and len(run) < _LONGEST_RUN:
            run.append(match)
    if run:
        yield _build_spelled_figure(text, run)


def _numeral(word: str) -> str:
    """Return the number word that the word contains, or an empty string: "Three", "tenfold"."""
    lower = word.lower()
    lower = lower.removesuffix("fold") if len(lower) > 6 else lower
    return lower if lower in _NUMERALS else ""


def _continues_numeral(text: str, last: re.Match[str], match: re.Match[str]) -> bool:
    """Return whether a number word continues the preceding numeral: "twenty-three million", not "one, two"."""
    if text[last.end() : match.start()] not in (" ", "-", "\xa0"):
        return False
    before, word = _numeral(last[0]), _numeral(match[0])
    if word in _SCALES or before in _SCALES:
        return True
    return _WORD[before] in _TEN_MULTIPLES and _WORD[word] < 10


def _build_spelled_figure(text: str, run: list[re.Match[str]]) -> Figure:
    total = current = Decimal(0)
    largest = Decimal(1)
    for word in (_numeral(match[0]) for match in run):
        scale = Decimal(_SCALES.get(word, 1))
        largest = max(largest, scale)
        if word in _WORD:
            current += _WORD[word]
        elif word == "hundred":
            current = (current or 1) * scale
        else:
            total, current = total + (current or 1) * scale, Decimal(0)
    unit, end = find_unit_after(text, run[-1].end(), chinese=False)
    start = run[0].start()
    exact = len(run) > 1 and largest >= _LEAST_SCALE_NEEDING_COUNTERPART
    return Figure(start, end, text[start:end], (total + current,), largest, unit, exact)
