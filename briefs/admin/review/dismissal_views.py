"""Dismiss a finding or undo a dismissal.

Responds with JSON to the editor and with a redirect to a plain form.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from ... import workflow
from ...models import Brief, Dismissal, Person
from ...workflow import dismissals
from ..common import findings
from ..common.access import require_role
from ..common.brief_pages import add_done_message, get_brief_or_404, json_response, read_number, wants_json
from ..common.error_list import errors_as_json, field_errors
from ..editor import saving
from ..editor.brief_views import keep_unsent_note
from ..editor.editor_page_data import BriefPageData
from ..editor.margin import list_finding_items, render_items
from .review_views import render_workspace


def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Dismiss a POSTed `finding` with `reason` (in a plain form `reason-<finding>`), or undo a dismissal
    given by `undo`.

    A plain form includes the draft, which is saved first. The editor has already saved and sends the keys of
    its rows as `bullet`, so that the response can use the same keys.
    """
    person = require_role(request, "dismiss")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "draft" in request.POST:
        if refusal := saving.save_if_changed(request, brief, saving.read_draft(request, pk)):
            return refusal
        brief = get_brief_or_404(pk)
    try:
        verb = _dismiss_or_undo(request, brief, person)
    except workflow.Refused as refused:
        if not wants_json(request):
            return render_workspace(request, brief, errors=field_errors(refused), verb="dismiss", status=409)
        return json_response({"reasons": errors_as_json(field_errors(refused))}, 409)
    if wants_json(request):
        numbers = workflow.find_bullet_numbers(brief, request.POST.getlist("bullet"))
        keys = {number: key for key, number in numbers.items()}
        shown, plain = findings.as_json_with_plain_repair(pk, workflow.load_working_copy(brief), keys)
        margin = render_items(BriefPageData(brief, person), list_finding_items(shown))
        return json_response({"findings": shown, "plain_repair": plain, "margin": margin})
    add_done_message(request, verb)
    keep_unsent_note(request, brief)
    return redirect(f"{reverse('admin:briefs_brief_change', args=[pk])}?findings=1#findings")


def _dismiss_or_undo(request: HttpRequest, brief: Brief, person: Person) -> str:
    data = request.POST
    if undone := read_number(data, "undo"):
        dismissals.undo_dismissal(get_object_or_404(Dismissal, pk=undone, brief=brief), by=person)
        return "undismiss"
    id = data.get("finding", "")
    content = workflow.load_working_copy(brief)
    finding = findings.CheckedContent.check(brief.pk, content).get_finding(id)
    if finding is None:
        raise workflow.build_refusal("finding-gone", about="findings")
    reason = data.get("reason", "") or data.get(f"reason-{id}", "")
    workflow.dismiss(brief.pk, finding, by=person, reason=reason, seen=content)
    return "dismiss"
