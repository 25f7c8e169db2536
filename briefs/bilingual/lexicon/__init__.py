"""What words mean in both languages: `figure` (numbers and units), `concepts` (names), `meanings`, `dictionary`, and
`pair_scores` (how likely two texts say the same). Data files lie beside the module that reads them. No Django.
"""

from .axes import are_opposed
from .concepts import ACRONYM_NAMES, CHECKED_NAMES
from .meanings import NAME_SECTIONS, SHORT_NAMES, Meaning, find_meanings, load_renderings
from .numbers_zh import parse_numeral
from .pair_scores import DOUBTFUL_CONFIDENCE, JOIN_COST, PairScores, has_too_many_words
from .passages import Passage, cut_passages, find_altered_quotations, needs_passage
from .word_links import (
    NEGATION,
    LinkedPair,
    Word,
    compute_likeness,
    divide,
    find_stems_zh,
    is_written_by_sound,
    link_words,
    list_before,
    list_expressing,
    list_unlinked_names,
    weigh_stem,
)

__all__ = [
    "ACRONYM_NAMES",
    "CHECKED_NAMES",
    "DOUBTFUL_CONFIDENCE",
    "JOIN_COST",
    "NAME_SECTIONS",
    "NEGATION",
    "SHORT_NAMES",
    "LinkedPair",
    "Meaning",
    "PairScores",
    "Passage",
    "Word",
    "are_opposed",
    "compute_likeness",
    "cut_passages",
    "dictionary",
    "divide",
    "figure",
    "find_altered_quotations",
    "find_meanings",
    "find_stems_zh",
    "has_too_many_words",
    "is_written_by_sound",
    "link_words",
    "list_before",
    "list_expressing",
    "list_unlinked_names",
    "load_renderings",
    "needs_passage",
    "numbers_en",
    "numbers_zh",
    "parse_numeral",
    "passages",
    "weigh_stem",
]
