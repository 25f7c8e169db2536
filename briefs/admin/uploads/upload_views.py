"""Begin briefs from an address, a citation, a text or files; import sheets after a preview."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import policy, workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import add_done_message, read_number, render_page, wants_json
from briefs.admin.common.form_fields import FieldError, build_due_field, field_errors_from_form, link_errors
from briefs.admin.common.interface_labels import FIELD_LABELS, interface_side
from briefs.admin.common.pending_uploads import find_pending_upload, list_pending_uploads
from briefs.citations.citation_reader import (
    CITATION_FILE_LIMIT,
    CitationReading,
    decode_citation,
    read_citation,
)
from briefs.citations.cited_article import CitationRejected
from briefs.documents.files.formats import list_formats
from briefs.exchange.sheets.brief_sheets import (
    BRIEF_LIMITS,
    MAX_BRIEFS,
    plan_brief_import,
    read_brief_sheets,
)
from briefs.exchange.sheets.columns import BRIEF_COLUMNS, BULLET_COLUMNS
from briefs.exchange.sheets.sheet_files import build_size_refusal, read_sheet
from briefs.exchange.sheets.table import VOCABULARY_LIMITS, SheetLimits, SheetRefused, build_sheet_refusal
from briefs.exchange.sheets.vocabulary_sheets import list_columns, plan_vocabulary_import
from briefs.intake import PASTED_FILE_NAME, create_import_job
from briefs.intake.cited_facts import claim_cited_article
from briefs.models import Brief, Person, Upload
from briefs.models.vocabulary import Vocabulary

from .document_imports import UPLOAD_LIMITS, ImportResult, import_uploaded_files, unpack_documents
from .questions import count_open
from .sheet_imports import (
    BRIEF_SHEET,
    answer_sheet,
    build_sheet_things,
    count_rows,
    describe_saved,
    list_left_out,
    list_pages,
    run_import,
    save_next_batch,
    store_brief_plan,
    store_vocabulary_plan,
)

SECONDS_A_STEP: Final = 1.5
"""How long a request imports, before it reports and the page goes on by itself or, without JavaScript, asks to."""
MAX_NAMED_FILES: Final = 3
"""Files by whose names a pending import is listed."""
SHEET_SUFFIXES: Final = (".xlsx", ".csv", ".tsv", ".zip")
CITATION_SUFFIXES: Final = (".ris", ".bib", ".json")


class UploadForm(forms.Form):
    """Everything that begins a brief. `due_on` is for an address or a citation, the others are for documents."""

    paste = forms.CharField(
        label=gettext_lazy("Paste an address, a DOI, a citation or a whole text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "aria-describedby": "what-happens", "autofocus": True}),
    )
    due_on = build_due_field()
    words_of = forms.ChoiceField(label=gettext_lazy("Written by"), required=False)
    day_first = forms.BooleanField(
        label=gettext_lazy("06/09/2025 is 6 September (day first)"), label_suffix="", required=False
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        super().__init__(data, initial={"words_of": str(person.pk)}, auto_id="%s", label_suffix="")
        active = Person.objects.filter(is_active=True, is_staff=True).prefetch_related("groups__permissions")
        self.people = {
            str(row.pk): row for row in active.order_by("name", "username") if policy.get_roles(row)
        }
        field: Any = self.fields["words_of"]
        field.choices = [(pk, str(row)) for pk, row in self.people.items()]


def upload(request: HttpRequest) -> HttpResponse:
    """Take an address, a DOI or a citation as a claim, a text or documents as drafts, and sheets to their preview."""
    person = require_role(request, "import")
    if request.method != "POST":
        return _upload_page(request, UploadForm(None, person=person))
    form = UploadForm(request.POST, person=person)
    files = unpack_documents(request.FILES.getlist("files"))
    if not form.is_valid():
        return _refuse_upload(request, form, field_errors_from_form(form))
    pasted = form.cleaned_data["paste"].strip()
    if reading := _read_citation(pasted, files):
        return _claim_article(request, form, reading, person)
    if pasted:
        files.append(SimpleUploadedFile(PASTED_FILE_NAME, pasted.encode("utf-8", "replace")))
    if not files:
        return _refuse_upload(request, form, [FieldError(_("Choose files, or paste something."), "paste")])
    if any(_has_suffix(file, SHEET_SUFFIXES) for file in files):
        return _plan_sheet(request, form, files, person)
    job = create_import_job(
        actor=person,
        writer=form.people.get(form.cleaned_data["words_of"], person),
        date_order="dmy" if form.cleaned_data["day_first"] else "mdy",
        for_desk=True,
    )
    results = import_uploaded_files(files, job, person)
    if wants_json(request):
        rows = render_to_string("admin/briefs/uploads/_results.html", {"results": results}, request)
        return JsonResponse({"rows": rows, "pages": [result.url for result in results]})
    if len(results) == 1 and results[0].url:
        return redirect(results[0].url)
    return _upload_page(request, UploadForm(None, person=person), results=results)


def _go_to(request: HttpRequest, page: str, **more: str) -> HttpResponse:
    return JsonResponse({"page": page, **more}) if wants_json(request) else redirect(page)


def _has_suffix(file: "UploadedFile[Any]", suffixes: tuple[str, ...]) -> bool:
    return (file.name or "").lower().endswith(suffixes)


def _read_citation(pasted: str, files: "list[UploadedFile[Any]]") -> CitationReading | None:
    """Read what was pasted, or the only file, as an address, a DOI or a citation. Return None if it is none."""
    try:
        if not files:
            return read_citation(pasted)
        if not pasted and len(files) == 1 and _has_suffix(files[0], CITATION_SUFFIXES):
            return read_citation(decode_citation(files[0].read(CITATION_FILE_LIMIT + 1)))
    except CitationRejected:
        pass  # a text of any other kind, which the preview of documents tells more about
    return None


def _claim_article(
    request: HttpRequest, form: UploadForm, reading: CitationReading, person: Person
) -> HttpResponse:
    try:
        brief = claim_cited_article(reading, by=person, due_on=form.cleaned_data["due_on"])
    except workflow.Refused as refused:
        return _refuse_upload(request, form, [_build_claim_error(reason) for reason in refused.reasons])
    add_done_message(request, "claim")
    return _go_to(request, reverse("admin:briefs_brief_change", args=[brief.pk]))


def _build_claim_error(reason: workflow.Reason) -> FieldError:
    """Link the error to the brief that already exists for the article."""
    other = reason.values.get("pk")
    return FieldError(
        str(reason), "paste", reverse("admin:briefs_brief_change", args=[other]) if other else ""
    )


def _plan_sheet(
    request: HttpRequest, form: UploadForm, files: "list[UploadedFile[Any]]", person: Person
) -> HttpResponse:
    if not all(_has_suffix(file, SHEET_SUFFIXES) for file in files):
        return _refuse_upload(
            request, form, [FieldError(_("Upload sheets and documents one after the other."), "files")]
        )
    try:
        upload = _store_brief_plan(files, person)
    except SheetRefused as refused:
        return _refuse_upload(request, form, [FieldError(str(problem)) for problem in refused.problems])
    return _go_to(request, reverse("admin:briefs_brief_upload_one", args=[upload.pk]))


def upload_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the preview of a sheet, answer its questions, and save it step by step."""
    person = require_role(request)
    row = _get_upload_or_404(request, pk)
    if request.method != "POST":
        return _preview_page(request, row)
    if "more" not in request.POST:
        answer_sheet(row, request.POST)
        if page := read_number(request.POST, "page"):
            return redirect(f"{request.path}?page={page}")
    row = run_import(row, save_next_batch, by=person, seconds=SECONDS_A_STEP)
    if wants_json(request):
        return JsonResponse({"left": row.results["left"]})
    return redirect(request.path)


