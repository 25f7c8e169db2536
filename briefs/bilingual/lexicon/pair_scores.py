"""Score how likely a Chinese and an English text say the same, among the other texts of their document."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import exp, log, sqrt
from operator import mul

from briefs.bilingual.lexicon import concepts, dictionary
from briefs.bilingual.lexicon.concepts import ACRONYMS
from briefs.bilingual.lexicon.numbers_en import CARDINALS
from briefs.bilingual.lexicon.numbers_zh import SCALES, parse_numeral
from briefs.bilingual.text import count_han
from briefs.content import Side

_SCALES_EN = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_AMOUNT = r"(\d[\d,]{0,24}(?:\.\d+)?) ?"
_AMOUNT_ZH = re.compile(rf"{_AMOUNT}(兆|億|萬)(?:{_AMOUNT}(億|萬))?")
_AMOUNT_EN = re.compile(rf"{_AMOUNT}(thousand|million|billion|trillion)", re.IGNORECASE)
_TENTHS = re.compile("([一二三四五六七八九])成")
_PERCENT = re.compile(r"(?<!\d)(\d+) ?(?:%|percent|per cent)")
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
    amounts = {
        _format_value(_parse_value(m[1]) * SCALES[m[2]] + (_parse_value(m[3]) * SCALES[m[4]] if m[3] else 0))
        for m in _AMOUNT_ZH.finditer(text)
    }
    return amounts | {f"{parse_numeral(m[1])}0%" for m in _TENTHS.finditer(text)}


def extract_amounts_en(text: str) -> set[str]:
    amounts = {
        _format_value(_parse_value(m[1]) * _SCALES_EN[m[2].lower()]) for m in _AMOUNT_EN.finditer(text)
    }
    return amounts | {f"{m[1]}%" for m in _PERCENT.finditer(text)}


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
    missing = [text_tokens - there for text_tokens in tokens]
    if any(missing):
        words = set(_WORD_RUN.findall("\n".join(other_texts).casefold())).union(
            *map(extract_spelled_numbers, other_texts)
        )
        missing = [text_tokens - words for text_tokens in missing]
    return [len(text_tokens) for text_tokens in missing]


def _casefold_all(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _extract_figures(text: str, amounts: Callable[[str], set[str]], amount: re.Pattern[str]) -> set[str]:
    """Return the values of the figures in a text, without units."""
    numbers = [digits for digits in _FIGURE.findall(text) if len(digits) > 1]
    values = {value.rstrip("%") for value in amounts(text)}
    if values:
        numbers = [digits for digits in _FIGURE.findall(amount.sub(" ", text)) if len(digits) > 1]
    return values | {_format_value(_parse_value(digits)) for digits in numbers}


def _extract_spelled_numbers_zh(text: str) -> set[str]:
    """Return values of Chinese numerals. They can match an English figure but need none: 十 has other meanings too."""
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


HAN_PER_WORD = 1.65
"""Han characters and Latin runs per English word. The site's own briefs have 1.3–2.1."""
LONGEST_DOCUMENT = 200_000
"""Characters. The words of a longer document are not looked up."""

_LENGTH_SPREAD = 0.25
_LENGTH_WEIGHT = 1.6
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
_TOKEN_LIMIT = 24
"""Maximum number of tokens per text. Real bullets have fewer; limits the cost of a list of names."""

_STEM_LIMIT = 40
"""A stem in more English texts than this says nothing."""
_RARE = 5.0
"""Weight of a stem that few words of the dictionary have; a common one weighs log(_USUAL / its words)."""
_USUAL = 4_000
_WORD_WEIGHT = 3.0
_CONCEPT_CHANCE = 0.02
_FOUND = (0.45, 0.9)
"""Least and greatest probability that a right translation has a word; for a common word 1.5 times that of chance."""

