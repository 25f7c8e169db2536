"""A brief as a Word file: export in both layouts, and the comparison of a returned table before it is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import policy, workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import (
    download_response,
    get_brief_or_404,
    read_number,
    render_brief_subpage,
)
from briefs.admin.common.form_fields import (
    FieldError,
    field_errors_from_reasons,
    link_errors,
    simplify_stale_reasons,
)
from briefs.admin.common.interface_labels import FIELD_LABELS, SIDE_NAMES, interface_side
from briefs.admin.common.pending_uploads import create_upload, find_pending_upload
from briefs.content import Content
from briefs.documents.types import DocumentRefused
from briefs.exchange.brief_text import BriefFile, write_table_files, write_word_files
from briefs.exchange.returned_table import (
    ReturnedTable,
    TablePlan,
    TableRefused,
    apply_plan,
    label_key,
    list_texts,
    plan_table,
    read_table_file,
)
from briefs.exchange.word_file import WORD_TYPE
from briefs.facts import DOCUMENT_FACTS, FACTS, SCALAR_FACTS
from briefs.models import Brief, Person, State, Upload, UploadFile

from .import_preview import ChangeRow, build_text_row
from .pending_files import FILE_REFUSAL_MESSAGES, MAX_FILE_SIZE, UPLOAD_LIMITS

WRITERS: Final = {"digest": write_word_files, "table": write_table_files}
"""Writer of each layout."""
PART_LABELS: Final[Mapping[str, str | Promise]] = {
    "headline": gettext_lazy("Headline"),
    "issue": FIELD_LABELS["date_label"],
    "Chinese summary": FIELD_LABELS["summary_zh"],
    "English summary": FIELD_LABELS["summary_en"],
    "Chinese bullets": gettext_lazy("Bullets, Chinese"),
    "English bullets": gettext_lazy("Bullets, English"),
    "pairs": gettext_lazy("Which bullets are a pair"),
    "everything": gettext_lazy("Everything"),
    **{name: FIELD_LABELS[name] for name in ("authors", "source", "date", "keywords")},
    **{FACTS[name].label: FIELD_LABELS[name] for name in DOCUMENT_FACTS},
}
"""Names of what `BriefFile.find_lost_parts` finds."""


def describe_lost_parts(file: BriefFile) -> str:
    """Return a sentence that names what an import of the file would not read back the same, or an empty string."""
    lost = [str(PART_LABELS[part]) for part in file.find_lost_parts()]
    if not lost:
        return ""
    text = _("“%(file)s” would not be read back the same: %(parts)s.")
    return text % {"file": file.name, "parts": _("; ").join(lost)}


def word_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the brief as a Word file, and receive a returned table."""
    person = require_role(request)
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return _render_word_page(request, brief, person)
    require_role(request, "edit")
    try:
        name, data = _read_uploaded_file(request)
        table = _read_table(name, data)
        if why_not := _why_not_edit(brief, person):
            raise TableRefused(why_not)
        plan_table(table, brief)
    except TableRefused as refused:
        return _render_word_page(request, brief, person, [FieldError(str(refused), "file")])
    except workflow.Refused as refused:
        errors = [FieldError(_name_row(reason), "file") for reason in refused.reasons]
        return _render_word_page(request, brief, person, errors)
    with transaction.atomic():
        waiting = create_upload(person, words_of=person, date_order="mdy")
        Upload.objects.filter(pk=waiting.pk).update(results={"table": brief.pk})
        UploadFile.objects.create(upload=waiting, position=0, name=name, size=len(data), data=data)
    return redirect("admin:briefs_brief_word_table", pk=brief.pk, upload=waiting.pk)


def download_word_file(request: HttpRequest, pk: int, layout: str) -> HttpResponse:
    require_role(request)
    brief = get_brief_or_404(pk)
    if layout not in WRITERS:
        raise Http404
    (file,) = WRITERS[layout]([brief])
    return download_response(file.name, file.data, WORD_TYPE)


def returned_table(request: HttpRequest, pk: int, upload: UUID) -> HttpResponse:
    """Show what a returned table would store. POST stores it and deletes the upload."""
    person = require_role(request, "edit")
    brief = get_brief_or_404(pk)
    waiting = find_pending_upload(person, upload)
    if waiting is None or waiting.results.get("table") != pk:  # stored already (Back button), or expired
        messages.warning(request, _("This upload no longer exists: it was stored already, or it is too old."))
        return redirect("admin:briefs_brief_word", pk=pk)
    file = waiting.files.get(position=0)
    errors: list[FieldError] = []
    table = _read_table(file.name, bytes(file.data))
    if request.method == "POST":
        try:
            return _store_table(request, table, waiting, brief, person)
        except (TableRefused, workflow.Refused) as refused:
            errors = _explain(refused)
            brief = get_brief_or_404(pk)
    elif why_not := _why_not_edit(brief, person):
        errors = [FieldError(why_not)]
    try:
        plan = plan_table(table, brief)
    except (TableRefused, workflow.Refused) as refused:
        stored = workflow.load_working_copy(brief)
        plan, errors = TablePlan(brief, stored, stored), _explain(refused)
    return render_brief_subpage(
        request,
        "uploads/returned_table",
        brief,
        title=_("Returned table"),
        file=file,
        plan=plan,
        shown=_show_plan(plan),
        may_store=not plan.is_empty and _why_not_edit(brief, person) == "",
        reasons=link_errors(errors),
        heading=_("Nothing was stored."),
        status=409 if request.method == "POST" else 200,
    )


