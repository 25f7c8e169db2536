"""What the desk finds while somebody writes: pure functions over content. Advice, never a silent change."""

from .applying import apply, only_signs
from .bilingual.glossary_agreement import Uses, standing_terms, standings, uses
from .context import Context, Mainland, TermData
from .finding import Edit, Finding, Repair
from .known import standing
from .length import own_band
from .running import ALL, run
from .sentences import COUNTED, sentence, template
from .settling import Dismissal, apply_all, places, settle, silence, silenced, text_hash
from .substance import Difference, differs

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
