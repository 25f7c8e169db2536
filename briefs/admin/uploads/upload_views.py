"""Begin briefs from an address, a citation, a text or files: preview, confirm, and see what was not saved."""

from collections import Counter
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import policy, workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import add_done_message, render_page, wants_json
from briefs.admin.common.form_fields import FieldError, build_due_field, field_errors_from_form, link_errors
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.common.pending_uploads import create_upload, find_pending_upload, list_pending_uploads
from briefs.citations.citation_reader import (
    CITATION_FILE_LIMIT,
    CitationReading,
    decode_citation,
    read_citation,
)
from briefs.citations.cited_article import CitationRejected
from briefs.documents.files.formats import list_formats
from briefs.exchange.brief_text import write_table_files
from briefs.exchange.word_file import WORD_TYPE
from briefs.intake import PASTED_FILE_NAME, TooManyDigests
from briefs.intake.cited_facts import claim_cited_article
from briefs.models import Brief, Person, Upload

from .import_preview import MAX_UNFOLDED_DIGESTS, build_things
from .pending_files import (
    ASK_DATES,
    MAX_DIGESTS,
    MAX_FILES,
    TABLE,
    UPLOAD_LIMITS,
    choose_digests,
    import_next_digests,
    list_results,
    parse_choices,
    run_import,
    store_files,
    unpack_documents,
)
from .questions import count_open, list_left_out_things, read_answers, read_row_answers
from .things import Thing
from .word_pages import download_files

# Upload files or pasted text, preview the import and confirm it. Uses the same code as the import command.

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
    date_order = forms.ChoiceField(
        label=gettext_lazy("06/09/2025 is"),
        required=False,
        choices=[
            (ASK_DATES, gettext_lazy("Ask me for each file")),
            ("mdy", gettext_lazy("9 June (month first)")),
            ("dmy", gettext_lazy("6 September (day first)")),
        ],
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        initial = {"words_of": str(person.pk), "date_order": ASK_DATES}
        super().__init__(data, initial=initial, auto_id="%s", label_suffix="")
        active = Person.objects.filter(is_active=True, is_staff=True).prefetch_related("groups__permissions")
        self.people = {
            str(row.pk): row for row in active.order_by("name", "username") if policy.get_roles(row)
        }
        field: Any = self.fields["words_of"]
        field.choices = [(pk, str(row)) for pk, row in self.people.items()]


def upload(request: HttpRequest) -> HttpResponse:
    """Take an address, a DOI, a citation, a text or files, each to where it is previewed or begun."""
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
    words_of = form.people.get(form.cleaned_data["words_of"], person)
    date_order = form.cleaned_data["date_order"] or ASK_DATES
    row = create_upload(person, words_of=words_of, date_order=date_order)
    store_files(row, files)
    files_url = reverse("admin:briefs_brief_upload_files", args=[row.pk])
    return _go_to(request, reverse("admin:briefs_brief_upload_one", args=[row.pk]), files=files_url)


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


def add_files(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store the next batch of a long upload, sent by JavaScript."""
    row = _get_upload_or_404(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    store_files(row, unpack_documents(request.FILES.getlist("files")))
    return JsonResponse({})


def upload_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the preview of the upload or, once confirmed, its results. `?tables` downloads the stored tables as they are now."""
    person = require_role(request)
    row = _get_upload_or_404(request, pk)
    if request.method != "POST":
        if "tables" in request.GET:
            briefs = Brief.objects.filter(pk__in=_list_table_briefs(row)).order_by("pk")
            return download_files(request, list(write_table_files(briefs)), WORD_TYPE)
        return _preview_page(request, row)
    if "more" not in request.POST and (error := _choose(request, row)):
        return _preview_page(request, row, [FieldError(error)], status=409)
    row = run_import(row, import_next_digests, by=person, seconds=SECONDS_A_STEP)
    if wants_json(request):
        return JsonResponse({"left": len(row.results.get("queue", ()))})
    if row.done_at and (brief := row.results.get(TABLE)):
        if stored := list_results(row):
            counts = [count for result in stored.values() for count in result["counts"]]
            messages.success(request, _("The table was stored: %(what)s.") % {"what": _(", ").join(counts)})
        return redirect("admin:briefs_brief_change", pk=brief)
    return redirect(request.path)


def _get_upload_or_404(request: HttpRequest, pk: UUID) -> Upload:
    """Return the person's upload. Whoever may edit brings back a table of the brief; all else needs the right to import."""
    row = find_pending_upload(require_role(request), pk)
    require_role(request, "edit" if row and TABLE in row.results else "import")
    if row is None:
        raise Http404
    return row


def _list_table_briefs(row: Upload) -> list[int]:
    return [result["brief"] for result in list_results(row).values() if result["status"] == TABLE]


def _choose(request: HttpRequest, row: Upload) -> str:
    """Queue what was ticked and answered. Return a sentence if there is nothing to do."""
    answers = read_answers(request.POST)
    choices = parse_choices(request.POST, answers)
    if not (choices or answers or list_results(row)):
        has_questions = any(name.startswith("asks-") for name in request.POST)
        return _("Answer a question first.") if has_questions else _("Choose at least one digest.")
    for key in request.POST.getlist("take")[: 2 * MAX_FILES]:
        answers |= read_row_answers(request.POST, key)
    known_keys = [name.removeprefix("seen-") for name in request.POST if name.startswith("seen-")]
    answers = {**list_left_out_things(request.POST, known_keys), **answers}
    choose_digests(row, choices, answers, known_keys=known_keys)
    return ""


def _refuse_upload(request: HttpRequest, form: UploadForm, errors: list[FieldError]) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"reasons": [str(s) for s in errors]}, status=409)
    return _upload_page(request, form, errors, status=409)