def _get_upload_or_404(request: HttpRequest, pk: UUID) -> Upload:
    row = find_pending_upload(require_role(request), pk)
    is_vocabulary = row is not None and row.results["sheet"] != BRIEF_SHEET
    require_role(request, "edit_vocabulary" if is_vocabulary else "import")
    if row is None:
        raise Http404
    return row


def _refuse_upload(request: HttpRequest, form: UploadForm, errors: list[FieldError]) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"reasons": [str(s) for s in errors]}, status=409)
    return _upload_page(request, form, errors, status=409)


def _upload_page(
    request: HttpRequest,
    form: UploadForm,
    errors: list[FieldError] | None = None,
    *,
    results: Sequence[ImportResult] = (),
    status: int = 200,
) -> HttpResponse:
    return render_page(
        request,
        "uploads/upload",
        title=_("New brief"),
        form=form,
        limits={**UPLOAD_LIMITS, "formats": capfirst(list_formats(interface_side()))},
        pending=_describe_pending(require_role(request, "import")),
        results=results,
        reasons=link_errors(errors or []),
        heading=_("Nothing was uploaded.") if errors else "",
        status=status,
    )


def _describe_pending(person: Person) -> list[dict[str, Any]]:
    """Return the sheets that wait for answers, or were begun and not finished, with their addresses."""
    shown = []
    for row in list_pending_uploads(person):
        url = reverse("admin:briefs_brief_upload_one", args=[row.pk])
        shown.append({"url": url, "name": row.results["file"], "upload": row})
    return shown


