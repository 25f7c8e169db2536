"""Sheets of briefs and of names: export, and the pages of import-export: upload, preview, confirmation. See decision 21."""

import io
import zipfile
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.admin import ImportMixin
from import_export.formats.base_formats import Format

from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import Badge, download_response, render_page
from briefs.admin.common.interface_labels import FIELD_LABELS
from briefs.admin.common.name_fields import load_names_by_id
from briefs.content import Content
from briefs.exchange.sheets import (
    BRIEF_COLUMNS,
    BRIEF_LIMITS,
    BRIEF_SHEET_TYPES,
    BULLET_COLUMNS,
    MAX_BRIEFS,
    MAX_CHANGED_BRIEFS,
    RESOURCES,
    VOCABULARY_LIMITS,
    BriefChange,
    BriefResource,
    BriefSheetFormat,
    Sheet,
    SheetImport,
    SheetLimits,
    SheetProblem,
    SheetRefused,
    build_sheet_refusal,
    name_brief_file,
    read_brief_sheets,
    sheet_files,
    write_brief_sheets,
)
from briefs.exchange.sheets.sheet_files import build_size_refusal, read_sheet
from briefs.exchange.sheets.waiting_sheets import (
    SHEET_RETENTION,
    SheetStorage,
    build_missing_refusal,
    keep_sheet,
)
from briefs.models import Brief
from briefs.workflow import policy

from .change_rows import ChangeRow, build_change_rows, count_unchanged_bullets

COLUMN_LABELS: Final = {
    **FIELD_LABELS,
    "id": gettext_lazy("Number of the brief; do not change it"),
    "brief": gettext_lazy("Number of the brief; do not change it"),
    "key_point": gettext_lazy("Key line: number of a bullet; empty for the summary’s last sentence"),
    "version": gettext_lazy("Version that was exported; do not change it"),
    "state": gettext_lazy("State; never imported"),
    "slug": gettext_lazy("Slug; never imported"),
    "updated": gettext_lazy("Last change; never imported"),
    "published": gettext_lazy("First publication; never imported"),
    "number": gettext_lazy("Number of the bullet; empty for a new one"),
    "text_zh": gettext_lazy("Bullet, Chinese"),
    "text_en": gettext_lazy("Bullet, English"),
    "level_zh": gettext_lazy("Level in Chinese: empty, 1 or 2"),
    "level_en": gettext_lazy("Level in English: empty, 1 or 2"),
    "marker_zh": gettext_lazy("Marker in Chinese: empty, or number"),
    "marker_en": gettext_lazy("Marker in English: empty, or number"),
}


class SheetFormat(Format):  # type: ignore[misc]
    """The only format: XLSX or CSV, told apart by the bytes."""

    def __init__(self, encoding: str | None = None) -> None:
        """Take what the package passes, for formats that it decodes itself."""

    def can_import(self) -> bool:
        return True


class NameFormat(SheetFormat):
    def create_dataset(self, data: bytes) -> Sheet:
        return read_sheet(data)


class BriefFormat(SheetFormat):
    def create_dataset(self, data: bytes) -> tuple[list[Sheet], list[str]]:
        return read_brief_sheets([("", data)])


class SheetForm(forms.Form):
    """The upload. Several CSV files are taken as one zip. Raise SheetRefused if there is no file, or too large a one."""

    def __init__(self, formats: object, resources: object, *, limits: SheetLimits, **options: Any) -> None:
        super().__init__(**options)
        self.limits = limits

    def clean(self) -> dict[str, Any]:
        files = self.files.getlist("files")
        if not files:
            raise build_sheet_refusal(_("Choose a file."))
        if sum(file.size or 0 for file in files) > self.limits.size:
            raise build_size_refusal(self.limits)
        file = files[0] if len(files) == 1 else _zip_files(files)
        return {"import_file": file, "format": "0"}


def _zip_files(files: "Sequence[UploadedFile[Any]]") -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in files:
            archive.writestr(f"{(file.name or '').removesuffix('.csv')}.csv", file.read())
    return SimpleUploadedFile(_(", ").join(file.name or "?" for file in files), packed.getvalue())