def _upload_page(
    request: HttpRequest, form: UploadForm, errors: list[FieldError] | None = None, *, status: int = 200
) -> HttpResponse:
    return render_page(
        request,
        "uploads/upload",
        title=_("New brief"),
        form=form,
        limits={**UPLOAD_LIMITS, "formats": capfirst(list_formats(interface_side()))},
        pending=_describe_pending(require_role(request, "import")),
        reasons=link_errors(errors or []),
        heading=_("Nothing was uploaded.") if errors else "",
        status=status,
    )


def _describe_pending(person: Person) -> list[dict[str, Any]]:
    """Return the imports that wait for answers, or were begun and not finished, with their addresses."""
    shown = []
    for row in list_pending_uploads(person):
        names = [file.name for file in row.files.all()]
        shown.append(
            {
                "url": reverse("admin:briefs_brief_upload_one", args=[row.pk]),
                "names": _(", ").join(names[:MAX_NAMED_FILES]),
                "more": max(0, len(names) - MAX_NAMED_FILES),
                "upload": row,
            }
        )
    return shown


def _preview_page(
    request: HttpRequest, row: Upload, errors: list[FieldError] | None = None, *, status: int = 200
) -> HttpResponse:
    person = require_role(request)
    errors = errors or [FieldError(text) for text in row.results.get("refused", ())]
    try:
        values = _preview_files(row, person)
    except TooManyDigests as many:
        text = _("These files hold %(n)s digests; at most %(most)s go at once. Upload fewer files.")
        errors = [FieldError(text % {"n": many.digest_count, "most": MAX_DIGESTS})]
        values, status = {"things": []}, 409
    shown = values["things"]
    return render_page(
        request,
        "uploads/preview",
        title=_("What was imported") if row.done_at else _("Preview of the import"),
        upload=row,
        can_import=any(thing.is_optional or thing.questions for thing in shown),
        ready=sum(thing.is_ready for thing in shown),
        open_questions=count_open(question for thing in shown for question in thing.questions),
        reasons=link_errors(errors),
        status=status,
        **values,
    )


def _preview_files(row: Upload, person: Person) -> dict[str, Any]:
    things = [] if row.done_at else [t for t in build_things(row, person) if t.key not in row.results]
    return {
        "things": [thing for thing in things if thing.status != "unchanged"],
        "unchanged": [thing for thing in things if thing.status == "unchanged"],
        "counts": _count_things(things),
        "unfold": len(things) <= MAX_UNFOLDED_DIGESTS,
        "results": _describe_results(row),
        "tables": len(_list_table_briefs(row)),
    }


def _count_things(things: list[Thing]) -> list[str]:
    """Return one line per status that occurs."""
    n = Counter(thing.expected_status for thing in things)
    lines = {
        "asked": ngettext("%(n)s for you to decide", "%(n)s for you to decide", n["asked"]),
        "created": ngettext("%(n)s new brief", "%(n)s new briefs", n["created"]),
        "updated": ngettext("%(n)s brief updated", "%(n)s briefs updated", n["updated"]),
        "unchanged": ngettext("%(n)s brief unchanged", "%(n)s briefs unchanged", n["unchanged"]),
        "edited": ngettext("%(n)s edited since it was imported", "%(n)s edited since they were imported", n["edited"]),
        "refused": ngettext("%(n)s refused", "%(n)s refused", n["refused"]),
    }  # fmt: skip
    return [line % {"n": n[status]} for status, line in lines.items() if n[status]]


def _describe_results(row: Upload) -> list[dict[str, Any]]:
    """Return what was imported so far."""
    names = {"created": _("New"), "updated": _("Updated"), "unchanged": _("Unchanged"), TABLE: _("Updated")}
    results = list_results(row).values()
    titles = Brief.objects.in_bulk([result["brief"] for result in results]) if results else {}
    return [
        {
            **result,
            "label": names[result["status"]],
            "title": titles[result["brief"]],
            "url": reverse("admin:briefs_brief_change", args=[result["brief"]]),
        }
        for result in results
    ]
