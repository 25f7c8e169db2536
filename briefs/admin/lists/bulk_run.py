"""Run one verb on the selected briefs of the list, each in its own transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext

from ... import workflow
from ...models import Brief, Person
from ...workflow.rules.transitions import VERB_NAMES
from ..common.access import require_role
from ..common.brief_pages import read_number, render_page

SELECTION_FIELD = "_selected_action"


MAX_SELECTED = 100
"""More than fits on one page of the list."""


type BulkAction = Callable[[Brief, Person, int], None]


@dataclass(frozen=True, slots=True)
class BulkResult:
    brief: Brief
    reasons: tuple[str, ...] = ()


def get_selected_briefs(request: HttpRequest) -> list[Brief]:
    """Return the selected briefs in page order, even if the list's filters no longer match them."""
    ids = [int(pk) for pk in request.POST.getlist(SELECTION_FIELD)[:MAX_SELECTED] if len(pk) < 10]
    rows = Brief.objects.prefetch_related("bullets", "bylines", "labels").in_bulk(ids)
    return [rows[pk] for pk in dict.fromkeys(ids) if pk in rows]


def run_bulk_verb(request: HttpRequest, verb: str, action: BulkAction) -> HttpResponse:
    """Run the verb on each brief in its own transaction, so that a refusal does not stop the others.

    A missing version is 0, which is never current, so the brief counts as stale.
    """
    person = require_role(request, verb)
    done, refused = [], []
    for brief in get_selected_briefs(request):
        try:
            action(brief, person, read_number(request.POST, f"version-{brief.pk}"))
        except workflow.Refused as refusal:
            refused.append(BulkResult(brief, tuple(map(str, refusal.reasons))))
        else:
            done.append(BulkResult(brief))
    n = len(done) + len(refused)
    told = ngettext("%(done)s of %(n)s brief done.", "%(done)s of %(n)s briefs done.", n)
    return render_page(
        request,
        "lists/bulk_result",
        title=VERB_NAMES[verb],
        told=told % {"done": len(done), "n": n},
        refused=refused,
        done=done,
        back=request.get_full_path(),
    )
