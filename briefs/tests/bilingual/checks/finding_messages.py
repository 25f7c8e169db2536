"""English messages of findings, contents with their repairs, and tables of examples, for tests."""

from collections.abc import Iterable
from pathlib import Path

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


def read_rows(file: Path) -> list[list[str]]:
    """Return the tab-separated cells of each line that is no comment."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]
