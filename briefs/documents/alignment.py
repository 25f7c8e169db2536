"""Pair the points of the two languages that say the same.

Gale–Church by dynamic programming over length and what both languages share (numbers, Latin names and
acronyms, glossary terms). A point without a partner stays one-sided; the order within a language never
changes.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, log

from briefs.content import SIDES, Side
from briefs.documents import alignment_features
from briefs.documents.types import Point, PointPair
from briefs.lexicon import concepts
from briefs.text.scripts import count_han
from briefs.text.text_diff import find_longest_rising

HAN_PER_WORD = 1.65
"""Han characters and Latin runs per English word. The site's own briefs have 1.3–2.1."""

CELL_LIMIT = 700_000
"""Cells of the score table. A longer document is split at words that occur exactly once in each language."""

_LENGTH_SPREAD = 0.25
_LENGTH_WEIGHT = 1.6
_UNPAIRED_SCORE = -0.7
_BAND = 40
_TOKEN_LIMIT = 24
"""Maximum number of tokens per point. Real bullets have fewer; limits the cost of a list of names."""
_NARROWEST = 8
_REORDERING_MARGIN = 1.5
"""Score by which another alignment must beat the plain order if both languages have equally many points."""

# Searched first: one class of characters is three times as fast as three alternatives.
_CANDIDATE = re.compile("[0-9A-Z][0-9A-Za-z,.]*")
_TOKEN = re.compile(r"[0-9]+[A-Z][A-Za-z]*|[0-9][0-9,]*(?:\.[0-9]+)?|[A-Z][A-Za-z0-9]+")


_UNMATCHED_NAME_COST = 0.6
"""Cost of a name that occurs nowhere in the other language. At most two names count."""
_UNMATCHED_FIGURE_COST = 1.0
"""Cost of a figure or an acronym that occurs nowhere in the other language; at most two count, where lengths
agree.

Equal numbers of them on both sides cost nothing: 2027 for 2028, or miles for kilometres. A large difference
in length reduces the cost, since length is scored already.
"""
_TOKEN_WEIGHT = 1.2
"""Weight of a token that occurs once in each language: a name, a figure or a common word."""
_DIGIT_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class _Features:
    length: float
    tokens: frozenset[str]
    level: int
    is_number: bool
    unmatched_names: int = 0
    """Names that occur nowhere in the other language."""
    unmatched_figures: int = 0
    """Figures and acronyms that occur nowhere in the other language."""


def align(
    zh: Sequence[Point], en: Sequence[Point], *, terms: Sequence[tuple[str, str]] = ()
) -> list[PointPair]:
    """Return pairs in reading order. `terms` are (Chinese, English) renderings of one concept."""
    if not zh or not en:
        return [*(PointPair(point, None) for point in zh), *(PointPair(None, point) for point in en)]
    shared_terms = _find_shared_terms(terms, zh, en)
    table = _ScoreTable(
        [_extract_features(p, "zh", shared_terms) for p in zh],
        [_extract_features(p, "en", shared_terms) for p in en],
    )
    if len(zh) == len(en):
        scores = [table.score(n, n) for n in range(len(zh))]
        if not table.is_doubtful(scores):
            return _pair_in_order(zh, en, scores)
        table = _add_concepts(table, zh, en)
        scores = [table.score(n, n) for n in range(len(zh))]
        steps, total = table.find_best_path()
        if total < sum(scores) + _REORDERING_MARGIN:
            return _pair_in_order(zh, en, scores)
    else:
        table = _add_concepts(table, zh, en)
        steps, _ = table.find_best_path()
    return [
        PointPair(
            zh[i] if i is not None else None,
            en[j] if j is not None else None,
            _confidence(table.score(i, j)) if i is not None and j is not None else 0.5,
        )
        for i, j in steps
    ]


def _pair_in_order(zh: Sequence[Point], en: Sequence[Point], scores: Sequence[float]) -> list[PointPair]:
    return [PointPair(a, b, max(_confidence(score), 0.5)) for a, b, score in zip(zh, en, scores, strict=True)]


def _confidence(score: float) -> float:
    return round(1 / (1 + exp(-2 * score)), 2)


