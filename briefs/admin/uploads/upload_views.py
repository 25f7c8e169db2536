"""Begin briefs from an address, a citation, a text or files: preview, confirm, and see what was not saved."""

from collections.abc import Iterable
from dataclasses import replace
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
from briefs.admin.common.brief_pages import Badge, add_done_message, read_number, render_page, wants_json
from briefs.admin.common.form_fields import FieldError, build_due_field, field_errors_from_form, link_errors
from briefs.admin.common.interface_labels import FIELD_LABELS, interface_side
from briefs.admin.common.name_fields import load_names_by_id
from briefs.admin.common.pending_uploads import (
    create_upload,
    find_pending_upload,
    list_pending_uploads,
)
from briefs.citations.citation_reader import (
    CITATION_FILE_LIMIT,
    CitationReading,
    decode_citation,
    read_citation,
)
from briefs.citations.cited_article import CitationRejected
from briefs.content import Content
from briefs.documents.files.formats import list_formats
from briefs.exchange.sheets.brief_sheets import (
    BRIEF_LIMITS,
    MAX_BRIEFS,
    BriefChange,
    describe_conflict,
    plan_brief_import,
    read_brief_sheets,
)
from briefs.exchange.sheets.columns import BRIEF_COLUMNS, BULLET_COLUMNS
from briefs.exchange.sheets.sheet_files import build_size_refusal
from briefs.exchange.sheets.table import SheetRefused, build_sheet_refusal
from briefs.intake import PASTED_FILE_NAME, TooManyDigests
from briefs.intake.cited_facts import claim_cited_article
from briefs.models import Brief, Person, State, Upload, UploadFile

from .import_preview import (
    MAX_UNFOLDED_DIGESTS,
    build_things,
    describe_last_change,
)
from .pending_files import (
    ASK_DATES,
    BRIEF_SHEET,
    MAX_DIGESTS,
    MAX_FILES,
    TABLE,
    UPLOAD_LIMITS,
    answer_sheet,
    import_from_upload,
    list_pages,
    list_results,
    load_batches,
    parse_choices,
    read_batch,
    save_batches,
    store_files,
    store_plan,
    unpack_documents,
)
from .questions import (
    ANSWER_FIELD,
    LEFT_OUT,
    ask_which_version,
    count_open,
    fill_answers,
    read_answers,
    read_row_answers,
)
from .things import Thing, build_change_rows, count_unchanged_bullets, explain_locked

# Upload files or pasted text, preview the import and confirm it. Uses the same code as the import command.

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
        return _preview_sheet(request, form, files, person)
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


def _preview_sheet(
    request: HttpRequest, form: UploadForm, files: "list[UploadedFile[Any]]", person: Person
) -> HttpResponse:
    if not all(_has_suffix(file, SHEET_SUFFIXES) for file in files):
        return _refuse_upload(
            request, form, [FieldError(_("Upload sheets and documents one after the other."), "files")]
        )
    try:
        upload = _store_sheet_plan(files, person)
    except SheetRefused as refused:
        return _refuse_upload(request, form, [FieldError(str(problem)) for problem in refused.problems])
    return _go_to(request, reverse("admin:briefs_brief_sheet_one", args=[upload.pk]))


