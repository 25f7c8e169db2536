"""Advisory checks on a brief's content: pure functions that return findings and never change the text."""

from .changes import apply_edits, has_same_words
from .chinese import load_default_wordings
from .english import load_frequencies
from .glossary import (
    find_term_spans,
    find_terms_in_pair,
    prefilter_names,
)
from .registry import (
    ALL_CHECKS,
    FINDING_MESSAGES,
    PLAIN_CHECKS,
    Dismissal,
    collect_plain_repairs,
    combine_repairs,
    count_repaired_places,
    find_dismissed,
    hash_text_pair,
    is_house_style,
    remove_dismissed,
    run_checks,
)
from .texts import (
    IMPORT_CHECK,
    CheckContext,
    Edit,
    Finding,
    MessageValues,
    Repair,
    TermData,
    fold_for_names,
    iterate_text_pairs,
)
from .whole_brief import compute_ratio_band

__all__ = [
    "ALL_CHECKS",
    "FINDING_MESSAGES",
    "IMPORT_CHECK",
    "PLAIN_CHECKS",
    "CheckContext",
    "Dismissal",
    "Edit",
    "Finding",
    "MessageValues",
    "Repair",
    "TermData",
    "apply_edits",
    "chinese",
    "collect_plain_repairs",
    "combine_repairs",
    "compute_ratio_band",
    "count_repaired_places",
    "find_dismissed",
    "find_term_spans",
    "find_terms_in_pair",
    "fold_for_names",
    "has_same_words",
    "hash_text_pair",
    "is_house_style",
    "iterate_text_pairs",
    "load_default_wordings",
    "load_frequencies",
    "prefilter_names",
    "remove_dismissed",
    "run_checks",
]