_EVIDENCE_WEIGHTS = (3.88, 5.35, 0.2, 5.83, -6.79, -9.38, -9.9, -1.08, 0.4, -0.3, -0.6, -0.4)
"""Fitted on parallel passages of manuals (decision 20), except the last four: experts' texts have more figures and names
than manuals.
"""
_MANY_WORDS, _MANY_TEXTS = 10, 10
"""With fewer Chinese words or fewer texts to compare with, missing words are weaker evidence against a pair."""
JOIN_COST = 3.0
_JOINED_LIKENESS = 0.12
_CONFIDENCE = {True: (0.85, -4.6), False: (2.0, -1.5)}
"""Steepness and middle of the logistic curve from score to probability, with and without a dictionary."""
DOUBTFUL_CONFIDENCE = 0.78
"""Below it a pair is shown as doubtful."""
_CLEARLY_BETTER = 3.0

_CANDIDATE = re.compile("[0-9A-Z][0-9A-Za-z,.]*")
_TOKEN = re.compile(r"[0-9]+[A-Z][A-Za-z]*|[0-9][0-9,]*(?:\.[0-9]+)?|[A-Z][A-Za-z0-9]+")
# Searched first: one character class is three times as fast as three alternatives.


@dataclass(slots=True)
class _Text:
    length: float
    tokens: frozenset[str]
    unmatched_names: int = 0
    """Names that occur nowhere in the other language."""
    unmatched_figures: int = 0
    """Figures and acronyms that occur nowhere in the other language."""
    shared: frozenset[str] = frozenset()
    """The heaviest of the tokens that the other language has too."""


@dataclass(slots=True)
class _Overlap:
    """How much of two texts translates each other: by weight in each text, and by number of words in `zh`.

    `odds`: log odds that the Chinese words were matched because the texts say the same, not by accident.
    """

    zh: float = 0.0
    en: float = 0.0
    matched: float = 0.0
    likeness: float = 0.0
    odds: float = 0.0


_WeighedWords = dict[tuple[str, ...], tuple[float, float]]
"""By the stems of a word: log odds of a right pair if the English text lacks the word, and the gain if it has it."""


def has_too_many_words(zh: Sequence[str], en: Sequence[str]) -> bool:
    """Return whether the texts are too long for their words to be compared."""
    return sum(map(len, (*zh, *en))) > LONGEST_DOCUMENT


