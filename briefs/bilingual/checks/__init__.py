"""Advisory checks on a brief's content: pure functions that return findings and never change the text."""

from .changes import apply_edits
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
from .texts import CheckContext, Edit, Finding, Repair, TermData
from .whole_brief import compute_ratio_band

__all__ = [
    "ALL_CHECKS",
    "FINDING_MESSAGES",
    "PLAIN_CHECKS",
    "CheckContext",
    "Dismissal",
    "Edit",
    "Finding",
    "Repair",
    "TermData",
    "apply_edits",
    "collect_plain_repairs",
    "combine_repairs",
    "compute_ratio_band",
    "count_repaired_places",
    "find_dismissed",
    "find_term_spans",
    "find_terms_in_pair",
    "hash_text_pair",
    "is_house_style",
    "prefilter_names",
    "remove_dismissed",
    "run_checks",
]
