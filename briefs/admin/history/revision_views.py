"""List the revisions of a brief, compare two and restore one."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import policy, workflow
from ...models import Brief, Revision, State
from ..common import brief_pages
from ..common.access import person_of, require_role
from ..common.brief_pages import get_brief_or_404, site_context
from ..common.diff_html import describe_difference
from ..common.error_list import FieldError, field_errors, link_errors
from ..common.name_fields import load_names_by_id
from .comparison import build_comparison_lines, build_fact_changes
from .revision_pages import Comparison, RevisionHistory


def list_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    brief = get_brief_or_404(pk)
    history = RevisionHistory(
        brief, before_number=brief_pages.parse_int_or_zero(request.GET.get("before", ""))
    )
    if not history.revisions:
        raise Http404
    context = {
        **site_context(request, title=_("Revisions"), subtitle=str(brief)),
        "brief": brief,
        "history": history,
        "lines": list(history.lines()),
    }
    return TemplateResponse(request, "admin/briefs/history/revisions.html", context)


def compare_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    asked = request.GET.get("from", ""), request.GET.get("to", "")
    return _comparison_page(request, Comparison(RevisionHistory(get_brief_or_404(pk)), asked))


def restore_revision(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request, "restore")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    number, version = (
        brief_pages.parse_int_or_zero(request.POST.get(name, "")) for name in ("restore", "version")
    )
    if not brief.revisions.filter(number=number).exists():
        raise Http404
    try:
        revision = workflow.restore(pk, number, by=person, version=version)
    except workflow.Refused as refused:
        history = RevisionHistory(get_brief_or_404(pk))
        comparison = Comparison(history, (str(history.newest_number), str(number)))
        return _comparison_page(request, comparison, errors=_restore_errors(refused), status=409)
    _add_message(request, brief, number, revision)
    return redirect("admin:briefs_brief_change", pk=pk)


def _restore_errors(refused: workflow.Refused) -> list[FieldError]:
    """Return the errors. A stale page gets one sentence, since there is no typed text to compare."""
    return field_errors(workflow.build_refusal("seen") if isinstance(refused, workflow.Stale) else refused)


def _add_message(request: HttpRequest, brief: Brief, number: int, revision: Revision | None) -> None:
    if revision is None:
        told = _("The brief says what r%(number)s says already, so nothing was changed.")
        messages.info(request, told % {"number": number})
        return
    told = _("Restored r%(number)s as r%(new)s.")
    messages.success(request, told % {"number": number, "new": revision.number})
    brief_pages.warn_of_scheduled_edition(request, brief, timezone.now())


def _comparison_page(
    request: HttpRequest, comparison: Comparison, *, errors: Sequence[FieldError] = (), status: int = 200
) -> HttpResponse:
    brief, difference = comparison.history.brief, comparison.difference
    names = load_names_by_id([difference.old, difference.new]) if difference.facts else load_names_by_id([])
    context = {
        **site_context(request, title=_("Compare revisions"), subtitle=str(brief)),
        "brief": brief,
        "comparison": comparison,
        "said": describe_difference(difference),
        "lines": build_comparison_lines(difference),
        "facts": list(build_fact_changes(difference, names)),
        "may_restore": policy.is_allowed(person_of(request), "restore", brief),
        "why_not": _why_not(request, brief),
        "reasons": link_errors(errors),
    }
    return TemplateResponse(request, "admin/briefs/history/comparison.html", context, status=status)


def _why_not(request: HttpRequest, brief: Brief) -> str:
    """Return why a person whose role may restore cannot do so now, or an empty string."""
    held = policy.has_role_for(person_of(request), "restore")
    return str(workflow.Reason("approved-closed")) if held and brief.state == State.APPROVED else ""
