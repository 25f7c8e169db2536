"""Verbs on review comments: suggestions and their answers, replies to notes, and marks of texts as fine."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from ..content import SIDES, Content, Side, hash_json, tidy_line
from ..models import Answer, Brief, Look, Note, Person, Reply, Revision, Suggestion
from .editing import write_revision
from .rules.refusals import build_refusal, tidy_or_refuse
from .rules.transitions import lock_brief, notify, record_event, require_allowed
from .rules.working_copy import load_working_copy


@dataclass(frozen=True, slots=True)
class TextAnchor:
    """Address of a text in a brief: headline, summary, or a bullet by number."""

    field: str
    bullet: int | None = None

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Parse `headline`, `summary` or `b4`. Return None for anything else."""
        if name in ("headline", "summary"):
            return cls(name)
        number = name[1:]
        is_number = name[:1] == "b" and number.isascii() and number.isdecimal() and 0 < len(number) < 10
        is_number = (
            is_number and number[0] != "0"
        )  # numbers start at 1, and `b04` would be a second spelling of `b4`
        return cls("bullet", int(number)) if is_number else None

    def __str__(self) -> str:
        return f"b{self.bullet}" if self.bullet else self.field

    def find_text(self, content: Content, side: Side) -> str | None:
        """Return the text, or None when the content has no such bullet."""
        if self.field != "bullet":
            return content.headline(side) if self.field == "headline" else content.summary(side)
        return next((b.text(side) for b in content.bullets if b.number == self.bullet), None)

    def replace_text(self, content: Content, side: Side, text: str) -> Content:
        """Return the content with this text replaced."""
        if self.field != "bullet":
            named: Mapping[str, Any] = {f"{self.field}_{side}": text}
            return replace(content, **named)
        change: Mapping[str, Any] = {f"text_{side}": text}
        bullets = tuple(replace(b, **change) if b.number == self.bullet else b for b in content.bullets)
        return replace(content, bullets=bullets)


def get_anchor(suggestion: Suggestion) -> TextAnchor:
    return TextAnchor(suggestion.field, suggestion.bullet)


def parse_side(value: str) -> Side:
    """Return the side. Raise Refused for anything but `zh` and `en`."""
    if value not in SIDES:
        raise build_refusal("side-needed", about="review")
    return value


