"""Assign one part of several briefs to a person, chosen on a separate page."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import policy, workflow
from ...models import Brief, Person
from ...workflow import Assignee, AssignmentPlan
from ...workflow.rules.transitions import VERB_NAMES, lock_brief, require_current_version
from ..common.access import require_role
from ..common.assignment_rows import ASSIGNMENT_LABELS, replace_assignee
from ..common.brief_pages import render_page
from ..common.form_fields import build_due_field
from .bulk_run import SELECTION_FIELD, get_selected_briefs, run_bulk_verb


class BulkAssignmentForm(forms.Form):
    part = forms.ChoiceField(label=gettext_lazy("Part"), choices=list(ASSIGNMENT_LABELS.items()))
    person = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    due_on = build_due_field()

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        self.people = {str(person.pk): person for person in policy.find_people_with_roles(policy.ALL_ROLES)}
        choices = [("", _("Nobody yet")), *((pk, str(p)) for pk, p in self.people.items())]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]

    def build_assignment(self) -> Assignee:
        return Assignee(self.people.get(self.cleaned_data["person"]), self.cleaned_data["due_on"])


def assign_selected(request: HttpRequest) -> HttpResponse:
    """Show the assignment form on the first POST, from the list, and run the assignment on the second."""
    require_role(request, "assign")
    form = BulkAssignmentForm(request.POST if "part" in request.POST else None)
    if form.is_bound and form.is_valid():
        part, assignment = form.cleaned_data["part"], form.build_assignment()
        return run_bulk_verb(
            request, "assign", lambda brief, by, version: _assign_part(brief, by, version, part, assignment)
        )
    rows = get_selected_briefs(request)
    return render_page(
        request,
        "lists/bulk_assignment",
        title=VERB_NAMES["assign"],
        form=form,
        rows=[{"brief": brief, "version": request.POST.get(f"version-{brief.pk}", "")} for brief in rows],
        selected=SELECTION_FIELD,
        back=request.get_full_path(),
        status=409 if form.is_bound else 200,
    )


def _assign_part(brief: Brief, by: Person, version: int, part: str, assignment: Assignee) -> None:
    with transaction.atomic():
        row = lock_brief(brief.pk)
        require_current_version(row, version)
        plan = replace_assignee(AssignmentPlan.load(row), part, assignment)
        workflow.apply_plan(row, plan, by=by)
