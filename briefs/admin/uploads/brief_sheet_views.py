"""Import exported sheets of briefs: upload, preview, save batch by batch, and what was not saved."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ... import workflow
from ...content import Content
from ...exchange.sheets.brief_columns import BRIEF_COLUMNS, BULLET_COLUMNS
from ...exchange.sheets.brief_import import BriefChange, describe_conflict, plan_brief_import
from ...exchange.sheets.brief_sheet_rows import BRIEF_LIMITS, MAX_BRIEFS, read_brief_sheets
from ...exchange.sheets.sheet_formats import build_size_refusal
from ...exchange.sheets.table import SheetRefused, build_sheet_refusal
from ...models import Brief, State, Upload, UploadFile
from ..common.access import require_role
from ..common.brief_pages import read_number, render_page, wants_json
from ..common.interface_labels import FIELD_LABELS
from ..common.name_fields import NamesById, load_names_by_id
from ..common.pending_uploads import UPLOAD_RETENTION, find_pending_upload
from .change_preview import ChangeRow, build_change_rows, count_unchanged_bullets
from .pending_sheets import BRIEF_SHEET, list_pages, load_batches, read_batch, save_batches, store_plan

SECONDS_A_STEP: Final = 1.5
"""How long a step of the page's JavaScript saves, before it reports."""
SECONDS_A_REQUEST: Final = 10
"""How long a plain form saves, before the page asks to go on."""
MAX_LISTED: Final = 100
"""Saved briefs that the page names."""

COLUMN_LABELS: Final = {
    **FIELD_LABELS,
    "id": gettext_lazy("Number of the brief; do not change it"),
    "brief": gettext_lazy("Number of the brief; do not change it"),
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


@dataclass(frozen=True, slots=True)
class SheetBrief:
    """One brief of the preview. `why_not` says why it is not saved."""

    brief: Brief
    changes: list[ChangeRow]
    unchanged_count: int
    why_not: str = ""


def import_sheet(request: HttpRequest) -> HttpResponse:
    person = require_role(request, "import")
    problems: list[Any] = []
    if request.method == "POST":
        files = request.FILES.getlist("files")
        try:
            if not files:
                raise build_sheet_refusal(_("Choose a file."))
            if sum(file.size or 0 for file in files) > BRIEF_LIMITS.size:
                raise build_size_refusal(BRIEF_LIMITS)
            plan = plan_brief_import(*read_brief_sheets([(file.name or "?", file.read()) for file in files]))
        except SheetRefused as refused:
            problems = list(refused.problems)
        else:
            upload = store_plan(person, _(", ").join(file.name or "?" for file in files), plan)
            return redirect("admin:briefs_brief_sheet_one", pk=upload.pk)
    return render_page(
        request,
        "uploads/sheet_upload",
        title=_("Import a sheet"),
        reasons=[{"text": str(problem)} for problem in problems],
        sheets=[("briefs", _label_columns(BRIEF_COLUMNS)), ("bullets", _label_columns(BULLET_COLUMNS))],
        limits={
            "briefs": f"{MAX_BRIEFS:,}",
            "rows": f"{BRIEF_LIMITS.rows:,}",
            "size": BRIEF_LIMITS.size // 1024 // 1024,
        },
        status=409 if problems else 200,
    )


def _label_columns(columns: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(column, COLUMN_LABELS[column]) for column in columns]


def import_sheet_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what the sheet changes and what it does not; save it on POST."""
    person = require_role(request, "import")
    upload = find_pending_upload(person, pk)
    if upload is None or upload.results.get("sheet") != BRIEF_SHEET:
        raise Http404
    if request.method == "POST":
        is_step = wants_json(request)
        upload = save_batches(upload, by=person, seconds=SECONDS_A_STEP if is_step else SECONDS_A_REQUEST)
        if is_step:
            return JsonResponse({"left": upload.results["left"]})
        return redirect("admin:briefs_brief_sheet_one", pk=pk)
    return _detail_page(request, upload)


def _detail_page(request: HttpRequest, upload: Upload) -> HttpResponse:
    pages = list_pages(upload)
    number = min(max(read_number(request.GET, "page"), 1), len(pages))
    saved = upload.results.get("saved", [])[:MAX_LISTED]
    title = _("What was imported") if upload.done_at else _("Preview of the import")
    return render_page(
        request,
        "uploads/sheet_preview",
        title=title,
        results=upload.results,
        counts=_count_lines(upload),
        briefs=_build_briefs(load_batches(upload, pages[number - 1])),
        saved=Brief.objects.filter(pk__in=saved).order_by("pk"),
        page=number,
        pages=len(pages),
        hours=int(UPLOAD_RETENTION.total_seconds() // 3600),
    )


def _build_briefs(batches: Iterable[UploadFile]) -> list[SheetBrief]:
    refusals = [(change, bool(batch.refused)) for batch in batches for change in read_batch(batch)]
    changes = [change for change, _refused in refusals]
    found = Brief.objects.select_related("source", "picture", "updated_by")
    rows = found.prefetch_related("bullets", "bylines", "labels").in_bulk(
        [change.brief for change in changes]
    )
    before = {pk: workflow.load_working_copy(brief) for pk, brief in rows.items()}
    names = load_names_by_id([*before.values(), *(change.content for change in changes)])
    return [
        _build_brief(change, rows[change.brief], before[change.brief], names, is_refused=is_refused)
        for change, is_refused in refusals
    ]


def _build_brief(
    change: BriefChange, brief: Brief, before: Content, names: NamesById, *, is_refused: bool
) -> SheetBrief:
    is_open = brief.version == change.version and brief.state == State.DRAFT
    return SheetBrief(
        brief,
        build_change_rows(before, _number_new_bullets(change.content), names),
        count_unchanged_bullets(before, change.content),
        describe_conflict(brief, change) if is_refused or not is_open else "",
    )


def _number_new_bullets(content: Content) -> Content:
    """Number new bullets below zero, so that they are compared one by one."""
    bullets = (replace(b, number=-n) if not b.number else b for n, b in enumerate(content.bullets, 1))
    return replace(content, bullets=tuple(bullets))


def _count_lines(upload: Upload) -> list[str]:
    """Return one line per count that is not zero."""
    done, left, conflicts, unchanged = (
        upload.results[key] for key in ("done", "left", "conflicts", "unchanged")
    )
    lines = (
        (done, ngettext("%(n)s draft changed", "%(n)s drafts changed", done)),
        (left, ngettext("%(n)s draft to change", "%(n)s drafts to change", left)),
        (conflicts, ngettext("%(n)s brief not imported", "%(n)s briefs not imported", conflicts)),
        (unchanged, ngettext("%(n)s unchanged", "%(n)s unchanged", unchanged)),
    )
    return [line % {"n": n} for n, line in lines if n]
