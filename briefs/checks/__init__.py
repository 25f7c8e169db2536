"""What the desk finds while somebody writes: pure functions over content. Advice, never a silent change."""

from .context import Context, Mainland, TermData
from .finding import Edit, Finding, Repair
from .running import ALL, BLOCKING, run
from .sentences import sentence, template
from .substance import differs

__all__ = [
    "ALL",
    "BLOCKING",
    "Context",
    "Edit",
    "Finding",
    "Mainland",
    "Repair",
    "TermData",
    "differs",
    "run",
    "sentence",
    "template",
]
