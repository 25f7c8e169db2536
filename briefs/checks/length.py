"""Whether one side is long for the other: Chinese characters per English word (rule L)."""

from collections.abc import Iterable
from statistics import median

from briefs.checks.context import Context
from briefs.checks.finding import Finding
from briefs.checks.texts import Pair, characters, pairs, words
from briefs.content import Content, Side

_FEWEST_WORDS, _FEWEST_CHARACTERS = 8, 10
_OWN_BAND = (0.7, 1.4)
_FEWEST_OF_A_SITE = 300
_FEWEST_PAIRS = 4
"""Below, a brief's own median says nothing."""


def check(content: Content, context: Context) -> list[Finding]:
    """Outside the site's band, or far from the brief's own habit."""
    ratios = [(pair, ratio) for pair in pairs(content) if (ratio := _ratio(pair)) is not None]
    low, high = context.ratio_band
    own = median(ratio for _, ratio in ratios) if len(ratios) >= _FEWEST_PAIRS else None
    found = []
    for pair, ratio in ratios:
        share = ratio / own if own else 1.0
        if ratio < low or share < _OWN_BAND[0]:
            found.append(_finding("length.zh_short", pair, ratio))
        elif ratio > high or share > _OWN_BAND[1]:
            found.append(_finding("length.en_short", pair, ratio))
    return found


def own_band(texts: Iterable[tuple[str, str]]) -> tuple[float, float] | None:
    """The 1st and the 99th percentile of these pairs, Chinese first; None while they are too few to tell."""
    pairs = (Pair("bullet", None, zh, en) for zh, en in texts)
    ratios = sorted(ratio for pair in pairs if (ratio := _ratio(pair)) is not None)
    if len(ratios) < _FEWEST_OF_A_SITE:
        return None
    return ratios[len(ratios) // 100], ratios[-1 - len(ratios) // 100]


def _ratio(pair: Pair) -> float | None:
    """None for a headline and for what is too short to tell."""
    zh, en = characters(pair.zh), words(pair.en)
    if pair.field == "headline" or en < _FEWEST_WORDS or zh < _FEWEST_CHARACTERS:
        return None
    return zh / en


def _finding(code: str, pair: Pair, ratio: float) -> Finding:
    side: Side = "zh" if code == "length.zh_short" else "en"
    return Finding(code, pair.field, pair.bullet, side, values={"r": f"{ratio:.2f}"})
