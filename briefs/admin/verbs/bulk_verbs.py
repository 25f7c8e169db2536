"""Acts on several briefs at once, and their export.

Each brief is checked by its own rules and against the version that the page showed, in its own transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext_lazy, ngettext

from briefs import workflow
from briefs.admin.common.access import has_role_permission, person_of, require_role
from briefs.admin.common.assignments import ASSIGNMENT_LABELS, replace_assignee
from briefs.admin.common.brief_pages import read_number, render_page
from briefs.admin.common.form_fields import build_due_field
from briefs.admin.lists.changelist import BriefList
from briefs.admin.uploads.sheet_pages import download_briefs
from briefs.admin.uploads.word_pages import download_files
from briefs.exchange import WORD_TYPE, write_brief_files, write_table_files, write_word_collection
from briefs.models import Brief, Person
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, get_label
from briefs.workflow.assignments import Assignee, AssignmentPlan
from briefs.workflow.rules import lock_brief, require_current_version

# Admin actions on several briefs.

SELECTION_FIELD = "_selected_action"
MAX_SELECTED = 100
"""More than fits on one page of the list."""


class BulkAdmin(BriefList):
    has_exports = True
    actions: Any = (
        "submit_briefs",
        "take_back_briefs",
        "assign_to_me",
        "assign_to",
        "export_text",
        "export_word",
        "export_tables",
        "export_sheet",
    )

    has_submit_permission = has_role_permission("submit")
    has_take_back_permission = has_role_permission("take_back")
    has_assign_permission = has_role_permission("assign")

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any, **options: Any) -> Any:
        if not all(pk.isascii() and pk.isdecimal() for pk in request.POST.getlist(SELECTION_FIELD)):
            return HttpResponseBadRequest()
        return super().response_action(request, queryset, *args, **options)

    @admin.action(permissions=["submit"], description=ACTS["submit"].label)  # type: ignore[arg-type]
    def submit_briefs(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return run_bulk_verb(request, "submit", workflow.submit)

    @admin.action(permissions=["take_back"], description=ACTS["take_back"].label)  # type: ignore[arg-type]
    def take_back_briefs(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return run_bulk_verb(request, "take_back", workflow.take_back)

    @admin.action(permissions=["assign"], description=gettext_lazy("Assign to me"))
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        person = person_of(request)
        return _assign(request, lambda plan: replace(plan, writer=Assignee(person, plan.writer.due_on)))

    @admin.action(permissions=["assign"], description=gettext_lazy("Assign to…"))
    def assign_to(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return assign_selected(request)

    @admin.action(permissions=["view"], description=gettext_lazy("Export as text"))
    def export_text(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        """Return one text file, or a zip archive of several, in the format that the upload reads."""
        files = write_brief_files(get_selected_briefs(request))
        return download_files(request, list(files), "text/plain; charset=utf-8")

    @admin.action(permissions=["view"], description=gettext_lazy("Export for Word"))
    def export_word(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        """Return one Word file with all briefs, each on a new page."""
        briefs = get_selected_briefs(request)
        files = [write_word_collection(briefs, str(Brief._meta.verbose_name_plural))] if briefs else []
        return download_files(request, files, WORD_TYPE)

    @admin.action(permissions=["view"], description=gettext_lazy("Export as tables for translators (Word)"))
    def export_tables(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        return download_files(request, list(write_table_files(get_selected_briefs(request))), WORD_TYPE)

    @admin.action(permissions=["view"], description=gettext_lazy("Export as an Excel sheet"))
    def export_sheet(self, request: HttpRequest, queryset: QuerySet[Brief]) -> HttpResponse:
        chosen = [brief.pk for brief in get_selected_briefs(request)]
        return download_briefs(Brief.objects.filter(pk__in=chosen), "xlsx")


class BulkAssignmentForm(forms.Form):
    part = forms.ChoiceField(label=gettext_lazy("Part"), choices=list(ASSIGNMENT_LABELS.items()))
    person = forms.ModelChoiceField(
        policy.find_people_with_roles(policy.ALL_ROLES),
        label=gettext_lazy("Person"),
        required=False,
        empty_label=gettext_lazy("Nobody yet"),
    )
    due_on = build_due_field()


def assign_selected(request: HttpRequest) -> HttpResponse:
    """Show the assignment form on the first POST, from the list, and run the assignment on the second."""
    require_role(request, "assign")
    data = request.POST if "part" in request.POST else None
    form = BulkAssignmentForm(data, auto_id="%s", label_suffix="")
    if form.is_bound and form.is_valid():
        part, *assignee = (form.cleaned_data[name] for name in form.fields)
        return _assign(request, lambda plan: replace_assignee(plan, part, Assignee(*assignee)))
    rows = get_selected_briefs(request)
    return render_page(
        request,
        "lists/bulk",
        title=get_label("assign"),
        form=form,
        rows=[{"brief": brief, "version": request.POST.get(f"version-{brief.pk}", "")} for brief in rows],
        selected=SELECTION_FIELD,
        back=request.get_full_path(),
        status=409 if form.is_bound else 200,
    )


def _assign(request: HttpRequest, change: Callable[[AssignmentPlan], AssignmentPlan]) -> HttpResponse:
    def act(pk: int, *, by: Person, version: int) -> None:
        with transaction.atomic():  # `apply_plan` checks no version
            row = lock_brief(pk)
            require_current_version(row, version)
            workflow.assignments.apply_plan(row, change(AssignmentPlan.load(row)), by=by)

    return run_bulk_verb(request, "assign", act)


@dataclass(frozen=True, slots=True)
class BulkResult:
    brief: Brief
    reasons: tuple[str, ...] = ()


def get_selected_briefs(request: HttpRequest) -> list[Brief]:
    """Return the selected briefs in page order, even if the list's filters no longer match them."""
    ids = [int(pk) for pk in request.POST.getlist(SELECTION_FIELD)[:MAX_SELECTED] if len(pk) < 10]
    rows = Brief.objects.prefetch_related("bullets", "bylines", "labels").in_bulk(ids)
    return [rows[pk] for pk in dict.fromkeys(ids) if pk in rows]


def run_bulk_verb(request: HttpRequest, verb: str, action: Callable[..., object]) -> HttpResponse:
    """Run `action(pk, by=…, version=…)` on each brief in its own transaction, so that a refusal does not stop the others.

    A missing version is 0, which is never current, so the brief counts as stale.
    """
    person = require_role(request, verb)
    done, refused = [], []
    for brief in get_selected_briefs(request):
        try:
            action(brief.pk, by=person, version=read_number(request.POST, f"version-{brief.pk}"))
        except workflow.Refused as refusal:
            refused.append(BulkResult(brief, tuple(map(str, refusal.reasons))))
        else:
            done.append(BulkResult(brief))
    n = len(done) + len(refused)
    told = ngettext("%(done)s of %(n)s brief done.", "%(done)s of %(n)s briefs done.", n)
    return render_page(
        request,
        "lists/bulk",
        title=get_label(verb),
        told=told % {"done": len(done), "n": n},
        refused=refused,
        done=done,
        back=request.get_full_path(),
    )
