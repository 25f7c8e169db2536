"""Timeline page of a brief: its events and edit sessions."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from ...models import Brief, Revision
from ...workflow.rules.clock import format_iso_date
from ..common.access import require_role
from ..common.brief_pages import get_brief_or_404, paginate_by_id, read_number, render_brief_subpage
from ..common.interface_labels import SIDE_NAMES
from .edit_sessions import EditSession, group_edit_sessions
from .event_lines import TimelineEntry, build_timeline_entries

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

SESSION_LABELS: Final[dict[str, Promise]] = {
    Revision.Kind.IMPORT: pgettext_lazy("sitting", "imported"),
    Revision.Kind.RESTORE: pgettext_lazy("sitting", "restored"),
    Revision.Kind.RETURN: pgettext_lazy("sitting", "returned to what is live"),
}
"""Labels of sessions that did more than save, shown after the person's name."""


@dataclass(frozen=True, slots=True)
class TimelineDay:
    name: str
    entries: list[TimelineEntry] = field(default_factory=list)


def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the timeline. `?talk` restricts it to conversation; `?before` is the id of an event."""
    require_role(request)
    brief = get_brief_or_404(pk)
    talk = "talk" in request.GET
    rows = brief.events.select_related("by", "edition").defer("edition__content").order_by("-id")
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
    """Yield the edit sessions of the same period."""
    rows = brief.revisions.select_related("by").defer("content", "document_notes")
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lte=until) if until else rows
    href = reverse("admin:briefs_brief_revisions", args=[brief.pk])
    for sitting in group_edit_sessions(rows):
        last = sitting.last
        n = len(sitting.revisions)
        text = ngettext("saved once", "saved %(n)s times", n) % {"n": n}
        text = str(SESSION_LABELS.get(last.kind, text))
        yield TimelineEntry(
            last.at, str(last.by), text, list(_changed_parts(sitting)), f"r{last.number}", href
        )


def _changed_parts(edit_session: EditSession) -> Iterator[str]:
    names = {**SIDE_NAMES, "facts": _("Article")}
    told = [
        str(name)
        for part, name in names.items()
        if any(getattr(r, f"changed_{part}") for r in edit_session.revisions)
    ]
    if told:
        yield _("Changed: %(parts)s") % {"parts": _(", ").join(told)}


def _group_by_day(entries: list[TimelineEntry]) -> Iterator[TimelineDay]:
    """Group entries by day, newest first; of the same moment, the later event first."""
    entries.sort(key=lambda entry: (entry.at, entry.event_id), reverse=True)
    for day, found in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date()):
        yield TimelineDay(format_iso_date(day.isoformat()), list(found))
