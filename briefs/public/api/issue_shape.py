"""Published issues in the API: their declared shape, and the list."""

import datetime as dt
from typing import Annotated, Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import Meta, Struct

from briefs.bilingual.text import paths
from briefs.content import SIDES
from briefs.derived import shape_builder
from briefs.derived.brief_shape import Correction, Hash, Moment, Texts, Withdrawal
from briefs.public.list_pages import ListPosition, build_beyond_condition
from briefs.publications import published
from briefs.publications.published import PublicIssue, PublicItem

from . import brief_queries
from .api_responses import json_response
from .brief_queries import LIST_PARAMETERS, Parameter


class IssueUrls(Struct, frozen=True):
    """Addresses of the issue's pages."""

    zh: str
    en: str
    parallel: str


class IssueBrief(Struct, frozen=True):
    """A brief of an issue as readers see it now. A withdrawn one has no summary. `url`: the brief in this API."""

    id: int
    slug: str
    edition: int
    headline: Texts
    summary: Texts | None
    corrected: Annotated[
        Moment | None, Meta(description="When a correction newer than the issue became public.")
    ]
    withdrawn: Withdrawal | None
    url: str


class Issue(Struct, frozen=True, kw_only=True):
    """A published issue in both languages: briefs in an order that editors chose."""

    number: int
    edition: Annotated[int, Meta(ge=1, description="1 is the first edition; a correction is the next.")]
    published: Moment
    updated: Annotated[Moment, Meta(description="When this edition became public.")]
    correction: Correction | None
    title: Texts
    preface: Annotated[Texts, Meta(description="Paragraphs with Markdown links and emphasis.")]
    briefs: list[IssueBrief]
    urls: IssueUrls
    hash: Hash = ""


class IssuePage(Struct):
    """Listed issues, newest first. `next` is the address of the next page, null on the last."""

    issues: list[Issue]
    next: str | None


_LIMIT: Final = {"type": "integer", "minimum": 1, "maximum": 20, "default": 20}
PARAMETERS: Final[dict[str, Parameter]] = {
    "limit": Parameter("Greatest number of issues, at most 20; 20 without it.", _LIMIT),
    "cursor": LIST_PARAMETERS["cursor"],
}


def list_issues(request: HttpRequest) -> HttpResponse:
    values, now = brief_queries.read_parameters(request, PARAMETERS), timezone.now()
    limit = brief_queries.read_limit(values, _LIMIT)
    position = brief_queries.read_cursor(values, ListPosition.parse)
    listed = published.list_current(now)
    if position:
        listed = listed.filter(build_beyond_condition("lt", *position))
    issues = published.load_issues(listed[: limit + 1], now)
    cursor = ""
    if len(issues) > limit:
        last = issues[limit - 1]
        cursor = str(ListPosition(last.published_at.astimezone(dt.UTC), last.edition_id))
    next_url = brief_queries.build_next_url("issues", values, cursor=cursor)
    page = IssuePage([build_issue(issue) for issue in issues[:limit]], next_url)
    return json_response(page, next_url=next_url)


def build_issue(issue: PublicIssue) -> Issue:
    note = Texts(issue.change_note_zh, issue.change_note_en)
    correction = Correction(_utc(issue.updated_at), issue.change_kind, note) if issue.change_kind else None  # type: ignore[arg-type]
    return shape_builder.add_hash(
        Issue(
            number=issue.number,
            edition=issue.edition_number,
            published=_utc(issue.published_at),
            updated=_utc(issue.updated_at),
            correction=correction,
            title=Texts(*(issue.text(side).title for side in SIDES)),
            preface=Texts(*(issue.text(side).preface for side in SIDES)),
            briefs=[_build_item(item) for item in issue.items],
            urls=_build_urls(issue.number),
        )
    )


def _build_item(item: PublicItem) -> IssueBrief:
    brief, withdrawn = item.brief, None
    if item.withdrawn_at:
        reason = Texts(item.withdrawn_reason_zh, item.withdrawn_reason_en)
        withdrawn = Withdrawal(_utc(item.withdrawn_at), item.withdrawn_kind, reason)  # type: ignore[arg-type]
    return IssueBrief(
        id=item.brief_id,
        slug=brief.slug,
        edition=item.edition_number,
        headline=Texts(*map(brief.headline, SIDES)),
        summary=None if withdrawn else Texts(*map(brief.summary, SIDES)),
        corrected=_utc(item.corrected_at) if item.corrected_at and not withdrawn else None,
        withdrawn=withdrawn,
        url=shape_builder.build_urls(brief.slug).api,
    )


def _build_urls(number: int) -> IssueUrls:
    zh, en = (f"{settings.SITE_URL}{paths.issue(side, number)}" for side in SIDES)
    return IssueUrls(zh, en, f"{zh}parallel/")


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)


def build_example(brief: Any) -> Issue:
    """Return an issue with the brief of the other examples."""
    moment = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)
    item = IssueBrief(
        brief["id"],
        brief["slug"],
        1,
        Texts(**brief["headline"]),
        Texts(**brief["summary"]),
        None,
        None,
        brief["urls"]["api"],
    )
    return shape_builder.add_hash(
        Issue(
            number=12,
            edition=1,
            published=moment,
            updated=moment,
            correction=None,
            title=Texts("韌性的價格", "The Price of Resilience"),
            preface=Texts("這一期問……", "This issue asks …"),
            briefs=[item],
            urls=_build_urls(12),
        )
    )
