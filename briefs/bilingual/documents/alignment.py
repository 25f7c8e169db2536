"""Pair the points of the two languages that say the same, and report differences between the languages."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from briefs.bilingual.documents.types import Caution, Joined, ParsedSide, Point, PointPair, describe_language
from briefs.bilingual.lexicon import DOUBTFUL_CONFIDENCE, JOIN_COST, PairScores
from briefs.bilingual.text.text_diff import find_longest_rising
from briefs.content import SIDES, Side

_JOINED_PLACES = {"previous": ("previous", "上"), "next": ("next", "下")}


def find_side_cautions(sides: Mapping[Side, ParsedSide], pairs: Sequence[PointPair]) -> list[Caution]:
    cautions: list[Caution] = []
    for side in SIDES:
        if side not in sides:
            cautions.append(Caution(None, "language-missing", describe_language(side)))
        elif not sides[side].summary:
            cautions.append(Caution(sides[side].points[0].line, "summary-missing", describe_language(side)))
    if len(sides) == 2:
        cautions += _differences(sides["zh"].points, sides["en"].points, pairs)
    return cautions


def _differences(zh: Sequence[Point], en: Sequence[Point], pairs: Sequence[PointPair]) -> list[Caution]:
    cautions: list[Caution] = []
    both = [(pair.zh, pair.en) for pair in pairs if pair.zh and pair.en]
    if any(a.level != b.level for a, b in both):
        values = {"zh": _format_level_counts(zh), "en": _format_level_counts(en)}
        values |= {f"wide_{side}": shape.replace(" + ", "＋") for side, shape in values.items()}
        cautions.append(Caution(None, "structure-differs", values))
    elif differing := sum(a.marker != b.marker for a, b in both):
        cautions.append(Caution(None, "markers-differ", {"n": differing}))
    for pair in pairs:
        if pair.zh is None or pair.en is None:
            point, missing = (pair.zh, SIDES[1]) if pair.zh else (pair.en, SIDES[0])
            if point:
                values = {"text": point.text, **describe_language(missing)}
                if pair.joined:
                    values["place_en"], values["place_zh"] = _JOINED_PLACES[pair.joined]
                cautions.append(Caution(point.line, "pair-joined" if pair.joined else "one-sided", values))
        elif pair.is_moved:
            cautions.append(Caution(pair.zh.line, "pair-moved", {"text": pair.en.text}))
        elif pair.confidence < DOUBTFUL_CONFIDENCE:
            better = pair.better_en.text if pair.better_en else ""
            values = {"text": pair.zh.text, "better_en": better, "better_zh": better}
            if better:
                values |= {
                    "better_en": f" Perhaps it belongs to “{better}”",
                    "better_zh": f"可改配「{better}」",
                }
            cautions.append(Caution(pair.zh.line, "pair-doubtful", values))
    return cautions


def _format_level_counts(points: Sequence[Point]) -> str:
    """Return the number of points on each level, outermost first: `5 + 3`."""
    counts = Counter(point.level for point in points)
    return " + ".join(str(counts[level]) for level in sorted(counts)) or "0"


CELL_LIMIT = 80_000
"""Cells of the score table. A longer document is split at words that occur exactly once in each language."""
JOIN_LIMIT = 10_000
"""Cells up to which joined points are looked for."""

_UNPAIRED_SCORES = {True: -1.75, False: -0.7}
"""Score of a point without a partner, with and without a dictionary."""
_REORDERING_MARGINS = {True: 0.0, False: 1.5}
"""Score by which another alignment must beat the plain order if both languages have equally many points."""
_SHAPE_SCORE = 0.1
_LEAST_MOVED = 1.0
"""Score from which two points at different places are paired. A pair in order with a lower score is taken apart for it."""
_BAND = 40
_NARROWEST = 8

_Step = tuple[Sequence[int], Sequence[int]]
"""Indexes of a pair's Chinese and English points. At most one side has two."""


def align(
    zh: Sequence[Point], en: Sequence[Point], *, terms: Sequence[tuple[str, str]] = ()
) -> list[PointPair]:
    """Return pairs in reading order. `terms` are (Chinese, English) renderings of one concept."""
    if not zh or not en:
        return [*(PointPair(point, None) for point in zh), *(PointPair(None, point) for point in en)]
    table = _PathTable(zh, en, terms)
    steps = table.find_best_path()
    partners = table.find_moved_partners(steps)
    if not partners:
        return [pair for step in steps for pair in table.build_pairs(*step)]
    pairs: list[PointPair] = []
    for step in _cross(steps, partners):
        is_moved = bool(step[0]) and step[0][0] in partners
        pairs += (replace(pair, is_moved=is_moved) for pair in table.build_pairs(*step))
    return pairs


