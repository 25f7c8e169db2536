"""Convert events of a brief to timeline entries, with a link to the text that each is about."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from ...models import Brief, Event, Note
from ...workflow.review_comments import TextAnchor, get_anchor
from ...workflow.rules.transitions import PAST_TENSE_LABELS, format_time
from ..common.assignment_rows import ASSIGNMENT_LABELS
from ..common.interface_labels import SIDE_NAMES

SUGGESTION_VERBS: Final = ("suggest", "accept", "decline")
SuggestionKey = tuple[dt.datetime | None, int | None, str]
"""Time, person id and anchor."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: dt.datetime
    by: str
    text: str
    lines: Sequence[str] = ()
    link_text: str = ""
    href: str = ""
    event_id: int = 0
    """Id of the event; 0 for an edit session."""


def build_timeline_entries(
    brief: Brief, events: Iterable[Event], loaded_notes: Sequence[Note] | None = None
) -> Iterator[TimelineEntry]:
    """Yield an entry per event. The events must be loaded with their people and editions."""
    events = list(events)
    if loaded_notes is None and any(event.verb == "note" for event in events):
        loaded_notes = Note.objects.filter(brief=brief)
    notes = {(note.at, note.by_id): note for note in loaded_notes or ()}
    sides = _suggestion_sides(brief) if any(event.verb in SUGGESTION_VERBS for event in events) else {}
    pages = {page: reverse(f"admin:briefs_brief_{page}", args=[brief.pk]) for page in ("review", "change")}
    for event in events:
        place, href = _locate_event(event, notes.get((event.at, event.by_id)), sides, pages)
        text = str(PAST_TENSE_LABELS.get(event.verb, event.verb))
        yield TimelineEntry(event.at, str(event.by), text, list(_detail_lines(event)), place, href, event.pk)


def _suggestion_sides(brief: Brief) -> dict[SuggestionKey, str]:
    """Return the side of each suggestion, by time, person and anchor both of its creation and of its answer."""
    found: dict[SuggestionKey, str] = {}
    for row in brief.suggestions.all():
        place = str(get_anchor(row))
        found[row.at, row.by_id, place] = found[row.answered_at, row.answered_by_id, place] = row.side
    return found


def _locate_event(
    event: Event, note: Note | None, sides: Mapping[SuggestionKey, str], urls: dict[str, str]
) -> tuple[str, str]:
    if event.verb == "note" and note:
        anchor = str(get_anchor(note))
        return _anchor_label(anchor, note.side) or _("On the whole brief"), f"{urls['review']}#note-{note.pk}"
    if event.verb in SUGGESTION_VERBS:
        anchor = event.note.partition(":")[0].removeprefix("#")
        side = sides.get((event.at, event.by_id, anchor), "")
        return _anchor_label(anchor, side), f"{urls['review']}#{anchor}"
    return "", ""


def _anchor_label(anchor: str, side: str) -> str:
    """Name the text that an anchor is about, with the language."""
    place = TextAnchor.parse(anchor)
    labels = {"headline": _("Headline"), "summary": _("Summary")}
    label = labels.get(place.field, f"#{place}") if place else ""
    return " · ".join(filter(None, (label, str(SIDE_NAMES.get(side, "")))))


def _detail_lines(event: Event) -> Iterator[str]:
    """Yield the event's note, with our own phrases translated, and its edition."""
    if event.verb == "assign":
        yield from map(_translate_assignment_line, event.note.split("\n"))
    elif event.verb == "suggest":
        yield event.note.partition(": ")[2]
    elif event.verb not in SUGGESTION_VERBS and event.note:
        yield event.note
    if event.edition:
        told = {"n": event.edition.number, "time": format_time(event.edition.live_from)}
        yield _("Edition %(n)s, public from %(time)s") % told


def _translate_assignment_line(line: str) -> str:
    name, colon, value = line.partition(": ")
    if name == "priority":
        return _("Priority") if value == "yes" else _("No priority")
    if label := ASSIGNMENT_LABELS.get(name):
        return _("%(part)s: %(who)s") % {"part": label, "who": _("Nobody yet") if value == "–" else value}
    return line if colon else (_("Nobody yet") if line == "–" else line)


def load_newest_entries(brief: Brief, limit: int, notes: Sequence[Note]) -> list[TimelineEntry]:
    rows = brief.events.select_related("by", "edition").defer("edition__content").order_by("-id")[:limit]
    return list(build_timeline_entries(brief, rows, notes))
