"""Who does what on a brief, by when: one page for the writer and both reviewers; and a button to take a part oneself."""

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
from ...workflow import Asked, Plan
from ...workflow.rules.transitions import VERB_NAMES, wrong_state
from ..common.access import require
from ..common.brief_pages import brief_or_404, site_context
from ..common.error_list import Said, linked, said, said_of, said_of_form
from ..editor import saving
from ..editor.editor_page_data import Desk

PARTS: Final = ("writer", *SIDES)


def day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class PlanForm(forms.Form):
    """`seen` is of the plan that the page showed."""

    writer = forms.ChoiceField(label=gettext_lazy("Writer"), required=False)
    writer_due = day_field(gettext_lazy("Due"))
    zh = forms.ChoiceField(label=gettext_lazy("Reviewer of the Chinese"), required=False)
    zh_due = day_field(gettext_lazy("Due"))
    en = forms.ChoiceField(label=gettext_lazy("Reviewer of the English"), required=False)
    en_due = day_field(gettext_lazy("Due"))
    urgent = forms.BooleanField(label=gettext_lazy("Priority: before others"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, desk: Desk, plan: Plan) -> None:
        self.asked: dict[str, Asked] = {
            "writer": plan.writer,
            **{side: plan.reviewers[side] for side in SIDES},
        }
        initial: dict[str, Any] = {"urgent": plan.urgent, "seen": plan.seen()}
        for part, asked in self.asked.items():
            initial |= {part: asked.person.pk if asked.person else "", f"{part}_due": asked.due_on}
        super().__init__(data, auto_id="%s", initial=initial, label_suffix="")
        self.people: dict[str, list[Person]] = {}
        for part in PARTS:
            fit = list(policy.holding(policy.WRITER if part == "writer" else policy.REVIEWER))
            self.people[part] = _with(fit, self.asked[part].person)
            field = cast(forms.ChoiceField, self.fields[part])
            field.choices = [("", _("Nobody yet")), *self._options(part, desk)]

    def _options(self, part: str, desk: Desk) -> Iterable[tuple[str, str]]:
        changed = (
            desk.standing["zh" if part == "zh" else "en"].changed_by if part != "writer" else frozenset()
        )
        for person in self.people[part]:
            label = _("%(name)s (changed this text)") if person.pk in changed else "%(name)s"
            yield str(person.pk), label % {"name": person}

    def rows(self) -> Iterable[tuple[forms.BoundField, forms.BoundField, str]]:
        """Field, day, and what stands now where that is not what is chosen here."""
        for part in PARTS:
            who, due = self[part], self[f"{part}_due"]
            asked = self.asked[part]
            stands = (str(asked.person.pk if asked.person else ""), str(asked.due_on or ""))
            chosen = (str(who.value() or ""), str(due.value() or ""))
            yield who, due, _("Now: %(text)s") % {"text": asked} if self.is_bound and chosen != stands else ""

    def plan(self) -> Plan:
        values = self.cleaned_data

        def asked(part: str) -> Asked:
            person = next((p for p in self.people[part] if str(p.pk) == values[part]), None)
            return Asked(person, values[f"{part}_due"])

        return Plan(asked("writer"), {side: asked(side) for side in SIDES}, values["urgent"])


def _with(people: list[Person], person: Person | None) -> list[Person]:
    """Somebody who has lost the role meanwhile stays in the list until another is chosen."""
    return people if person is None or person in people else [*people, person]


def assign(request: HttpRequest, pk: int) -> HttpResponse:
    person = require(request, "assign")
    brief = brief_or_404(pk)
    if request.method != "POST":
        return _page(request, brief, person)
    if "draft" in request.POST:  # from the brief's own form: its words go first
        if refusal := saving.save_if_touched(request, brief, saving.posted(request, pk)):
            return refusal
        if "claim" not in request.POST:
            return redirect("admin:briefs_brief_assign", pk=pk)
    form = None
    try:
        if "claim" in request.POST:
            claim(brief, request.POST["claim"], by=person, seen=request.POST.get("plan") or "-")
        else:
            form = PlanForm(request.POST, desk=Desk(brief, person), plan=Plan.of(brief))
            if not form.is_valid():
                return _page(request, brief, person, form=form, reasons=said_of_form(form), status=409)
            workflow.arrange(brief, form.plan(), by=person, seen=form.cleaned_data["seen"] or "-")
    except workflow.Refused as refused:
        brief = brief_or_404(pk)
        form = form and PlanForm(_fresh(request.POST, brief), desk=Desk(brief, person), plan=Plan.of(brief))
        return _page(request, brief, person, form=form, reasons=said_of(refused), status=409)
    messages.success(request, _("Done: %(verb)s") % {"verb": VERB_NAMES["assign"]})
    back = "review" if request.POST.get("from") == "review" else "change"
    return redirect(f"admin:briefs_brief_{back}", pk=pk)


def _fresh(data: QueryDict, brief: Brief) -> QueryDict:
    """What was chosen, on a page that shows what stands now: saving again is then a decision."""
    data = data.copy()
    data["seen"] = Plan.of(brief).seen()
    return data


def claim(brief: Brief, part: str, *, by: Person, seen: str = "") -> None:
    """Take one part oneself; its day stays."""
    plan = Plan.of(brief)
    if part in SIDES:
        side: Side = "zh" if part == "zh" else "en"
        plan = plan.reviewing(side, Asked(by, plan.reviewers[side].due_on))
    else:
        plan = replace(plan, writer=Asked(by, plan.writer.due_on))
    workflow.arrange(brief, plan, by=by, seen=seen)


def _page(
    request: HttpRequest,
    brief: Brief,
    person: Person,
    *,
    form: PlanForm | None = None,
    reasons: list[Said] | None = None,
    status: int = 200,
) -> HttpResponse:
    desk = Desk(brief, person)
    form = form or PlanForm(desk=desk, plan=Plan.of(brief))
    if not reasons and not policy.in_state("assign", brief):
        reasons = said([wrong_state(brief)])
    context = {
        **site_context(request, title=VERB_NAMES["assign"], subtitle=str(brief)),
        "brief": brief,
        "desk": desk,
        "form": form,
        "open": policy.in_state("assign", brief),
        "reasons": linked(reasons or [], {name: f"#{name}" for name in form.fields}),
    }
    return TemplateResponse(request, "admin/briefs/brief/assign.html", context, status=status)
