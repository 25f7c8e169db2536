"""The home page, the about page and the choice of a language. In this package only views read the clock."""

import datetime as dt
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.utils import timezone
from django.utils.encoding import escape_uri_path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering import cards, text
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.models.site import SiteText
from briefs.publications import published
from briefs.publications.published import PublicIssue

from . import (
    brief_answers,
    editions,
    index_views,
    issue_views,
    list_pages,
    list_rows,
    page_cache,
    responses,
    subject_queries,
)
from .editions import ListedBrief
from .list_rows import Row, RowSide
from .responses import ListView, accepts_chinese

MAX_TOPICS: Final = 10
MAX_NEWEST: Final = 5
"""Briefs below the issue. Later pages have as many as other lists."""
LEAD_POINTS: Final = 3


def home(request: HttpRequest, language: Side) -> HttpResponse:
    """Show the home page. Its later pages have only the list."""
    now, view = timezone.now(), ListView.read(request, language)
    page = editions.list_newest_briefs(now, list_pages.read_page_key(request))
    context: dict[str, Any] = {}
    rows = page.rows
    if rows and not page.query_string:
        issue = next(iter(published.load_issues(published.list_current(now)[:1], now)), None)
        if issue:
            shown = {item.brief.slug for item in issue.items}
            rows = [row for row in rows if row.brief.slug not in shown]
            if len(rows) > MAX_NEWEST:
                rows = rows[:MAX_NEWEST]
                page = page._replace(older_key=list_pages.build_key(*rows[-1][:2]))
        context = _build_top(issue, rows, view, now)
        rows = rows if issue else rows[1:]
    entries = [list_rows.build_row_by_posting(row.brief, view) for row in rows]
    if context:
        entries = [row._replace(year="") for row in entries]
    return responses.render(
        "briefs/home.html",
        language,
        "",
        menu_entry="home",
        query_string=page.query_string,
        list_view=view,
        entries=list_rows.render_rows(entries, view, heading=gettext("Newest briefs")),
        **context,
        **brief_answers.build_paging_context(page, paths.home(language), view),
    )


def _build_top(
    issue: PublicIssue | None, rows: Sequence[ListedBrief], view: ListView, now: dt.datetime
) -> dict[str, Any]:
    """Return purpose, current issue, lead and topics. Before the first issue the newest brief leads."""
    heads, briefs, notes = [], [(0, row.brief) for row in rows[:1]], {}
    if issue:
        heads = [_build_issue_row(issue, view)]
        briefs = [(n, item.brief) for n, item in enumerate(issue.items, 1) if not item.withdrawn_at]
        for item in issue.listed_items[:1]:
            notes = {side: issue_views.render_why(issue, item, side) for side in view.sides}
    lead = briefs[0][1] if briefs else None
    if lead:
        heads.append(list_rows.build_row(lead, view, notes=notes)._replace(kind="lead"))
    items = [
        list_rows.build_row(brief, view, list_rows.render_number(n), by=_render_facts_by_month)
        for n, brief in briefs[1:]
    ]
    return {
        "purpose": [
            {
                "code": paths.LANGUAGE_CODES[side],
                "lang": LANGUAGE_TAGS[side],
                "home": paths.home(side),
                "link": "" if side in view.sides else list_rows.OTHER_LINK,
            }
            for side in view.both_sides
        ],
        "top": list_rows.render_rows(heads, view),
        "lead": _build_lead(lead, view) if lead else None,
        "items": list_rows.render_rows(items, view),
        "topics": render_topics(view, now),
    }


def _build_issue_row(issue: PublicIssue, view: ListView) -> Row:
    def build(side: Side) -> RowSide:
        own, url = issue.text(side), paths.issue(side, issue.number)
        if side not in view.sides:
            return RowSide(url, own.title)
        headline = format_html(
            '<span class="kick"><b>{}</b> {}</span> <a href="{}">{}</a>',
            pgettext("menu of the site", "This issue"),
            issue_views.format_issue_line(issue, side),
            url,
            own.title,
        )
        return RowSide("", headline, claim=published.fill_mail_lines(own, side).preheader)

    return Row(list_rows.build_sides(view, build), kind="now")