def suggest(
    brief: Brief | int,
    anchor: TextAnchor,
    side: Side,
    text: str,
    *,
    by: Person,
    seen: str,
    why: str = "",
    now: dt.datetime | None = None,
) -> Suggestion:
    """Store a suggested wording without changing the text.

    `seen` is the hash of the text that the page showed; the verb is refused when the text changed since.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        require_allowed(by, "suggest", row)
        there = anchor.find_text(load_working_copy(row), side)
        text = tidy_or_refuse(text, about=str(anchor))
        text = text if anchor.field == "summary" else tidy_line(text)
        if there is None or seen != hash_json(there):
            raise build_refusal("suggestion-late", about=str(anchor))
        if not text or text == there:
            raise build_refusal("suggestion-same", about=str(anchor))
        made, new = Suggestion.objects.get_or_create(
            brief=row, field=anchor.field, bullet=anchor.bullet, side=side, was=there, text=text, by=by, answer="",
            defaults={"at": now, "why": tidy_or_refuse(why, about=str(anchor))},
        )  # fmt: skip
        if new:
            record_event(row, "suggest", by=by, now=now, from_state=row.state, note=f"#{anchor}: {text}")
        return made


def accept(suggestion: Suggestion | int, *, by: Person, now: dt.datetime | None = None) -> Revision | None:
    """Apply a suggestion as a change by the person who accepts. Raise Refused when the text changed since."""
    now = now or timezone.now()
    with transaction.atomic():
        row, asked = _lock_open_suggestion(suggestion)
        require_allowed(by, "edit", row)
        content, place = load_working_copy(row), get_anchor(asked)
        side = parse_side(asked.side)
        if place.find_text(content, side) != asked.was:
            raise build_refusal("suggestion-lapsed", about=str(place))
        before = row.state
        revision = write_revision(
            row, place.replace_text(content, side, asked.text), by=by, now=now, kind=Revision.Kind.SAVE
        )
        _store_answer(asked, Answer.ACCEPTED, by, now)
        event = record_event(
            row, "accept", by=by, now=now, from_state=before, note=f"#{place}", revision=revision
        )
        notify(event, "answered", [asked.by] if asked.by_id != by.pk else [])
        return revision


def decline(suggestion: Suggestion | int, *, by: Person, now: dt.datetime | None = None) -> None:
    now = now or timezone.now()
    with transaction.atomic():
        row, asked = _lock_open_suggestion(suggestion)
        require_allowed(
            by, "note" if asked.by_id == by.pk else "edit", row
        )  # people may withdraw their own suggestion without the right to edit
        _store_answer(asked, Answer.DECLINED, by, now)
        event = record_event(
            row, "decline", by=by, now=now, from_state=row.state, note=f"#{get_anchor(asked)}"
        )
        notify(event, "answered", [asked.by] if asked.by_id != by.pk else [])


def _lock_open_suggestion(suggestion: Suggestion | int) -> tuple[Brief, Suggestion]:
    pk = suggestion.pk if isinstance(suggestion, Suggestion) else suggestion
    row = lock_brief(Suggestion.objects.values_list("brief_id", flat=True).get(pk=pk))
    asked = Suggestion.objects.select_related("by").get(pk=pk)
    if asked.answer:
        raise build_refusal("suggestion-answered", about=str(get_anchor(asked)), name=str(asked.answered_by))
    return row, asked


def _store_answer(suggestion: Suggestion, answer: Answer, by: Person, now: dt.datetime) -> None:
    Suggestion.objects.filter(pk=suggestion.pk).update(answer=answer, answered_by=by, answered_at=now)


def reply(note: Note | int, text: str, *, by: Person, now: dt.datetime | None = None) -> Reply:
    now = now or timezone.now()
    with transaction.atomic():
        pk = note.pk if isinstance(note, Note) else note
        row = lock_brief(Note.objects.values_list("brief_id", flat=True).get(pk=pk))
        require_allowed(by, "note", row)
        if not (text := tidy_or_refuse(text, about="notes")):
            raise build_refusal("reply-needed", about="notes")
        made = Reply.objects.create(note_id=pk, text=text, by=by, at=now)
        raised_by = Person.objects.get(pk=Note.objects.values_list("by", flat=True).get(pk=pk))
        event = record_event(row, "reply", by=by, now=now, from_state=row.state, note=made.text)
        notify(event, "answered", [raised_by] if raised_by.pk != by.pk else [])
        return made


def reopen(note: Note | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """Reopen a resolved note. Do nothing when the note is open."""
    now = now or timezone.now()
    with transaction.atomic():
        pk = note.pk if isinstance(note, Note) else note
        row = lock_brief(Note.objects.values_list("brief_id", flat=True).get(pk=pk))
        require_allowed(by, "resolve", row)
        if Note.objects.filter(pk=pk).exclude(resolved_at=None).update(resolved_at=None, resolved_by=None):
            text = Note.objects.values_list("text", flat=True).get(pk=pk)
            record_event(row, "reopen", by=by, now=now, from_state=row.state, note=text)


def mark_as_fine(
    brief: Brief | int,
    anchor: TextAnchor,
    side: Side,
    *,
    by: Person,
    is_fine: bool = True,
    now: dt.datetime | None = None,
) -> None:
    """Mark a text as fine for one person, or unmark it. The mark lapses when the text changes."""
    now = now or timezone.now()
    with transaction.atomic():
        row = lock_brief(brief)
        require_allowed(by, "sign_off", row)
        text = anchor.find_text(load_working_copy(row), side)
        mine = Look.objects.filter(brief=row, person=by, place=str(anchor), side=side)
        if not is_fine or text is None:
            mine.delete()
            return
        values = {"text": hash_json(text), "at": now}
        Look.objects.update_or_create(brief=row, person=by, place=str(anchor), side=side, defaults=values)


def find_fine_texts(brief: Brief, content: Content, person: Person) -> set[tuple[str, str]]:
    """Return (anchor, side) of the texts that this person marked as fine and that are unchanged since."""
    found = set()
    for mark in Look.objects.filter(brief=brief, person=person):
        place = TextAnchor.parse(mark.place)
        side: Side = "zh" if mark.side == "zh" else "en"
        text = place.find_text(content, side) if place else None
        if text is not None and hash_json(text) == mark.text:
            found.add((mark.place, mark.side))
    return found