class PairScores:
    """Scores of pairing each Chinese text with each English one."""

    def __init__(
        self, zh: Sequence[str], en: Sequence[str], *, terms: Sequence[tuple[str, str]] = ()
    ) -> None:
        shared_terms = _find_shared_terms(terms, zh, en)
        extra = {a: " ".join(dictionary.find_stems_en(b)) for a, b in shared_terms}
        is_long = has_too_many_words(zh, en)
        meanings = [[] if is_long else dictionary.find_meanings_zh(text, extra) for text in zh]
        stems = [[] if is_long else list(dict.fromkeys(dictionary.find_stems_en(text))) for text in en]
        self.zh, self.en = _extract_texts(zh, en, meanings, stems, shared_terms)
        here, there = (
            Counter(token for text in side for token in text.tokens) for side in (self.zh, self.en)
        )
        shared = {token for token in here if token in there}
        self.weights = {
            token: (_DIGIT_WEIGHT if token.isdigit() and len(token) == 1 else _TOKEN_WEIGHT)
            / max(here[token], there[token])
            for token in shared
        }
        for text in (*self.zh, *self.en):
            text.shared = self._heaviest(text.tokens & shared)
        self.has_words = not is_long and bool(dictionary.load_dictionary().counts)
        if self.has_words:
            self._compare_words(meanings, stems)

    def _heaviest(self, tokens: frozenset[str]) -> frozenset[str]:
        if len(tokens) <= _TOKEN_LIMIT:
            return tokens
        return frozenset(sorted(tokens, key=lambda token: (-self.weights[token], token))[:_TOKEN_LIMIT])

    def _compare_words(self, meanings: Sequence[list[list[str]]], stems: Sequence[Sequence[str]]) -> None:
        texts_by_stem: dict[str, list[int]] = defaultdict(list)
        for j, text_stems in enumerate(stems):
            for stem in text_stems:
                texts_by_stem[stem].append(j)
        weights = _weigh_stems(texts_by_stem, len(stems))
        totals = [sum(weights[stem] for stem in text_stems) or 1.0 for text_stems in stems]
        texts_by_stem = {stem: texts for stem, texts in texts_by_stem.items() if len(texts) <= _STEM_LIMIT}
        self.totals = totals
        self.joined_texts: dict[tuple[Side, int], _Text] = {}
        weighed = _weigh_words(meanings, texts_by_stem, len(stems))
        self.word_counts = [max(len(words), 1) for words in weighed]
        self.no_overlaps = [_Overlap(odds=sum(missing for missing, _ in words.values())) for words in weighed]
        self.overlaps = [_find_overlaps(words, texts_by_stem, weights, totals) for words in weighed]
        columns: list[list[tuple[float, int]]] = [[] for _ in stems]
        self.row_rivals = []
        for i, row in enumerate(self.overlaps):
            likeness = [(overlap.likeness, j) for j, overlap in row.items()]
            self.row_rivals.append(nlargest(5, likeness))
            for value, j in likeness:
                columns[j].append((value, i))
        self.column_rivals = [nlargest(5, column) for column in columns]

    def score(self, i: int, j: int) -> float:
        """Return roughly the log odds that the pair is right. The median of right pairs is 5."""
        if not self.has_words:
            return self._combine(self.zh[i], self.en[j], None, (), 0)
        rivals = _mean_rival(self.row_rivals[i], (j,)), _mean_rival(self.column_rivals[j], (i,))
        overlap = self.overlaps[i].get(j, self.no_overlaps[i])
        return self._combine(self.zh[i], self.en[j], overlap, rivals, self.word_counts[i])

    def score_joined(self, zh: Sequence[int], en: Sequence[int]) -> float | None:
        """Return the score of two adjacent texts, joined, against one text of the other language.

        None if either of the two shares hardly a word with that text. Needs `has_words`.
        """
        one, other = self.overlaps[zh[0]].get(en[0]), self.overlaps[zh[-1]].get(en[-1])
        if one is None or other is None or min(one.likeness, other.likeness) < _JOINED_LIKENESS:
            return None
        sizes = [self.word_counts[i] for i in zh] if len(zh) > 1 else [self.totals[j] for j in en]
        in_zh, in_en = (_average, _unite) if len(zh) > 1 else (_unite, _average)
        share = sizes[0] / sum(sizes)
        overlap = _Overlap(
            in_zh(one.zh, other.zh, share),
            in_en(one.en, other.en, share),
            in_zh(one.matched, other.matched, share),
        )
        overlap.likeness = sqrt(overlap.zh * overlap.en)
        overlap.odds = one.odds + other.odds if len(zh) > 1 else max(one.odds, other.odds)
        rivals = (
            sum(_mean_rival(self.row_rivals[i], en) for i in zh) / len(zh),
            sum(_mean_rival(self.column_rivals[j], zh) for j in en) / len(en),
        )
        text_zh = self._get_joined_text("zh", zh[0]) if len(zh) > 1 else self.zh[zh[0]]
        text_en = self._get_joined_text("en", en[0]) if len(en) > 1 else self.en[en[0]]
        return self._combine(text_zh, text_en, overlap, rivals, sum(self.word_counts[i] for i in zh))

    def _get_joined_text(self, side: Side, index: int) -> _Text:
        if (side, index) not in self.joined_texts:
            texts = self.zh if side == "zh" else self.en
            self.joined_texts[side, index] = _join(texts[index], texts[index + 1])
        return self.joined_texts[side, index]

    def compute_confidence(self, score: float) -> float:
        """Return the probability that a pair of this score is right."""
        steepness, middle = _CONFIDENCE[self.has_words]
        return round(1 / (1 + exp(-steepness * (score - middle))), 2)

    def find_better_partner(self, i: int, j: int) -> int | None:
        """Return the index of an English text that fits Chinese text `i` better than `j` does, or None."""
        if not self.has_words:
            return None
        others = (index for _, index in self.row_rivals[i] if index != j)
        best = max(others, key=lambda index: self.score(i, index), default=None)
        lowest = max(self.score(i, j) + _CLEARLY_BETTER, 0.0)
        return best if best is not None and self.score(i, best) > lowest else None

    def _combine(
        self, zh: _Text, en: _Text, overlap: _Overlap | None, rivals: Sequence[float], words: int
    ) -> float:
        off = (zh.length - en.length) / _LENGTH_SPREAD
        off *= off
        alike = unlike = 0.0
        if zh.shared or en.shared:
            alike = sum(self.weights[token] for token in zh.shared & en.shared)
            unlike = sum(self.weights[token] for token in zh.shared ^ en.shared)
        names = zh.unmatched_names + en.unmatched_names
        figures = abs(zh.unmatched_figures - en.unmatched_figures)
        if overlap is None:
            unmatched = _LENGTH_WEIGHT * off + _UNMATCHED_FIGURE_COST * figures
            return 0.5 - unmatched / (1 + off) + alike - 0.5 * unlike - _UNMATCHED_NAME_COST * names
        words_evidence = (1.0, overlap.likeness, overlap.odds, overlap.en, 1 - overlap.matched)
        evidence = (*words_evidence, *rivals, off / (1 + 0.3 * off), alike, unlike, figures, names)
        score: float = sum(map(mul, _EVIDENCE_WEIGHTS, evidence))
        if score > 0:
            return score
        return score * min(words / _MANY_WORDS, 1) * min((len(self.zh) + len(self.en)) / _MANY_TEXTS, 1)


