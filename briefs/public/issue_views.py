"""Pages of published issues: the list, an issue in one language or both, and the notice of a withdrawn one."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls.converters import IntConverter
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from briefs.bilingual.rendering import cards, page_metadata, text
from briefs.bilingual.text import paths, strip_inline
from briefs.content import LANGUAGE_TAGS, SIDES, IssueContent, IssueText, Side
from briefs.models.edition import IssueEdition
from briefs.publications import published
from briefs.publications.published import PublicIssue, PublicItem
from briefs.publications.recent_corrections import list_recent_corrections

from . import brief_answers, list_pages, list_rows, responses
from .editions import EditionHistoryLine
from .list_pages import PageKey
from .list_rows import Row, RowSide
from .responses import ListView


class IssueNumberConverter(IntConverter):
    regex = "[1-9][0-9]{0,8}"


MAX_OLDER: Final = 2


class IssueLine(NamedTuple):
    """A listed issue in a list."""

    pk: int
    published_at: dt.datetime
    number: int
    content: IssueContent


def list_issues(now: dt.datetime, page: PageKey) -> list_pages.KeysetPage[IssueLine]:
    """Return a page of listed issues, by first publication, newest first. Raise Http404."""
    rows, *keys = list_pages.fetch_page(IssueEdition.objects.listed(now), page, _LINE_COLUMNS)
    return list_pages.KeysetPage(_build_lines(rows), *keys)


_LINE_COLUMNS: Final = ("issue_number", "content")


def list_neighbours(issue: PublicIssue, now: dt.datetime) -> list[IssueLine]:
    """Return the next listed issue and the two before, newest first. One query."""
    listed, place = IssueEdition.objects.listed(now), (issue.published_at, issue.edition_id)
    newer = listed.filter(list_pages.build_beyond_condition("gt", *place)).order_by("published_at", "pk")
    older = listed.filter(list_pages.build_beyond_condition("lt", *place)).order_by("-published_at", "-pk")
    near = listed.filter(Q(pk__in=newer.values("pk")[:1]) | Q(pk__in=older.values("pk")[:MAX_OLDER]))
    rows = near.order_by("-published_at", "-pk").values_list("pk", "published_at", *_LINE_COLUMNS)
    return _build_lines(list(rows))


def _build_lines(rows: Sequence[tuple[Any, ...]]) -> list[IssueLine]:
    return [
        IssueLine(pk, timezone.localtime(at), number, IssueContent.from_json(content))
        for pk, at, number, content in rows
    ]


def show_list(request: HttpRequest, language: Side) -> HttpResponse:
    view, page = (
        ListView.read(request, language),
        list_issues(timezone.now(), list_pages.read_page_key(request)),
    )
    return responses.render(
        "public/issues.html",
        language,
        "issues/",
        menu_entry="issues",
        head=list_rows.render_head(view, lambda _: RowSide("", pgettext("menu of the site", "Issues"))),
        query_string=page.query_string,
        list_view=view,
        rows=list_rows.render_rows([_build_issue_row(row, view) for row in page.rows], view),
        robots=brief_answers.NOINDEX if page.query_string else "",
        **page.build_links(f"{paths.home(language)}issues/", view),
    )


def _build_issue_row(issue: IssueLine, view: ListView) -> Row:
    def build(side: Side) -> RowSide:
        own = issue.content.side(side)
        gist = extract_gist(own, side)
        day = cards.render_day(issue.published_at.date().isoformat(), side)
        return RowSide(paths.issue(side, issue.number), own.title, by=day, claim=gist)

    return Row(list_rows.build_sides(view, build), list_rows.render_number(issue.number))


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
    changes = [EditionHistoryLine(*row) for row in published.list_changes(issue, now)]
    return responses.render(
        "public/issue.html",
        language,
        f"{path}parallel/" if is_parallel else path,
        menu_entry="issues",
        title=issue.text(language).title,
        number=brief_answers.format_issue_number(issue.number, language),
        issue_url=paths.issue(language, number),
        head=_render_head(issue, language),
        description=extract_gist(issue.text(language), language),
        subject=list_rows.render_head(view, partial(_build_head, issue, changes)),
        items=list_rows.render_rows(
            [_build_item_row(issue, item, n, view) for n, item in enumerate(issue.items, 1)], view
        ),
        corrections=[
            (LANGUAGE_TAGS[side], correction.format_line(side), correction.get_path(side))
            for correction in list_recent_corrections(issue, now)
            for side in view.sides
        ],
        neighbours=[
            (row.number, paths.issue(language, row.number), row.content.side(language).title)
            for row in list_neighbours(issue, now)
        ],
        zh_url=paths.issue("zh", number),
        en_url=paths.issue("en", number),
        view="parallel" if is_parallel else language,
        parallel=f"{paths.issue(language, number)}parallel/",
    )


def format_issue_line(issue: PublicIssue, side: Side) -> SafeString:
    """Render number and date of an issue in one line."""
    day = cards.render_day(issue.published_at.date().isoformat(), side)
    comma = "\u3000" if side == "zh" else ", "
    return format_html("{}{}{}", brief_answers.format_issue_number(issue.number, side), comma, day)


def _build_head(issue: PublicIssue, changes: Sequence[EditionHistoryLine], side: Side) -> RowSide:
    lines = [brief_answers.build_history_line(change, side) for change in changes]
    note = text.render_partial(
        "public/_issue_head.html",
        paragraphs=text.render_preface(issue.text(side).preface),
        changes=[line for line in lines if line["note"]],
    )
    return RowSide("", issue.text(side).title, format_issue_line(issue, side), note=note)


def _build_item_row(issue: PublicIssue, item: PublicItem, number: int, view: ListView) -> Row:
    """Build the row of a brief. A correction newer than the issue is marked; a withdrawn brief is its notice."""
    fold = list_rows.render_number(number)
    if not item.withdrawn_at:
        notes = {
            side: render_why(issue, item, side) + _render_correction_mark(item, side) for side in view.sides
        }
        return list_rows.build_row(item.brief, view, fold, notes=notes)
    notices = brief_answers.build_withdrawal_notices(item, item.withdrawn_at, "zh")
    notes = {
        side: format_html(
            '<p class="correction"><strong>{}</strong> {}</p>', notice["heading"], notice["sentence"]
        )
        for side, notice in zip(SIDES, notices, strict=True)
    }
    return Row(
        list_rows.build_sides(
            view,
            lambda side: RowSide(
                paths.brief(side, item.brief.slug), item.brief.headline(side), note=notes[side]
            ),
        ),
        fold,
    )


def render_why(issue: PublicIssue, item: PublicItem, side: Side) -> str:
    """Render why the editors would have the brief read; empty if the issue does not say."""
    if not (words := issue.text(side).why.get(f"{item.brief_id}")):
        return ""
    with translation.override(paths.LANGUAGE_CODES[side]):
        return format_html('<p class="why"><b>{}</b> {}</p>', gettext("Why read it"), words)


def _render_correction_mark(item: PublicItem, side: Side) -> str:
    if not item.corrected_at:
        return ""
    day = cards.render_day(item.corrected_at.date().isoformat(), side)
    with translation.override(paths.LANGUAGE_CODES[side]):
        words = escape(gettext("Corrected since, on %(date)s")) % {"date": day}
    return f'<p class="corrected"><a href="{escape(paths.changes(side, item.brief.slug))}">{words}</a></p>'


def extract_gist(own: IssueText, side: Side) -> str:
    return text.extract_gist(strip_inline(" ".join(text.split_paragraphs(own.preface))), side)


def _show_notice(issue: PublicIssue, withdrawn_at: dt.datetime, language: Side, path: str) -> HttpResponse:
    notices = brief_answers.build_withdrawal_notices(issue, withdrawn_at, language)
    response = responses.render(
        "public/issue_withdrawn.html",
        language,
        path,
        title=issue.text(language).title,
        twin_title=issue.text(paths.OTHER_SIDE[language]).title,
        line=format_issue_line(issue, language),
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
        "og:description": extract_gist(own, language),
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
        "description": extract_gist(own, language),
        "inLanguage": LANGUAGE_TAGS[language],
        "datePublished": page_metadata.format_local(issue.published_at),
        "dateModified": page_metadata.format_local(issue.updated_at),
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
    tags = [*page_metadata.render_meta_tags("property", graph.items()), page_metadata.render_json_ld(data)]
    return mark_safe("\n".join(tags))  # noqa: S308 every value is escaped
