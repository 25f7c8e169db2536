"""Verbs over what readers and guests wrote: make it a note, or lay it aside."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Brief, Letter, Note, Person
from .reviewing import add_note
from .rules.refusals import build_refusal
from .rules.transitions import format_time, lock_brief, record_event, require_allowed

TIMELINE_EXCERPT_LENGTH = 300
"""Characters of a letter on the timeline."""


def turn_letter_into_note(letter: Letter | int, *, by: Person, now: dt.datetime | None = None) -> Note:
    """A note with the letter's words, who wrote them and when. The letter is handled with it."""
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
    """Laid aside without a note."""
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
    """The words as they came, then who and when; and of which bullet, where that is no longer there."""
    nobody = _("a guest") if letter.kind == Letter.Kind.REMARK else _("a reader")
    place = [f"#b{letter.bullet}"] if gone else []
    when = f"{timezone.localtime(letter.at):%Y-%m-%d %H:%M}"
    return "\n".join([letter.text, " · ".join([f"— {letter.name or nobody}", *place, when])])
