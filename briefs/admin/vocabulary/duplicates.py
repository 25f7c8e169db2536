"""Merge duplicate vocabulary entries, chosen in the list and compared side by side, and undo merges."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ... import workflow
from ...content import hash_json
from ...derived import build
from ...exchange.sheets.sheet_import import export_values, list_columns
from ...models import Brief, Proposal
from ...models.vocabulary import Vocabulary
from ...workflow.rules.proposed_rows import build_about
from ...workflow.vocabulary_merge import find_rows_merged_into
from ..common.access import has_role_permission, require_role
from ..common.brief_pages import parse_int_or_zero
from ..common.name_fields import build_name_condition
from .proposal_pages import add_proposed_message
from .vocabulary_pages import VocabularyPagesAdmin

MAX_MERGE_ENTRIES = 12
"""Maximum number of entries that fit side by side."""


class MergingAdmin(VocabularyPagesAdmin):
    actions: Any = ("merge_duplicates",)
    change_form_template = "admin/briefs/vocabulary/form.html"

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
        self.add_propagation_message(request, *losers)
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
        self.add_propagation_message(request, row, *([heir] if heir else []))
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