class ConfirmSheetForm(forms.Form):
    """The form below the preview. Its signature of the file is for one person. `seen`: versions of the rows shown."""

    import_file_name = forms.CharField(widget=forms.HiddenInput)
    original_file_name = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *, signer: TimestampSigner, **options: Any) -> None:
        super().__init__(auto_id=False, **options)
        self.signer = signer

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        try:
            signed = values.get("import_file_name", "")
            values["import_file_name"] = self.signer.unsign(signed, max_age=SHEET_RETENTION)
        except BadSignature:
            raise build_missing_refusal() from None
        return {"original_file_name": "?", **values, "format": "0"}


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One brief or entry of a preview. `url`: of its page, if it is stored already."""

    title: str
    place: str
    badge: Badge
    url: str = ""
    waits: bool = False
    changes: Sequence[ChangeRow] = ()
    unchanged_count: int = 0


class SheetAdmin(ImportMixin):  # type: ignore[misc]
    """Base of the screens that export and import sheets. A refused sheet leads back to the upload, with every reason.

    Overrides what the package does otherwise: it reports success after a rollback, drops wrong rows of a confirmed file
    silently, and has no texts in Traditional Chinese.
    """

    model: Any
    opts: Any
    import_verb: ClassVar[str]
    sheet_format: ClassVar[type[SheetFormat]]
    sheet_limits: ClassVar[SheetLimits] = VOCABULARY_LIMITS
    export_formats: ClassVar[Collection[str]] = sheet_files.CONTENT_TYPES
    max_exported: ClassVar[int] = 0
    """Rows in one export; 0: no limit."""
    import_export_change_list_template = None
    import_form_class = SheetForm
    confirm_form_class = ConfirmSheetForm
    tmp_storage_class = SheetStorage

    @abstractmethod
    def describe_sheets(self) -> list[tuple[str, Sequence[tuple[str, Any]]]]:
        """Return each sheet that the upload page explains: name and columns, each with its label."""

    @abstractmethod
    def describe_rows(self, rows: Sequence[Any]) -> Iterable[PreviewRow]:
        """Return what the preview shows of each row."""

    @abstractmethod
    def count_changes(self, rows: Sequence[Any]) -> Iterable[tuple[int, str]]:
        """Return numbers, each with its sentence."""

    @abstractmethod
    def write_export(self, rows: QuerySet[Any], file_format: Any) -> HttpResponse:
        """Return the sheet with the rows. Raise SheetRefused."""

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Export the rows that match the list's search and filters."""
        require_role(request)
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(self.reverse_url("export"))
        chosen = request.POST.get("format")
        problems: Sequence[SheetProblem] = ()
        if request.method == "POST" and chosen in self.export_formats:
            try:
                return self.write_export(changelist.queryset, chosen)
            except SheetRefused as refused:
                problems = refused.problems
        return render_page(
            request,
            "uploads/sheet_export",
            title=_("Export"),
            opts=self.opts,
            reasons=[{"text": str(problem)} for problem in problems],
            is_vocabulary=self.model in RESOURCES,
            count=changelist.result_count,
            is_too_many=0 < self.max_exported < changelist.result_count,
            limit=f"{self.max_exported:,}",
            narrowed=bool(changelist.query or changelist.has_active_filters),
            export_url=self.reverse_url("export"),
            list_url=f"{self.reverse_url('changelist')}{changelist.get_query_string()}",
            import_url=self.reverse_url("import") if self.has_import_permission(request) else "",
            status=409 if problems else 200,
        )

    # What import-export asks

    def has_import_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), self.import_verb)

    def get_import_formats(self) -> list[type[SheetFormat]]:
        return [self.sheet_format]

    def get_import_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        values = getattr(options.get("form"), "cleaned_data", {})
        return {"by": person_of(request), "seen": values.get("seen", "")}

    def get_import_form_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_import_form_kwargs(request), "limits": self.sheet_limits}

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        kwargs = super().get_confirm_form_kwargs(request, import_form)
        signer = TimestampSigner(salt=f"sheet-{person_of(request).pk}")
        if import_form:
            file = import_form.cleaned_data["import_file"]
            file.seek(0)
            kwargs["initial"]["import_file_name"] = signer.sign(keep_sheet(file.read()))
        return {**kwargs, "signer": signer}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        raise e  # a refusal, or a bug that must not be shown as one

    # The pages

    def import_action(self, request: HttpRequest, **options: Any) -> HttpResponse:
        return self._refuse_or_answer(request, super().import_action)

    def process_import(self, request: HttpRequest, **options: Any) -> HttpResponse:
        return self._refuse_or_answer(request, super().process_import)

    def _refuse_or_answer(
        self, request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]
    ) -> HttpResponse:
        try:
            response: Any = view(request)
        except SheetRefused as refused:
            return self._render_upload(request, refused.problems)
        values = getattr(response, "context_data", {})
        if "result" in values:
            return self._render_preview(request, values["result"], values["confirm_form"])
        return self._render_upload(request) if values else response

    def _render_upload(self, request: HttpRequest, problems: Sequence[SheetProblem] = ()) -> HttpResponse:
        limits = self.sheet_limits
        return render_page(
            request,
            "uploads/sheet_upload",
            title=_("Import a sheet"),
            opts=self.opts,
            reasons=[{"text": str(problem)} for problem in problems],
            is_vocabulary=self.model in RESOURCES,
            sheets=self.describe_sheets(),
            limits={
                "briefs": MAX_CHANGED_BRIEFS,
                "rows": f"{limits.rows:,}",
                "size": limits.size // 1024 // 1024,
            },
            export_url=self.reverse_url("export"),
            list_url=self.reverse_url("changelist"),
            status=409 if problems else 200,
        )

    def _render_preview(self, request: HttpRequest, plan: SheetImport[Any], form: Any) -> HttpResponse:
        form.initial["seen"] = " ".join(getattr(row, "version", "") for row in plan.rows)
        n = plan.unchanged
        emptied = ngettext(
            "%(n)s cell that has text is emptied", "%(n)s cells that have text are emptied", plan.emptied
        )
        return render_page(
            request,
            "uploads/sheet_preview",
            title=_("Preview of the import"),
            opts=self.opts,
            form=form,
            is_vocabulary=self.model in RESOURCES,
            file=form.initial["original_file_name"],
            rows=self.describe_rows(plan.rows),
            count=len(plan.rows),
            counts=_format_counts(
                [*self.count_changes(plan.rows), (n, ngettext("%(n)s unchanged", "%(n)s unchanged", n))]
            ),
            emptied=emptied % {"n": plan.emptied} if plan.emptied else "",
            notices=plan.notices,
            import_url=self.reverse_url("import"),
            confirm_url=self.reverse_url("process_import"),
        )

    def process_result(self, result: SheetImport[Any], request: HttpRequest) -> HttpResponse:
        """Say what was stored."""
        counts = _format_counts(self.count_changes(result.rows))
        messages.success(
            request, _("Imported: %(what)s.") % {"what": _(", ").join(counts) or _("nothing new")}
        )
        self.finish_import(request, result)
        return redirect(self.reverse_url("changelist"))

    def finish_import(self, request: HttpRequest, result: SheetImport[Any]) -> None:
        """Called after the sheet was stored."""


