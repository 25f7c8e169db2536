"""Assign a brief's writer and reviewers with due dates, and let a person claim an assignment."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import policy, workflow
from ...content import SIDES, Side
from ...models import Brief, Person
from ...workflow import Assignee, AssignmentPlan
from ...workflow.rules.transitions import VERB_NAMES
from ..common.access import require_role
from ..common.assignment_rows import ASSIGNMENT_LABELS, get_assignees, get_roles_of_part, replace_assignee
from ..common.brief_pages import get_brief_or_404, render_brief_subpage
from ..common.error_list import (
    FieldError,
    field_errors,
    field_errors_from_form,
    link_errors,
    wrong_state_errors,
)
from ..common.form_fields import build_due_field
from ..editor import saving
from ..editor.editor_page_data import BriefPageData
from ..tasks.next_steps import add_next_steps_message


class AssignmentForm(forms.Form):
    """Form for the whole plan: person and due date of each part.

    `seen` is the fingerprint of the plan that the page showed.
    """

    urgent = forms.BooleanField(label=gettext_lazy("Priority: before others"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, page_data: BriefPageData, plan: AssignmentPlan) -> None:
        self.current_assignments = get_assignees(plan)
        initial = {"urgent": plan.urgent, "seen": plan.fingerprint()}
        super().__init__(data, auto_id="%s", initial=initial, label_suffix="")
        self.people: dict[str, list[Person]] = {}
        for part, assignee in self.current_assignments.items():
            people = self.people[part] = list(policy.find_people_with_roles(get_roles_of_part(part)))
            if (
                assignee.person and assignee.person not in people
            ):  # has lost the role, but stays until replaced
                people.append(assignee.person)
            choices = [("", _("Nobody yet")), *self._options(part, page_data)]
            label = cast(str, ASSIGNMENT_LABELS[part])
            self.fields[part] = forms.ChoiceField(label=label, choices=choices, required=False)
            self.fields[f"{part}_due"] = build_due_field()
            self.initial[part] = assignee.person.pk if assignee.person else ""
            self.initial[f"{part}_due"] = assignee.due_on

    def _options(self, part: str, page_data: BriefPageData) -> Iterable[tuple[str, str]]:
        status = page_data.signoff_status.get(cast(Side, part))
        changed = status.changed_by if status else frozenset()
        for person in self.people[part]:
            label = _("%(name)s (changed this text)") if person.pk in changed else "%(name)s"
            yield str(person.pk), label % {"name": person}

    def rows(self) -> Iterable[tuple[forms.BoundField, forms.BoundField, str]]:
        """Yield person field, due date field and, if it differs from the input, the stored assignment."""
        for part, assignee in self.current_assignments.items():
            who, due = self[part], self[f"{part}_due"]
            stored = (str(assignee.person.pk if assignee.person else ""), str(assignee.due_on or ""))
            chosen = (str(who.value() or ""), str(due.value() or ""))
            yield (
                who,
                due,
                _("Now: %(text)s") % {"text": assignee} if self.is_bound and chosen != stored else "",
            )

    def build_plan(self) -> AssignmentPlan:
        values = self.cleaned_data

        def build_assignee(part: str) -> Assignee:
            person = next((p for p in self.people[part] if str(p.pk) == values[part]), None)
            return Assignee(person, values[f"{part}_due"])

        return AssignmentPlan(
            build_assignee("writer"), {side: build_assignee(side) for side in SIDES}, values["urgent"]
        )


def assign(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request, "assign")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return _render_page(request, brief, person)
    if "draft" in request.POST:  # from the brief's form: save its text first
        if refusal := saving.save_if_changed(request, brief, saving.read_draft(request, pk)):
            return refusal
        if "claim" not in request.POST:
            return redirect("admin:briefs_brief_assign", pk=pk)
    form = None
    try:
        if "claim" in request.POST:
            claim_part(brief, request.POST["claim"], by=person, seen=request.POST.get("plan") or "-")
        else:
            form = _build_form(brief, person, request.POST)
            if not form.is_valid():
                errors = field_errors_from_form(form)
                return _render_page(request, brief, person, form=form, errors=errors, status=409)
            workflow.apply_plan(brief, form.build_plan(), by=person, seen=form.cleaned_data["seen"] or "-")
    except workflow.Refused as refused:
        brief = get_brief_or_404(pk)
        form = form and _build_form(brief, person, _with_current_plan(request.POST, brief))
        return _render_page(request, brief, person, form=form, errors=field_errors(refused), status=409)
    add_next_steps_message(request, pk, "assign")
    back = "review" if request.POST.get("from") == "review" else "change"
    return redirect(f"admin:briefs_brief_{back}", pk=pk)


def _build_form(brief: Brief, person: Person, data: QueryDict | None = None) -> AssignmentForm:
    return AssignmentForm(data, page_data=BriefPageData(brief, person), plan=AssignmentPlan.load(brief))


def _with_current_plan(data: QueryDict, brief: Brief) -> QueryDict:
    """Keep the input but accept the stored plan as seen, so that saving again overwrites the plan."""
    data = data.copy()
    data["seen"] = AssignmentPlan.load(brief).fingerprint()
    return data


def claim_part(brief: Brief, part: str, *, by: Person, seen: str = "") -> None:
    """Assign a part to the person, keeping its due date."""
    plan = AssignmentPlan.load(brief)
    due_on = get_assignees(plan).get(part, plan.writer).due_on
    workflow.apply_plan(brief, replace_assignee(plan, part, Assignee(by, due_on)), by=by, seen=seen)


def _render_page(
    request: HttpRequest,
    brief: Brief,
    person: Person,
    *,
    form: AssignmentForm | None = None,
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> HttpResponse:
    form = form or _build_form(brief, person)
    errors = errors or wrong_state_errors("assign", brief)
    return render_brief_subpage(
        request,
        "verbs/assign",
        brief,
        title=VERB_NAMES["assign"],
        form=form,
        open=policy.fits_state("assign", brief),
        reasons=link_errors(errors, {name: f"#{name}" for name in form.fields}),
        status=status,
    )
