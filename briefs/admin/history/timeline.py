"""The timeline of a brief: its events and edit sessions."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from briefs.admin.common.access import require_role
from briefs.admin.common.assignments import ASSIGNMENT_LABELS
from briefs.admin.common.brief_pages import (
    get_brief_or_404,
    paginate_by_id,
    read_number,
    render_brief_subpage,
)
from briefs.admin.common.interface_labels import SIDE_NAMES, interface_side
from briefs.models import Brief, Event, Note, Revision
from briefs.workflow.acts import get_past
from briefs.workflow.review_comments import TextAnchor, get_anchor
from briefs.workflow.rules.local_times import format_iso_date, format_time

# Group revisions into edit sessions: consecutive saves by one person.

MAX_SESSION_PAUSE: Final = dt.timedelta(minutes=10)
"""Maximum time between two saves of one session."""


@dataclass(slots=True)
class EditSession:
    """At least one revision, newest first."""

    revisions: list[Revision]

    @property
    def last(self) -> Revision:
        return self.revisions[0]

    @property
    def first(self) -> Revision:
        return self.revisions[-1]

    @property
    def earlier(self) -> list[Revision]:
        """Return all revisions but the newest."""
        return self.revisions[1:]


def group_edit_sessions(
    revisions: Iterable[Revision], *, ending_ids: Collection[int] = ()
) -> list[EditSession]:
    """Group revisions given newest first.

    A revision in `ending_ids`, such as a signed or approved one, ends a session.
    """
    found: list[EditSession] = []
    for revision in revisions:
        if found and revision.pk not in ending_ids and _is_same_session(revision, found[-1].first):
            found[-1].revisions.append(revision)
        else:
            found.append(EditSession([revision]))
    return found


def _is_same_session(earlier: Revision, later: Revision) -> bool:
    return (
        earlier.list_people_ids() == later.list_people_ids()
        and earlier.kind == Revision.Kind.SAVE
        and later.kind == Revision.Kind.SAVE
        and later.at - earlier.at <= MAX_SESSION_PAUSE
    )


# The timeline of a brief: its events, with a link to the text that each is about, and its edit sessions.

SUGGESTION_VERBS: Final = ("suggest", "accept", "decline")
SuggestionKey = tuple[dt.datetime | None, int | None, str]
"""Time, person id and anchor."""
TIMELINE_PAGE_SIZE: Final = 100
CONVERSATION_VERBS: Final = (
    "note",
    "reply",
    "resolve",
    "reopen",
    "send_back",
    "suggest",
    "accept",
    "decline",
    "note_letter",
)
"""Verbs by which people communicate."""


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
    earlier_saves: Sequence[Revision] = ()


def build_timeline_entries(
    brief: Brief, events: Iterable[Event], loaded_notes: Iterable[Note] | None = None
) -> Iterator[TimelineEntry]:
    """Yield an entry per event. The events must be loaded with their people and editions."""
    events = list(events)
    if loaded_notes is None and any(event.verb == "note" for event in events):
        loaded_notes = Note.objects.filter(brief=brief)
    notes = {(note.at, note.by_id): note for note in loaded_notes or ()}
    sides = _suggestion_sides(brief) if any(event.verb in SUGGESTION_VERBS for event in events) else {}
    pages = {page: reverse(f"admin:briefs_brief_{page}", args=[brief.pk]) for page in ("review", "compare")}
    for event in events:
        place, href = _locate_event(event, notes.get((event.at, event.by_id)), sides, pages)
        text = get_past(event.verb)
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
    if event.verb == "import" and event.revision and (file := event.revision.document):
        return file.name, reverse("admin:briefs_brief_file", args=[event.brief_id, file.pk])
    if event.edition:
        number = event.edition.number
        return _("Edition %(n)s") % {"n": number}, f"{urls['compare']}?from=edition-{number}"
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
    elif event.verb == "approve" and event.edition and event.edition.change_kind:
        edition = event.edition
        notes = (edition.get_change_kind_display(), edition.change_note_zh, edition.change_note_en)
        yield "\n".join(filter(None, notes))
    elif event.verb not in SUGGESTION_VERBS and event.note:
        yield event.note
    if event.verb == "import" and event.revision:
        yield from map(_describe_import_note, event.revision.document_notes)
    if (revision := event.revision) and revision.also_by:
        others = {person.pk: str(person) for person in (revision.by, *revision.load_co_authors())}
        others.pop(event.by_id, None)
        text = _("Written by %(name)s") if event.verb == "import" else _("Worded by %(name)s")
        yield text % {"name": _(", ").join(others.values())}
    if event.edition:
        yield _("public from %(time)s") % {"time": format_time(event.edition.live_from)}


def _describe_import_note(note: Mapping[str, Any]) -> str:
    """Return a note of the reader of documents, in the interface language."""
    text = str(note["message_zh" if interface_side() == "zh" else "message"])
    return _("Line %(n)s: %(said)s") % {"n": note["line"], "said": text} if note["line"] else text


def _translate_assignment_line(line: str) -> str:
    name, colon, value = line.partition(": ")
    if name == "priority":
        return _("Priority") if value == "yes" else _("No priority")
    if label := ASSIGNMENT_LABELS.get(name):
        return _("%(part)s: %(who)s") % {"part": label, "who": _("Nobody yet") if value == "–" else value}
    return line if colon else (_("Nobody yet") if line == "–" else line)


def _query_events(brief: Brief) -> QuerySet[Event]:
    rows = brief.events.select_related("by", "edition", "revision__by", "revision__document")
    return rows.defer("edition__content", "revision__content", "revision__document__data").order_by("-id")


def load_newest_entries(brief: Brief, limit: int, notes: Sequence[Note]) -> list[TimelineEntry]:
    rows = _query_events(brief)[:limit]
    return list(build_timeline_entries(brief, rows, notes))


SESSION_LABELS: Final[dict[str, Promise]] = {
    Revision.Kind.IMPORT: pgettext_lazy("sitting", "imported"),
    Revision.Kind.RESTORE: pgettext_lazy("sitting", "restored"),
    Revision.Kind.RETURN: pgettext_lazy("sitting", "returned to what is live"),
    Revision.Kind.REVISE: pgettext_lazy("sitting", "emptied the change note"),
}
"""Labels of sessions that did more than save, shown after the person's name."""


