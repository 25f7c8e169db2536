"""Assign a brief's writer and reviewers with due dates, and let a person claim an assignment."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import policy, workflow
from ...content import SIDES, Side
from ...models import Brief, Person
from ...workflow import Assignee, AssignmentPlan
from ...workflow.rules.transitions import VERB_NAMES, build_wrong_state_reason
from ..common.access import require_role
from ..common.brief_pages import get_brief_or_404, site_context
from ..common.error_list import (
    FieldError,
    field_errors,
    field_errors_from_form,
    field_errors_from_reasons,
    link_errors,
)
from ..editor import saving
from ..editor.editor_page_data import BriefPageData

ASSIGNMENT_PARTS: Final = ("writer", *SIDES)


def build_date_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class AssignmentForm(forms.Form):
    """Form for the whole plan. `seen` is the fingerprint of the plan that the page showed."""

    writer = forms.ChoiceField(label=gettext_lazy("Writer"), required=False)
    writer_due = build_date_field(gettext_lazy("Due"))
    zh = forms.ChoiceField(label=gettext_lazy("Reviewer of the Chinese"), required=False)
    zh_due = build_date_field(gettext_lazy("Due"))
    en = forms.ChoiceField(label=gettext_lazy("Reviewer of the English"), required=False)
    en_due = build_date_field(gettext_lazy("Due"))
    urgent = forms.BooleanField(label=gettext_lazy("Priority: before others"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, page_data: BriefPageData, plan: AssignmentPlan) -> None:
        self.current_assignments: dict[str, Assignee] = {
            "writer": plan.writer,
            **{side: plan.reviewers[side] for side in SIDES},
        }
        initial: dict[str, Any] = {"urgent": plan.urgent, "seen": plan.fingerprint()}
        for part, asked in self.current_assignments.items():
            initial |= {part: asked.person.pk if asked.person else "", f"{part}_due": asked.due_on}
        super().__init__(data, auto_id="%s", initial=initial, label_suffix="")
        self.people: dict[str, list[Person]] = {}
        for part in ASSIGNMENT_PARTS:
            fit = list(
                policy.find_people_with_roles(
                    policy.WRITER_ROLES if part == "writer" else policy.REVIEWER_ROLES
                )
            )
            self.people[part] = _include_person(fit, self.current_assignments[part].person)
            field = cast(forms.ChoiceField, self.fields[part])
            field.choices = [("", _("Nobody yet")), *self._options(part, page_data)]

    def _options(self, part: str, page_data: BriefPageData) -> Iterable[tuple[str, str]]:
        changed = (
            page_data.signoff_status["zh" if part == "zh" else "en"].changed_by
            if part != "writer"
            else frozenset()
        )
        for person in self.people[part]:
            label = _("%(name)s (changed this text)") if person.pk in changed else "%(name)s"
            yield str(person.pk), label % {"name": person}

    def rows(self) -> Iterable[tuple[forms.BoundField, forms.BoundField, str]]:
        """Yield person field, due date field and, if it differs from the input, the stored assignment."""
        for part in ASSIGNMENT_PARTS:
            who, due = self[part], self[f"{part}_due"]
            asked = self.current_assignments[part]
            stands = (str(asked.person.pk if asked.person else ""), str(asked.due_on or ""))
            chosen = (str(who.value() or ""), str(due.value() or ""))
            yield who, due, _("Now: %(text)s") % {"text": asked} if self.is_bound and chosen != stands else ""

    def build_plan(self) -> AssignmentPlan:
        values = self.cleaned_data

        def asked(part: str) -> Assignee:
            person = next((p for p in self.people[part] if str(p.pk) == values[part]), None)
            return Assignee(person, values[f"{part}_due"])

        return AssignmentPlan(asked("writer"), {side: asked(side) for side in SIDES}, values["urgent"])


def _include_person(people: list[Person], person: Person | None) -> list[Person]:
    """Keep an assigned person who has lost the role in the list until another is chosen."""
    return people if person is None or person in people else [*people, person]


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
            form = AssignmentForm(
                request.POST, page_data=BriefPageData(brief, person), plan=AssignmentPlan.load(brief)
            )
            if not form.is_valid():
                return _render_page(
                    request, brief, person, form=form, errors=field_errors_from_form(form), status=409
                )
            workflow.apply_plan(brief, form.build_plan(), by=person, seen=form.cleaned_data["seen"] or "-")
    except workflow.Refused as refused:
        brief = get_brief_or_404(pk)
        form = form and AssignmentForm(
            _with_current_plan(request.POST, brief),
            page_data=BriefPageData(brief, person),
            plan=AssignmentPlan.load(brief),
        )
        return _render_page(request, brief, person, form=form, errors=field_errors(refused), status=409)
    messages.success(request, _("Done: %(verb)s") % {"verb": VERB_NAMES["assign"]})
    back = "review" if request.POST.get("from") == "review" else "change"
    return redirect(f"admin:briefs_brief_{back}", pk=pk)


def _with_current_plan(data: QueryDict, brief: Brief) -> QueryDict:
    """Keep the input but accept the stored plan as seen, so that saving again overwrites the plan."""
    data = data.copy()
    data["seen"] = AssignmentPlan.load(brief).fingerprint()
    return data


def claim_part(brief: Brief, part: str, *, by: Person, seen: str = "") -> None:
    """Assign a part to the person, keeping its due date."""
    plan = AssignmentPlan.load(brief)
    if part in SIDES:
        side: Side = "zh" if part == "zh" else "en"
        plan = plan.with_reviewer(side, Assignee(by, plan.reviewers[side].due_on))
    else:
        plan = replace(plan, writer=Assignee(by, plan.writer.due_on))
    workflow.apply_plan(brief, plan, by=by, seen=seen)


def _render_page(
    request: HttpRequest,
    brief: Brief,
    person: Person,
    *,
    form: AssignmentForm | None = None,
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> HttpResponse:
    page_data = BriefPageData(brief, person)
    form = form or AssignmentForm(page_data=page_data, plan=AssignmentPlan.load(brief))
    if not errors and not policy.fits_state("assign", brief):
        errors = field_errors_from_reasons([build_wrong_state_reason(brief)])
    context = {
        **site_context(request, title=VERB_NAMES["assign"], subtitle=str(brief)),
        "brief": brief,
        "desk": page_data,
        "form": form,
        "open": policy.fits_state("assign", brief),
        "reasons": link_errors(errors or [], {name: f"#{name}" for name in form.fields}),
    }
    return TemplateResponse(request, "admin/briefs/verbs/assign.html", context, status=status)