def _cross(steps: Sequence[_Step], partners: Mapping[int, int]) -> Iterator[_Step]:
    """Yield the steps with the moved English points beside their Chinese ones."""
    moved = set(partners.values())
    for zh, en in steps:
        left = [j for j in en if j not in moved]
        if zh and zh[0] in partners:
            yield zh, (partners[zh[0]],)
            zh = ()
        if zh or left:
            yield zh, left


class _PathTable:
    def __init__(self, zh: Sequence[Point], en: Sequence[Point], terms: Sequence[tuple[str, str]]) -> None:
        self.zh, self.en = zh, en
        self.scores = PairScores([point.text for point in zh], [point.text for point in en], terms=terms)
        self.unpaired = _UNPAIRED_SCORES[self.scores.has_words]
        self.joins = self.scores.has_words and len(zh) * len(en) <= JOIN_LIMIT

    def build_pairs(self, zh: Sequence[int], en: Sequence[int]) -> Iterator[PointPair]:
        """Yield the pairs of one alignment step. If it joins two points to one, the better fitting point gets the partner."""
        if not zh or not en:
            yield PointPair(self.zh[zh[0]] if zh else None, self.en[en[0]] if en else None, 0.5)
            return
        score = self._score_step(zh, en)
        i, j = max(((i, j) for i in zh for j in en), key=lambda indexes: self.scores.score(*indexes))
        confidence = self.scores.compute_confidence(score)
        if not self.scores.has_words and len(self.zh) == len(self.en):
            confidence = max(
                confidence, DOUBTFUL_CONFIDENCE
            )  # points in the same order are likelier to pair than names and lengths suggest
        better = self.scores.find_better_partner(i, j) if confidence < DOUBTFUL_CONFIDENCE else None
        for a in zh:
            for b in en:
                if (a, b) == (i, j):
                    other = None if better is None else self.en[better]
                    yield PointPair(self.zh[i], self.en[j], confidence, better_en=other)
                else:
                    joined: Joined = "previous" if (a, b) > (i, j) else "next"
                    yield PointPair(
                        self.zh[a] if a != i else None, self.en[b] if b != j else None, confidence, joined
                    )

    def find_moved_partners(self, steps: Sequence[_Step]) -> dict[int, int]:
        """Return the English index of each Chinese one whose partner stands elsewhere. Steps in order come first."""
        if not self.scores.has_words or len(self.zh) * len(self.en) > JOIN_LIMIT:
            return {}
        in_order = {zh[0]: en[0] for zh, en in steps if len(zh) == len(en) == 1}
        weak = {i: j for i, j in in_order.items() if self.scores.score(i, j) < _LEAST_MOVED}
        free_zh = [*weak, *(i for zh, en in steps if not en for i in zh)]
        free_en = {*weak.values(), *(j for zh, en in steps if not zh for j in en)}
        scores = {(i, j): self.scores.score(i, j) for i in free_zh for j in free_en}
        partners: dict[int, int] = {}
        for (i, j), score in sorted(scores.items(), key=lambda item: -item[1]):
            if score >= _LEAST_MOVED and i not in partners and j in free_en:
                free_en.discard(j)
                partners[i] = j
        return partners

    def _score_step(self, zh: Sequence[int], en: Sequence[int]) -> float:
        if len(zh) + len(en) > 2:
            score = self.scores.score_joined(zh, en)
            return -JOIN_COST if score is None else score
        return self.score(zh[0], en[0])

    def score(self, i: int, j: int) -> float:
        zh, en = self.zh[i], self.en[j]
        shape = _SHAPE_SCORE if zh.level == en.level and zh.marker == en.marker else 0.0
        return self.scores.score(i, j) + shape

    def find_best_path(self) -> list[_Step]:
        rows, columns = len(self.zh), len(self.en)
        if rows == columns:
            plain = [self.score(n, n) for n in range(rows)]
            in_order: list[_Step] = [((n,), (n,)) for n in range(rows)]
        steps: list[_Step] = []
        total = 0.0
        whole = rows * min(columns, 2 * _band(rows, columns) + 1) <= CELL_LIMIT
        for block in [(0, rows, 0, columns)] if whole else self._blocks():
            path, gain = self._find_block_path(*block)
            steps += path
            total += gain
        if rows == columns and total < sum(plain) + _REORDERING_MARGINS[self.scores.has_words]:
            return in_order
        return steps

    def _blocks(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield blocks between adjacent anchors, split further where a block would take too long."""
        rows, columns = len(self.zh), len(self.en)
        width = max(CELL_LIMIT // rows, _NARROWEST)
        for (i, j), (last_i, last_j) in pairwise([(0, 0), *self._anchors(), (rows, columns)]):
            parts = max(-(-max(last_i - i, last_j - j) // width), 1)
            for n in range(parts):
                yield (
                    i + (last_i - i) * n // parts,
                    i + (last_i - i) * (n + 1) // parts,
                    j + (last_j - j) * n // parts,
                    j + (last_j - j) * (n + 1) // parts,
                )

    def _anchors(self) -> list[tuple[int, int]]:
        """Return pairs of points that share a word found in no other point, as many as possible in rising
        order.
        """
        zh, en = ([text.tokens for text in texts] for texts in (self.scores.zh, self.scores.en))
        once = {token: j for j, tokens in enumerate(en) for token in tokens}
        here, there = (Counter(token for tokens in side for token in tokens) for side in (zh, en))
        pairs = sorted(
            {
                (i, -once[token])
                for i, tokens in enumerate(zh)
                for token in tokens
                if here[token] == 1 and there[token] == 1
            }
        )
        rising = find_longest_rising([-negative for _, negative in pairs])
        return [(pairs[n][0], -pairs[n][1]) for n in rising]

    def _find_block_path(self, i: int, last_i: int, j: int, last_j: int) -> tuple[list[_Step], float]:
        rows, columns = last_i - i, last_j - j
        band = _band(rows, columns)
        choices: list[bytearray] = []
        starts: list[int] = []
        totals = [[n * self.unpaired for n in range(columns + 1)]]
        for row in range(1, rows + 1):
            middle = row * columns // rows
            low, high = max(1, middle - band), min(columns, middle + band)
            total, choice = self._score_row(row, range(low, high + 1), totals[-2:], i, j, columns)
            totals = [*totals[-1:], total]
            choices.append(choice)
            starts.append(low)
        return _trace_back(choices, starts, i, j, columns), totals[-1][columns]

    def _score_row(
        self, row: int, band: range, above: Sequence[list[float]], i: int, j: int, columns: int
    ) -> tuple[list[float], bytearray]:
        """Score one Chinese point against the English ones in the band. `_MOVES` lists the choices."""
        total = [-1e9] * (columns + 1)
        total[0] = row * self.unpaired
        choice = bytearray(len(band))
        for n, column in enumerate(band):
            a, b = i + row - 1, j + column - 1
            options = [
                above[-1][column - 1] + self.score(a, b),
                above[-1][column] + self.unpaired,
                total[column - 1] + self.unpaired,
            ]
            if self.joins:
                options.append(above[0][column - 1] + self._score_join((a - 1, a), (b,)) if row > 1 else -1e9)
                options.append(
                    above[-1][column - 2] + self._score_join((a,), (b - 1, b)) if column > 1 else -1e9
                )
            total[column] = max(options)
            choice[n] = options.index(total[column])
        return total, choice

    def _score_join(self, zh: Sequence[int], en: Sequence[int]) -> float:
        score = self.scores.score_joined(zh, en)
        return -1e9 if score is None else score - JOIN_COST


_MOVES = ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2))
"""Numbers of Chinese and English points of a step."""


def _trace_back(
    choices: list[bytearray], starts: list[int], first_i: int, first_j: int, columns: int
) -> list[_Step]:
    steps: list[_Step] = []
    i, j = len(choices), columns
    while i or j:
        column = j - starts[i - 1] if i else -1
        if not i:
            down, right = 0, 1
        elif not j or not 0 <= column < len(choices[i - 1]):
            down, right = 1, 0
        else:
            down, right = _MOVES[choices[i - 1][column]]
        i, j = i - down, j - right
        steps.append((range(first_i + i, first_i + i + down), range(first_j + j, first_j + j + right)))
    return steps[::-1]


def _band(rows: int, columns: int) -> int:
    return _BAND + abs(rows - columns)
