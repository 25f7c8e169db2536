"""Verbs on letters from readers and guests: turn a letter into a note, or mark it as handled."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Brief, Letter, Note, Person
from .reviewing import add_note
from .rules.refusals import build_refusal
from .rules.transitions import format_time, lock_brief, record_event, require_allowed

TIMELINE_EXCERPT_LENGTH = 300
"""Maximum number of characters of a letter on the timeline."""


def turn_letter_into_note(letter: Letter | int, *, by: Person, now: dt.datetime | None = None) -> Note:
    """Create a note with the text, sender and time of a letter, and mark the letter as handled."""
    now = now or timezone.now()
    with transaction.atomic():
        row, found = _lock_letter(letter)
        require_allowed(by, "note", row)
        _refuse_handled(found)
        stands = found.bullet and row.bullets.filter(number=found.bullet).exists()
        note = add_note(
            row,
            _format_note(found, gone=bool(found.bullet) and not stands),
            by=by,
            bullet=found.bullet if stands else None,
            side=found.side or None,  # type: ignore[arg-type]
            now=now,
        )
        Letter.objects.filter(pk=found.pk).update(handled_by=by, handled_at=now, note=note)
        return note


def handle_letter(letter: Letter | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Mark a letter as handled without a note."""
    now = now or timezone.now()
    with transaction.atomic():
        row, found = _lock_letter(letter)
        require_allowed(by, "handle", row)
        _refuse_handled(found)
        Letter.objects.filter(pk=found.pk).update(handled_by=by, handled_at=now)
        record_event(
            row, "handle", by=by, now=now, from_state=row.state, note=found.text[:TIMELINE_EXCERPT_LENGTH]
        )


def _lock_letter(letter: Letter | int) -> tuple[Brief, Letter]:
    pk = letter.pk if isinstance(letter, Letter) else letter
    row = lock_brief(Letter.objects.values_list("brief_id", flat=True).get(pk=pk))
    return row, Letter.objects.select_related("handled_by").get(pk=pk)


def _refuse_handled(letter: Letter) -> None:
    if letter.handled_at:
        raise build_refusal(
            "letter-handled", name=str(letter.handled_by), time=format_time(letter.handled_at)
        )


def _format_note(letter: Letter, *, gone: bool) -> str:
    """Return the letter's text and a line with sender and time. Name the bullet if it no longer exists (`gone`)."""
    nobody = _("a guest") if letter.kind == Letter.Kind.REMARK else _("a reader")
    place = [f"#b{letter.bullet}"] if gone else []
    when = f"{timezone.localtime(letter.at):%Y-%m-%d %H:%M}"
    return "\n".join([letter.text, " · ".join([f"— {letter.name or nobody}", *place, when])])
