"""Find figures in a Chinese text: 3億5,000萬, 三十億, 四成, 民國114年, 二十一世紀."""

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
    blank_out_matches,
    find_unit_after,
    find_unit_of_sign,
    join_ranges,
)
from briefs.bilingual.text import read_sections

_DIGIT = {
    c: Decimal(v)
    for c, v in zip("零〇一二兩三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
}
_SMALL = {"十": Decimal(10), "百": Decimal(100), "千": Decimal(1000)}
SCALES = {"兆": 10**12, "億": 10**8, "萬": 10**4}
_ROC = 1911

# In 兆瓦 and 兆赫, 兆 is mega, not 10¹².
_SCALE = "(?:[多餘幾]?[十百千萬億兆]{1,3}(?<!兆(?=[瓦赫])))"
_TENTHS = "成(?![為立功長員果就分本型因熟效])"
_ARABIC = re.compile(
    f"(?<![0-9A-Za-z])(?<!\\d\\.)(?P<roc>民國\\s?)?(?P<sign>(?:{SIGN_PATTERN})\\s?)?(?P<tens>[二三四五六七八九]?十(?=[1-9](?![0-9])))?"
    f"(?P<share>百分之)?(?P<first>{NUMBER_PATTERN})(?P<more>(?:[ \u00a0](?=[百千]?[萬億兆]))?{_SCALE}(?:{NUMBER_PATTERN}{_SCALE}?|[ \u00a0]{NUMBER_PATTERN}[ \u00a0]?{_SCALE}){{0,4}})?(?P<tenths>{_TENTHS}(?:[1-9](?!\\d))?)?"
)
_HAN = re.compile(
    f"(?P<sign>(?:{SIGN_PATTERN}))?(?P<share>百分之)?(?P<run>[零〇一二兩三四五六七八九十百千萬億兆]+(?:[多餘][萬億兆]+)?)(?P<tenths>{_TENTHS}[一二三四五六七八九]?)?"
)
_FRACTION = re.compile(
    "(?P<below>[一二兩三四五六七八九十百千萬億]{1,4}|\\d{1,4}[萬億]?)分之(?P<above>[一二兩三四五六七八九十]{1,3}|\\d{1,3})"
)
_DECADES = re.compile(
    "(?:(?P<century>\\d\\d)世紀)?(?P<tens>[1-9]0?|[一二三四五六七八九]{1,3}(?=十))[0十]?年代"
)
_PART_OF_EXPRESSION = re.compile("世紀(?=[一二三四五六七八九十\\d]{1,4}年代)|[萬億]?分之")
_LONGEST_RUN = 24

# N4: numerals that are not counts. They neither need nor provide a counterpart.
_IDIOMS = " ".join(read_sections(Path(__file__).with_name("number_words.txt"))["idioms"]).split()
_IDIOM = re.compile(
    f"(?:(?=[一二三四五六七八九])|(?<![一二兩三四五六七八九十百千])(?=[{''.join(idiom[0] for idiom in _IDIOMS)}]))"
    f"(?:{'|'.join(sorted(_IDIOMS, key=len, reverse=True))}|[一二三四五六七八九]中全會)"
)
_VAGUE = "數幾好上成"
_BASIS_POINTS = re.compile("([一兩二三四五六七八九半1-9])碼(?!頭)")
_DECADE = re.compile("年代")
_BOTH = re.compile("雙(?!重標準)|倍")
_HALF = re.compile("半(?!導|島|徑)")


def find_figures(text: str) -> list[Figure]:
    """Return the figures in order. The text must come from `fold_and_mask_urls`."""
    arabic = list(_find_arabic_figures(text))
    rest = blank_out_matches(_IDIOM, blank_out_figures(text, arabic))
    return join_ranges(text, sorted([*arabic, *_find_han_figures(rest)], key=lambda figure: figure.start))


def find_implied_values(text: str) -> set[Decimal]:
    """Return values that Chinese expresses without a numeral or as a fraction."""
    values: set[Decimal] = set()
    if _HALF.search(text):
        values |= {Decimal("0.5"), Decimal(50)}
    if _BOTH.search(text):
        values |= {Decimal(2), Decimal(200), Decimal(100)}
    for match in islice(_FRACTION.finditer(text), FIGURE_LIMIT):
        below, above = parse_numeral(match["below"]), parse_numeral(match["above"])
        if below and above is not None:
            values |= {round(above / below, 2), Decimal(round(100 * above / below)), 100 * above / below}
            values |= {below, above} if below > 100 else set()
    for match in islice(_BASIS_POINTS.finditer(text), FIGURE_LIMIT):
        steps = Decimal("0.5") if match[1] == "半" else parse_numeral(match[1]) or Decimal(0)
        values |= {25 * steps, steps / 4}
    for match in islice(_DECADES.finditer(text), FIGURE_LIMIT):
        first = Decimal(100 * (int(match["century"] or 20) - 1))
        values |= {first + 10 * (_DIGIT.get(digit) or Decimal(digit)) for digit in match["tens"].rstrip("0")}
    return values


def parse_numeral(numeral: str) -> Decimal | None:
    """Return the value of a numeral in Arabic, Han or mixed digits, or None if it is not a number (十四五)."""
    if all(character in _DIGIT for character in numeral):
        return Decimal("".join(str(_DIGIT[character]) for character in numeral))
    total = section = Decimal(0)
    current: Decimal | None = None
    for part in _split_numeral(numeral):
        if isinstance(part, Decimal):
            if current:
                return None
            current = part
        elif part in _SMALL:
            section += (1 if current is None else current) * _SMALL[part]
            current = None
        else:
            total = _apply_scale(total, section + (current or 0), SCALES[part])
            section, current = Decimal(0), None
    return total + section + (current or 0)


def _split_numeral(numeral: str) -> Iterator[Decimal | str]:
    for match in re.finditer(r"[\d,.]+|[^\d,.]", numeral):
        part = match[0]
        if part[0].isdigit():
            yield Decimal(part.replace(",", ""))
        elif part in _DIGIT:
            yield _DIGIT[part]
        elif part in _SMALL or part in SCALES:
            yield part


def _apply_scale(total: Decimal, section: Decimal, scale: int) -> Decimal:
    """Apply a large unit: 三兆五億 adds, 一萬億 multiplies."""
    if total and total < scale:
        return (total + section) * scale
    return total + (section or (1 if not total else 0)) * scale


def _find_arabic_figures(text: str) -> Iterator[Figure]:
    for match in islice(_ARABIC.finditer(text), FIGURE_LIMIT):
        first = Decimal(match["first"].replace(",", ""))
        read = parse_numeral(match["first"] + match["more"]) if match["more"] else first
        if read is None:
            continue
        read += parse_numeral(match["tens"] or "零") or 0  # 三十5
        readings: tuple[Decimal, ...] = (read,)
        if match["roc"]:
            readings = (read + _ROC,)
        elif match["tenths"]:
            readings = (read * 10 + Decimal(match["tenths"][1:] or 0),)
        elif _DECADE.match(text, match.end()) and read < 100:
            readings = (read, read + 1900, read + 1800)
        scale = read / first if match["more"] and first else Decimal(10 if match["tenths"] else 1)
        needed = not _PART_OF_EXPRESSION.match(text, match.end())
        yield _build_figure(text, match, readings, scale, needs_counterpart=needed)


def _find_han_figures(text: str) -> Iterator[Figure]:
    for match in islice(_HAN.finditer(text), FIGURE_LIMIT):
        run = match["run"]
        read = parse_numeral(run) if len(run) <= _LONGEST_RUN else None
        if read is None:
            continue
        readings: tuple[Decimal, ...] = (read,)
        if match["tenths"]:
            tail = match["tenths"][1:]
            readings = (read * 10 + (_DIGIT[tail] if tail else 0),)
        elif _DECADE.match(text, match.end()):
            readings = (read, read + 1900)
        elif len(run) == 2 and all(character in _DIGIT for character in run):
            readings = (read, *(_DIGIT[character] for character in run))  # 三五年 is three to five years
        scale = Decimal(10 if match["tenths"] else 1)  # 七到九成
        yield _build_figure(text, match, readings, scale, needs_counterpart=_is_figure(text, match))


def _is_figure(text: str, match: re.Match[str]) -> bool:
    """Return whether a Han numeral is a figure (三十億, 一萬) rather than a word (三, 百萬, 數十億)."""
    run, before = match["run"], text[max(match.start("run") - 1, 0) : match.start("run")]
    exact = run[0] in _DIGIT or (run[0] == "十" and (not before or before not in _VAGUE))
    return len(run) > 1 and exact and any(character in SCALES for character in run)


def _build_figure(
    text: str, match: re.Match[str], values: tuple[Decimal, ...], scale: Decimal, *, needs_counterpart: bool
) -> Figure:
    end = match.end()
    unit, end = ("%", end) if match["share"] or match["tenths"] else find_unit_after(text, end, chinese=True)
    if text[end : end + 2] in ("分之", "分□"):
        unit = "part"  # 十七分之一 is not 17 percent
    written = text[match.end() : end].strip("多餘 ")
    if sign := find_unit_of_sign(match["sign"] or ""):
        unit, written = sign, match["sign"].strip()
    raw = text[match.start() : end]
    return Figure(match.start(), end, raw, values, scale, unit, needs_counterpart, written)
