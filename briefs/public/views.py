"""The home page, the about page and the choice of a language. In this package only views read the clock."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.utils import timezone
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from briefs import rendering
from briefs.content import LANGUAGE_TAGS, Side
from briefs.models.site import SiteText
from briefs.public_brief import PublicBrief
from briefs.publications import published
from briefs.rendering import cards, text
from briefs.text import date_format, paths

from . import (
    brief_answers,
    claim_rows,
    editions,
    issue_views,
    page_cache,
    responses,
    subject_presenters,
    subject_queries,
)
from .editions import KeysetPage, ListedBrief
from .responses import ListView, accepts_chinese

# The home page: purpose of the site, the newest brief with its key line, topics, and the list.

PURPOSE: Final[dict[Side, tuple[str, str]]] = {
    "zh": ("外交政策文章的雙語文摘：", "一篇一則，每一點中英對照，可讀可引"),
    "en": (
        "Bilingual briefs of writing on foreign policy: ",
        "one per article, every point in two languages",
    ),
}
"""The purpose of the site in two phrases, between which a line may break."""
MAX_TOPICS: Final = 10
MAX_CONTENTS: Final = 7
"""Headlines shown without a sentence below the newest brief, so that the first screen of the page has eight."""
MAX_IN_FULL: Final = 2
"""A site of so few briefs shows each with its summary, the newest with its first points too."""
FIRST_BULLETS: Final = 3


def build_newest_context(page: KeysetPage[ListedBrief], view: ListView, now: dt.datetime) -> dict[str, Any]:
    """Build the context of the home page. It leads with the current issue, or with the newest brief before the first issue.

    Its later pages, and those in another view, have only the list.
    """
    language = view.language
    rows, heading = page.rows, gettext("Newest briefs")
    if not rows or page.query_string or view != ListView(language):
        top = text.render_partial("briefs/_home_top.html", purpose=PURPOSE[language])
    elif issue := next(iter(published.load_issues(published.list_current(now)[:1], now)), None):
        top = _render_page_top(issue_views.render_lead(issue, language), [], language, now)
        of_issue = {item.brief.slug for item in issue.items}
        rows = [row for row in rows if row.brief.slug not in of_issue]
    elif len(rows) <= MAX_IN_FULL:
        top = mark_safe("\n".join(_render_in_full(rows, language)))  # noqa: S308 escaped by the templates
        rows = []
    else:
        newest, *rows = rows
        contents = rows[:MAX_CONTENTS] if len(rows) > MAX_CONTENTS else []
        top = _render_page_top(_render_lead(newest.brief, language), contents, language, now)
        if contents:
            rows, heading = rows[MAX_CONTENTS:], gettext("Earlier briefs")
    return {
        "top": top,
        "entries": claim_rows.render_list_by_publication(rows, view, heading=heading),
        "is_list": bool(rows),
        **brief_answers.build_paging_context(page, paths.home(language), view),
    }


def _render_in_full(rows: Sequence[ListedBrief], language: Side) -> Iterator[SafeString]:
    """Yield each brief with its summary and, beside it, its source. The first also has its terms and how to read it."""
    for row in rows:
        brief, terms = row.brief, ""
        if row is rows[0]:
            fragment = rendering.render_fragment(brief.content, language, language, brief.slug)
            _, terms = text.mark_terms(brief.content, fragment, (language,), *editions.load_terms(row.pk))
        yield text.render_partial(
            "briefs/_home_top.html",
            lead=_render_lead(brief, language, is_in_full=True, bullets=FIRST_BULLETS * (row is rows[0])),
            aside=text.render_partial(
                "briefs/_home_first_steps.html",
                is_first=row is rows[0],
                source=cards.render_source_box(brief, language, linked=True),
                terms=mark_safe(terms),  # noqa: S308 escaped by its template
            ),
            purpose=PURPOSE[language] if row is rows[0] else "",
            home=paths.home(language),
        )


def _render_page_top(
    lead: SafeString, contents: Sequence[ListedBrief], language: Side, now: dt.datetime
) -> SafeString:
    """Render what leads the page, the headlines of `contents` and the topics above the list."""
    return text.render_partial(
        "briefs/_home_top.html",
        lead=lead,
        contents=[
            {
                "headline": brief.headline(language),
                "url": paths.brief(language, brief.slug),
                "source": brief.source and text.mark_language(brief.source.label(language), language),
                "day": brief.published_day.isoformat(),
                "date": date_format.format_short_day(brief.published_day, language),
                "published_at": brief.published_utc,
            }
            for _, _, brief in contents
        ],
        aside=render_topics(language, now),
        purpose=PURPOSE[language],
        home=paths.home(language),
    )


def render_topics(language: Side, now: dt.datetime) -> SafeString:
    """Render the keywords with most briefs. The count over all briefs is kept for all pages."""
    rows, count = page_cache.keep_part("topics", lambda: subject_queries.count_topics(now, MAX_TOPICS))
    return text.render_partial(
        "briefs/_home_topics.html",
        url=f"{paths.home(language)}keywords/",
        topics=[subject_presenters.build_name_row(row, "keywords", language) for row in rows],
        count=count,
    )


def _render_lead(
    brief: PublicBrief, language: Side, *, is_in_full: bool = False, bullets: int = 0
) -> SafeString:
    other, published = paths.OTHER_SIDE[language], brief.published_day
    points = [bullet for bullet in brief.content.bullets if bullet.text(language)] if is_in_full else []
    shown = points[:bullets]
    key_line = text.find_key_line(brief.content, language).words
    return text.render_partial(
        "briefs/_home_lead.html",
        headline=brief.headline(language),
        url=paths.brief(language, brief.slug),
        twin=brief.headline(other),
        twin_url=paths.brief(other, brief.slug),
        twin_lang=LANGUAGE_TAGS[other],
        facts=cards.render_facts(brief, language),
        published_at=brief.published_utc,
        posted=cards.render_fold_date(
            published, language, year=date_format.format_year(published.year, language)
        ),
        paragraphs=text.split_paragraphs(brief.summary(language)) if is_in_full else [key_line],
        bullets=[(bullet.number, text.escape_text(bullet.text(language))) for bullet in shown],
        rest=len(points) - len(shown),
        parallel=paths.parallel(language, brief.slug),
        original=cards.get_original_link(brief),
    )


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


def newest(request: HttpRequest, language: Side) -> HttpResponse:
    now = timezone.now()
    page = editions.list_newest_briefs(now, editions.read_page_key(request))
    view = ListView.read(request, language)
    return responses.render(
        "briefs/newest.html",
        language,
        "",
        menu_entry="newest",
        query_string=page.query_string,
        list_view=view,
        **build_newest_context(page, view, now),
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
    own = SiteText.objects.filter(key="about").values_list(f"text_{language}", flat=True).first()
    words = own or DEFAULT_ABOUT_TEXT[language]
    return responses.render(
        "briefs/about.html", language, "about/", menu_entry="about", paragraphs=text.split_paragraphs(words)
    )
