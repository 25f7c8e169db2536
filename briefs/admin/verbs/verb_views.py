"""Run verbs posted to their addresses; preview links; assignments.

A refused verb shows the page again with all reasons and everything typed.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from briefs import workflow
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.assignments import (
    ASSIGNMENT_LABELS,
    get_assignees,
    get_roles_of_part,
    replace_assignee,
)
from briefs.admin.common.brief_pages import (
    add_done_message,
    get_brief_or_404,
    read_number,
    render_brief_subpage,
)
from briefs.admin.common.form_fields import (
    FieldError,
    build_due_field,
    field_errors,
    field_errors_from_form,
    field_errors_from_reasons,
    link_errors,
    simplify_stale_reasons,
    wrong_state_errors,
)
from briefs.admin.common.page_data import add_next_steps_message
from briefs.admin.editor import saving
from briefs.admin.editor.brief_views import keep_unsent_note
from briefs.admin.editor.draft_form import Draft
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.admin.review import review_views
from briefs.content import SIDES, Side
from briefs.models import Brief, Letter, Note, Person, PreviewLink
from briefs.publications import preview_links
from briefs.workflow import policy
from briefs.workflow.acts import ACTS, Act, get_label
from briefs.workflow.assignments import Assignee, AssignmentPlan
from briefs.workflow.sharing import MAX_LINK_HOURS

from . import correction_pages
from .act_forms import BriefActForm, answer_form, perform_act

# Run verbs posted to their URLs.

type DirectVerb = Callable[[Brief, Person, QueryDict], Any]


def _confirm_date(brief: Brief, by: Person, data: QueryDict) -> None:
    workflow.editing.confirm_date(brief.pk, data.get("iso", ""), by=by, version=read_number(data, "version"))


def _add_note(brief: Brief, by: Person, data: QueryDict) -> None:
    number = read_number(data, "note_bullet") or None
    if number and not brief.bullets.filter(number=number).exists():
        raise Http404
    side = data.get("note_side", "")
    workflow.reviewing.add_note(
        brief.pk, data.get("note_text", ""), by=by, bullet=number, side=side if side in ("zh", "en") else None  # type: ignore[arg-type]
    )  # fmt: skip


def _build_row_verb(model: type[Note | Letter], name: str, act: Callable[..., Any]) -> DirectVerb:
    """Return a verb that calls `act` with the brief's note or letter whose id is submitted as `name`."""
    return lambda brief, by, data: act(
        get_object_or_404(model, brief=brief, pk=read_number(data, name)), by=by
    )


CONTROLS: Final[dict[str, DirectVerb]] = {
    "confirm_date": _confirm_date,
    "note": _add_note,
    "resolve": _build_row_verb(Note, "note", workflow.reviewing.resolve),
    "note_letter": _build_row_verb(Letter, "letter", workflow.letters.turn_letter_into_note),
    "handle": _build_row_verb(Letter, "letter", workflow.letters.handle_letter),
}
"""Acts beside what they are about: a date, a note or a letter. All others follow from the table."""
OPENING_VERBS = ("revise", "recover")
"""Verbs that make a brief editable; the draft is saved after them, not before."""


def get_act(verb: str, *, of_issue: bool = False) -> Act:
    """Return the act that the address of a brief or an issue names. Raise Http404."""
    act = ACTS.get(verb)
    if not act or act.of_issue != of_issue or not (act.way in ("button", "form") or verb in CONTROLS):
        raise Http404
    return act


