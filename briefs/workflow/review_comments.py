"""What reviewers and writers say to each other over a text: a wording suggested and answered, replies, what is fine."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from ..content import SIDES, Content, Side, sha256, tidy_line
from ..models import Answer, Brief, Look, Note, Person, Reply, Revision, Suggestion
from .editing import write
from .rules.refusals import refuse, typed
from .rules.transitions import check, locked, notify, record
from .rules.working_copy import content_of


@dataclass(frozen=True, slots=True)
class Place:
    """Headline, summary, or the bullet of this number."""

    field: str
    bullet: int | None = None

    @classmethod
    def read(cls, name: str) -> Self | None:
        """From an anchor: `headline`, `summary`, `b4`."""
        if name in ("headline", "summary"):
            return cls(name)
        number = name[1:]
        is_number = name[:1] == "b" and number.isascii() and number.isdecimal() and 0 < len(number) < 10
        is_number = is_number and number[0] != "0"  # `b0` is no bullet, and `b04` another name of one
        return cls("bullet", int(number)) if is_number else None

    def __str__(self) -> str:
        return f"b{self.bullet}" if self.bullet else self.field

    def text(self, content: Content, side: Side) -> str | None:
        """None where the content has no such bullet."""
        if self.field != "bullet":
            return content.headline(side) if self.field == "headline" else content.summary(side)
        return next((b.text(side) for b in content.bullets if b.number == self.bullet), None)

    def put(self, content: Content, side: Side, text: str) -> Content:
        """The content with this text here."""
        if self.field != "bullet":
            named: Mapping[str, Any] = {f"{self.field}_{side}": text}
            return replace(content, **named)
        change: Mapping[str, Any] = {f"text_{side}": text}
        bullets = tuple(replace(b, **change) if b.number == self.bullet else b for b in content.bullets)
        return replace(content, bullets=bullets)


def place_of(suggestion: Suggestion) -> Place:
    return Place(suggestion.field, suggestion.bullet)


def side_of(value: str) -> Side:
    """Raises Refused for anything but the two."""
    if value not in SIDES:
        raise refuse("side-needed", about="review")
    return value


def suggest(
    brief: Brief | int,
    place: Place,
    side: Side,
    text: str,
    *,
    by: Person,
    seen: str,
    why: str = "",
    now: dt.datetime | None = None,
) -> Suggestion:
    """Another wording for a text that still reads as the reviewer saw it (`seen` is its hash). Changes no word."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "suggest", row)
        there = place.text(content_of(row), side)
        text = typed(text, about=str(place))
        text = text if place.field == "summary" else tidy_line(text)
        if there is None or seen != sha256(there):
            raise refuse("suggestion-late", about=str(place))
        if not text or text == there:
            raise refuse("suggestion-same", about=str(place))
        made, new = Suggestion.objects.get_or_create(
            brief=row, field=place.field, bullet=place.bullet, side=side, was=there, text=text, by=by, answer="",
            defaults={"at": now, "why": typed(why, about=str(place))},
        )  # fmt: skip
        if new:
            record(row, "suggest", by=by, now=now, before=row.state, note=f"#{place}: {text}")
        return made


def accept(suggestion: Suggestion | int, *, by: Person, now: dt.datetime | None = None) -> Revision | None:
    """Put the suggested wording in. It is the change of whoever accepts it. Refused once the text is another."""
    now = now or timezone.now()
    with transaction.atomic():
        row, asked = _open(suggestion)
        check(by, "edit", row)
        content, place = content_of(row), place_of(asked)
        side = side_of(asked.side)
        if place.text(content, side) != asked.was:
            raise refuse("suggestion-lapsed", about=str(place))
        before = row.state
        revision = write(row, place.put(content, side, asked.text), by=by, now=now, kind=Revision.Kind.SAVE)
        _answer(asked, Answer.ACCEPTED, by, now)
        event = record(row, "accept", by=by, now=now, before=before, note=f"#{place}", revision=revision)
        notify(event, "answered", [asked.by] if asked.by_id != by.pk else [])
        return revision


