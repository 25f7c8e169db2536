"""Load issues as readers see them: the frozen texts of an issue's edition, with the public edition of each brief.

Pages, feed, API, files and mail are all made from `PublicIssue`, so they hold the same texts.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from django.db.models import QuerySet
from django.utils import timezone

from briefs.content import IssueContent, IssueText, Side
from briefs.derived.public_brief import BRIEF_COLUMNS, build_briefs
from briefs.models.edition import ChangeKind, Edition, IssueEdition, IssueItem
from briefs.public_brief import PublicBrief
from briefs.text.sentences import split_sentences


def fill_mail_lines(text: IssueText, side: Side) -> IssueText:
    """Fill an empty subject line with the title, and an empty preview line with the first sentence of the preface."""
    first_sentence = next(iter(split_sentences(text.preface, side)), "")
    return replace(text, subject=text.subject or text.title, preheader=text.preheader or first_sentence)


@dataclass(frozen=True, slots=True)
class PublicItem:
    """A brief of an issue, as it is public at the moment of loading.

    `corrected_at`: when a correction newer than the issue became public. A withdrawn brief is shown as a notice alone.
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
            edition.change_kind,
            edition.change_note_zh,
            edition.change_note_en,
            edition.withdrawn_at,
            edition.withdrawn_reason_zh,
            edition.withdrawn_reason_en,
        )


def load_issue(number: int, now: dt.datetime) -> PublicIssue | None:
    """Load the issue as it is public at `now`: listed, or withdrawn. At most 4 queries."""
    editions = IssueEdition.objects.found(now).filter(issue_number=number).order_by("-number")
    return next(iter(load_issues(editions[:1], now)), None)


def load_issues(editions: QuerySet[IssueEdition], now: dt.datetime) -> list[PublicIssue]:
    """Load issues with their briefs as they are public at `now`. At most 4 queries, however many there are."""
    rows = list(editions.only(*_COLUMNS))
    briefs_by_edition: dict[int, list[int]] = {edition.pk: [] for edition in rows}
    places = IssueItem.objects.filter(issue_edition__in=list(briefs_by_edition)).order_by("position")
    for pk, brief_id in places.values_list("issue_edition_id", "brief_id"):
        briefs_by_edition[pk].append(brief_id)
    public = _load_public_editions({pk for of_one in briefs_by_edition.values() for pk in of_one}, now)
    issues = []
    for edition in rows:
        items = (public[pk] for pk in briefs_by_edition[edition.pk] if pk in public)
        marked = tuple(
            replace(item, corrected_at=None)
            if item.corrected_at and item.corrected_at <= edition.published_at
            else item
            for item in items
        )
        issues.append(PublicIssue.build(edition, marked))
    return issues


_COLUMNS = (
    "issue_number",
    "number",
    "content",
    "published_at",
    "live_from",
    *("change_kind", "change_note_zh", "change_note_en"),
    *("withdrawn_at", "withdrawn_reason_zh", "withdrawn_reason_en"),
)
"""Columns of an edition that public code may read."""


def _load_public_editions(briefs: Collection[int], now: dt.datetime) -> dict[int, PublicItem]:
    withdrawal = ("withdrawn_at", "withdrawn_kind", "withdrawn_reason_zh", "withdrawn_reason_en")
    columns = ("brief_id", "pk", "number", "change_kind", "live_from", *withdrawal)
    rows = list(Edition.objects.found(now).filter(brief__in=briefs).values_list(*columns, *BRIEF_COLUMNS))
    built = build_briefs([row[len(columns) :] for row in rows])
    items = {}
    for row, brief in zip(rows, built, strict=True):
        pk, edition, number, kind, live_from, *withdrawn = row[: len(columns)]
        corrected_at = timezone.localtime(live_from) if kind == ChangeKind.CORRECTION else None
        items[pk] = PublicItem(brief, pk, edition, number, corrected_at, *withdrawn)
    return items
