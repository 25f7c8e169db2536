"""Report differences between the two languages of a document as cautions."""

from collections import Counter
from collections.abc import Mapping, Sequence

from briefs.content import SIDES, Side
from briefs.documents.types import Caution, ParsedSide, Point, PointPair, describe_language
from briefs.lexicon.pair_scores import DOUBTFUL_CONFIDENCE

_JOINED_PLACES = {"previous": ("previous", "上"), "next": ("next", "下")}


def find_side_cautions(sides: Mapping[Side, ParsedSide], pairs: Sequence[PointPair]) -> list[Caution]:
    found: list[Caution] = []
    for side in SIDES:
        if side not in sides:
            found.append(Caution(None, "language-missing", describe_language(side)))
        elif not sides[side].summary:
            found.append(Caution(sides[side].points[0].line, "summary-missing", describe_language(side)))
    if len(sides) == 2:
        found += _differences(sides["zh"].points, sides["en"].points, pairs)
    return found


def _differences(zh: Sequence[Point], en: Sequence[Point], pairs: Sequence[PointPair]) -> list[Caution]:
    found: list[Caution] = []
    both = [(pair.zh, pair.en) for pair in pairs if pair.zh and pair.en]
    if any(a.level != b.level for a, b in both):
        values = {"zh": _format_level_counts(zh), "en": _format_level_counts(en)}
        values |= {f"wide_{side}": shape.replace(" + ", "＋") for side, shape in values.items()}
        found.append(Caution(None, "structure-differs", values))
    elif differing := sum(a.marker != b.marker for a, b in both):
        found.append(Caution(None, "markers-differ", {"n": differing}))
    for pair in pairs:
        if pair.zh is None or pair.en is None:
            point, missing = (pair.zh, SIDES[1]) if pair.zh else (pair.en, SIDES[0])
            if point:
                values = {"text": point.text, **describe_language(missing)}
                if pair.joined:
                    values["place_en"], values["place_zh"] = _JOINED_PLACES[pair.joined]
                found.append(Caution(point.line, "pair-joined" if pair.joined else "one-sided", values))
        elif pair.confidence < DOUBTFUL_CONFIDENCE:
            better = pair.better_en.text if pair.better_en else ""
            values = {"text": pair.zh.text, "better_en": better, "better_zh": better}
            if better:
                values |= {
                    "better_en": f" Perhaps it belongs to “{better}”",
                    "better_zh": f"可改配「{better}」",
                }
            found.append(Caution(pair.zh.line, "pair-doubtful", values))
    return found


def _format_level_counts(points: Sequence[Point]) -> str:
    """Return the number of points on each level, outermost first: `5 + 3`."""
    counts = Counter(point.level for point in points)
    return " + ".join(str(counts[level]) for level in sorted(counts)) or "0"
