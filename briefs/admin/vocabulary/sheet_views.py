"""Vocabulary as sheets, previewed before it is applied, and merges of duplicate rows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import workflow
from briefs.admin.common.access import has_role_permission, require_role
from briefs.admin.common.brief_pages import download_response, parse_int_or_zero
from briefs.admin.common.interface_labels import format_with_label
from briefs.admin.common.name_fields import build_name_condition
from briefs.admin.common.pending_uploads import UPLOAD_RETENTION, create_upload, find_pending_upload
from briefs.content import hash_json
from briefs.derived import build
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.table import (
    SHEET_ROW_LIMIT,
    SHEET_SIZE_LIMIT,
    Sheet,
    SheetRefused,
    build_sheet_refusal,
)
from briefs.exchange.sheets.vocabulary_sheets import (
    PreviewOutdated,
    SheetImportOutcome,
    apply_import,
    export_rows,
    export_values,
    list_columns,
    preview_import,
)
from briefs.models import Brief, Proposal, Upload, UploadFile
from briefs.models.vocabulary import Vocabulary
from briefs.workflow.rules.proposed_rows import build_about
from briefs.workflow.vocabulary import find_rows_merged_into

from .proposal_pages import VocabularyPagesAdmin, add_proposed_message

# Merge duplicate vocabulary entries, chosen in the list and compared side by side, and undo merges.

MAX_MERGE_ENTRIES = 12
"""Maximum number of entries that fit side by side."""


class MergingAdmin(VocabularyPagesAdmin):
    actions: Any = ("merge_duplicates",)

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.build_url_pattern("merge/", self.merge_view, "merge"),
            self.build_url_pattern("<int:pk>/unmerge/", self.unmerge_view, "unmerge"),
        ]
        return [*own, *super().get_urls()]

    has_merge_permission = has_role_permission("merge")

    @admin.action(permissions=["merge"], description=gettext_lazy("Merge duplicates"))
    def merge_duplicates(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        require_role(request, "merge")
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_MERGE_ENTRIES + 1])
        return redirect(f"{self.reverse_url('merge')}?ids={','.join(map(str, ids))}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        person = require_role(request, "merge")
        rows = self._requested_rows(request)
        reasons: Sequence[object] = ()
        if not 2 <= len(rows) <= MAX_MERGE_ENTRIES:
            messages.warning(request, _("Choose two to %(n)s entries to merge.") % {"n": MAX_MERGE_ENTRIES})
            return redirect(self.reverse_url("changelist"))
        keep = request.POST.get("keep", "")
        if request.method == "POST":
            heir = next((row for row in rows if str(row.pk) == keep), None)
            losers = [row for row in rows if row != heir]
            if heir is None:
                reasons = [_("Choose the entry to keep.")]
            elif request.POST.get("seen") != _fingerprint_rows(rows):
                reasons = [_("The entries changed while you were reading. Look at them, then merge.")]
            else:
                try:
                    proposals = workflow.merge_vocabulary(losers, into=heir, by=person)
                    return self._finish_merge(request, heir, losers, proposals)
                except workflow.Refused as refused:
                    reasons = refused.reasons
        return self.render_page(
            request,
            "merge",
            title=_("Merge duplicates"),
            entries=self._build_entries(rows),
            asked=",".join(str(row.pk) for row in rows),
            seen=_fingerprint_rows(rows),
            keep=keep,
            problems=reasons,
        )

    def _requested_rows(self, request: HttpRequest) -> list[Any]:
        ids = set(map(parse_int_or_zero, request.GET.get("ids", "")[:200].split(",")))
        return list(self.model._default_manager.filter(pk__in=ids, merged_into=None).order_by("pk"))

    def _finish_merge(
        self, request: HttpRequest, heir: Any, rows: Sequence[Any], proposals: Sequence[Proposal]
    ) -> HttpResponse:
        add_proposed_message(request, proposals)
        waiting = {proposal.about for proposal in proposals}
        losers = [row for row in rows if build_about(row) not in waiting]
        if not losers:
            return redirect("admin:briefs_proposal_changelist")
        names = _(", ").join(map(str, losers))
        said = _("Merged into “%(heir)s”: %(names)s. This can be undone below.")
        messages.success(request, said % {"heir": heir, "names": names})
        for row in losers:
            self.log_change(request, row, _("Merged into “%(heir)s”") % {"heir": heir})
        return redirect(self.reverse_url("change", heir.pk))

    def _build_entries(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return each entry with its columns, marking columns whose values differ between entries."""
        labels = list_columns(self.model)
        words = {"TRUE": _("Yes"), "FALSE": _("No")}
        values = [[words.get(value, value) for value in export_values(row)] for row in rows]
        return [
            {
                "row": row,
                "uses": self._usage_lines(row),
                "columns": [
                    {"label": label, "value": mine[i], "differs": len({v[i] for v in values}) > 1}
                    for i, (_column, label) in enumerate(labels)
                ],
            }
            for row, mine in zip(rows, values, strict=True)
        ]

    def _usage_lines(self, row: Vocabulary) -> list[str]:
        family = build.find_family_ids(type(row), row.pk)
        n = Brief.objects.filter(build_name_condition(type(row), family)).count()
        lines = [ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n}]
        if build.is_used_in_editions(row):
            lines.append(_("in a public edition"))
        return lines

    def unmerge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = require_role(request, "merge")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(self.model, pk=pk)
        heir = row.merged_into
        try:
            proposal = workflow.unmerge_vocabulary(row, by=person)
        except workflow.Refused as refused:
            for reason in refused.reasons:
                messages.error(request, str(reason))
            return redirect(self.reverse_url("change", heir.pk) if heir else self.reverse_url("changelist"))
        if proposal:
            add_proposed_message(request, [proposal])
            return redirect("admin:briefs_proposal_change", pk=proposal.pk)
        self.log_change(request, row, _("Undo the merge"))
        messages.success(request, _("“%(label)s” stands for itself again.") % {"label": row})
        return redirect(self.reverse_url("change", row.pk))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        obj = options.get("obj")
        context["merged"] = find_rows_merged_into(obj) if obj else []
        context["may_merge"] = self.has_merge_permission(request)
        return super().render_change_form(request, context, *args, **options)


