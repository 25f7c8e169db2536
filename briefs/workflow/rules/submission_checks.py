"""What keeps a brief from review and from approval: the findings of the checks that the operator lets block."""

from django.conf import settings

from ... import checks
from ...content import Content
from ...models import Brief
from ..dismissals import as_data, dismissals_of
from .check_context import context
from .refusals import Reason

MUST = "completeness"
"""Asked of every brief, whatever the setting; it cannot be dismissed."""


def blocks(finding: checks.Finding) -> bool:
    return finding.check == MUST or finding.check in settings.DIGEST_BLOCKING_CHECKS


def unready(row: Brief, content: Content) -> list[Reason]:
    """Everything that keeps a brief from being submitted or approved, each with the field it is about."""
    return [reason_of(finding) for finding in _blocking(row, content)]


def incomplete(content: Content) -> list[Reason]:
    """What no brief goes without."""
    return [reason_of(finding) for finding in checks.run(content, checks.Context(), only=(MUST,))]


def reason_of(finding: checks.Finding) -> Reason:
    about = f"b{finding.bullet}" if finding.bullet else finding.field
    return Reason(finding.code, finding.values, about)


def _blocking(row: Brief, content: Content) -> list[checks.Finding]:
    """Found as the desk shows them, less what was dismissed; without the vocabulary where it is not needed."""
    if set(settings.DIGEST_BLOCKING_CHECKS) <= {MUST}:
        return checks.run(content, checks.Context(), only=(MUST,))
    found = checks.run(content, context(content))
    found = checks.silence(found, map(as_data, dismissals_of(row.pk)), content)
    return [finding for finding in found if blocks(finding)]