def decline(suggestion: Suggestion | int, *, by: Person, now: dt.datetime | None = None) -> None:
    now = now or timezone.now()
    with transaction.atomic():
        row, asked = _open(suggestion)
        check(by, "note" if asked.by_id == by.pk else "edit", row)  # one's own, whoever may still speak
        _answer(asked, Answer.DECLINED, by, now)
        event = record(row, "decline", by=by, now=now, before=row.state, note=f"#{place_of(asked)}")
        notify(event, "answered", [asked.by] if asked.by_id != by.pk else [])


def _open(suggestion: Suggestion | int) -> tuple[Brief, Suggestion]:
    pk = suggestion.pk if isinstance(suggestion, Suggestion) else suggestion
    row = locked(Suggestion.objects.values_list("brief_id", flat=True).get(pk=pk))
    asked = Suggestion.objects.select_related("by").get(pk=pk)
    if asked.answer:
        raise refuse("suggestion-answered", about=str(place_of(asked)), name=str(asked.answered_by))
    return row, asked


def _answer(asked: Suggestion, answer: Answer, by: Person, now: dt.datetime) -> None:
    Suggestion.objects.filter(pk=asked.pk).update(answer=answer, answered_by=by, answered_at=now)


def reply(note: Note | int, text: str, *, by: Person, now: dt.datetime | None = None) -> Reply:
    now = now or timezone.now()
    with transaction.atomic():
        pk = note.pk if isinstance(note, Note) else note
        row = locked(Note.objects.values_list("brief_id", flat=True).get(pk=pk))
        check(by, "note", row)
        if not (text := typed(text, about="notes")):
            raise refuse("reply-needed", about="notes")
        made = Reply.objects.create(note_id=pk, text=text, by=by, at=now)
        raised_by = Person.objects.get(pk=Note.objects.values_list("by", flat=True).get(pk=pk))
        event = record(row, "reply", by=by, now=now, before=row.state, note=made.text)
        notify(event, "answered", [raised_by] if raised_by.pk != by.pk else [])
        return made


def reopen(note: Note | int, *, by: Person, now: dt.datetime | None = None) -> None:
    """A note that was resolved too early waits again."""
    now = now or timezone.now()
    with transaction.atomic():
        pk = note.pk if isinstance(note, Note) else note
        row = locked(Note.objects.values_list("brief_id", flat=True).get(pk=pk))
        check(by, "resolve", row)
        if Note.objects.filter(pk=pk).exclude(resolved_at=None).update(resolved_at=None, resolved_by=None):
            text = Note.objects.values_list("text", flat=True).get(pk=pk)
            record(row, "reopen", by=by, now=now, before=row.state, note=text)


def look(
    brief: Brief | int,
    place: Place,
    side: Side,
    *,
    by: Person,
    fine: bool = True,
    now: dt.datetime | None = None,
) -> None:
    """Mark one side of one place as read and fine, for oneself; it lapses when that text changes."""
    now = now or timezone.now()
    with transaction.atomic():
        row = locked(brief)
        check(by, "sign_off", row)
        text = place.text(content_of(row), side)
        mine = Look.objects.filter(brief=row, person=by, place=str(place), side=side)
        if not fine or text is None:
            mine.delete()
            return
        values = {"text": sha256(text), "at": now}
        Look.objects.update_or_create(brief=row, person=by, place=str(place), side=side, defaults=values)


def looks_of(brief: Brief, content: Content, person: Person) -> set[tuple[str, str]]:
    """(place, side) of what this person found fine and what still reads as it did then."""
    found = set()
    for mark in Look.objects.filter(brief=brief, person=person):
        place = Place.read(mark.place)
        side: Side = "zh" if mark.side == "zh" else "en"
        text = place.text(content, side) if place else None
        if text is not None and sha256(text) == mark.text:
            found.add((mark.place, mark.side))
    return found
