"""Upload files or pasted text, preview the import and confirm it. Uses the same code as the import command."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ... import policy
from ...intake import PASTED_FILE_NAME, TooManyDigests
from ...models import Brief, Person, Upload
from ..common.access import require_role
from ..common.brief_pages import render_page, wants_json
from ..common.error_list import FieldError, field_errors_from_form, link_errors
from ..common.interface_labels import interface_side
from ..common.pending_uploads import create_upload, find_pending_upload
from .import_preview import MAX_UNFOLDED_DIGESTS, build_digest_previews
from .pending_files import (
    MAX_DIGESTS,
    UPLOAD_LIMITS,
    import_from_upload,
    parse_choices,
    store_files,
)


class UploadForm(forms.Form):
    paste = forms.CharField(
        label=gettext_lazy("Or paste text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    words_of = forms.ChoiceField(label=gettext_lazy("Written by"))
    date_order = forms.ChoiceField(
        label=gettext_lazy("06/09/2025 is"),
        choices=[
            ("mdy", gettext_lazy("9 June (month first)")),
            ("dmy", gettext_lazy("6 September (day first)")),
        ],
    )

    def __init__(self, data: Any, *, person: Person) -> None:
        initial = {"words_of": str(person.pk), "date_order": settings.DIGEST_DATE_ORDER}
        super().__init__(data, initial=initial, auto_id="%s", label_suffix="")
        active = Person.objects.filter(is_active=True, is_staff=True).prefetch_related("groups__permissions")
        self.people = {
            str(row.pk): row for row in active.order_by("name", "username") if policy.get_roles(row)
        }
        field: Any = self.fields["words_of"]
        field.choices = [(pk, str(row)) for pk, row in self.people.items()]


def upload(request: HttpRequest) -> HttpResponse:
    person = require_role(request, "import")
    if request.method != "POST":
        return _upload_page(request, UploadForm(None, person=person))
    form = UploadForm(request.POST, person=person)
    files = request.FILES.getlist("files")
    if not form.is_valid():
        return _refuse_upload(request, form, field_errors_from_form(form))
    if pasted := form.cleaned_data["paste"].strip():
        files.append(SimpleUploadedFile(PASTED_FILE_NAME, pasted.encode("utf-8", "replace")))
    if not files:
        return _refuse_upload(request, form, [FieldError(_("Choose files, or paste text."), "files")])
    words_of = form.people[form.cleaned_data["words_of"]]
    row = create_upload(person, words_of=words_of, date_order=form.cleaned_data["date_order"])
    store_files(row, files)
    page = reverse("admin:briefs_brief_upload_one", args=[row.pk])
    files_url = reverse("admin:briefs_brief_upload_files", args=[row.pk])
    return JsonResponse({"page": page, "files": files_url}) if wants_json(request) else redirect(page)


def add_files(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store the next batch of a long upload, sent by JavaScript."""
    row = _get_upload_or_404(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    store_files(row, request.FILES.getlist("files"))
    return JsonResponse({})


def upload_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the preview of the upload or, once confirmed, its results."""
    row = _get_upload_or_404(request, pk)
    if request.method == "POST":
        return _import_selected(request, row)
    return _result_page(request, row) if row.done_at else _preview_page(request, row)


def _get_upload_or_404(request: HttpRequest, pk: UUID) -> Upload:
    person = require_role(request, "import")
    row = find_pending_upload(person, pk)
    if row is None or {"sheet", "table"} & row.results.keys():  # these have addresses of their own
        raise Http404
    return row


def _import_selected(request: HttpRequest, row: Upload) -> HttpResponse:
    choices = parse_choices(request.POST)
    more = "more" in request.POST
    page = reverse("admin:briefs_brief_upload_one", args=[row.pk])
    if not (choices or row.results or more):
        return _preview_page(request, row, [FieldError(_("Choose at least one digest."))], status=409)
    refused = import_from_upload(row, choices, finish=not more)
    for refusal, name in refused:
        messages.warning(request, refusal.message(interface_side(), name))
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
        title=_("Upload documents"),
        form=form,
        limits=UPLOAD_LIMITS,
        reasons=link_errors(errors or []),
        heading=_("Nothing was uploaded.") if errors else "",
        status=status,
    )


def _preview_page(
    request: HttpRequest, row: Upload, errors: list[FieldError] | None = None, *, status: int = 200
) -> HttpResponse:
    person = require_role(request, "import")
    try:
        digests = build_digest_previews(row, person)
    except TooManyDigests as many:
        text = _("These files hold %(n)s digests; at most %(most)s go at once. Upload fewer files.")
        errors, digests = [FieldError(text % {"n": many.digest_count, "most": MAX_DIGESTS})], []
        status = 409
    return render_page(
        request,
        "uploads/preview",
        title=_("Preview of the import"),
        upload=row,
        digests=digests,
        counts=_count_lines(digests),
        can_import=any(digest.choice_token for digest in digests),
        unfold=len(digests) <= MAX_UNFOLDED_DIGESTS,
        reasons=link_errors(errors or []),
        done=len(row.results),
        status=status,
    )


def _count_lines(digests: list[Any]) -> list[str]:
    """Return one line per status that occurs."""
    n = {status: sum(d.status == status for d in digests) for status in {d.status for d in digests}}
    lines = {
        "created": ngettext("%(n)s new brief", "%(n)s new briefs", n.get("created", 0)),
        "updated": ngettext("%(n)s brief updated", "%(n)s briefs updated", n.get("updated", 0)),
        "unchanged": ngettext("%(n)s brief unchanged", "%(n)s briefs unchanged", n.get("unchanged", 0)),
        "edited": ngettext("%(n)s edited since it was imported", "%(n)s edited since they were imported", n.get("edited", 0)),
        "refused": ngettext("%(n)s refused", "%(n)s refused", n.get("refused", 0)),
    }  # fmt: skip
    return [line % {"n": n[status]} for status, line in lines.items() if n.get(status)]


def _result_page(request: HttpRequest, row: Upload) -> HttpResponse:
    names = {
        "created": gettext_lazy("New"),
        "updated": gettext_lazy("Updated"),
        "unchanged": gettext_lazy("Unchanged"),
    }
    titles = {b.pk: b for b in Brief.objects.filter(pk__in=[r["brief"] for r in row.results.values()])}
    results = [
        {**result, "label": names[result["status"]], "title": titles[result["brief"]]}
        for result in row.results.values()
    ]
    return render_page(request, "uploads/result", title=_("What was imported"), results=results)
