"""The revisions of a brief: who, when, what changed; any two compared; one brought back."""

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
from ..common.access import person_of, require
from ..common.brief_pages import brief_or_404, site_context
from ..common.diff_html import in_words
from ..common.error_list import Said, linked, said_of
from ..common.name_fields import names_in
from .comparison import facts_of, lines_of
from .revision_pages import Comparison, History


def listed(request: HttpRequest, pk: int) -> HttpResponse:
    require(request)
    brief = brief_or_404(pk)
    history = History(brief, until=brief_pages.number(request.GET.get("before", "")))
    if not history.rows:
        raise Http404
    context = {
        **site_context(request, title=_("Revisions"), subtitle=str(brief)),
        "brief": brief,
        "history": history,
        "lines": list(history.lines()),
    }
    return TemplateResponse(request, "admin/briefs/brief/revisions.html", context)


def compared(request: HttpRequest, pk: int) -> HttpResponse:
    require(request)
    asked = request.GET.get("from", ""), request.GET.get("to", "")
    return _comparison(request, Comparison(History(brief_or_404(pk)), asked))


def restored(request: HttpRequest, pk: int) -> HttpResponse:
    person = require(request, "restore")
    brief = brief_or_404(pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    number, version = (brief_pages.number(request.POST.get(name, "")) for name in ("restore", "version"))
    if not brief.revisions.filter(number=number).exists():
        raise Http404
    try:
        revision = workflow.restore(pk, number, by=person, version=version)
    except workflow.Refused as refused:
        history = History(brief_or_404(pk))
        comparison = Comparison(history, (str(history.newest), str(number)))
        return _comparison(request, comparison, reasons=_reasons(refused), status=409)
    _tell(request, brief, number, revision)
    return redirect("admin:briefs_brief_change", pk=pk)


def _reasons(refused: workflow.Refused) -> list[Said]:
    """The page shows the brief as it is now, so there is nothing of this person's to keep or lose."""
    return said_of(workflow.refuse("seen") if isinstance(refused, workflow.Stale) else refused)


def _tell(request: HttpRequest, brief: Brief, number: int, revision: Revision | None) -> None:
    if revision is None:
        told = _("The brief says what r%(number)s says already, so nothing was changed.")
        messages.info(request, told % {"number": number})
        return
    told = _("Restored r%(number)s as r%(new)s.")
    messages.success(request, told % {"number": number, "new": revision.number})
    brief_pages.tell_of_schedule(request, brief, timezone.now())


def _comparison(
    request: HttpRequest, comparison: Comparison, *, reasons: Sequence[Said] = (), status: int = 200
) -> HttpResponse:
    brief, difference = comparison.history.brief, comparison.difference
    names = names_in([difference.old, difference.new]) if difference.facts else names_in([])
    context = {
        **site_context(request, title=_("Compare revisions"), subtitle=str(brief)),
        "brief": brief,
        "comparison": comparison,
        "said": in_words(difference),
        "lines": lines_of(difference),
        "facts": list(facts_of(difference, names)),
        "may_restore": policy.allowed(person_of(request), "restore", brief),
        "why_not": _why_not(request, brief),
        "reasons": linked(reasons),
    }
    return TemplateResponse(request, "admin/briefs/brief/compare.html", context, status=status)


def _why_not(request: HttpRequest, brief: Brief) -> str:
    """For whoever could restore, were the brief open."""
    held = policy.has_role(person_of(request), "restore")
    return str(workflow.Reason("approved-closed")) if held and brief.state == State.APPROVED else ""