def _find_shared_terms(
    terms: Sequence[tuple[str, str]], zh: Sequence[Point], en: Sequence[Point]
) -> list[tuple[str, str]]:
    """Return the casefolded terms that occur in both languages. Other terms carry no information."""
    if not terms:
        return []
    in_zh, in_en = ("\n".join(point.text for point in points).casefold() for points in (zh, en))
    return [
        (chinese, english)
        for a, b in terms
        if a and b and (chinese := a.casefold()) in in_zh and (english := b.casefold()) in in_en
    ]


def _extract_features(point: Point, side: Side, terms: Sequence[tuple[str, str]]) -> _Features:
    text = point.text
    found = _TOKEN.findall(" ".join(_CANDIDATE.findall(text)))
    tokens = {token.replace(",", "").casefold() for token in found}
    length = float(count_han(text) + len(found)) if side == "zh" else HAN_PER_WORD * len(text.split())
    if terms:
        lowered, place = text.casefold(), SIDES.index(side)
        tokens.update(f"term {n}" for n, term in enumerate(terms) if term[place] in lowered)
    return _Features(log(length + 4), frozenset(tokens), point.level, point.marker == "number")


def _add_concepts(table: "_ScoreTable", zh: Sequence[Point], en: Sequence[Point]) -> "_ScoreTable":
    """Add features for concepts and amounts. This takes as long as everything else, so it runs only in case
    of doubt.
    """
    texts_zh, texts_en = [point.text for point in zh], [point.text for point in en]
    english = list(map(concepts.normalize_english, texts_en))
    words = concepts.find_mentioned_concepts(texts_zh, english)
    in_zh = [{word for word in words if any(form in text for form in word.chinese)} for text in texts_zh]
    in_en = [{word for word in words if any(form in text for form in word.english)} for text in english]
    amounts_zh = map(alignment_features.extract_amounts_zh, texts_zh)
    amounts_en = map(alignment_features.extract_amounts_en, texts_en)
    alone_zh, alone_en = alignment_features.count_unmatched_tokens(texts_zh, texts_en)
    all_zh, all_en = set[concepts.Concept]().union(*in_zh), set[concepts.Concept]().union(*in_en)
    return _ScoreTable(
        [
            _add_concept_tokens(*row, concepts_of_other_side=all_en)
            for row in zip(table.zh, in_zh, amounts_zh, alone_zh, strict=True)
        ],
        [
            _add_concept_tokens(*row, concepts_of_other_side=all_zh)
            for row in zip(table.en, in_en, amounts_en, alone_en, strict=True)
        ],
    )


def _add_concept_tokens(
    features: _Features,
    mentioned_concepts: set[concepts.Concept],
    amounts: set[str],
    unmatched_figures: int,
    *,
    concepts_of_other_side: set[concepts.Concept],
) -> _Features:
    tokens = {f"{'name' if word.is_name else 'thing'} {word.key}" for word in mentioned_concepts}
    tokens |= {f"amount {amount}" for amount in amounts}
    alone = sum(word.is_name and word not in concepts_of_other_side for word in mentioned_concepts)
    return replace(
        features,
        tokens=features.tokens | tokens,
        unmatched_names=min(alone, 2),
        unmatched_figures=min(unmatched_figures, 2),
    )


