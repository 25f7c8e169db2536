"""The archive, by year and month of the article."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone
from django.utils.translation import gettext

from briefs.bilingual.rendering import text
from briefs.bilingual.text import date_format, paths
from briefs.content import LANGUAGE_TAGS, SIDES, Side

from . import brief_answers, list_rows, responses, subject_queries
from .editions import ListedBrief
from .list_pages import KeysetPage, read_page_key
from .list_rows import RowSide
from .responses import ListView
from .subject_queries import ArchiveMonth
from .subject_views import format_brief_count, link_kind


def archive(request: HttpRequest, language: Side) -> HttpResponse:
    """Show the years, newest first, each with its months in the languages shown in full."""
    view = ListView.read(request, language)
    years = groupby(subject_queries.list_months(timezone.now()), key=lambda row: row.month // 100)
    return responses.render(
        "briefs/archive.html",
        language,
        "archive/",
        list_view=view,
        head=list_rows.render_head(view, lambda _: RowSide("", gettext("Archive"))),
        years=[_build_year(year, list(rows), view) for year, rows in years],
    )


def _build_year(year: int, rows: Sequence[ArchiveMonth], view: ListView) -> dict[str, Any]:
    sides = [
        {
            "lang": LANGUAGE_TAGS[side],
            "label": date_format.format_year(year, side),
            "url": f"{paths.home(side)}archive/{year}/",
            "link": "" if side in view.sides else list_rows.OTHER_LINK,
            "months": _month_links(rows, side) if side in view.sides else (),
        }
        for side in view.both_sides
    ]
    return {"n": sum(row.brief_count for row in rows), "sides": sides}


def year(request: HttpRequest, language: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subject_queries.list_months(now, year)
    if not months:
        raise Http404
    page = subject_queries.list_briefs_of_year(year, now, read_page_key(request))
    headings = {side: date_format.format_year(year, side) for side in SIDES}
    return _render_period(page, months, headings, f"archive/{year}/", ListView.read(request, language))


def month(request: HttpRequest, language: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subject_queries.list_months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(language)}{path}")
    page = subject_queries.list_briefs_of_month(year, number, now, read_page_key(request))
    headings = {side: date_format.format_month(dt.date(year, number, 1), side) for side in SIDES}
    return _render_period(page, months, headings, path, ListView.read(request, language))


def _render_period(
    page: KeysetPage[ListedBrief],
    months: Sequence[ArchiveMonth],
    headings: Mapping[Side, str],
    path: str,
    view: ListView,
) -> HttpResponse:
    """Render the page of a year or month, with the months of its year."""
    year, language = months[0].month // 100, view.language
    shown = [row for row in months if path in (month_path(row.month), f"archive/{year}/")]
    rows = [list_rows.build_row_by_article_date(row.brief, view)._replace(year="") for row in page.rows]
    return responses.render(
        "briefs/archive_period.html",
        language,
        path,
        query_string=page.query_string,
        list_view=view,
        kind=gettext("Archive"),
        plain=headings[language],
        header=list_rows.render_head(
            view, lambda side: RowSide("", headings[side], link_kind("archive", gettext("Archive"), side))
        ),
        months=text.render_partial(
            "briefs/_month_list.html",
            heading=date_format.format_year(year, language),
            url=f"{paths.home(language)}archive/{year}/",
            months=_month_links(months, language, current_path=path),
        ),
        entries=list_rows.render_rows(
            rows, view, heading=format_brief_count(sum(row.brief_count for row in shown))
        ),
        **brief_answers.build_paging_context(page, f"{paths.home(language)}{path}", view),
    )


def month_path(key: int) -> str:
    return f"archive/{key // 100}/{key % 100:02}/"


def _month_links(
    rows: Iterable[ArchiveMonth], language: Side, current_path: str = ""
) -> list[dict[str, Any]]:
    """Return links to the months. Articles dated only to a year appear on the year's page."""
    return [
        {
            "label": f"{row.month % 100}月"
            if language == "zh"
            else date_format.ENGLISH_MONTHS[row.month % 100 - 1],
            "is_here": current_path == month_path(row.month),
            "url": f"{paths.home(language)}{month_path(row.month)}",
            "n": row.brief_count,
        }
        for row in rows
        if row.month % 100
    ]
