"""Admin actions on several briefs.

Each brief is checked by its own rules and against the version that the page showed.
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from ... import workflow
from ...exchange.brief_text import write_brief_files
from ...models import Brief, Person
from ...workflow.rules.transitions import lock_brief, require_current_version
from ..common.access import DeskAdmin, has_role_permission, require_role
from ..common.brief_pages import download_response
from . import bulk_assignment
from .bulk_run import SELECTION_FIELD, get_selected_briefs, run_bulk_verb


class BulkAdmin(DeskAdmin):
    actions: Any = ("submit_briefs", "take_back_briefs", "assign_to_me", "assign_to", "export_text")

    has_submit_permission = has_role_permission("submit")
    has_take_back_permission = has_role_permission("take_back")
    has_assign_permission = has_role_permission("assign")

    def action_checkbox(self, brief: Brief) -> SafeString:
        """Add the version that this page shows to the checkbox."""
        hidden = format_html('<input type="hidden" name="version-{}" value="{}">', brief.pk, brief.version)
        return super().action_checkbox(brief) + hidden

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any, **options: Any) -> Any:
        if not all(pk.isascii() and pk.isdecimal() for pk in request.POST.getlist(SELECTION_FIELD)):
            return HttpResponseBadRequest()
        return super().response_action(request, queryset, *args, **options)

    @admin.action(permissions=["submit"], description=gettext_lazy("Submit for review"))
    def submit_briefs(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return _run_versioned_verb(request, "submit", workflow.submit)

    @admin.action(permissions=["take_back"], description=gettext_lazy("Take back from review"))
    def take_back_briefs(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return _run_versioned_verb(request, "take_back", workflow.take_back)

    @admin.action(permissions=["assign"], description=gettext_lazy("Assign to me"))
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return run_bulk_verb(request, "assign", _assign_to_self)

    @admin.action(permissions=["assign"], description=gettext_lazy("Assign to…"))
    def assign_to(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return bulk_assignment.assign_selected(request)

    @admin.action(permissions=["view"], description=gettext_lazy("Export as text"))
    def export_text(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        """Return one text file, or a zip archive of several, in the format that the upload reads."""
        require_role(request)
        files = list(write_brief_files(get_selected_briefs(request)))
        if not files:
            return HttpResponseBadRequest()
        if len(files) == 1:
            return download_response(files[0].name, files[0].text.encode(), "text/plain; charset=utf-8")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in files:
                packed.writestr(file.name, file.text)
        return download_response("briefs.zip", archive.getvalue(), "application/zip")


def _run_versioned_verb(request: HttpRequest, verb: str, action: Callable[..., Any]) -> HttpResponse:
    return run_bulk_verb(request, verb, lambda brief, by, version: action(brief.pk, by=by, version=version))


def _assign_to_self(brief: Brief, by: Person, version: int) -> None:
    """Assign the writer, keeping the due date. `apply_plan` checks no version, so check it here."""
    with transaction.atomic():
        row = lock_brief(brief.pk)
        require_current_version(row, version)
        plan = replace(workflow.AssignmentPlan.load(row), writer=workflow.Assignee(by, row.due_on))
        workflow.apply_plan(row, plan, by=by)