class _ScoreTable:
    """Scores of pairing each Chinese point with each English one."""

    def __init__(self, zh: Sequence[_Features], en: Sequence[_Features]) -> None:
        self.zh, self.en = zh, en
        self.en_token_counts = Counter(token for features in en for token in features.tokens)
        here = Counter(token for features in zh for token in features.tokens)
        shared = {token for token in here if token in self.en_token_counts}
        self.weights = {
            token: (_DIGIT_WEIGHT if token.isdigit() and len(token) == 1 else _TOKEN_WEIGHT)
            / max(here[token], self.en_token_counts[token])
            for token in shared
        }
        self.zh_shared = [self._heaviest(features.tokens & shared) for features in zh]
        self.en_shared = [self._heaviest(features.tokens & shared) for features in en]

    def _heaviest(self, tokens: frozenset[str]) -> frozenset[str]:
        if len(tokens) <= _TOKEN_LIMIT:
            return tokens
        return frozenset(sorted(tokens, key=lambda token: (-self.weights[token], token))[:_TOKEN_LIMIT])

    def score(self, i: int, j: int) -> float:
        zh, en = self.zh[i], self.en[j]
        off = (zh.length - en.length) / _LENGTH_SPREAD
        off *= off
        score = 0.5 - (
            _LENGTH_WEIGHT * off + _UNMATCHED_FIGURE_COST * abs(zh.unmatched_figures - en.unmatched_figures)
        ) / (1 + off)
        a, b = self.zh_shared[i], self.en_shared[j]
        if a or b:
            weights = self.weights
            score += sum(weights[token] for token in a & b) - 0.5 * sum(weights[token] for token in a ^ b)
        if zh.level == en.level and zh.is_number == en.is_number:
            score += 0.1
        return score - _UNMATCHED_NAME_COST * (zh.unmatched_names + en.unmatched_names)

    def is_doubtful(self, scores: Sequence[float]) -> bool:
        """Return whether the plain order is doubtful: lengths differ widely, or two points share words only
        with others.
        """
        return any(score < _UNPAIRED_SCORE for score in scores) or any(
            not (a & b) and a and b for a, b in zip(self.zh_shared, self.en_shared, strict=True)
        )

    def find_best_path(self) -> tuple[list[tuple[int | None, int | None]], float]:
        rows, columns = len(self.zh), len(self.en)
        if rows * min(columns, 2 * _band(rows, columns) + 1) <= CELL_LIMIT:
            return self._find_whole_path()
        steps: list[tuple[int | None, int | None]] = []
        total = 0.0
        for i, last_i, j, last_j in self._blocks():
            path, gain = _ScoreTable(self.zh[i:last_i], self.en[j:last_j])._find_whole_path()
            steps += [(None if a is None else a + i, None if b is None else b + j) for a, b in path]
            total += gain
        return steps, total

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
        once = {token: j for j, features in enumerate(self.en) for token in features.tokens}
        here = Counter(token for features in self.zh for token in features.tokens)
        pairs = sorted(
            {
                (i, -once[token])
                for i, features in enumerate(self.zh)
                for token in features.tokens
                if here[token] == 1 and self.en_token_counts[token] == 1
            }
        )
        rising = find_longest_rising([-negative for _, negative in pairs])
        return [(pairs[n][0], -pairs[n][1]) for n in rising]

    def _find_whole_path(self) -> tuple[list[tuple[int | None, int | None]], float]:
        rows, columns = len(self.zh), len(self.en)
        band = _band(rows, columns)
        choices: list[bytearray] = []
        starts: list[int] = []
        above = [j * _UNPAIRED_SCORE for j in range(columns + 1)]
        for i in range(1, rows + 1):
            middle = i * columns // rows
            low, high = max(1, middle - band), min(columns, middle + band)
            above, choice = self._score_row(i, low, high, above)
            choices.append(choice)
            starts.append(low)
        return self._trace_back(choices, starts), above[columns]

    def _score_row(self, i: int, low: int, high: int, above: list[float]) -> tuple[list[float], bytearray]:
        """Score one Chinese point against the English ones in the band. Choices: 1 pair, 2 zh alone, 3 en
        alone.
        """
        row = [-1e9] * (len(self.en) + 1)
        row[0] = i * _UNPAIRED_SCORE
        choice = bytearray(high - low + 1)
        for j in range(low, high + 1):
            pair = above[j - 1] + self.score(i - 1, j - 1)
            zh_alone = above[j] + _UNPAIRED_SCORE
            en_alone = row[j - 1] + _UNPAIRED_SCORE
            if pair >= zh_alone and pair >= en_alone:
                row[j], choice[j - low] = pair, 1
            elif zh_alone >= en_alone:
                row[j], choice[j - low] = zh_alone, 2
            else:
                row[j], choice[j - low] = en_alone, 3
        return row, choice

    def _trace_back(self, choices: list[bytearray], starts: list[int]) -> list[tuple[int | None, int | None]]:
        steps: list[tuple[int | None, int | None]] = []
        i, j = len(self.zh), len(self.en)
        while i or j:
            if not i:
                choice = 3
            else:
                place = j - starts[i - 1]
                choice = choices[i - 1][place] if j and 0 <= place < len(choices[i - 1]) else 2
            steps.append((i - 1 if choice != 3 else None, j - 1 if choice != 2 else None))
            i, j = i - (choice != 3), j - (choice != 2)
        return steps[::-1]


def _band(rows: int, columns: int) -> int:
    return _BAND + abs(rows - columns)
