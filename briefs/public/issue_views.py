"""Pages of published issues: the list, an issue in one language or both, and the notice of a withdrawn one."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls.converters import IntConverter
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from briefs.content import LANGUAGE_TAGS, IssueContent, IssueText, Side
from briefs.models.edition import IssueEdition
from briefs.publications import pdf, published
from briefs.publications.published import PublicIssue
from briefs.publications.recent_corrections import list_recent_corrections
from briefs.rendering import cards, text
from briefs.text import paths
from briefs.text.inline_markup import strip_inline

from . import brief_answers, claim_rows, editions, responses
from .editions import EditionHistoryLine, KeysetPaginator, PageKey
from .responses import ListView


class IssueNumberConverter(IntConverter):
    regex = "[1-9][0-9]{0,8}"


# Queries for lists and links.

MAX_OLDER: Final = 2


class IssueLine(NamedTuple):
    """A listed issue in a list."""

    pk: int
    published_at: dt.datetime
    number: int
    content: IssueContent


def list_issues(now: dt.datetime, page: PageKey) -> editions.KeysetPage[IssueLine]:
    """Return a page of listed issues, by first publication, newest first. Raise MalformedKey."""
    rows, *keys = _paginator.fetch_page(now, page=page)
    return editions.KeysetPage(_build_lines(rows), *keys)


def list_neighbours(issue: PublicIssue, now: dt.datetime) -> list[IssueLine]:
    """Return the next listed issue and the two before, newest first. One query."""
    listed, place = IssueEdition.objects.listed(now), (issue.published_at, issue.edition_id)
    newer = listed.filter(editions.build_beyond_condition("gt", *place)).order_by("published_at", "pk")
    older = listed.filter(editions.build_beyond_condition("lt", *place)).order_by("-published_at", "-pk")
    near = listed.filter(Q(pk__in=newer.values("pk")[:1]) | Q(pk__in=older.values("pk")[:MAX_OLDER]))
    return _build_lines(_select_lines(near.order_by("-published_at", "-pk")))


def _build_lines(rows: Sequence[tuple[Any, ...]] | QuerySet[IssueEdition, Any]) -> list[IssueLine]:
    return [
        IssueLine(pk, timezone.localtime(at), number, IssueContent.from_json(content))
        for pk, at, number, content in rows
    ]


def _select_lines(listed: QuerySet[IssueEdition, Any]) -> QuerySet[IssueEdition, Any]:
    return listed.values_list("pk", "published_at", "issue_number", "content")


def _listed_issues(now: dt.datetime, *, where: Q = editions.NO_FILTER) -> QuerySet[IssueEdition, Any]:
    return IssueEdition.objects.listed(now).filter(where)


_paginator = KeysetPaginator(
    _listed_issues, _select_lines, dt.datetime, time_column="published_at", id_column="pk"
)


# Pages.


def show_list(request: HttpRequest, language: Side) -> HttpResponse:
    view, page = (
        ListView.read(request, language),
        list_issues(timezone.now(), editions.read_page_key(request)),
    )
    return responses.render(
        "public/issues.html",
        language,
        "issues/",
        menu_entry="issues",
        query_string=page.query_string,
        list_view=view,
        rows=[[_build_line(row, side) for side in view.sides] for row in page.rows],
        robots=brief_answers.NOINDEX if page.query_string else "",
        older=_build_link(page.older_key and f"before={page.older_key}", view),
        newer=_build_link(page.newer_key and f"after={page.newer_key}", view),
    )


def _build_link(key: str, view: ListView) -> str:
    return key and paths.with_query(f"{paths.home(view.language)}issues/", key, view.show, view.rows)


def show_issue(
    request: HttpRequest, language: Side, number: int, *, is_parallel: bool = False
) -> HttpResponse:
    now = timezone.now()
    issue, path = published.load_issue(number, now), f"issues/{number}/"
    if issue is None:
        raise Http404
    if issue.withdrawn_at:
        return _show_notice(issue, issue.withdrawn_at, language, path)
    if request.GET.get("show") == "both" and not is_parallel:
        return HttpResponseRedirect(f"{paths.issue(language, number)}parallel/")
    view = ListView(language, is_both=is_parallel)
    return responses.render(
        "public/issue.html",
        language,
        f"{path}parallel/" if is_parallel else path,
        menu_entry="issues",
        **build_texts(issue, view),
        head=_render_head(issue, language),
        description=_extract_gist(issue.text(language), language),
        changes=_build_changes(issue, language, now),
        items=claim_rows.render_issue_items(issue.items, view),
        corrections=[
            (LANGUAGE_TAGS[side], correction.format_line(side), correction.get_path(side))
            for correction in list_recent_corrections(issue, now)
            for side in view.sides
        ],
        neighbours=[_build_line(row, language) for row in list_neighbours(issue, now)],
        zh_url=paths.issue("zh", number),
        en_url=paths.issue("en", number),
        view="parallel" if is_parallel else language,
        parallel=f"{paths.issue(language, number)}parallel/",
    )


def build_texts(issue: PublicIssue, view: ListView) -> dict[str, Any]:
    """Return the texts of an issue in the languages of a view, the page's own first, and its title in the other language."""
    language, other = view.language, paths.OTHER_SIDE[view.language]
    return {
        "sides": [_build_side(issue, side) for side in view.sides],
        "title": issue.text(language).title,
        "twin_title": issue.text(other).title,
        "issue_url": paths.issue(language, issue.number),
        "twin_issue_url": paths.issue(other, issue.number),
    }


