"""Restore an earlier revision as a new one. The revisions in between are kept."""

import datetime as dt

from ..content import Content
from ..models import Brief, Person, Revision
from .editing import write_revision
from .rules.refusals import build_refusal
from .rules.transitions import run_verb
from .rules.working_copy import load_working_copy

_UNCONFIRMED = ("date-ambiguous", "date-numbered")


def restore(
    brief: Brief | int, number: int, *, by: Person, version: int, now: dt.datetime | None = None
) -> Revision | None:
    """Restore text, order, bullet numbers and facts of revision `number`. Return None when nothing changes.

    Ids of vocabulary rows that were merged since are restored too; they are resolved when displayed.
    """
    with run_verb("restore", brief, by=by, now=now, version=version, approved_closed=True) as run:
        row = run.row
        old = row.revisions.filter(number=number).first()
        if old is None:
            raise build_refusal("unknown-revision", number=number)
        content = Content.from_json(old.content)
        if content.facts.date != load_working_copy(row).facts.date:
            _set_date(row, content.facts.date, old)
        revision = write_revision(run, content, kind=Revision.Kind.RESTORE)
        if revision is not None:
            run.record_event(note=f"r{number}", revision=revision)
        return revision


def _set_date(row: Brief, iso: str, old: Revision) -> None:
    """Mark a date that was ambiguous in its file as unconfirmed, unless this reading was confirmed before."""
    is_open = _was_ambiguous(row, iso, old)
    other = _swap_day_and_month(iso) if is_open else ""
    row.article_date_confirmed = bool(iso) and not is_open
    row.article_date_alternative = other
    label = Content.from_json(old.content).facts.date_label if is_open else ""
    row.article_date_raw = f"{iso[5:7]}/{iso[8:]}/{iso[:4]}" if other else label


def _was_ambiguous(row: Brief, iso: str, old: Revision) -> bool:
    imports = row.revisions.filter(kind=Revision.Kind.IMPORT, number__lte=old.number)
    read = imports.order_by("-number").first()
    if read is None or not any(note.get("code") in _UNCONFIRMED for note in read.document_notes):
        return False
    if Content.from_json(read.content).facts.date not in (iso, _swap_day_and_month(iso)):
        return False
    return not row.events.filter(verb="confirm_date", note=iso).exists()


def _swap_day_and_month(iso: str) -> str:
    """Return the date with day and month swapped, or "" when that is no date."""
    try:
        date = dt.date.fromisoformat(iso)
        return date.replace(month=date.day, day=date.month).isoformat()
    except ValueError:
        return ""
