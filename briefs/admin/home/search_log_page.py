"""Show readers' searches, with those without results listed first, to help choose the next article."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import urlencode

from ...models import Search
from ...text import paths
from ..common.access import DeskAdmin, require_role
from ..common.brief_pages import site_context

DAY_SPANS = (7, 30, 90, 365)
MAX_SEARCHES = 50


@admin.register(Search)
class SearchAdmin(DeskAdmin):
    """Searches cannot be written or changed on the desk, so there are two lists and no form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [path("", self.admin_site.admin_view(show_search_log), name="briefs_search_changelist")]


def show_search_log(request: HttpRequest) -> HttpResponse:
    """Show the most frequent searches and those without results. Two queries."""
    require_role(request)
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, DAY_SPANS) else 90
    rows = Search.objects.filter(day__gt=timezone.localdate() - dt.timedelta(days=days))
    context = {
        **site_context(request, title=Search._meta.verbose_name_plural),
        "days": days,
        "spans": DAY_SPANS,
        "in_vain": list_top_searches(rows, briefs=0),
        "most": list_top_searches(rows),
    }
    return TemplateResponse(request, "admin/briefs/home/search_log.html", context)


def list_top_searches(rows: QuerySet[Search], **conditions: int) -> list[dict[str, Any]]:
    """Group searches by words. A search counts as without results only if it never had any."""
    asked = rows.order_by().values("words").annotate(times=Sum("times"), last=Max("day"), briefs=Max("found"))
    most = asked.filter(**conditions).order_by("-times", "-last", "words")[:MAX_SEARCHES]
    return [{**row, "url": f"{paths.search('zh')}?{urlencode({'q': row['words']})}"} for row in most]
