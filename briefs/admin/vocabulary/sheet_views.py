"""Vocabulary as sheets, previewed before it is applied, and merges of duplicate rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import workflow
from briefs.admin.common.access import has_role_permission, person_of, require_role
from briefs.admin.common.brief_pages import Badge, download_response, parse_int_or_zero
from briefs.admin.common.name_fields import build_name_condition
from briefs.admin.uploads.change_rows import build_value_row
from briefs.admin.uploads.sheet_pages import NameFormat, PreviewRow, SheetAdmin
from briefs.content import hash_json
from briefs.derived import build
from briefs.exchange.sheets import (
    RESOURCES,
    RowChange,
    SheetImport,
    export_rows,
    export_values,
    list_columns,
    sheet_files,
)
from briefs.models import Brief, Draft
from briefs.models.vocabulary import Vocabulary
from briefs.workflow.rules import build_page_name
from briefs.workflow.vocabulary import find_rows_merged_into

from .draft_views import DraftedAdmin, add_waiting_message

# Merge duplicate vocabulary entries, chosen in the list and compared side by side, and undo merges.

MAX_MERGE_ENTRIES = 12
"""Maximum number of entries that fit side by side."""


class MergingAdmin(DraftedAdmin):
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
                    drafts = workflow.vocabulary.merge_vocabulary(losers, into=heir, by=person)
                    return self._finish_merge(request, heir, losers, drafts)
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
        self, request: HttpRequest, heir: Any, rows: Sequence[Any], drafts: Sequence[Draft]
    ) -> HttpResponse:
        add_waiting_message(request, drafts)
        waiting = {draft.page for draft in drafts}
        losers = [row for row in rows if build_page_name(row) not in waiting]
        if not losers:
            return redirect("admin:briefs_draft_changelist")
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
            draft = workflow.vocabulary.unmerge_vocabulary(row, by=person)
        except workflow.Refused as refused:
            for reason in refused.reasons:
                messages.error(request, str(reason))
            return redirect(self.reverse_url("change", heir.pk) if heir else self.reverse_url("changelist"))
        if draft:
            add_waiting_message(request, [draft])
            return redirect("admin:briefs_draft_change", pk=draft.pk)
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


# Export vocabulary as spreadsheets, and import them.


class SheetsAdmin(SheetAdmin, MergingAdmin):
    import_verb = "edit_vocabulary"
    sheet_format = NameFormat

    def get_urls(self) -> list[URLPattern]:
        return [self.build_url_pattern("export/", self.export_view, "export"), *super().get_urls()]

    def get_import_resource_classes(self, request: HttpRequest) -> list[Any]:
        return [RESOURCES[self.model]]

    def describe_sheets(self) -> list[tuple[str, Sequence[tuple[str, Any]]]]:
        return [(str(self.opts.verbose_name_plural), list_columns(self.model))]

    def describe_rows(self, rows: Sequence[RowChange]) -> Iterator[PreviewRow]:
        badges = {"new": Badge(_("New"), "good"), "update": Badge(_("Changed"), "going")}
        for row in rows:
            yield PreviewRow(
                str(row.entry),
                str(row.number),
                badges[row.kind],
                self.reverse_url("change", row.entry.pk) if row.kind == "update" else "",
                row.waits,
                [build_value_row(cell.label, cell.old, cell.new) for cell in row.changes],
            )

    def count_changes(self, rows: Sequence[RowChange]) -> Iterator[tuple[int, str]]:
        counts = Counter("waits" if row.waits else row.kind for row in rows)
        new, changed, waiting = (counts[kind] for kind in ("new", "update", "waits"))
        yield new, ngettext("%(n)s new entry", "%(n)s new entries", new)
        yield changed, ngettext("%(n)s entry changed", "%(n)s entries changed", changed)
        text = ngettext(
            "%(n)s draft waits for a second person", "%(n)s drafts wait for a second person", waiting
        )
        yield waiting, text

    def finish_import(self, request: HttpRequest, result: SheetImport[RowChange]) -> None:
        """Note each stored entry on its history page. A draft is noted there when it is public."""
        for kind, flag in (("new", ADDITION), ("update", CHANGE)):
            entries: Any = [row.entry for row in result.rows if row.kind == kind and not row.waits]
            if entries:
                message = _("Imported from “%(file)s”") % {"file": result.file}
                LogEntry.objects.log_actions(person_of(request).pk, entries, flag, change_message=message)
        add_waiting_message(request, result.drafts)

    def write_export(self, rows: QuerySet[Any], file_format: sheet_files.SheetFormat) -> HttpResponse:
        data = sheet_files.write_sheet(
            export_rows(self.model, rows), file_format, title=str(self.opts.verbose_name_plural)
        )
        name = f"{self.opts.model_name}-{timezone.localdate():%Y-%m-%d}.{file_format}"
        return download_response(name, data, sheet_files.CONTENT_TYPES[file_format])