def _render_facts_by_month(brief: PublicBrief, side: Side) -> SafeString:
    return cards.render_facts(brief, side, date="month")


def _build_lead(brief: PublicBrief, view: ListView) -> dict[str, Any]:
    """Return the first points of the lead, without its claim."""
    key = text.find_key_line(brief.content, view.language).number
    points = [
        bullet
        for bullet in brief.content.bullets
        if bullet.number != key and all(bullet.text(side) for side in view.sides)
    ]
    return {
        "url": paths.brief(view.language, brief.slug),
        "points": [
            (bullet.number, [(LANGUAGE_TAGS[side], bullet.text(side)) for side in view.sides])
            for bullet in points[:LEAD_POINTS]
        ],
    }


def render_topics(view: ListView, now: dt.datetime) -> SafeString:
    """Render the keywords with most briefs. The count over all briefs is kept for all pages."""
    rows, count = page_cache.keep_part("topics", lambda: subject_queries.count_topics(now, MAX_TOPICS))
    sides = [
        {
            "code": paths.LANGUAGE_CODES[side],
            "lang": LANGUAGE_TAGS[side],
            "url": f"{paths.home(side)}keywords/",
            "topics": [index_views.build_name_row(row, "keywords", side) for row in rows],
        }
        for side in view.sides
    ]
    return text.render_partial("briefs/_home_topics.html", sides=sides if rows else (), count=count)


def redirect_to_language(request: HttpRequest, page: str = "") -> HttpResponse:
    chinese = accepts_chinese(request.headers.get("Accept-Language", ""))
    headers = {"Vary": "Accept-Language"}
    return HttpResponseRedirect(paths.home("zh" if chinese else "en") + page, headers=headers)


def redirect_language_alias(request: HttpRequest, alias: str, rest: str) -> HttpResponse:
    """Redirect /zh-tw/…, /zh-Hant/… and other spellings to the canonical language prefix."""
    side: Side = "en" if alias.lower() == "en" else "zh"
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(
        paths.home(side) + escape_uri_path(rest) + (f"?{query}" if query else "")
    )


DEFAULT_ABOUT_TEXT: dict[Side, str] = {
    "zh": "本站由小型編輯團隊閱讀外交政策文章，每篇寫成一則雙語文摘：原文作者、出處與日期，一段摘要，"
    "以及逐點對齊的要點。\n\n每則文摘的中文與英文各經另一位編輯審閱，核定後才發布；更正與更新列於該篇的更新紀錄。"
    "引用時請註明原文作者與出處。",
    "en": "A small team of editors reads writing on foreign policy and digests each article in Chinese and "
    "in English: who wrote it, where and when, a summary, and bullets aligned point by point.\n\n"
    "A second editor reviews each language before a brief is published; corrections and updates are listed "
    "in its edition history. When you cite, name the original author and outlet.",
}


def about(request: HttpRequest, language: Side) -> HttpResponse:
    view = ListView.read(request, language)
    own = SiteText.objects.filter(key="about").values_list("text_zh", "text_en").first()
    words = dict(zip(SIDES, own, strict=True)) if own else DEFAULT_ABOUT_TEXT
    paragraphs = [text.split_paragraphs(words[side] or DEFAULT_ABOUT_TEXT[side]) for side in view.both_sides]
    return responses.render(
        "briefs/about.html",
        language,
        "about/",
        menu_entry="about",
        list_view=view,
        head=list_rows.render_head(view, lambda _: RowSide("", gettext("About"))),
        paragraphs=list(zip_longest(*paragraphs, fillvalue="")),
        sides=[
            (paths.LANGUAGE_CODES[side], "" if side in view.sides else list_rows.OTHER_LINK)
            for side in view.both_sides
        ],
    )
