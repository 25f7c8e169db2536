"""What readers looked for: the words that found nothing first, for whoever chooses the next article."""

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
from ..common.access import DeskAdmin, require
from ..common.brief_pages import site_context

SPANS = (7, 30, 90, 365)
SHOWN = 50


@admin.register(Search)
class SearchAdmin(DeskAdmin):
    """Nobody on the desk writes or changes one, so there are two lists and no form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [path("", self.admin_site.admin_view(listed), name="briefs_search_changelist")]


def listed(request: HttpRequest) -> HttpResponse:
    """Two queries, whatever readers asked."""
    require(request)
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, SPANS) else 90
    rows = Search.objects.filter(day__gt=timezone.localdate() - dt.timedelta(days=days))
    context = {
        **site_context(request, title=Search._meta.verbose_name_plural),
        "days": days,
        "spans": SPANS,
        "in_vain": lines(rows, briefs=0),
        "most": lines(rows),
    }
    return TemplateResponse(request, "admin/briefs/searches.html", context)


def lines(rows: QuerySet[Search], **only: int) -> list[dict[str, Any]]:
    """By words; a search that found nothing once and something another day is no longer in vain."""
    asked = rows.order_by().values("words").annotate(times=Sum("times"), last=Max("day"), briefs=Max("found"))
    most = asked.filter(**only).order_by("-times", "-last", "words")[:SHOWN]
    return [{**row, "url": f"{paths.search('zh')}?{urlencode({'q': row['words']})}"} for row in most]
