"""A part of several briefs given to one person: chosen on a page of its own, done row by row."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import policy, workflow
from ...content import SIDES, Side
from ...models import Brief, Person
from ...workflow import Asked, Plan
from ...workflow.rules.transitions import VERB_NAMES, fresh, locked
from ..common.access import require
from ..common.assignment_rows import labels
from ..verbs.assignment_views import PARTS, day_field
from .bulk_run import SELECTED, chosen, run


class PartForm(forms.Form):
    part = forms.ChoiceField(label=gettext_lazy("Part"))
    person = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    due_on = day_field(gettext_lazy("Due"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        self.people = {str(person.pk): person for person in policy.holding(policy.ANYONE)}
        for name, options in (
            ("part", list(labels().items())),
            ("person", [("", _("Nobody yet")), *((pk, str(p)) for pk, p in self.people.items())]),
        ):
            self.fields[name].choices = options  # type: ignore[attr-defined]

    def asked(self) -> Asked:
        return Asked(self.people.get(self.cleaned_data["person"]), self.cleaned_data["due_on"])


def assign_to(request: HttpRequest) -> HttpResponse:
    """The first POST comes from the list and asks what to do; the second does it."""
    require(request, "assign")
    form = PartForm(request.POST if "part" in request.POST else None)
    if form.is_bound and form.is_valid():
        part, asked = form.cleaned_data["part"], form.asked()
        return run(request, "assign", lambda brief, by, version: _give(brief, by, version, part, asked))
    rows = chosen(request)
    context = {
        **admin.site.each_context(request),
        "opts": Brief._meta,
        "title": VERB_NAMES["assign"],
        "form": form,
        "rows": [{"brief": brief, "version": request.POST.get(f"version-{brief.pk}", "")} for brief in rows],
        "selected": SELECTED,
        "back": request.get_full_path(),
    }
    status = 409 if form.is_bound else 200
    return TemplateResponse(request, "admin/briefs/brief/bulk_assign.html", context, status=status)


def _give(brief: Brief, by: Person, version: int, part: str, asked: Asked) -> None:
    with transaction.atomic():
        row = locked(brief.pk)
        fresh(row, version)
        plan = Plan.of(row)
        if part in SIDES:
            side: Side = "zh" if part == "zh" else "en"
            plan = plan.reviewing(side, asked)
        elif part == PARTS[0]:
            plan = replace(plan, writer=asked)
        workflow.arrange(row, plan, by=by)