def verb_view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    require_role(request)
    act = get_act(verb)
    person = require_role(request, verb)
    brief = get_object_or_404(Brief, pk=pk) if request.method == "POST" else get_brief_or_404(pk)
    if request.method != "POST":
        if act.way == "form":
            return _answer_form(request, brief, act)
        # A GET comes from a sign-in page that interrupted the POST.
        messages.info(request, _("“%(verb)s” has not been done yet. Press it again.") % {"verb": act.label})
        return redirect("admin:briefs_brief_change", pk)
    draft = saving.read_draft(request, pk) if "draft" in request.POST else None
    if draft is not None and verb not in OPENING_VERBS:
        if refusal := saving.save_if_changed(request, brief, draft):
            return refusal
        request.POST = saving.with_version(request.POST, draft)  # type: ignore[assignment]
        if act.way == "form":
            keep_unsent_note(request, brief)
            return redirect("admin:briefs_brief_verb", pk=pk, verb=verb)
    if act.way != "form":
        return _run_direct_verb(request, brief, act, person, draft)
    if "version" in request.POST and "seen" not in request.POST:  # a button on another page of the brief
        return redirect("admin:briefs_brief_verb", pk=pk, verb=verb)
    return _answer_form(request, brief, act)


def _run_direct_verb(
    request: HttpRequest, brief: Brief, act: Act, person: Person, draft: Draft | None
) -> HttpResponse:
    verb = act.name
    is_from_review = act.sends == "leaf" and request.POST.get("from") == "review"
    try:
        if control := CONTROLS.get(verb):
            control(brief, person, request.POST)
        else:
            perform_act(act, brief, by=person, data=request.POST)
    except workflow.Refused as refused:
        if is_from_review:
            return review_views.render_refused_answer(request, get_brief_or_404(brief.pk), person, refused)
        kept = draft if draft and verb in OPENING_VERBS else None
        return review_views.render_workspace(
            request,
            get_brief_or_404(brief.pk),
            draft=kept,
            errors=field_errors_from_reasons(simplify_stale_reasons(refused)),
            verb=verb,
            status=409,
        )
    _add_message(request, brief.pk, verb)
    if verb != "note":
        keep_unsent_note(request, brief)
    if draft is not None and verb in OPENING_VERBS:
        brief = get_brief_or_404(brief.pk)
        if refusal := saving.save_if_changed(request, brief, draft):
            return refusal
    if is_from_review:
        return redirect(review_views.review_url(brief.pk, request.POST.get("since", "")))
    return redirect("admin:briefs_brief_change", pk=brief.pk)


def _add_message(request: HttpRequest, pk: int, verb: str, brief: Brief | None = None) -> BriefPageData:
    """Say what was done and what is next. `brief`: as the verb left it, loaded if not given."""
    brief = brief or Brief.objects.select_related("source").get(pk=pk)
    page = BriefPageData(brief, person_of(request))
    add_next_steps_message(request, page, verb)
    return page


def _answer_form(request: HttpRequest, brief: Brief, act: Act) -> HttpResponse:
    person = person_of(request)

    def finish(done: Any) -> HttpResponse:
        is_edition = act.name in ("approve", "withdraw")
        page = _add_message(request, brief.pk, act.name, done.brief if is_edition else None)
        if is_edition:
            correction_pages.offer_to_tell(request, page.facts.editions)
        return redirect(page.url)

    return answer_form(
        request,
        BriefActForm,
        act,
        BriefPageData(brief, person),
        reload_page=lambda: BriefPageData(get_brief_or_404(brief.pk), person),
        finish=finish,
    )


# Preview links for guests: list, create and revoke those of a brief.

DURATION_CHOICES: Final = (24, 48, MAX_LINK_HOURS)
MAX_ENDED_LINKS: Final = 10
"""Ended links shown, newest first."""


@dataclass(frozen=True, slots=True)
class PreviewLinkRow:
    """A link and, if it has ended, the reason."""

    link: PreviewLink
    end_reason: str = ""


def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a brief's preview links. A POST creates one and shows its address, which cannot be shown again."""
    person = require_role(request, "share")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return _render_sharing_page(request, brief)
    if "draft" in request.POST:  # from the brief's form: save its text first
        refusal = saving.save_if_changed(request, brief, saving.read_draft(request, pk))
        return refusal or redirect("admin:briefs_brief_share", pk=pk)
    revision = read_number(request.POST, "revision") or None
    hours = read_number(request.POST, "hours") if "hours" in request.POST else MAX_LINK_HOURS
    try:
        made = workflow.sharing.share(brief.pk, by=person, hours=hours, revision=revision)
    except workflow.Refused as refused:
        return _render_sharing_page(request, get_brief_or_404(pk), refused=refused, status=409)
    return _render_sharing_page(request, brief, address=f"{settings.SITE_URL}/preview/{made.token}/")


