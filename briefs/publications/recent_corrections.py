"""The corrections and withdrawals that an issue reports: of briefs in earlier issues, since the issue before it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone, translation
from django.utils.translation import gettext

from briefs.bilingual.rendering import cards
from briefs.bilingual.text import paths
from briefs.content import Side
from briefs.models.edition import ChangeKind, Edition, IssueItem

from .published import PublicIssue, list_current


@dataclass(frozen=True, slots=True)
class RecentCorrection:
    """`issue_number`: of the latest earlier issue that the brief is in. `notes`: of the change, or why it was withdrawn."""

    at: dt.datetime
    issue_number: int
    slug: str
    headlines: Mapping[Side, str]
    notes: Mapping[Side, str]
    is_withdrawn: bool

    def get_path(self, side: Side) -> str:
        """Return the path of the page that shows before and after."""
        return paths.brief(side, self.slug) if self.is_withdrawn else paths.changes(side, self.slug)

    def format_line(self, side: Side) -> str:
        with translation.override(paths.LANGUAGE_CODES[side]):
            note = self.notes[side]
            if self.is_withdrawn:
                note = cards.format_withdrawal(self.at, note, side)
            values = {"n": self.issue_number, "headline": self.headlines[side], "note": note}
            return gettext("Issue %(n)s, “%(headline)s”: %(note)s") % values


def list_recent_corrections(issue: PublicIssue, now: dt.datetime) -> list[RecentCorrection]:
    """Return them oldest first. The first issue reports none. One query if there is nothing to report, else two."""
    earlier = list_current(now).filter(published_at__lt=issue.published_at)
    since = Subquery(earlier.values("published_at")[:1])
    events = sorted(_list_events(since, issue.published_at, now), key=lambda event: event[1])
    if not events:
        return []
    public = Edition.objects.found(now).filter(brief=OuterRef("brief"))
    columns = ("slug", KeyTextTransform("headline_zh", "content"), KeyTextTransform("headline_en", "content"))
    places = IssueItem.objects.filter(
        issue_edition__in=earlier.order_by(), brief__in={brief for brief, *_ in events}
    )
    rows = places.order_by("issue_edition__published_at", "issue_edition").values_list(
        "brief",
        "issue_edition__issue_number",
        *(Subquery(public.values_list(column)[:1]) for column in columns),
    )
    latest = {brief: values for brief, *values in rows}
    corrections = []
    for brief, at, is_withdrawn, note_zh, note_en in events:
        number, slug, zh, en = latest.get(brief, (0, None, "", ""))
        if slug:
            headlines: dict[Side, str] = {"zh": zh or "", "en": en or ""}
            notes: dict[Side, str] = {"zh": note_zh, "en": note_en}
            at = timezone.localtime(at)
            corrections.append(RecentCorrection(at, number, slug, headlines, notes, is_withdrawn))
    return corrections


type _Event = tuple[int, dt.datetime, bool, str, str]


def _list_events(since: Subquery, until: dt.datetime, now: dt.datetime) -> Sequence[_Event]:
    """Return (brief, time, whether withdrawn, notes in both languages). What was taken down since is not told again."""
    corrected = {"change_kind": ChangeKind.CORRECTION, "live_from__gt": since, "live_from__lte": until}
    columns = ("brief_id", "live_from", Value(False), "change_note_zh", "change_note_en")
    listed, closed = (
        editions.filter(**corrected).values_list(*columns)
        for editions in (Edition.objects.listed(now), Edition.objects.closed(now))
    )
    withdrawn = Edition.objects.found(now).filter(withdrawn_at__gt=since, withdrawn_at__lte=until)
    reasons = withdrawn.values_list(
        "brief_id", "withdrawn_at", Value(True), "withdrawn_reason_zh", "withdrawn_reason_en"
    )
    return list(listed.union(closed, reasons, all=True))
