"""What the desk finds while somebody writes: pure functions over content. Advice, never a silent change."""

from .context import Context, Mainland, TermData
from .finding import Edit, Finding, Repair
from .running import ALL, BLOCKING, run
from .sentences import sentence, template
from .settling import Dismissal, apply_all, settle, silence, text_hash
from .substance import differs

__all__ = [
    "ALL",
    "BLOCKING",
    "Context",
    "Dismissal",
    "Edit",
    "Finding",
    "Mainland",
    "Repair",
    "TermData",
    "apply_all",
    "differs",
    "run",
    "sentence",
    "settle",
    "silence",
    "template",
    "text_hash",
]