def _fingerprint_rows(rows: Sequence[Vocabulary]) -> str:
    """Hash every column of every row, to detect changes since the page was rendered."""
    return hash_json([[str(getattr(row, f.attname)) for f in row._meta.concrete_fields] for row in rows])


# Import and export vocabulary as spreadsheets. An import is previewed, then applied as a whole.

SHEET_IMPORT_VERB = "edit_vocabulary"
MAX_PREVIEW_ROWS = 500
"""Maximum number of rows shown in a preview."""


class SheetsAdmin(MergingAdmin):
    def get_urls(self) -> list[URLPattern]:
        own = [
            ("import/", self.import_view, "import"),
            ("import/<uuid:pk>/", self.preview_view, "preview"),
            ("export/", self.export_view, "export"),
        ]
        return [*(self.build_url_pattern(*parts) for parts in own), *super().get_urls()]

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
                    raise sheet_files.build_size_refusal()
                data = file.read()
                sheet_files.read_sheet(data)
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
            sheet = sheet_files.read_sheet(bytes(file.data))
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
            sheet = sheet_files.read_sheet(bytes(file.data))
            outcome = apply_import(sheet, self.model, by=person, preview_hash=request.POST.get("seen", ""))
            said = _("Imported from “%(file)s”") % {"file": file.name}
            for kind, flag in (("new", ADDITION), ("update", CHANGE)):
                entries: Any = [row.entry for row in outcome.stored_rows if row.kind == kind]
                if entries:
                    LogEntry.objects.log_actions(person.pk, entries, flag, change_message=said)
            waiting.delete()
        messages.success(request, format_with_label(said, _(", ").join(_count_lines(outcome))))
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
        if request.method == "POST" and form in sheet_files.CONTENT_TYPES:
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

    def _download_response(self, entries: Any, form: sheet_files.SheetFormat) -> HttpResponse:
        data = sheet_files.write_sheet(
            export_rows(self.model, entries), form, title=str(self.opts.verbose_name_plural)
        )
        name = f"{self.opts.model_name}-{timezone.localdate():%Y-%m-%d}.{form}"
        return download_response(name, data, sheet_files.CONTENT_TYPES[form])


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