def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the timeline. `?talk` restricts it to conversation; `?before` is the id of an event."""
    require_role(request)
    brief = get_brief_or_404(pk)
    talk = "talk" in request.GET
    rows = _query_events(brief)
    if talk:
        rows = rows.filter(verb__in=CONVERSATION_VERBS)
    shown, older = paginate_by_id(rows, request, TIMELINE_PAGE_SIZE)
    entries = list(build_timeline_entries(brief, shown))
    if not talk:
        is_continued = bool(read_number(request.GET, "before"))
        entries += _session_entries(
            brief, shown[-1].at if older else None, shown[0].at if is_continued and shown else None
        )
    days = list(_group_by_day(entries))
    title = _("Timeline")
    return render_brief_subpage(
        request, "history/timeline", brief, title=title, days=days, talk=talk, older=older
    )


def _session_entries(
    brief: Brief, since: dt.datetime | None, until: dt.datetime | None
) -> Iterator[TimelineEntry]:
    """Yield the edit sessions between `since` and `until`."""
    rows = brief.revisions.select_related("by").defer("content", "document_notes")
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lte=until) if until else rows
    compare = reverse("admin:briefs_brief_compare", args=[brief.pk])
    for sitting in group_edit_sessions(rows):
        last = sitting.last
        n = len(sitting.revisions)
        text = ngettext("saved once", "saved %(n)s times", n) % {"n": n}
        text = str(SESSION_LABELS.get(last.kind, text))
        href = f"{compare}?to={last.number}" if sitting.first.number > 1 else f"{compare}?from={last.number}"
        changed = list(_changed_parts(sitting))
        yield TimelineEntry(last.at, last.people, text, changed, f"r{last.number}", href, 0, sitting.earlier)


def _changed_parts(edit_session: EditSession) -> Iterator[str]:
    names = {**SIDE_NAMES, "facts": _("Article")}
    told = [
        str(name)
        for part, name in names.items()
        if any(getattr(r, f"changed_{part}") for r in edit_session.revisions)
    ]
    if told:
        yield _("Changed: %(parts)s") % {"parts": _(", ").join(told)}


def _group_by_day(entries: list[TimelineEntry]) -> Iterator[tuple[str, list[TimelineEntry]]]:
    """Yield each day with its entries, newest first. Entries of the same moment come in falling order of their events."""
    entries.sort(key=lambda entry: (entry.at, entry.event_id), reverse=True)
    for day, found in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date()):
        yield format_iso_date(day.isoformat()), list(found)