def _store_table(
    request: HttpRequest, table: ReturnedTable, waiting: Upload, brief: Brief, person: Person
) -> HttpResponse:
    version = read_number(request.POST, "version")
    with transaction.atomic():
        if not Upload.objects.select_for_update().filter(pk=waiting.pk).exists():
            return redirect(
                "admin:briefs_brief_change", pk=brief.pk
            )  # stored by the first click of a double click
        plan = apply_plan(table, brief, by=person, version=version)
        waiting.delete()
    messages.success(
        request, _("The table was stored: %(what)s.") % {"what": _(", ").join(_count_plan(plan))}
    )
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _read_uploaded_file(request: HttpRequest) -> tuple[str, bytes]:
    """Return the name and the bytes of the uploaded file."""
    file: UploadedFile[Any] | None = request.FILES.get("file")
    if not file:
        raise TableRefused(_("Choose a file."))
    if (file.size or 0) > MAX_FILE_SIZE:
        raise TableRefused(str(FILE_REFUSAL_MESSAGES["too-large"]) % UPLOAD_LIMITS)
    return (file.name or "?")[:255], file.read()


def _read_table(name: str, data: bytes) -> ReturnedTable:
    try:
        table = read_table_file(data)
    except DocumentRefused as refusal:
        raise TableRefused(refusal.message(interface_side(), name)) from refusal
    if table is None:
        raise TableRefused(_("This Word file is not a table that was exported from this site."))
    return table


def _why_not_edit(brief: Brief, person: Person) -> str:
    if policy.is_allowed(person, "edit", brief):
        return ""
    if brief.state == State.APPROVED:
        return str(workflow.Reason("approved-closed"))
    return _("You may not edit this brief now.")


def _name_row(reason: workflow.Reason) -> str:
    """Return the sentence with the number of its row, if it is about a bullet."""
    if not (reason.about.startswith("b") and reason.about[1:].isdecimal()):
        return str(reason)
    return _("%(label)s: %(text)s") % {"label": label_key(reason.about), "text": reason}


def _explain(refused: TableRefused | workflow.Refused) -> list[FieldError]:
    if isinstance(refused, TableRefused):
        return [FieldError(str(refused))]
    return field_errors_from_reasons(simplify_stale_reasons(refused))


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """The plan as rows of the comparison: the text now and the text in the file."""

    changes: list[ChangeRow]
    refused: list[ChangeRow]
    suggestions: list[ChangeRow]
    notes: list[tuple[str, str]] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)


def _show_plan(plan: TablePlan) -> ShownPlan:
    return ShownPlan(
        _build_changes(plan),
        [build_text_row(label_key(row.key), row.texts) for row in plan.refused],
        [build_text_row(_label_row(s.key, s.why), {s.side: (s.was, s.text)}) for s in plan.suggestions],
        [(_label_row(note.key, SIDE_NAMES.get(note.side or "", "")), note.text) for note in plan.notes],
        _count_plan(plan),
    )


def _label_row(key: str, remark: str | Promise) -> str:
    return " · ".join(filter(None, (key and label_key(key), str(remark))))


def _build_changes(plan: TablePlan) -> list[ChangeRow]:
    rows = [build_text_row(label_key(key), texts) for key, texts in list_texts(plan.stored, plan.result)]
    return [row for row in rows if row.cells]


def _count_plan(plan: TablePlan) -> list[str]:
    """Return one phrase for each kind of thing that would be stored."""
    changed = len(_build_changes(plan))
    counts = (
        (changed, ngettext("%(n)s row changed", "%(n)s rows changed", changed)),
        (len(plan.suggestions), ngettext("%(n)s suggestion", "%(n)s suggestions", len(plan.suggestions))),
        (len(plan.notes), ngettext("%(n)s note", "%(n)s notes", len(plan.notes))),
    )
    return [text % {"n": n} for n, text in counts if n]


def _render_word_page(
    request: HttpRequest, brief: Brief, person: Person, errors: list[FieldError] | None = None
) -> HttpResponse:
    (file,) = write_word_files([brief])
    return render_brief_subpage(
        request,
        "uploads/word",
        brief,
        title=_("Word file"),
        lost=describe_lost_parts(file),
        omitted=_("; ").join(_list_omitted_parts(workflow.load_working_copy(brief))),
        why_not=_why_not_edit(brief, person),
        reasons=link_errors(errors or []),
        heading=_("Nothing was uploaded."),
        size=UPLOAD_LIMITS["file"],
        status=409 if errors else 200,
    )


def _list_omitted_parts(content: Content) -> Iterator[str]:
    """Name the parts of this brief that no document states."""
    unstated = [name for name in SCALAR_FACTS if name not in DOCUMENT_FACTS and not name.startswith("date")]
    for name in (*unstated, "picture"):
        if getattr(content.facts, name):
            yield str(FIELD_LABELS[name])
    if any(bullet.passage for bullet in content.bullets):
        yield _("Source passages")
    if any(bullet.one_sided for bullet in content.bullets):
        yield _("Reasons for bullets in one language")
