"""Cut an article into passages, and find those that a claim of a brief rests on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from briefs.bilingual.lexicon import concepts, numbers_en, numbers_zh
from briefs.bilingual.lexicon.figure import Figure
from briefs.bilingual.lexicon.pair_scores import PairScores
from briefs.bilingual.text import detect_side, split_sentences
from briefs.content import Bullet, Side

LONGEST_PASSAGE: Final = {"zh": 220, "en": 600}
"""Characters. A longer paragraph is cut between sentences."""
SHORTEST_PASSAGE: Final = {"zh": 8, "en": 25}
"""Characters. A shorter line is a heading or a caption."""
OFFERED: Final = 3
LIKELY_CONFIDENCE: Final = 0.98
"""Below it the source of a claim may as well not be in the article.

On 286 claims of 40 briefs, each with and without its passage among five other articles, and on 300 claims of 40 more: 97.2 and
98.7 % of the claims without their passage are unsure, and 1.4 and 2.7 % of those with it. Of claims restated in words of their
own, 27 and 28 of 30 are unsure.
"""

_QUOTATION = re.compile('“([^“”]{12,})”|"([^"]{12,})"|「([^「」]{5,})」')
_WORD = re.compile(r"[^\W_]+")
_NAME_EN = re.compile(r"[A-Z][\w’'-]*(?: (?:(?:of|the|for|and) )?[A-Z][\w’'-]*)+|\b[A-Z]{2,}\b")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that may support a claim.

    `shared`: the figures and names of the passage that the claim has too. `is_unsure`: the passage may well say something else.
    """

    text: str
    side: Side
    shared: tuple[str, ...] = ()
    is_unsure: bool = False


def cut_passages(text: str) -> list[Passage]:
    """Return the paragraphs of an article, those that are too long in parts of whole sentences, without headings."""
    return [
        Passage(part, side)
        for line in text.split("\n")
        if (paragraph := line.strip())
        for side in (_find_side(paragraph),)
        if len(paragraph) >= SHORTEST_PASSAGE[side]
        for part in _cut_paragraph(paragraph, side)
    ]


def _find_side(text: str) -> Side:
    return detect_side(text) or "en"


def _cut_paragraph(paragraph: str, side: Side) -> list[str]:
    if len(paragraph) <= LONGEST_PASSAGE[side]:
        return [paragraph]
    space = " " if side == "en" else ""
    parts: list[str] = []
    for sentence in split_sentences(paragraph, side):
        if parts and len(parts[-1]) + len(sentence) < LONGEST_PASSAGE[side]:
            parts[-1] += space + sentence
        else:
            parts.append(sentence)
    return parts


def find_passages(claims: Sequence[Bullet], at: int, passages: Sequence[Passage]) -> list[Passage]:
    """Return up to three passages for the claim `at`, likeliest first.

    Each passage is compared with the claim in the other language. The other claims of the brief count as rivals: what they rest on is less
    likely the source of this one.
    """
    scored = []
    for side in ("zh", "en"):
        own = [passage for passage in passages if passage.side == side]
        texts = [claim.text_en if side == "zh" else claim.text_zh for claim in claims]
        if not own or not texts[at].strip():
            continue
        kept = [n for n, text in enumerate(texts) if text.strip()]
        mine, theirs = [texts[n] for n in kept], [passage.text for passage in own]
        row = kept.index(at)
        scores = PairScores(mine, theirs) if side == "en" else PairScores(theirs, mine)
        for n, passage in enumerate(own):
            score = scores.score(row, n) if side == "en" else scores.score(n, row)
            scored.append((score, scores.compute_confidence(score) < LIKELY_CONFIDENCE, passage))
    scored.sort(key=lambda entry: -entry[0])
    claim = claims[at]
    return [
        Passage(passage.text, passage.side, find_shared_marks(claim, passage), is_unsure)
        for _, is_unsure, passage in scored[:OFFERED]
    ]


def find_shared_marks(claim: Bullet, passage: Passage) -> tuple[str, ...]:
    """Return the figures and names of a passage that the claim has too, in either language, as the passage spells them."""
    values = {value for figure in _find_figures(claim) for value in figure.values}
    module = numbers_zh if passage.side == "zh" else numbers_en
    figures = [
        f.raw
        for f in module.find_figures(passage.text)
        if f.needs_counterpart and values.intersection(f.values)
    ]
    own = claim.text_zh if passage.side == "zh" else claim.text_en
    keys = _find_name_keys(claim.text_en)
    names = [name for name in _NAME_EN.findall(passage.text) if name in own or keys & _find_name_keys(name)]
    return tuple(dict.fromkeys([*figures, *names]))


def _find_name_keys(text_en: str) -> set[str]:
    return concepts.NAME_KEYS.intersection(concepts.find_keys_en(concepts.normalize_english(text_en).split()))


def _find_figures(claim: Bullet) -> list[Figure]:
    return [*numbers_zh.find_figures(claim.text_zh), *numbers_en.find_figures(claim.text_en)]


def needs_passage(claim: Bullet) -> bool:
    """Return whether a claim has what a reader would check in the original: a figure, a quotation or a name."""
    is_named = _NAME_EN.search(claim.text_en) or _find_name_keys(claim.text_en)
    return bool(is_named) or has_figure_or_quotation(claim)


def has_figure_or_quotation(claim: Bullet) -> bool:
    both = claim.text_zh, claim.text_en
    return any(map(_QUOTATION.search, both)) or any(f.needs_counterpart for f in _find_figures(claim))


def find_altered_quotations(text_en: str, passage: str) -> list[str]:
    """Return the English quotations that an English passage does not have word for word. Punctuation and case do not count."""
    if not passage.strip() or _find_side(passage) == "zh":
        return []
    spoken = f" {_normalize(passage)} "
    quoted = ["".join(groups) for groups in _QUOTATION.findall(text_en)]
    return [words for words in quoted if f" {_normalize(words)} " not in spoken]


def _normalize(text: str) -> str:
    return " ".join(_WORD.findall(text.replace("’", "").replace("'", "").casefold()))