def _preview_page(request: HttpRequest, row: Upload) -> HttpResponse:
    values = _preview_sheet(request, row, require_role(request))
    shown = values["things"]
    sheet = row.results["sheet"]
    is_vocabulary = sheet != BRIEF_SHEET
    title = _("Import a sheet") if is_vocabulary else _("New brief")
    begin = reverse(f"admin:briefs_{sheet}_{'import' if is_vocabulary else 'upload'}")
    return render_page(
        request,
        "uploads/preview",
        opts=apps.get_model("briefs", sheet)._meta,
        begin={"url": begin, "title": title},
        title=_("What was imported") if row.done_at else _("Preview of the import"),
        upload=row,
        can_import=any(thing.is_optional or thing.questions for thing in shown) or values.get("elsewhere"),
        ready=sum(thing.is_ready for thing in shown) + values.get("elsewhere", 0),
        open_questions=count_open(question for thing in shown for question in thing.questions),
        **values,
    )


def _preview_sheet(request: HttpRequest, row: Upload, person: Person) -> dict[str, Any]:
    pages = list_pages(row)
    number = min(max(read_number(request.GET, "page"), 1), len(pages))
    things = build_sheet_things(row, pages[number - 1] if pages else [], person)
    here = {thing.key for thing in things}
    optional = sum(thing.is_optional for thing in things)
    return {
        "things": things,
        "sheet": row.results,
        "counts": count_rows(row),
        "elsewhere": max(0, row.results["left"] - optional - len(list_left_out(row) - here)),
        "results": describe_saved(row),
        "page": number,
        "pages": len(pages),
    }


# The pages on which sheets are uploaded, and what they say of columns

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


def import_sheet(request: HttpRequest, kind: type[Vocabulary] | None = None) -> HttpResponse:
    """Take a sheet of the vocabulary or, without `kind`, of briefs, and plan its import."""
    person = require_role(request, "edit_vocabulary" if kind else "import")
    files = request.FILES.getlist("files")
    problems: list[Any] = []
    if request.method == "POST":
        try:
            upload = _store_vocabulary_plan(files, person, kind) if kind else _store_brief_plan(files, person)
        except SheetRefused as refused:
            problems = list(refused.problems)
        else:
            return redirect("admin:briefs_brief_upload_one", pk=upload.pk)
    opts = (kind or Brief)._meta
    limits = VOCABULARY_LIMITS if kind else BRIEF_LIMITS
    return render_page(
        request,
        "uploads/sheet_upload",
        title=_("Import a sheet"),
        opts=opts,
        reasons=[{"text": str(problem)} for problem in problems],
        is_vocabulary=kind is not None,
        sheets=[(str(opts.verbose_name_plural), list_columns(kind))]
        if kind
        else [("briefs", _label_columns(BRIEF_COLUMNS)), ("bullets", _label_columns(BULLET_COLUMNS))],
        limits={
            "briefs": f"{MAX_BRIEFS:,}",
            "rows": f"{limits.rows:,}",
            "size": limits.size // 1024 // 1024,
        },
        export_url=reverse(f"admin:briefs_{opts.model_name}_export"),
        list_url=reverse(f"admin:briefs_{opts.model_name}_changelist"),
        status=409 if problems else 200,
    )


def _store_brief_plan(files: "list[UploadedFile[Any]]", person: Person) -> Upload:
    """Store what the sheets would change, for the preview. Raise SheetRefused."""
    _require_files(files, BRIEF_LIMITS)
    plan = plan_brief_import(*read_brief_sheets([(file.name or "?", file.read()) for file in files]))
    return store_brief_plan(person, _(", ").join(file.name or "?" for file in files), plan)


def _store_vocabulary_plan(
    files: "list[UploadedFile[Any]]", person: Person, kind: type[Vocabulary]
) -> Upload:
    _require_files(files, VOCABULARY_LIMITS)
    sheet = read_sheet(files[0].read())
    outcome = plan_vocabulary_import(sheet, kind, by=person)
    return store_vocabulary_plan(person, files[0].name or "?", kind, sheet, outcome)


def _require_files(files: "list[UploadedFile[Any]]", limits: SheetLimits) -> None:
    if not files:
        raise build_sheet_refusal(_("Choose a file."))
    if sum(file.size or 0 for file in files) > limits.size:
        raise build_size_refusal(limits)


def _label_columns(columns: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(column, COLUMN_LABELS[column]) for column in columns]
