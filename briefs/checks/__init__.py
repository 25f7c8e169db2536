"""Advisory checks on a brief's content: pure functions that return findings and never change the text."""

from .apply_repairs import apply_edits, differs_only_in_punctuation
from .bilingual.glossary_agreement import (
    count_term_renderings,
    find_term_spans,
    find_terms_in_pair,
)
from .bilingual.lens import LENS_KINDS, LensSpan, light_pair, light_pairs
from .check_registry import ALL_CHECKS, PLAIN_CHECKS, run_checks
from .context import CheckContext, TermData
from .finding import Edit, Finding, Repair
from .length import compute_ratio_band
from .messages import PLURAL_FINDING_MESSAGES, find_msgid
from .minor_change import SubstantiveDifference, find_substantive_differences
from .name_prefilter import prefilter_names
from .resolution import (
    Dismissal,
    collect_plain_repairs,
    combine_repairs,
    count_repaired_places,
    find_dismissed,
    hash_text_pair,
    remove_dismissed,
)

__all__ = [
    "ALL_CHECKS",
    "LENS_KINDS",
    "PLAIN_CHECKS",
    "PLURAL_FINDING_MESSAGES",
    "CheckContext",
    "Dismissal",
    "Edit",
    "Finding",
    "LensSpan",
    "Repair",
    "SubstantiveDifference",
    "TermData",
    "apply_edits",
    "collect_plain_repairs",
    "combine_repairs",
    "compute_ratio_band",
    "count_repaired_places",
    "count_term_renderings",
    "differs_only_in_punctuation",
    "find_dismissed",
    "find_msgid",
    "find_substantive_differences",
    "find_term_spans",
    "find_terms_in_pair",
    "hash_text_pair",
    "light_pair",
    "light_pairs",
    "prefilter_names",
    "remove_dismissed",
    "run_checks",
]
