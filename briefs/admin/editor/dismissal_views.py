"""Dismiss a finding or undo a dismissal.

Responds with JSON to the editor and with a redirect to a plain form.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ... import workflow
from ...models import Brief, Dismissal, Person
from ...workflow import dismissals
from ...workflow.rules.transitions import VERB_NAMES
from ..common import brief_pages, findings
from ..common.access import require_role
from ..common.brief_pages import get_brief_or_404
from ..common.error_list import field_errors
from . import saving
from .brief_views import keep_unsent_note, render_brief_page


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
        if not _wants_json(request):
            return render_brief_page(request, brief, errors=field_errors(refused), verb="dismiss", status=409)
        return _json({"reasons": [{"about": s.about, "text": s.text} for s in field_errors(refused)]}, 409)
    if _wants_json(request):
        keys = {
            n: key for key, n in workflow.find_bullet_numbers(brief, request.POST.getlist("bullet")).items()
        }
        return _json({"findings": findings.as_json(pk, workflow.load_working_copy(brief), keys)})
    messages.success(request, _("Done: %(verb)s") % {"verb": VERB_NAMES[verb]})
    keep_unsent_note(request, brief)
    return redirect(f"{reverse('admin:briefs_brief_change', args=[pk])}?findings=1#findings")


def _dismiss_or_undo(request: HttpRequest, brief: Brief, person: Person) -> str:
    data = request.POST
    if undone := brief_pages.parse_int_or_zero(data.get("undo", "")):
        if not Dismissal.objects.filter(pk=undone, brief=brief).exists():
            raise Http404
        dismissals.undo_dismissal(undone, by=person)
        return "undismiss"
    id = data.get("finding", "")
    content = workflow.load_working_copy(brief)
    finding = findings.CheckedContent.check(brief.pk, content).get_finding(id)
    if finding is None:
        raise workflow.build_refusal("finding-gone", about="findings")
    reason = data.get("reason", "") or data.get(f"reason-{id}", "")
    workflow.dismiss(brief.pk, finding, by=person, reason=reason, seen=content)
    return "dismiss"


def _wants_json(request: HttpRequest) -> bool:
    return request.accepts("application/json") and not request.accepts("text/html")


def _json(value: object, status: int = 200) -> HttpResponse:
    return JsonResponse(value, status=status, json_dumps_params={"ensure_ascii": False})