def _average(one: float, other: float, share: float) -> float:
    return one * share + other * (1 - share)


def _unite(one: float, other: float, share: float) -> float:
    """Return the share of a text that at least one of two joined texts covers, taking them as independent."""
    return one + other - one * other


def _mean_rival(best: Sequence[tuple[float, int]], own: Sequence[int]) -> float:
    return sum([value for value, index in best if index not in own][:3]) / 3


def _join(one: _Text, other: _Text) -> _Text:
    return _Text(
        log(exp(one.length) + exp(other.length) - 4),
        frozenset(),
        min(one.unmatched_names + other.unmatched_names, 2),
        min(one.unmatched_figures + other.unmatched_figures, 2),
        one.shared | other.shared,
    )


def _weigh_stems(texts_by_stem: Mapping[str, Sequence[int]], texts: int) -> dict[str, float]:
    """Return the weight of each stem: higher the rarer it is in the dictionary and among the texts."""
    counts = dictionary.load_dictionary().counts
    whole = log(1 + texts)
    return {
        stem: max(min(_RARE, log(_USUAL / counts[stem])) if stem in counts else _RARE, 0.3)
        * log(1 + texts / len(indexes))
        / whole
        for stem, indexes in texts_by_stem.items()
    }


def _weigh_words(
    texts: Sequence[Sequence[Sequence[str]]], texts_by_stem: Mapping[str, Sequence[int]], columns: int
) -> list[_WeighedWords]:
    """Weigh the words of each Chinese text against `columns` English ones."""
    counts = dictionary.load_dictionary().counts
    absences: dict[str, float] = {}
    known: _WeighedWords = {}
    for word in {tuple(word) for words in texts for word in words}:
        absent = 1.0
        for stem in word:
            if stem not in absences:
                common = (
                    _CONCEPT_CHANCE if stem.startswith(concepts.MARK) else counts.get(stem, 6) / _USUAL / 2
                )
                absences[stem] = 1 - (4 * min(common, 0.25) + len(texts_by_stem.get(stem, ()))) / (
                    4 + columns
                )
            absent *= absences[stem]
        by_accident = min(max(1 - absent, 0.01), 0.8)
        chance = min(max(1.5 * by_accident, _FOUND[0]), _FOUND[1])
        missing = log((1 - chance) / (1 - by_accident))
        known[word] = missing, log(chance / by_accident) - missing
    return [{word: known[word] for word in map(tuple, words)} for words in texts]


