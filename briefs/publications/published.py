"""Load issues as readers see them: the frozen texts of an issue's edition, with the public edition of each brief.

Pages, feed, API, files and mail are all made from `PublicIssue`, so they hold the same texts.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.text import split_sentences, strip_inline
from briefs.content import IssueContent, IssueText, Side
from briefs.derived import BRIEF_COLUMNS, build_briefs
from briefs.models.edition import ChangeKind, Edition, IssueEdition


def fill_mail_lines(text: IssueText, side: Side) -> IssueText:
    """Fill an empty subject line with the title, and an empty preview line with the first sentence of the preface."""
    first_sentence = next(iter(split_sentences(strip_inline(text.preface), side)), "")
    return replace(text, subject=text.subject or text.title, preheader=text.preheader or first_sentence)


@dataclass(frozen=True, slots=True)
class PublicItem:
    """A brief of an issue, as it is public at the moment of loading.

    `corrected_at`: when the latest correction newer than the issue became public. A withdrawn brief is shown as a notice
    alone.
    """

    brief: PublicBrief
    brief_id: int
    edition_id: int
    edition_number: int
    corrected_at: dt.datetime | None = None
    withdrawn_at: dt.datetime | None = None
    withdrawn_kind: str = ""
    withdrawn_reason_zh: str = ""
    withdrawn_reason_en: str = ""


@dataclass(frozen=True, slots=True)
class PublicIssue:
    """`updated_at`: when this edition of the issue became public; `published_at`: when its first one did. Site time zone.

    `items` lacks briefs that were removed or are not public yet.
    """

    edition_id: int
    number: int
    edition_number: int
    published_at: dt.datetime
    updated_at: dt.datetime
    content: IssueContent
    items: tuple[PublicItem, ...] = ()
    change_kind: str = ""
    change_note_zh: str = ""
    change_note_en: str = ""
    withdrawn_at: dt.datetime | None = None
    withdrawn_kind: str = ""
    withdrawn_reason_zh: str = ""
    withdrawn_reason_en: str = ""

    def text(self, side: Side) -> IssueText:
        return self.content.side(side)

    @property
    def listed_items(self) -> tuple[PublicItem, ...]:
        """The items whose texts may be shown."""
        return tuple(item for item in self.items if not item.withdrawn_at)

    @classmethod
    def build(cls, edition: IssueEdition, items: tuple[PublicItem, ...]) -> Self:
        return cls(
            edition.pk,
            edition.issue_number,
            edition.number,
            timezone.localtime(edition.published_at),
            timezone.localtime(edition.live_from),
            edition.frozen_content,
            items,
            **{name: getattr(edition, name) for name in (*_CHANGE, *_WITHDRAWAL)},
        )


def list_current(now: dt.datetime) -> QuerySet[IssueEdition]:
    """Return the listed editions, the current issue first."""
    return IssueEdition.objects.listed(now).order_by("-published_at", "-pk")


def list_changes(issue: PublicIssue, now: dt.datetime) -> list[tuple[dt.datetime, str, str, str]]:
    """Return the corrections of the issue itself: when, kind and notes in both languages. Newest first."""
    if issue.edition_number == 1:
        return []
    columns = ("live_from", *_CHANGE)
    past = IssueEdition.objects.filter(issue_number=issue.number, number__gt=1, live_from__lte=now)
    return list(past.exclude(live_until=F("live_from")).order_by("-live_from").values_list(*columns))


def load_edition(edition: IssueEdition, now: dt.datetime) -> PublicIssue | None:
    """Load an edition of an issue as it is, or will first be, public: what a mailing of it freezes. At most 3 queries."""
    shown_at = max(now, edition.live_from)
    return next(
        iter(load_issues(IssueEdition.objects.listed(shown_at).filter(pk=edition.pk), shown_at)), None
    )


def build_draft_issue(number: int, content: IssueContent, now: dt.datetime) -> PublicIssue:
    """Build an issue that is no edition, as if it were published once all of its briefs are public."""
    scheduled = Edition.objects.scheduled(now).filter(brief__in=content.items)
    new = scheduled.exclude(brief__in=Edition.objects.found(now).values("brief"))
    shown_at = max([now, *new.values_list("live_from", flat=True)])
    public = _load_public_editions(content.items, shown_at)
    items = tuple(replace(public[pk], corrected_at=None) for pk in content.items if pk in public)
    local = timezone.localtime(shown_at)
    return PublicIssue(0, number, 0, local, local, content, items)


def load_issue(number: int, now: dt.datetime) -> PublicIssue | None:
    """Load the issue as it is public at `now`: listed, or withdrawn. At most 3 queries."""
    editions = IssueEdition.objects.found(now).filter(issue_number=number).order_by("-number")
    return next(iter(load_issues(editions[:1], now)), None)


def load_issues(editions: QuerySet[IssueEdition], now: dt.datetime) -> list[PublicIssue]:
    """Load issues with their briefs as they are public at `now`. At most 3 queries, however many there are."""
    rows = list(editions.only(*_COLUMNS))
    public = _load_public_editions({pk for row in rows for pk in row.frozen_content.items}, now)
    issues = []
    for edition in rows:
        items = (public[pk] for pk in edition.frozen_content.items if pk in public)
        marked = tuple(
            replace(item, corrected_at=None)
            if item.corrected_at and item.corrected_at <= edition.published_at
            else item
            for item in items
        )
        issues.append(PublicIssue.build(edition, marked))
    return issues


_WITHDRAWAL = ("withdrawn_at", "withdrawn_kind", "withdrawn_reason_zh", "withdrawn_reason_en")
_CHANGE = ("change_kind", "change_note_zh", "change_note_en")
_COLUMNS = ("issue_number", "number", "content", "published_at", "live_from", *_CHANGE, *_WITHDRAWAL)
"""Columns of an edition that public code may read."""


def _load_public_editions(briefs: Collection[int], now: dt.datetime) -> dict[int, PublicItem]:
    if not briefs:
        return {}
    corrections = Edition.objects.uncancelled().filter(
        brief=OuterRef("brief"), change_kind=ChangeKind.CORRECTION, live_from__lte=now, removed_at=None
    )
    latest = Subquery(corrections.order_by("-live_from").values("live_from")[:1])
    columns = ("brief_id", "pk", "number", *_WITHDRAWAL)
    found = Edition.objects.found(now).filter(brief__in=briefs).annotate(corrected_at=latest)
    rows = list(found.values_list(*columns, "corrected_at", *BRIEF_COLUMNS))
    briefs_of_rows = build_briefs([row[-len(BRIEF_COLUMNS) :] for row in rows])
    items = {}
    for (pk, edition, number, withdrawn_at, *withdrawal, corrected_at), brief in zip(
        (row[: -len(BRIEF_COLUMNS)] for row in rows), briefs_of_rows, strict=True
    ):
        corrected = timezone.localtime(corrected_at) if corrected_at else None
        items[pk] = PublicItem(brief, pk, edition, number, corrected, withdrawn_at, *withdrawal)
    return items
