"""Show readers' searches, with those without results listed first, to help choose the next article."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode

from ...models import Search
from ...text import paths
from ..common.access import ListOnlyAdmin, require_role
from ..common.brief_pages import render_page

DAY_SPANS = (7, 30, 90, 365)
MAX_SEARCHES = 50


def show_search_log(request: HttpRequest) -> HttpResponse:
    """Show the most frequent searches and those without results. Two queries."""
    require_role(request)
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, DAY_SPANS) else 90
    rows = Search.objects.filter(day__gt=timezone.localdate() - dt.timedelta(days=days))
    return render_page(
        request,
        "home/search_log",
        title=Search._meta.verbose_name_plural,
        style="briefs/searches.css",
        opts=None,
        days=days,
        spans=DAY_SPANS,
        in_vain=list_top_searches(rows, briefs=0),
        most=list_top_searches(rows),
    )


def list_top_searches(rows: QuerySet[Search], **conditions: int) -> list[dict[str, Any]]:
    """Group searches by words. A search counts as without results only if it never had any."""
    asked = rows.order_by().values("words").annotate(times=Sum("times"), last=Max("day"), briefs=Max("found"))
    most = asked.filter(**conditions).order_by("-times", "-last", "words")[:MAX_SEARCHES]
    return [{**row, "url": f"{paths.search('zh')}?{urlencode({'q': row['words']})}"} for row in most]


@admin.register(Search)
class SearchAdmin(ListOnlyAdmin):
    pages = (("", show_search_log, "changelist"),)
