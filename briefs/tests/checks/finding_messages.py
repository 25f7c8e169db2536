"""English messages of findings, for tests."""

from briefs.checks import Finding, find_msgid


def format_finding_message(finding: Finding) -> str:
    return find_msgid(finding.code, finding.values) % finding.values
