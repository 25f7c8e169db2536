"""English messages of findings, and contents with their repairs, for tests."""

from collections.abc import Iterable

from briefs.bilingual.checks import FINDING_MESSAGES, Finding, apply_edits
from briefs.content import Content


def format_finding_message(finding: Finding) -> str:
    message = FINDING_MESSAGES[finding.code]
    return (message if isinstance(message, str) else message[finding.values["n"] != 1]) % finding.values


def apply_repairs(content: Content, findings: Iterable[Finding]) -> Content:
    """Return the content with every repair applied. Fails if one does not find the text that it expects."""
    repaired = apply_edits(content, [e for found in findings if found.repair for e in found.repair.edits])
    assert repaired
    return repaired