def _format_counts(counts: Iterable[tuple[int, str]]) -> list[str]:
    return [sentence % {"n": n} for n, sentence in counts if n]


class BriefSheetsAdmin(SheetAdmin):
    import_verb = "import"
    sheet_format = BriefFormat
    sheet_limits = BRIEF_LIMITS
    export_formats = BRIEF_SHEET_TYPES
    max_exported = MAX_BRIEFS
    resource_classes: ClassVar[list[Any]] = [BriefResource]

    def write_export(self, rows: QuerySet[Brief], file_format: BriefSheetFormat) -> HttpResponse:
        return download_briefs(rows, file_format)

    def describe_sheets(self) -> list[tuple[str, Sequence[tuple[str, Any]]]]:
        return [
            (name, [(column, COLUMN_LABELS[column]) for column in columns])
            for name, columns in (("briefs", BRIEF_COLUMNS), ("bullets", BULLET_COLUMNS))
        ]

    def describe_rows(self, rows: Sequence[BriefChange]) -> Iterator[PreviewRow]:
        after = [_number_new_bullets(change.after) for change in rows]
        names = load_names_by_id([*(change.before for change in rows), *after])
        for change, content in zip(rows, after, strict=True):
            yield PreviewRow(
                str(change.brief),
                _("Row %(n)s") % {"n": change.row.number},
                Badge(_("Updates %(n)s") % {"n": change.brief.pk}, "going"),
                reverse("admin:briefs_brief_change", args=[change.brief.pk]),
                changes=build_change_rows(change.before, content, names),
                unchanged_count=count_unchanged_bullets(change.before, content),
            )

    def count_changes(self, rows: Sequence[BriefChange]) -> Iterator[tuple[int, str]]:
        yield len(rows), ngettext("%(n)s draft changed", "%(n)s drafts changed", len(rows))


def _number_new_bullets(content: Content) -> Content:
    """Number new bullets below zero, so that they are compared one by one."""
    bullets = (replace(b, number=-n) if not b.number else b for n, b in enumerate(content.bullets, 1))
    return replace(content, bullets=tuple(bullets))


def download_briefs(briefs: QuerySet[Brief], file_format: BriefSheetFormat) -> HttpResponse:
    """Return the briefs as a sheet. Raise SheetRefused if there are too many."""
    if briefs.order_by()[: MAX_BRIEFS + 1].count() > MAX_BRIEFS:
        told = _("More than %(n)s briefs match. Narrow the list by search or filters, and export in parts.")
        raise build_sheet_refusal(told % {"n": f"{MAX_BRIEFS:,}"})
    content_type = BRIEF_SHEET_TYPES[file_format][1]
    return download_response(
        name_brief_file(file_format), write_brief_sheets(briefs, file_format), content_type
    )
