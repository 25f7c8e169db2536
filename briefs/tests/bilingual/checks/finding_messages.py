"""English messages of findings, for tests."""

from briefs.bilingual.checks import FINDING_MESSAGES, Finding


def format_finding_message(finding: Finding) -> str:
    message = FINDING_MESSAGES[finding.code]
    return (message if isinstance(message, str) else message[finding.values["n"] != 1]) % finding.values
