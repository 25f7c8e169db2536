"""Publish an issue of given briefs, without the desk."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from briefs.content import IssueContent, IssueText
from briefs.models import Brief, Issue, IssueEdition, IssueItem, IssueRevision, Person, State

from .corpus_fixtures import get_person


def issue_content(number: int, briefs: Sequence[Brief] = (), tag: str = "") -> IssueContent:
    zh = IssueText(
        f"韌性的價格{number}{tag}", f"第一段前言{tag}。\n\n第二段。", f"主旨{number}", f"預覽{number}"
    )
    en = IssueText(f"The Price of Resilience {number}{tag}", f"A preface{tag}.\n\nMore.", f"Subject {number}", f"Preheader {number}")  # fmt: skip
    return IssueContent(zh, en, tuple(brief.pk for brief in briefs))


def publish_issue(
    number: int,
    briefs: Sequence[Brief],
    *,
    by: Person | None = None,
    content: IssueContent | None = None,
    **values: Any,
) -> IssueEdition:
    """Store an issue's edition with its items. A later edition of the issue ends the one before."""
    content, now = content or issue_content(number, briefs), timezone.now()
    by = by or get_person("editor")
    issue, _ = Issue.objects.get_or_create(
        number=number,
        defaults={
            "content": content.to_json(),
            "state": State.APPROVED,
            "created_at": now,
            "updated_at": now,
            "updated_by": by,
        },
    )
    start: dt.datetime = values.pop("live_from", now)
    earlier = IssueEdition.objects.filter(issue=issue).order_by("number")
    published_at = earlier[0].published_at if earlier else start
    revision = IssueRevision.objects.create(
        issue=issue,
        number=issue.revisions.count() + 1,
        content=content.to_json(),
        by=by,
        at=now,
        **{f"hash_{leaf}": value for leaf, value in content.hashes().items()},
    )
    edition = IssueEdition.objects.create(
        issue=issue,
        issue_number=number,
        number=len(earlier) + 1,
        content=content.to_json(),
        revision=revision,
        **{f"hash_{leaf}": value for leaf, value in content.hashes().items()},
        published_at=values.pop("published_at", published_at),
        live_from=start,
        approved_at=now,
        edited_by=by,
        **{"approved_by": by, "four_eyes": False} | values,
    )
    IssueEdition.objects.filter(issue=issue, number__lt=edition.number, live_until=None).update(
        live_until=start
    )
    IssueItem.objects.bulk_create(
        IssueItem(issue_edition=edition, brief=brief, position=n) for n, brief in enumerate(briefs, 1)
    )
    return edition