@require_POST
def unshare(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request, "unshare")
    link = get_object_or_404(PreviewLink, brief=pk, pk=read_number(request.POST, "link"))
    workflow.sharing.unshare(link, by=person)
    add_done_message(request, "unshare")
    return redirect("admin:briefs_brief_share", pk=pk)


def _render_sharing_page(
    request: HttpRequest,
    brief: Brief,
    *,
    refused: workflow.Refused | None = None,
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    errors = field_errors(refused) if refused else wrong_state_errors("share", brief)
    newest = brief.revisions.order_by("-number").select_related("by").defer("content")[0]
    live, past = list_preview_links(brief, now)
    return render_brief_subpage(
        request,
        "verbs/share",
        brief,
        title=get_label("share"),
        reasons=link_errors(errors),
        open=policy.fits_state("share", brief),
        revision=newest,
        hours=[
            (n, ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}, n == MAX_LINK_HOURS)
            for n in DURATION_CHOICES
        ],
        live=live,
        past=past[:MAX_ENDED_LINKS],
        address=address,
        status=status,
    )


def list_preview_links(brief: Brief, now: dt.datetime) -> tuple[list[PreviewLinkRow], list[PreviewLinkRow]]:
    """Return the active and the ended links of a brief, newest first."""
    rows = PreviewLink.objects.filter(brief=brief).select_related("by", "revoked_by", "revision")
    rows = rows.defer("revision__content")
    living = set(preview_links.active_links(now).filter(brief=brief.pk).values_list("pk", flat=True))
    live = [PreviewLinkRow(row) for row in rows if row.pk in living]
    return live, [PreviewLinkRow(row, _describe_end(row, now)) for row in rows if row.pk not in living]


def _describe_end(row: PreviewLink, now: dt.datetime) -> str:
    if row.revoked_at:
        return _("Revoked by %(name)s") % {"name": row.revoked_by}
    if row.expires_at <= now:
        return _("Expired")
    return _("Ended when the brief was approved or discarded")


# Assign a brief's writer and reviewers with due dates, and let a person claim an assignment.


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
            ):  # the assignee has lost the role, but stays until replaced
                people.append(assignee.person)
            choices = [("", _("Nobody yet")), *self._options(part, page_data)]
            label = cast(str, ASSIGNMENT_LABELS[part])
            self.fields[part] = forms.ChoiceField(label=label, choices=choices, required=False)
            self.fields[f"{part}_due"] = build_due_field()
            self.initial[part] = assignee.person.pk if assignee.person else ""
            self.initial[f"{part}_due"] = assignee.due_on

    def _options(self, part: str, page_data: BriefPageData) -> Iterable[tuple[str, str]]:
        leaf = page_data.facts.signing.leaves.get(cast(Side, part))
        changed = leaf.changed_by if leaf else frozenset()
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
        return _render_assignment_page(request, brief, person)
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
                return _render_assignment_page(request, brief, person, form=form, errors=errors, status=409)
            workflow.assignments.apply_plan(
                brief, form.build_plan(), by=person, seen=form.cleaned_data["seen"] or "-"
            )
    except workflow.Refused as refused:
        brief = get_brief_or_404(pk)
        form = form and _build_form(brief, person, _with_current_plan(request.POST, brief))
        return _render_assignment_page(
            request, brief, person, form=form, errors=field_errors(refused), status=409
        )
    _add_message(request, pk, "assign")
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
    workflow.assignments.apply_plan(
        brief, replace_assignee(plan, part, Assignee(by, due_on)), by=by, seen=seen
    )


def _render_assignment_page(
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
        title=get_label("assign"),
        form=form,
        open=policy.fits_state("assign", brief),
        reasons=link_errors(errors, {name: f"#{name}" for name in form.fields}),
        status=status,
    )
