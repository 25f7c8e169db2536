"""List the revisions of a brief, compare two and restore one."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from ... import policy, workflow
from ...models import Brief, Revision, State
from ..common.access import person_of, require_role
from ..common.brief_pages import (
    get_brief_or_404,
    read_number,
    render_brief_subpage,
    warn_of_scheduled_edition,
)
from ..common.diff_html import describe_difference
from ..common.error_list import FieldError, field_errors_from_reasons, link_errors, simplify_stale_reasons
from ..common.name_fields import load_names_by_id
from .comparison import build_comparison_lines, build_fact_changes
from .revision_pages import Comparison, RevisionHistory


def list_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    brief = get_brief_or_404(pk)
    history = RevisionHistory(brief, before_number=read_number(request.GET, "before"))
    if not history.revisions:
        raise Http404
    title, lines = _("Revisions"), list(history.lines())
    return render_brief_subpage(
        request, "history/revisions", brief, title=title, history=history, lines=lines
    )


def compare_revisions(request: HttpRequest, pk: int) -> HttpResponse:
    require_role(request)
    asked = request.GET.get("from", ""), request.GET.get("to", "")
    return _comparison_page(request, Comparison(RevisionHistory(get_brief_or_404(pk)), asked))


def restore_revision(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request, "restore")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    number, version = (read_number(request.POST, name) for name in ("restore", "version"))
    if not brief.revisions.filter(number=number).exists():
        raise Http404
    try:
        revision = workflow.restore(pk, number, by=person, version=version)
    except workflow.Refused as refused:
        history = RevisionHistory(get_brief_or_404(pk))
        comparison = Comparison(history, (str(history.newest_number), str(number)))
        return _comparison_page(
            request, comparison, errors=field_errors_from_reasons(simplify_stale_reasons(refused)), status=409
        )
    _add_message(request, brief, number, revision)
    return redirect("admin:briefs_brief_change", pk=pk)


def _add_message(request: HttpRequest, brief: Brief, number: int, revision: Revision | None) -> None:
    if revision is None:
        told = _("The brief says what r%(number)s says already, so nothing was changed.")
        messages.info(request, told % {"number": number})
        return
    told = _("Restored r%(number)s as r%(new)s.")
    messages.success(request, told % {"number": number, "new": revision.number})
    warn_of_scheduled_edition(request, brief, timezone.now())


def _comparison_page(
    request: HttpRequest, comparison: Comparison, *, errors: Sequence[FieldError] = (), status: int = 200
) -> HttpResponse:
    brief, difference = comparison.history.brief, comparison.difference
    names = load_names_by_id([difference.old, difference.new] if difference.facts else [])
    return render_brief_subpage(
        request,
        "history/comparison",
        brief,
        title=_("Compare revisions"),
        comparison=comparison,
        said=describe_difference(difference),
        lines=build_comparison_lines(difference),
        facts=list(build_fact_changes(difference, names)),
        may_restore=policy.is_allowed(person_of(request), "restore", brief),
        why_not=_why_not(request, brief),
        reasons=link_errors(errors),
        status=status,
    )


def _why_not(request: HttpRequest, brief: Brief) -> str:
    """Return why a person whose role may restore cannot do so now, or an empty string."""
    held = policy.has_role_for(person_of(request), "restore")
    return str(workflow.Reason("approved-closed")) if held and brief.state == State.APPROVED else ""
