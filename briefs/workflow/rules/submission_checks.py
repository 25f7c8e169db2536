"""Find what blocks submission and approval: findings of the checks in `DIGEST_BLOCKING_CHECKS`."""

from django.conf import settings

from ... import checks
from ...content import Content
from ...models import Brief
from ..dismissals import load_dismissals, to_check_dismissal
from .check_context import load_check_context
from .refusals import Reason

COMPLETENESS_CHECK = "completeness"
"""Check that always blocks, regardless of the setting, and cannot be dismissed."""


def is_blocking(finding: checks.Finding) -> bool:
    return finding.check_name == COMPLETENESS_CHECK or finding.check_name in settings.DIGEST_BLOCKING_CHECKS


def why_not_ready(row: Brief, content: Content) -> list[Reason]:
    """Return a reason for each finding that blocks submission and approval."""
    return [build_reason(finding) for finding in _find_blocking(row, content)]


def why_not_complete(content: Content) -> list[Reason]:
    """Return a reason for each finding of the completeness check."""
    return [build_reason(finding) for finding in _find_incomplete(content)]


def build_reason(finding: checks.Finding) -> Reason:
    about = f"b{finding.bullet}" if finding.bullet else finding.field
    return Reason(finding.code, finding.values, about)


def _find_incomplete(content: Content) -> list[checks.Finding]:
    return checks.run_checks(content, checks.CheckContext(), only=(COMPLETENESS_CHECK,))


def _find_blocking(row: Brief, content: Content) -> list[checks.Finding]:
    """Return the blocking findings that are not dismissed. Skip the vocabulary if only completeness blocks."""
    if set(settings.DIGEST_BLOCKING_CHECKS) <= {COMPLETENESS_CHECK}:
        return _find_incomplete(content)
    found = checks.run_checks(content, load_check_context(content))
    found = checks.remove_dismissed(found, map(to_check_dismissal, load_dismissals(row.pk)), content)
    return [finding for finding in found if is_blocking(finding)]
