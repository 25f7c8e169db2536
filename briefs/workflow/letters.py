"""Verbs on letters from readers and guests: turn a letter into a note, or mark it as handled."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from briefs.models import Letter, Note, Person

from .reviewing import add_note
from .rules.local_times import format_time
from .rules.refusals import build_refusal
from .rules.transitions import run_verb

TIMELINE_EXCERPT_LENGTH = 300
"""Maximum number of characters of a letter on the timeline."""


def turn_letter_into_note(letter: Letter, *, by: Person, now: dt.datetime | None = None) -> Note:
    """Create a note with the text, sender and time of a letter, and mark the letter as handled."""
    with run_verb("note", letter, by=by, now=now) as run:
        row, found = run.row, _reload_unhandled(letter)
        stands = found.bullet and row.bullets.filter(number=found.bullet).exists()
        note = add_note(
            row,
            _format_note(found, is_bullet_missing=bool(found.bullet) and not stands),
            by=by,
            bullet=found.bullet if stands else None,
            side=found.side or None,  # type: ignore[arg-type]
            now=run.now,
        )
        Letter.objects.filter(pk=found.pk).update(handled_by=by, handled_at=run.now, note=note)
        return note


def handle_letter(letter: Letter, *, by: Person, now: dt.datetime | None = None) -> None:
    """Mark a letter as handled without a note."""
    with run_verb("handle", letter, by=by, now=now) as run:
        found = _reload_unhandled(letter)
        Letter.objects.filter(pk=found.pk).update(handled_by=by, handled_at=run.now)
        run.record_event(note=found.text[:TIMELINE_EXCERPT_LENGTH])


def _reload_unhandled(letter: Letter) -> Letter:
    """Return the current row. Raise Refused when somebody has handled the letter."""
    found = Letter.objects.select_related("handled_by").get(pk=letter.pk)
    if found.handled_at:
        raise build_refusal("letter-handled", name=str(found.handled_by), time=format_time(found.handled_at))
    return found


def _format_note(letter: Letter, *, is_bullet_missing: bool) -> str:
    """Return the letter's text and a line with sender and time. Name the bullet if it no longer exists."""
    nobody = _("a guest") if letter.kind == Letter.Kind.REMARK else _("a reader")
    place = [f"#b{letter.bullet}"] if is_bullet_missing else []
    when = f"{timezone.localtime(letter.at):%Y-%m-%d %H:%M}"
    return "\n".join([letter.text, " · ".join([f"— {letter.name or nobody}", *place, when])])
