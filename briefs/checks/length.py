"""Check whether one side is too long for the other: Chinese characters per English word (L)."""

import math
from collections.abc import Iterable
from statistics import median

from briefs.checks.context import CheckContext
from briefs.checks.finding import Finding
from briefs.checks.texts import TextPair, count_characters, count_words, iterate_text_pairs
from briefs.content import Content, Side

_MIN_WORDS, _MIN_CHARACTERS = 8, 10
_VARIANCE, _VARIANCE_OF_WORD, _DEVIATIONS = 0.012, 0.18, 3.2
"""Spread of the logarithm of the ratio around the median of its brief, learned from 1,000 pairs of news and manuals:
0.66 to 1.5 at 40 words, 0.57 to 1.75 at ten.
"""
_CHARACTERS_PER_WORD = 1.6
_MIN_SITE_PAIRS = 300
_MIN_BRIEF_PAIRS = 4
"""A brief with fewer pairs has no meaningful median."""


def check(content: Content, context: CheckContext) -> list[Finding]:
    """Report pairs outside the site's band, or far from the median of the brief."""
    ratios = [(pair, ratio) for pair in iterate_text_pairs(content) if (ratio := _ratio(pair)) is not None]
    low, high = context.ratio_band
    own = median(ratio for _, ratio in ratios) if len(ratios) >= _MIN_BRIEF_PAIRS else None
    found = []
    for pair, ratio in ratios:
        deviation = math.log(ratio / own) / _compute_spread(pair) if own else 0.0
        if ratio < low or deviation < -_DEVIATIONS:
            found.append(_finding("length.zh_short", pair, ratio))
        elif ratio > high or deviation > _DEVIATIONS:
            found.append(_finding("length.en_short", pair, ratio))
    return found


def _compute_spread(pair: TextPair) -> float:
    """Return the usual spread at the length of the longer side, since the other may be cut."""
    words = max(count_words(pair.en), count_characters(pair.zh) / _CHARACTERS_PER_WORD)
    return math.sqrt(_VARIANCE + _VARIANCE_OF_WORD / words)


def compute_ratio_band(texts: Iterable[tuple[str, str]]) -> tuple[float, float] | None:
    """Return the 1st and 99th percentile of the ratios, from (Chinese, English) pairs, or the usual band if wider.

    Return None below 300 usable pairs.
    """
    pairs = (TextPair("bullet", None, zh, en) for zh, en in texts)
    ratios = sorted(ratio for pair in pairs if (ratio := _ratio(pair)) is not None)
    if len(ratios) < _MIN_SITE_PAIRS:
        return None
    low, high = CheckContext().ratio_band
    return min(low, ratios[len(ratios) // 100]), max(high, ratios[-1 - len(ratios) // 100])


def _ratio(pair: TextPair) -> float | None:
    """Return the ratio, or None for a headline and for texts too short to compare."""
    zh, en = count_characters(pair.zh), count_words(pair.en)
    if pair.field == "headline" or en < _MIN_WORDS or zh < _MIN_CHARACTERS:
        return None
    return zh / en


def _finding(code: str, pair: TextPair, ratio: float) -> Finding:
    side: Side = "zh" if code == "length.zh_short" else "en"
    return Finding(code, pair.field, pair.bullet, side, values={"r": f"{ratio:.2f}"})
