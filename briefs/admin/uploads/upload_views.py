"""Begin briefs from an address, a citation, a text or files."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import add_done_message, render_page, wants_json
from briefs.admin.common.form_fields import FieldError, build_due_field, field_errors_from_form, link_errors
from briefs.admin.common.interface_labels import interface_side
from briefs.bilingual.citations import (
    CITATION_FILE_LIMIT,
    CitationReading,
    CitationRejected,
    decode_citation,
    read_citation,
)
from briefs.bilingual.documents import list_formats
from briefs.exchange.intake import (
    PASTED_FILE_NAME,
    claim_cited_article,
    create_import_job,
    find_similar_authors,
)
from briefs.models import Person
from briefs.workflow import policy
from briefs.workflow.rules.refusals import Reason

from .document_imports import UPLOAD_LIMITS, ImportResult, import_uploaded_files, unpack_documents

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
    """Take an address, a DOI or a citation as a claim, a text or documents as drafts."""
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
        sentence = _("A sheet is imported on a page of its own, “Import a sheet”.")
        url = reverse("admin:briefs_brief_import")
        return _refuse_upload(request, form, [FieldError(sentence, "files", url)])
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
    similar = find_similar_authors(reading.article.authors)
    try:
        brief = claim_cited_article(reading, by=person, due_on=form.cleaned_data["due_on"])
    except workflow.Refused as refused:
        return _refuse_upload(request, form, [_build_claim_error(reason) for reason in refused.reasons])
    add_done_message(request, "claim")
    for cited, known in similar.items():
        told = _("The authors were left out: %(name)s may be %(known)s. Enter them under “Article”.")
        messages.warning(request, told % {"name": cited.display_name, "known": known[0]})
    return _go_to(request, reverse("admin:briefs_brief_change", args=[brief.pk]))


def _build_claim_error(reason: Reason) -> FieldError:
    """Link the error to the brief that already exists for the article."""
    other = reason.values.get("pk")
    return FieldError(
        str(reason), "paste", reverse("admin:briefs_brief_change", args=[other]) if other else ""
    )


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
        results=results,
        reasons=link_errors(errors or []),
        heading=_("Nothing was uploaded.") if errors else "",
        status=status,
    )
