"""Export the briefs that match the list's search and filters, or the selected ones, as sheets."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import policy
from ...exchange.sheets.brief_export import (
    BRIEF_SHEET_TYPES,
    BriefSheetFormat,
    name_brief_file,
    write_brief_sheets,
)
from ...exchange.sheets.brief_sheet_rows import MAX_BRIEFS
from ...exchange.sheets.table import SheetRefused, build_sheet_refusal
from ...models import Brief
from ..common.access import require_role
from ..common.brief_pages import download_response, render_page
from .bulk_verbs import BulkAdmin, get_selected_briefs
from .saved_filters import normalize_query


class SheetExportAdmin(BulkAdmin):
    actions = (*BulkAdmin.actions, "export_sheet")

    @admin.action(permissions=["view"], description=gettext_lazy("Export as an Excel sheet"))
    def export_sheet(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        require_role(request)
        return _download_sheets(
            Brief.objects.filter(pk__in=[b.pk for b in get_selected_briefs(request)]), "xlsx"
        )

    def export_view(self, request: HttpRequest) -> HttpResponse:
        person = require_role(request)
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect("admin:briefs_brief_export")
        chosen: Any = request.POST.get("format")
        problems: list[Any] = []
        if request.method == "POST" and chosen in BRIEF_SHEET_TYPES:
            try:
                return _download_sheets(changelist.queryset, chosen)
            except SheetRefused as refused:
                problems = list(refused.problems)
        return render_page(
            request,
            "lists/sheet_export",
            title=_("Export"),
            reasons=[{"text": str(problem)} for problem in problems],
            count=changelist.result_count,
            is_too_many=changelist.result_count > MAX_BRIEFS,
            limit=f"{MAX_BRIEFS:,}",
            narrowed=bool(normalize_query(request.GET)),
            back=changelist.get_query_string(),
            may_import=policy.has_role_for(person, "import"),
            status=409 if problems else 200,
        )


def _download_sheets(briefs: QuerySet[Brief], file_format: BriefSheetFormat) -> HttpResponse:
    if briefs.order_by()[: MAX_BRIEFS + 1].count() > MAX_BRIEFS:
        told = _("More than %(n)s briefs match. Narrow the list by search or filters, and export in parts.")
        raise build_sheet_refusal(told % {"n": f"{MAX_BRIEFS:,}"})
    content_type = BRIEF_SHEET_TYPES[file_format][1]
    return download_response(
        name_brief_file(file_format), write_brief_sheets(briefs, file_format), content_type
    )
