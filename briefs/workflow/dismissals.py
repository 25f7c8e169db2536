"""Verbs on findings: dismiss a finding with a reason, and undo that. The text and the version stay unchanged."""

import datetime as dt

from .. import checks
from ..content import Content
from ..models import Brief, Dismissal, Person
from .rules.refusals import build_refusal
from .rules.transitions import run_verb
from .rules.working_copy import load_working_copy


def load_dismissals(brief: int) -> list[Dismissal]:
    """Return the dismissals that are not undone, with their authors. The caller checks whether the text changed since."""
    return list(Dismissal.objects.filter(brief=brief, undone_at=None).select_related("by"))


def to_check_dismissal(dismissal: Dismissal) -> checks.Dismissal:
    """Convert the row for `checks`, which does not use the database."""
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
    """Dismiss one check code on the bullet or field of the finding, until that text changes.

    `seen` is the content in which the finding was found. A repeated call returns the existing dismissal.
    Findings of the completeness check cannot be dismissed.
    """
    with run_verb("dismiss", brief, by=by, now=now) as run:
        row = run.row
        if finding.check_name == "completeness":
            raise build_refusal("finding-refuses", about="findings")
        if not (reason := reason.strip()):
            raise build_refusal("dismissal-reason", about="findings")
        text = checks.hash_text_pair(load_working_copy(row), finding.bullet, finding.field)
        if not text or text != checks.hash_text_pair(seen, finding.bullet, finding.field):
            raise build_refusal("finding-gone", about="findings")
        place = {"code": finding.code, "field": finding.field, "bullet": finding.bullet, "text": text}
        if same := row.dismissals.filter(undone_at=None, **place).first():
            return same
        made = Dismissal.objects.create(brief=row, reason=reason, by=by, at=run.now, **place)
        run.record_event(note=_describe_dismissal(made))
        return made


def undo_dismissal(dismissal: Dismissal, *, by: Person, now: dt.datetime | None = None) -> None:
    """Show the finding again. Do nothing when the dismissal is already undone."""
    with run_verb("dismiss", dismissal, by=by, now=now) as run:
        if Dismissal.objects.filter(pk=dismissal.pk, undone_at=None).update(undone_at=run.now, undone_by=by):
            run.record_event("undismiss", note=_describe_dismissal(Dismissal.objects.get(pk=dismissal.pk)))


def _describe_dismissal(dismissal: Dismissal) -> str:
    place = f"#b{dismissal.bullet}" if dismissal.bullet else dismissal.field
    return f"{dismissal.code} {place}: {dismissal.reason}"
