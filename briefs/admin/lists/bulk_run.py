"""Run one verb on the selected briefs of the list, each in its own transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import ngettext

from ... import workflow
from ...models import Brief, Person
from ...workflow.rules.transitions import VERB_NAMES
from ..common.access import require_role

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
    """Run the verb on each brief in its own transaction, so that a refusal does not stop the others."""
    person = require_role(request, verb)
    results = [
        _run_for_brief(brief, person, _read_version(request, brief), action)
        for brief in get_selected_briefs(request)
    ]
    done = [answer for answer in results if not answer.reasons]
    context = {
        **admin.site.each_context(request),
        "opts": Brief._meta,
        "title": VERB_NAMES[verb],
        "told": _summarize(len(done), len(results)),
        "refused": [answer for answer in results if answer.reasons],
        "done": done,
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/briefs/lists/bulk_result.html", context)


def _run_for_brief(brief: Brief, person: Person, version: int, action: BulkAction) -> BulkResult:
    try:
        action(brief, person, version)
    except workflow.Refused as refused:
        return BulkResult(brief, tuple(str(reason) for reason in refused.reasons))
    return BulkResult(brief)


def _read_version(request: HttpRequest, brief: Brief) -> int:
    """Return the version that the page showed.

    0, for a missing one, is never current, so the row counts as stale.
    """
    value = request.POST.get(f"version-{brief.pk}", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _summarize(done: int, total: int) -> str:
    sentence = ngettext("%(done)s of %(n)s brief done.", "%(done)s of %(n)s briefs done.", total)
    return sentence % {"done": done, "n": total}
