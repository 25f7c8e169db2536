"""Admin actions on several briefs.

Each brief is checked by its own rules and against the version that the page showed.
"""

import io
import zipfile
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from ... import policy, workflow
from ...exchange.brief_text import export_brief_texts
from ...models import Brief, Person
from ...workflow.rules.transitions import lock_brief, require_current_version
from ..common.access import DeskAdmin, person_of, require_role
from . import bulk_assignment
from .bulk_run import SELECTION_FIELD, get_selected_briefs, run_bulk_verb


class BulkAdmin(DeskAdmin):
    actions: Any = ("submit_briefs", "take_back_briefs", "assign_to_me", "assign_to", "export_text")

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "submit")

    def has_take_back_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "take_back")

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "assign")

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
        return run_bulk_verb(
            request, "submit", lambda brief, by, version: workflow.submit(brief.pk, by=by, version=version)
        )

    @admin.action(permissions=["take_back"], description=gettext_lazy("Take back from review"))
    def take_back_briefs(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return run_bulk_verb(
            request,
            "take_back",
            lambda brief, by, version: workflow.take_back(brief.pk, by=by, version=version),
        )

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
        files = list(export_brief_texts(get_selected_briefs(request)))
        if not files:
            return HttpResponseBadRequest()
        if len(files) == 1:
            name, text = files[0]
            return _download(name, text.encode(), "text/plain; charset=utf-8")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in files:
                packed.writestr(name, text)
        return _download("briefs.zip", archive.getvalue(), "application/zip")


def _assign_to_self(brief: Brief, by: Person, version: int) -> None:
    """Assign the writer, keeping the due date. `assign_writer` checks no version, so check it here."""
    with transaction.atomic():
        row = lock_brief(brief.pk)
        require_current_version(row, version)
        workflow.assign_writer(row, by, by=by, due_on=row.due_on)


def _download(name: str, data: bytes, kind: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=kind, headers=headers)