def add_files(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store the next batch of a long upload, sent by JavaScript."""
    row = _get_upload_or_404(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    store_files(row, unpack_documents(request.FILES.getlist("files")))
    return JsonResponse({})


def upload_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the preview of the upload or, once confirmed, its results."""
    row = _get_upload_or_404(request, pk)
    if request.method == "POST":
        return _import_selected(request, row)
    return _preview_page(request, row)


def _get_upload_or_404(request: HttpRequest, pk: UUID) -> Upload:
    """Return the person's upload. Whoever may edit brings back a table of the brief; all else needs the right to import."""
    row = find_pending_upload(require_role(request), pk)
    require_role(request, "edit" if row and TABLE in row.results else "import")
    if row is None or "sheet" in row.results:  # a sheet has an address of its own
        raise Http404
    return row


def _import_selected(request: HttpRequest, row: Upload) -> HttpResponse:
    answers = read_answers(request.POST)
    choices = parse_choices(request.POST, answers)
    more = "more" in request.POST
    page = reverse("admin:briefs_brief_upload_one", args=[row.pk])
    if not (choices or answers or list_results(row) or more):
        has_questions = any(name.startswith("asks-") for name in request.POST)
        text = _("Answer a question first.") if has_questions else _("Choose at least one digest.")
        return _preview_page(request, row, [FieldError(text)], status=409)
    for key in request.POST.getlist("take")[: 2 * MAX_FILES]:
        answers |= read_row_answers(request.POST, key)
    known_keys = [name.removeprefix("seen-") for name in request.POST if name.startswith("seen-")]
    refused = import_from_upload(row, choices, answers, known_keys=[] if more else known_keys)
    for sentence in refused:
        messages.warning(request, sentence)
    row.refresh_from_db()
    if row.done_at and (brief := row.results.get(TABLE)):
        if stored := list_results(row):
            counts = [count for result in stored.values() for count in result["counts"]]
            messages.success(request, _("The table was stored: %(what)s.") % {"what": _(", ").join(counts)})
        return redirect("admin:briefs_brief_change", pk=brief)
    if more and wants_json(request):
        return JsonResponse({"refused": len(refused)})
    return redirect(page)


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
        if row.results.get("sheet", BRIEF_SHEET) != BRIEF_SHEET:
            continue  # opened from the vocabulary
        page = "sheet_one" if "sheet" in row.results else "upload_one"
        names = [row.results["file"]] if "file" in row.results else [file.name for file in row.files.all()]
        shown.append(
            {
                "url": reverse(f"admin:briefs_brief_{page}", args=[row.pk]),
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
    try:
        things = [] if row.done_at else build_things(row, person)
    except TooManyDigests as many:
        text = _("These files hold %(n)s digests; at most %(most)s go at once. Upload fewer files.")
        errors, things = [FieldError(text % {"n": many.digest_count, "most": MAX_DIGESTS})], []
        status = 409
    return render_page(
        request,
        "uploads/preview",
        title=_("What was imported") if row.done_at else _("Preview of the import"),
        upload=row,
        things=[thing for thing in things if thing.status != "unchanged"],
        unchanged=[thing for thing in things if thing.status == "unchanged" and thing.key not in row.results],
        counts=_count_things(things),
        can_import=any(thing.is_optional or thing.questions for thing in things),
        ready=sum(thing.is_ready for thing in things),
        open_questions=count_open(question for thing in things for question in thing.questions),
        unfold=len(things) <= MAX_UNFOLDED_DIGESTS,
        reasons=link_errors(errors or []),
        results=_describe_results(row),
        status=status,
    )


def _count_things(things: list[Thing]) -> list[str]:
    """Return one line per status that occurs."""
    n = {status: sum(d.status == status for d in things) for status in {d.status for d in things}}
    lines = {
        "created": ngettext("%(n)s new brief", "%(n)s new briefs", n.get("created", 0)),
        "updated": ngettext("%(n)s brief updated", "%(n)s briefs updated", n.get("updated", 0)),
        "unchanged": ngettext("%(n)s brief unchanged", "%(n)s briefs unchanged", n.get("unchanged", 0)),
        "edited": ngettext("%(n)s edited since it was imported", "%(n)s edited since they were imported", n.get("edited", 0)),
        "refused": ngettext("%(n)s refused", "%(n)s refused", n.get("refused", 0)),
    }  # fmt: skip
    return [line % {"n": n[status]} for status, line in lines.items() if n.get(status)]


def _describe_results(row: Upload) -> list[dict[str, Any]]:
    """Return what was imported so far."""
    names = {
        "created": gettext_lazy("New"),
        "updated": gettext_lazy("Updated"),
        "unchanged": gettext_lazy("Unchanged"),
        TABLE: gettext_lazy("Updated"),
    }
    results = list_results(row).values()
    titles = Brief.objects.in_bulk([result["brief"] for result in results]) if results else {}
    return [
        {**result, "label": names[result["status"]], "title": titles[result["brief"]]} for result in results
    ]


# Import exported sheets of briefs: upload, preview, save batch by batch, and what was not saved.

SECONDS_A_STEP: Final = 1.5
"""How long a request saves, before it reports and the page goes on by itself or, without JavaScript, asks to."""
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


def import_sheet(request: HttpRequest) -> HttpResponse:
    person = require_role(request, "import")
    problems: list[Any] = []
    if request.method == "POST":
        try:
            upload = _store_sheet_plan(request.FILES.getlist("files"), person)
        except SheetRefused as refused:
            problems = list(refused.problems)
        else:
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


def _store_sheet_plan(files: "list[UploadedFile[Any]]", person: Person) -> Upload:
    """Store what the sheets would change, for the preview. Raise SheetRefused."""
    if not files:
        raise build_sheet_refusal(_("Choose a file."))
    if sum(file.size or 0 for file in files) > BRIEF_LIMITS.size:
        raise build_size_refusal(BRIEF_LIMITS)
    plan = plan_brief_import(*read_brief_sheets([(file.name or "?", file.read()) for file in files]))
    return store_plan(person, _(", ").join(file.name or "?" for file in files), plan)


def _label_columns(columns: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(column, COLUMN_LABELS[column]) for column in columns]


def import_sheet_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the changes of a sheet, and the rows that will not be saved; save it on POST."""
    person = require_role(request, "import")
    upload = find_pending_upload(person, pk)
    if upload is None or upload.results.get("sheet") != BRIEF_SHEET:
        raise Http404
    if request.method == "POST":
        answers = read_answers(request.POST)
        taken = set(request.POST.getlist("take"))
        for key in [name.removeprefix("seen-") for name in request.POST if name.startswith("seen-")]:
            if (name := f"q-{key}-target") not in answers and ANSWER_FIELD.fullmatch(name):
                answers[name] = "take" if key in taken else LEFT_OUT
        upload = answer_sheet(upload, answers)
        if page := read_number(request.POST, "page"):
            return redirect(f"{request.path}?page={page}")
        upload = save_batches(upload, by=person, seconds=SECONDS_A_STEP)
        if wants_json(request):
            return JsonResponse({"left": upload.results["left"]})
        return redirect("admin:briefs_brief_sheet_one", pk=pk)
    return _sheet_page(request, upload, person)


def _sheet_page(request: HttpRequest, upload: Upload, person: Person) -> HttpResponse:
    pages = list_pages(upload)
    number = min(max(read_number(request.GET, "page"), 1), len(pages))
    saved = upload.results.get("saved", [])
    things = _build_sheet_things(load_batches(upload, pages[number - 1]), upload, person)
    left = upload.results["left"]
    here = {thing.key for thing in things if thing.is_optional}
    unticked = {name for name, answer in upload.results.get("answers", {}).items() if answer == LEFT_OUT}
    elsewhere = max(0, left - len(here) - len(unticked - {f"q-{key}-target" for key in here}))
    return render_page(
        request,
        "uploads/preview",
        title=_("What was imported") if upload.done_at else _("Preview of the import"),
        upload=upload,
        sheet=upload.results,
        things=things,
        counts=_count_rows(upload),
        can_import=bool(left) or any(thing.questions for thing in things),
        ready=elsewhere + sum(thing.is_ready for thing in things),
        elsewhere=elsewhere,
        open_questions=count_open(question for thing in things for question in thing.questions),
        unfold=True,
        saved=Brief.objects.filter(pk__in=saved[:MAX_LISTED]).order_by("pk"),
        page=number,
        pages=len(pages),
        hours=UPLOAD_LIMITS["hours"],
    )


def _build_sheet_things(batches: Iterable[UploadFile], upload: Upload, person: Person) -> list[Thing]:
    refusals = [(change, bool(batch.refused)) for batch in batches for change in read_batch(batch)]
    changes = [change for change, _refused in refusals]
    found = Brief.objects.select_related("source", "picture", "updated_by")
    rows = found.prefetch_related("bullets", "bylines", "labels").in_bulk(
        [change.brief for change in changes]
    )
    before = {pk: workflow.load_working_copy(brief) for pk, brief in rows.items()}
    names = load_names_by_id([*before.values(), *(change.content for change in changes)])
    things = []
    for change, is_refused in refusals:
        thing = _build_sheet_thing(change, rows[change.brief], upload, person, is_refused=is_refused)
        now = before[change.brief]
        thing.changes = build_change_rows(now, _number_new_bullets(change.content), names)
        thing.unchanged_count = count_unchanged_bullets(now, change.content)
        things.append(thing)
    return things


def _build_sheet_thing(
    change: BriefChange, brief: Brief, upload: Upload, person: Person, *, is_refused: bool
) -> Thing:
    key = str(brief.pk)
    answers = upload.results.get("answers", {})
    badge = Badge(_("Updates %(n)s") % {"n": brief.pk}, "going")
    thing = Thing(key, upload.results["file"], 1, badge, "updated", brief=brief.pk, brief_title=str(brief))
    thing.is_optional = True
    thing.is_taken = answers.get(f"q-{key}-target") != LEFT_OUT
    if is_refused or brief.version != change.version or brief.state != State.DRAFT:
        why_not = describe_conflict(brief, change)
        thing.badge, thing.status = Badge(_("Not imported"), "warn"), "edited"
        thing.is_optional = False
        if (
            brief.state == State.DRAFT
            and brief.version != change.version
            and not explain_locked(person, brief)
        ):
            thing.badge = Badge(_("You decide"), "warn")
            question = ask_which_version(key, brief, remark=describe_last_change(brief))
            thing.questions = fill_answers([question], answers, set())
        else:
            thing.error = why_not
    return thing


def _number_new_bullets(content: Content) -> Content:
    """Number new bullets below zero, so that they are compared one by one."""
    bullets = (replace(b, number=-n) if not b.number else b for n, b in enumerate(content.bullets, 1))
    return replace(content, bullets=tuple(bullets))


def _count_rows(upload: Upload) -> list[str]:
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