def _build_side(issue: PublicIssue, side: Side) -> dict[str, Any]:
    day = issue.published_at.date()
    return {
        "lang": LANGUAGE_TAGS[side],
        "number": brief_answers.format_issue_number(issue.number, side),
        "comma": "\u3000" if side == "zh" else ", ",
        "date": cards.render_day(day.isoformat(), side),
        "title": issue.text(side).title,
        "paragraphs": text.render_preface(issue.text(side).preface),
    }


def _build_line(row: IssueLine, side: Side) -> dict[str, Any]:
    own = row.content.side(side)
    return {
        "lang": LANGUAGE_TAGS[side],
        "number": row.number,
        "url": paths.issue(side, row.number),
        "title": own.title,
        "gist": _extract_gist(own, side),
        "date": cards.render_day(row.published_at.date().isoformat(), side),
    }


def _build_changes(issue: PublicIssue, language: Side, now: dt.datetime) -> list[dict[str, str]]:
    """Return the corrections of the issue itself as lines, newest first."""
    changes = published.list_changes(issue, now)
    lines = [EditionHistoryLine(at, kind, zh, en) for at, kind, zh, en in changes]
    return [
        line for line in (brief_answers.build_history_line(row, language) for row in lines) if line["note"]
    ]


def _extract_gist(own: IssueText, side: Side) -> str:
    return text.extract_gist(strip_inline(" ".join(text.split_paragraphs(own.preface))), side)


def _show_notice(issue: PublicIssue, withdrawn_at: dt.datetime, language: Side, path: str) -> HttpResponse:
    notices = brief_answers.build_withdrawal_notices(issue, withdrawn_at, language)
    response = responses.render(
        "public/issue_withdrawn.html",
        language,
        path,
        **build_texts(issue, ListView(language)),
        notices=notices,
        description=notices[0]["sentence"],
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _render_head(issue: PublicIssue, language: Side) -> SafeString:
    """Render the metadata: Open Graph, and the issue for schema.org with its listed briefs in order."""
    site, other = settings.DIGEST_SITE_NAME[language], paths.OTHER_SIDE[language]
    own, url = issue.text(language), f"{settings.SITE_URL}{paths.issue(language, issue.number)}"
    graph = {
        "og:type": "article",
        "og:site_name": site,
        "og:title": own.title,
        "og:description": _extract_gist(own, language),
        "og:url": url,
    }
    publisher = {"@type": "Organization", "name": site, "url": f"{settings.SITE_URL}{paths.home(language)}"}
    data = {
        "@context": "https://schema.org",
        "@type": "PublicationIssue",
        "@id": url,
        "url": url,
        "issueNumber": issue.number,
        "name": own.title,
        "description": _extract_gist(own, language),
        "inLanguage": LANGUAGE_TAGS[language],
        "datePublished": cards.format_local(issue.published_at),
        "dateModified": cards.format_local(issue.updated_at),
        "publisher": publisher,
        "isPartOf": {"@type": "Periodical", "name": site, "url": publisher["url"]},
        "workTranslation": {
            "@type": "PublicationIssue",
            "@id": f"{settings.SITE_URL}{paths.issue(other, issue.number)}",
            "name": issue.text(other).title,
            "inLanguage": LANGUAGE_TAGS[other],
        },
        "hasPart": [
            {
                "@type": "Article",
                "@id": f"{settings.SITE_URL}{paths.brief(language, item.brief.slug)}",
                "headline": item.brief.headline(language),
            }
            for item in issue.listed_items
        ],
    }
    tags = [*cards.render_meta_tags("property", graph.items()), cards.render_json_ld(data)]
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped


# The home page leads with the current issue.


def render_lead(issue: PublicIssue, language: Side) -> SafeString:
    """Render title, preface and numbered headlines of the current issue."""
    return text.render_partial(
        "public/_issue_lead.html",
        **build_texts(issue, ListView(language)),
        twin_lang=LANGUAGE_TAGS[paths.OTHER_SIDE[language]],
        home=paths.home(language),
        has_pdf=pdf.is_available(),
        headlines=[
            {
                "n": n,
                "headline": item.brief.headline(language),
                "url": paths.brief(language, item.brief.slug),
                "source": item.brief.source
                and text.mark_language(item.brief.source.label(language), language),
            }
            for n, item in enumerate(issue.items, 1)
            if not item.withdrawn_at
        ],
    )
