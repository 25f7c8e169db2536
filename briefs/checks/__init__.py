"""What the desk finds while somebody writes: pure functions over content. Advice, never a silent change."""

from .apply_repairs import apply, only_signs
from .bilingual.glossary_agreement import Uses, standing_terms, standings, uses
from .check_registry import ALL, run
from .context import Context, Mainland, TermData
from .finding import Edit, Finding, Repair
from .length import own_band
from .messages import COUNTED, sentence, template
from .minor_change import Difference, differs
from .name_prefilter import standing
from .resolution import Dismissal, apply_all, places, settle, silence, silenced, text_hash

__all__ = [
    "ALL",
    "COUNTED",
    "Context",
    "Difference",
    "Dismissal",
    "Edit",
    "Finding",
    "Mainland",
    "Repair",
    "TermData",
    "Uses",
    "apply",
    "apply_all",
    "differs",
    "only_signs",
    "own_band",
    "places",
    "run",
    "sentence",
    "settle",
    "silence",
    "silenced",
    "standing",
    "standing_terms",
    "standings",
    "template",
    "text_hash",
    "uses",
]
