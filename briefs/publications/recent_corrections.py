"""The corrections and withdrawals that an issue reports: of briefs in earlier issues, since the issue before it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone, translation
from django.utils.translation import gettext

from briefs.content import Content, Side
from briefs.models.edition import ChangeKind, Edition
from briefs.rendering import cards
from briefs.text import paths

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
    """Return them oldest first. The first issue reports none. One query if there is nothing to report, else at most six."""
    earlier = list_current(now).filter(published_at__lt=issue.published_at)
    since = earlier.values_list("published_at", flat=True).first()
    if since is None:
        return []
    events = _list_events(since, issue.published_at, now)
    briefs = {brief for brief, *_ in events}
    in_issues = earlier.order_by("published_at", "pk").filter(items__brief__in=briefs)
    numbers = dict(in_issues.values_list("items__brief", "issue_number"))
    public = {
        brief: (slug, Content.from_json(content))
        for brief, slug, content in Edition.objects.found(now)
        .filter(brief__in=numbers)
        .values_list("brief", "slug", "content")
    }
    rows = []
    for brief, at, is_withdrawn, zh, en in sorted(events, key=lambda event: event[1]):
        if brief in public:
            slug, content = public[brief]
            headlines: dict[Side, str] = {"zh": content.headline_zh, "en": content.headline_en}
            notes: dict[Side, str] = {"zh": zh, "en": en}
            at = timezone.localtime(at)
            rows.append(RecentCorrection(at, numbers[brief], slug, headlines, notes, is_withdrawn))
    return rows


type _Event = tuple[int, dt.datetime, bool, str, str]


def _list_events(since: dt.datetime, until: dt.datetime, now: dt.datetime) -> list[_Event]:
    """Return (brief, time, whether withdrawn, notes in both languages). What was taken down since is not told again."""
    corrected = {"change_kind": ChangeKind.CORRECTION, "minor": False}
    corrected |= {"live_from__gt": since, "live_from__lte": until}
    columns = ("brief_id", "live_from", "change_note_zh", "change_note_en")
    events: list[_Event] = [
        (brief, at, False, zh, en)
        for editions in (Edition.objects.listed(now), Edition.objects.closed(now))
        for brief, at, zh, en in editions.filter(**corrected).values_list(*columns)
    ]
    withdrawn = Edition.objects.found(now).filter(withdrawn_at__gt=since, withdrawn_at__lte=until)
    reasons = withdrawn.values_list("brief_id", "withdrawn_at", "withdrawn_reason_zh", "withdrawn_reason_en")
    return events + [(brief, at, True, zh, en) for brief, at, zh, en in reasons if at]
