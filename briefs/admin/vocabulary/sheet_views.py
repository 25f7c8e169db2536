"""Import and export vocabulary as spreadsheets. An import is previewed, then applied as a whole.

The uploaded file is stored in the database, which every app server shares, and is visible to its owner only.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...exchange.sheets import sheet_formats
from ...exchange.sheets.sheet_import import (
    PreviewOutdated,
    SheetImportOutcome,
    apply_import,
    export_rows,
    list_columns,
    preview_import,
)
from ...exchange.sheets.table import (
    SHEET_ROW_LIMIT,
    SHEET_SIZE_LIMIT,
    Sheet,
    SheetRefused,
    build_sheet_refusal,
)
from ...models import Upload, UploadFile
from ..common.access import require_role
from ..common.brief_pages import download_response
from ..common.interface_labels import format_with_label
from ..common.pending_uploads import UPLOAD_RETENTION, create_upload, find_pending_upload
from .duplicates import MergingAdmin

SHEET_IMPORT_VERB = "edit_vocabulary"
MAX_PREVIEW_ROWS = 500
"""Maximum number of rows shown in a preview."""


class SheetsAdmin(MergingAdmin):
    change_list_template = "admin/briefs/vocabulary/list.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            ("import/", self.import_view, "import"),
            ("import/<uuid:pk>/", self.preview_view, "preview"),
            ("export/", self.export_view, "export"),
        ]
        return [*(self.build_url_pattern(*parts) for parts in own), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    # Import

    def import_view(self, request: HttpRequest) -> HttpResponse:
        person = require_role(request, SHEET_IMPORT_VERB)
        problems: list[Any] = []
        if request.method == "POST":
            file = request.FILES.get("file")
            try:
                if not file:
                    raise build_sheet_refusal(_("Choose a file."))
                if (file.size or 0) > SHEET_SIZE_LIMIT:
                    raise sheet_formats.build_size_refusal()
                data = file.read()
                sheet_formats.read_sheet(data)
            except SheetRefused as refused:
                problems = list(refused.problems)
            else:
                with transaction.atomic():
                    waiting = create_upload(person, words_of=person, date_order="mdy")
                    Upload.objects.filter(pk=waiting.pk).update(results={"sheet": self.opts.model_name})
                    name = (file.name or "?")[:255]
                    UploadFile.objects.create(
                        upload=waiting, position=0, name=name, size=len(data), data=data
                    )
                return redirect(self.reverse_url("preview", waiting.pk))
        return self.render_page(
            request,
            "import",
            title=_("Import"),
            problems=problems,
            columns=list_columns(self.model),
            limits={"rows": f"{SHEET_ROW_LIMIT:,}", "size": SHEET_SIZE_LIMIT // 1024 // 1024},
        )

    def preview_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        person = require_role(request, SHEET_IMPORT_VERB)
        waiting = find_pending_upload(person, pk)
        if waiting is None or waiting.results.get("sheet") != self.opts.model_name:
            if request.method == "POST":
                messages.warning(request, _("This upload no longer exists. Nothing was changed."))
                return redirect(self.reverse_url("import"))
            raise Http404
        moved = False
        if request.method == "POST":
            try:
                return self._apply_import(request, pk)
            except (PreviewOutdated, SheetRefused):
                moved = True
        return self._preview(request, waiting, is_outdated=moved)

    def _preview(self, request: HttpRequest, upload: Upload, *, is_outdated: bool) -> HttpResponse:
        file = upload.files.get(position=0)
        sheet, outcome, problems = Sheet(), SheetImportOutcome([], 0), []
        try:
            sheet = sheet_formats.read_sheet(bytes(file.data))
            outcome = preview_import(sheet, self.model, by=require_role(request, SHEET_IMPORT_VERB))
            problems = list(outcome.problems)
        except SheetRefused as refused:
            problems = list(refused.problems)
        return self.render_page(
            request,
            "preview",
            title=_("Preview of the import"),
            file=file,
            sheet=sheet,
            outcome=outcome,
            rows=outcome.rows[:MAX_PREVIEW_ROWS],
            more=len(outcome.rows) - MAX_PREVIEW_ROWS,
            counts=_count_lines(outcome),
            problems=problems,
            moved=is_outdated,
            hours=int(UPLOAD_RETENTION.total_seconds() // 3600),
            status=409 if request.method == "POST" else 200,
        )

    def _apply_import(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Apply the import and delete the upload. A second POST finds no upload and redirects."""
        person = require_role(request, SHEET_IMPORT_VERB)
        with transaction.atomic():
            waiting = Upload.objects.select_for_update().filter(owner=person, pk=pk).first()
            if waiting is None:
                return redirect(self.reverse_url("changelist"))
            file = waiting.files.get(position=0)
            sheet = sheet_formats.read_sheet(bytes(file.data))
            outcome = apply_import(sheet, self.model, by=person, preview_hash=request.POST.get("seen", ""))
            said = _("Imported from “%(file)s”") % {"file": file.name}
            for kind, flag in (("new", ADDITION), ("update", CHANGE)):
                entries: Any = [row.entry for row in outcome.stored_rows if row.kind == kind]
                if entries:
                    LogEntry.objects.log_actions(person.pk, entries, flag, change_message=said)
            waiting.delete()
        messages.success(request, format_with_label(said, _(", ").join(_count_lines(outcome))))
        self.add_propagation_message(request, *(row.entry for row in outcome.stored_rows))
        return redirect(self.reverse_url("changelist"))

    # Export

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Export the entries that match the list's search and filters."""
        require_role(request)
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(self.reverse_url("export"))
        form: Any = request.POST.get("format")
        problems: list[Any] = []
        if request.method == "POST" and form in sheet_formats.CONTENT_TYPES:
            try:
                return self._download_response(changelist.queryset, form)
            except SheetRefused as refused:
                problems = list(refused.problems)
        return self.render_page(
            request,
            "export",
            title=_("Export"),
            problems=problems,
            count=changelist.result_count,
            narrowed=changelist.query or changelist.has_active_filters,
        )

    def _download_response(self, entries: Any, form: sheet_formats.SheetFormat) -> HttpResponse:
        data = sheet_formats.write_sheet(
            export_rows(self.model, entries), form, title=str(self.opts.verbose_name_plural)
        )
        name = f"{self.opts.model_name}-{timezone.localdate():%Y-%m-%d}.{form}"
        return download_response(name, data, sheet_formats.CONTENT_TYPES[form])


def _count_lines(outcome: SheetImportOutcome) -> list[str]:
    """Return one line per count that is not zero."""
    lines = (
        (outcome.new, ngettext("%(n)s new entry", "%(n)s new entries", outcome.new)),
        (outcome.changed, ngettext("%(n)s entry changed", "%(n)s entries changed", outcome.changed)),
        (
            outcome.proposed,
            ngettext(
                "%(n)s proposal waits for a second person",
                "%(n)s proposals wait for a second person",
                outcome.proposed,
            ),
        ),
        (outcome.unchanged, ngettext("%(n)s unchanged", "%(n)s unchanged", outcome.unchanged)),
    )
    return [line % {"n": n} for n, line in lines if n] or [_("nothing to change")]
