"""A brief as a Word file: export in both layouts, and a returned table."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import download_response, get_brief_or_404, render_brief_subpage
from briefs.admin.common.form_fields import FieldError, link_errors
from briefs.admin.common.interface_labels import FIELD_LABELS
from briefs.content import Content
from briefs.exchange import WORD_TYPE, BriefFile, write_table_files, write_word_files
from briefs.facts import DOCUMENT_FACTS, FACTS, SCALAR_FACTS
from briefs.models import Brief, Person, State
from briefs.workflow import policy
from briefs.workflow.rules.refusals import Reason

from .document_imports import FILE_REFUSAL_MESSAGES, MAX_FILE_SIZE, UPLOAD_LIMITS, take_table

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


def download_files(request: HttpRequest, files: list[BriefFile], content_type: str) -> HttpResponse:
    """Return one file, or a zip archive of several. Queue a message that names parts that do not read back the same."""
    if not files:
        return HttpResponseBadRequest()
    for file in files:
        if lost := describe_lost_parts(file):
            messages.warning(request, lost)
    if len(files) == 1:
        return download_response(files[0].name, files[0].data, content_type)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.writestr(file.name, file.data)
    return download_response("briefs.zip", archive.getvalue(), "application/zip")


def word_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the brief as a Word file, and receive a returned table."""
    person = require_role(request)
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return _render_word_page(request, brief, person)
    require_role(request, "edit")
    file: UploadedFile[Any] | None = request.FILES.get("file")
    if why_not := _explain_locked(person, brief):
        error = why_not
    elif not file:
        error = _("Choose a file.")
    elif (file.size or 0) > MAX_FILE_SIZE:
        error = str(FILE_REFUSAL_MESSAGES["too-large"]) % {**UPLOAD_LIMITS, "name": file.name}
    else:
        result = take_table((file.name or "?")[:255], file.read(), person, brief)
        error = result.error
        if not error:
            what = _(", ").join(result.details) or _("nothing new")
            messages.success(request, _("The table was stored: %(what)s.") % {"what": what})
            return redirect("admin:briefs_brief_change", pk=brief.pk)
    return _render_word_page(request, brief, person, [FieldError(error, "file")])


def _explain_locked(person: Person, brief: Brief) -> str:
    """Return why the person may not edit the brief now, or an empty string."""
    if policy.is_allowed(person, "edit", brief):
        return ""
    if brief.state == State.APPROVED:
        return str(Reason("approved-closed"))
    return _("You may not edit this brief now.")


def download_word_file(request: HttpRequest, pk: int, layout: str) -> HttpResponse:
    require_role(request)
    brief = get_brief_or_404(pk)
    if layout not in WRITERS:
        raise Http404
    (file,) = WRITERS[layout]([brief])
    return download_response(file.name, file.data, WORD_TYPE)


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
        why_not=_explain_locked(person, brief),
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
