"""Verbs over findings: set one aside with a reason, take that back. No words change, so no version is raised."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from .. import checks
from ..content import Content
from ..models import Brief, Dismissal, Person
from .rules.refusals import refuse
from .rules.transitions import check, locked, record
from .rules.working_copy import content_of


def dismissals_of(brief: int) -> list[Dismissal]:
    """Those that nobody has undone, with who made them. Whether the text is still the same is the reader's to ask."""
    return list(Dismissal.objects.filter(brief=brief, undone_at=None).select_related("by"))


def as_data(dismissal: Dismissal) -> checks.Dismissal:
    """For the checks, which know no rows."""
    return checks.Dismissal(dismissal.code, dismissal.bullet, dismissal.text, dismissal.field)  # type: ignore[arg-type]


def dismiss(
    brief: Brief | int,
    finding: checks.Finding,
    *,
    by: Person,
    reason: str,
    seen: Content,
    now: dt.datetime | None = None,
) -> Dismissal:
    """Silence this rule on the place of this finding until that text changes. `seen` is what it was found in.

    Done twice it is done once. Completeness cannot be dismissed.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "dismiss", row)
        if finding.check == "completeness":
            raise refuse("finding-refuses", about="findings")
        if not (reason := reason.strip()):
            raise refuse("dismissal-reason", about="findings")
        text = checks.text_hash(content_of(row), finding.bullet, finding.field)
        if not text or text != checks.text_hash(seen, finding.bullet, finding.field):
            raise refuse("finding-gone", about="findings")
        place = {"code": finding.code, "field": finding.field, "bullet": finding.bullet, "text": text}
        if same := row.dismissals.filter(undone_at=None, **place).first():
            return same
        made = Dismissal.objects.create(brief=row, reason=reason, by=by, at=now, **place)
        record(row, "dismiss", by=by, now=now, before=row.state, note=_told(made))
        return made


def undo(dismissal: Dismissal | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """The finding is shown again. Undone already: nothing happens."""
    now = now or timezone.now()
    with transaction.atomic():
        pk = dismissal.pk if isinstance(dismissal, Dismissal) else dismissal
        row = locked(Dismissal.objects.values_list("brief_id", flat=True).get(pk=pk))
        check(by, "dismiss", row)
        if Dismissal.objects.filter(pk=pk, undone_at=None).update(undone_at=now, undone_by=by):
            told = _told(Dismissal.objects.get(pk=pk))
            record(row, "undismiss", by=by, now=now, before=row.state, note=told)


def _told(dismissal: Dismissal) -> str:
    place = f"#b{dismissal.bullet}" if dismissal.bullet else dismissal.field
    return f"{dismissal.code} {place}: {dismissal.reason}"
