"""The timeline of a brief: every move, note, reply and answer, and the sittings at which it was written, on one page."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from ...models import Brief, Revision
from ...workflow.rules.clock import spoken
from ..common import brief_pages
from ..common.access import require
from ..common.brief_pages import brief_or_404, site_context
from .edit_sessions import Sitting, sittings
from .event_lines import Entry, entries_of

PAGE: Final = 100
TALK: Final = (
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
"""Verbs by which people speak to each other."""

WROTE: Final[dict[str, Promise]] = {
    Revision.Kind.IMPORT: pgettext_lazy("sitting", "imported"),
    Revision.Kind.RESTORE: pgettext_lazy("sitting", "restored"),
    Revision.Kind.RETURN: pgettext_lazy("sitting", "returned to what is live"),
}
"""What a sitting did that did more than save, after the name of whose it was."""


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    entries: list[Entry] = field(default_factory=list)


def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """`?talk` leaves out everything but what people said; `?before` is the id of an event."""
    require(request)
    brief = brief_or_404(pk)
    talk = "talk" in request.GET
    rows = brief.events.select_related("by", "edition").defer("edition__content").order_by("-id")
    if talk:
        rows = rows.filter(verb__in=TALK)
    if before := brief_pages.number(request.GET.get("before", "")):
        rows = rows.filter(pk__lt=before)
    shown = list(rows[: PAGE + 1])
    entries = list(entries_of(brief, shown[:PAGE]))
    older = entries[-1].key if len(shown) > PAGE else 0
    if not talk:
        entries += _written(
            brief, entries[-1].at if older else None, shown[0].at if before and shown else None
        )
    context: dict[str, Any] = {
        **site_context(request, title=_("Timeline"), subtitle=str(brief)),
        "brief": brief,
        "days": list(_days(entries)),
        "talk": talk,
        "older": older,
    }
    return TemplateResponse(request, "admin/briefs/brief/timeline.html", context)


def _written(brief: Brief, since: dt.datetime | None, until: dt.datetime | None) -> Iterator[Entry]:
    """The sittings of the same stretch of time."""
    rows = brief.revisions.select_related("by").defer("content", "document_notes")
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lte=until) if until else rows
    href = reverse("admin:briefs_brief_revisions", args=[brief.pk])
    for sitting in sittings(rows):
        last = sitting.last
        n = len(sitting.revisions)
        what = ngettext("saved once", "saved %(n)s times", n) % {"n": n}
        what = str(WROTE.get(last.kind, what))
        yield Entry(last.at, str(last.by), what, list(_changed(sitting)), f"r{last.number}", href)


def _changed(sitting: Sitting) -> Iterator[str]:
    names = {"zh": _("Chinese"), "en": _("English"), "facts": _("Article")}
    told = [
        name for part, name in names.items() if any(getattr(r, f"changed_{part}") for r in sitting.revisions)
    ]
    if told:
        yield _("Changed: %(parts)s") % {"parts": _(", ").join(told)}


def _days(entries: list[Entry]) -> Iterator[Day]:
    """The newest first; of one moment, the later event first."""
    entries.sort(key=lambda entry: (entry.at, entry.key), reverse=True)
    for day, found in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date()):
        yield Day(spoken(day.isoformat()), list(found))