def _find_overlaps(
    words: _WeighedWords,
    texts_by_stem: Mapping[str, Sequence[int]],
    weights: Mapping[str, float],
    totals: Sequence[float],
) -> dict[int, _Overlap]:
    """Compare the words of a Chinese text with the English texts that have any of their stems."""
    overlaps: dict[int, _Overlap] = {}
    nothing = sum(missing for missing, _ in words.values())
    for word, (_, gain) in words.items():
        best: dict[int, float] = {}
        for stem in sorted(filter(texts_by_stem.__contains__, word), key=weights.__getitem__):
            best |= dict.fromkeys(texts_by_stem[stem], weights[stem])
        root = sqrt(len(word))
        for j, weight in best.items():
            if j not in overlaps:
                overlaps[j] = _Overlap(odds=nothing)
            overlap = overlaps[j]
            overlap.zh += weight / root
            overlap.matched += 1
            overlap.odds += gain
    for stem in dict.fromkeys(stem for word in words for stem in word):
        for j in texts_by_stem.get(stem, ()):
            overlaps[j].en += weights[stem] / totals[j]
    for overlap in overlaps.values():
        overlap.zh = min(overlap.zh / (_WORD_WEIGHT * len(words)), 1.0)
        overlap.en = min(overlap.en, 1.0)
        overlap.matched /= len(words)
        overlap.likeness = sqrt(overlap.zh * overlap.en)
    return overlaps


def _find_shared_terms(
    terms: Sequence[tuple[str, str]], zh: Sequence[str], en: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the casefolded terms that occur in both languages. Other terms carry no information."""
    if not terms:
        return []
    in_zh, in_en = ("\n".join(texts).casefold() for texts in (zh, en))
    return [
        (chinese, english)
        for a, b in terms
        if a and b and (chinese := a.casefold()) in in_zh and (english := b.casefold()) in in_en
    ]


def _extract_texts(
    zh: Sequence[str],
    en: Sequence[str],
    meanings: Sequence[list[list[str]]],
    stems: Sequence[Sequence[str]],
    terms: Sequence[tuple[str, str]],
) -> tuple[list[_Text], list[_Text]]:
    keys_zh = [{s for word in words for s in word if s.startswith(concepts.MARK)} for words in meanings]
    keys_en = [{s for s in text_stems if s.startswith(concepts.MARK)} for text_stems in stems]
    all_zh, all_en = set[str]().union(*keys_zh), set[str]().union(*keys_en)
    alone_zh, alone_en = count_unmatched_tokens(zh, en)
    amounts = extract_amounts_zh, extract_amounts_en

    def extract(side_index: int, text: str, keys: set[str], others: set[str], figures: int) -> _Text:
        latin = _TOKEN.findall(" ".join(_CANDIDATE.findall(text)))
        tokens = {token.replace(",", "").casefold() for token in latin} | keys
        tokens |= {f"amount {amount}" for amount in amounts[side_index](text)}
        if terms:
            lowered = text.casefold()
            tokens.update(f"term {n}" for n, term in enumerate(terms) if term[side_index] in lowered)
        length = HAN_PER_WORD * len(text.split()) if side_index else float(count_han(text) + len(latin))
        names = len((keys & concepts.NAME_KEYS) - others)
        return _Text(log(length + 4), frozenset(tokens), min(names, 2), min(figures, 2))

    return (
        [extract(0, text, keys, all_en, n) for text, keys, n in zip(zh, keys_zh, alone_zh, strict=True)],
        [extract(1, text, keys, all_zh, n) for text, keys, n in zip(en, keys_en, alone_en, strict=True)],
    )
