"""The verbs of an issue on the desk: buttons, and pages of those that ask for something."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs import policy
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import describe_done, render_page
from briefs.admin.common.form_fields import (
    FieldError,
    LocalDateTimeField,
    field_errors,
    field_errors_from_form,
    field_errors_from_reasons,
    link_errors,
)
from briefs.admin.common.interface_labels import format_with_remark
from briefs.admin.common.task_list import render_sentence
from briefs.admin.verbs.verb_forms import (
    TIME_WITH_NOW,
    CancelForm,
    SendBackForm,
    WithdrawForm,
    build_note_field,
    build_withdrawal_field,
)
from briefs.models import Issue, Person
from briefs.publications import mailings
from briefs.workflow import Refused, issues
from briefs.workflow.issue_step import SIDE_ACTS, get_act_label
from briefs.workflow.rules import issue_review

from .issue_pages import IssuePageData, render_issue_page, save_form


class IssueVerbForm(forms.Form):
    """Form of a verb that asks for something. Rules are checked by the workflow alone."""

    introduction: ClassVar[object] = ""
    content_heading: ClassVar[object] = gettext_lazy("The text of this issue")
    anchors: ClassVar[dict[str, str]] = {}
    """Field of this page for each `Reason.about`."""
    buttons: ClassVar[tuple[tuple[str, object], ...]] = ()
    publishes: ClassVar[bool] = False

    def __init__(self, data: Any = None, *, page: IssuePageData) -> None:
        self.page = page
        super().__init__(data, auto_id="%s", label_suffix="")

    def list_reasons(self) -> list[FieldError]:
        """Return why the verb cannot be done now, whatever is typed."""
        return []

    def run(self, verb: str, issue: Issue, person: Person) -> None:
        """Do the verb with what the valid form says. Raise Refused."""
        getattr(issues, verb)(issue, by=person, **self.cleaned_data)


class SendBackIssueForm(IssueVerbForm):
    introduction = SendBackForm.introduction
    note = build_note_field(gettext_lazy("Note"))


class CancelIssueForm(IssueVerbForm):
    introduction = CancelForm.introduction


class WithdrawIssueForm(IssueVerbForm):
    introduction = WithdrawForm.introduction
    kind = build_withdrawal_field("issue")


class PublishIssueForm(IssueVerbForm):
    content_heading = gettext_lazy("What readers will see")
    publishes = True
    buttons = (
        ("later", gettext_lazy("Publish at this time")),
        ("now", gettext_lazy("Publish now")),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    at = LocalDateTimeField(required=False)
    mail = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, page: IssuePageData) -> None:
        super().__init__(data, page=page)
        self.initial["seen"] = page.facts.content.hash()
        self.fields["at"].label = format_with_remark(_("Publication time"), settings.TIME_ZONE)
        self.is_later = bool(data and data.get("when") != "now")
        readers = sum(mailings.count_readers().values())
        self.fields["mail"].label = ngettext(
            "Send it by mail then, to %(n)s reader", "Send it by mail then, to %(n)s readers", readers
        ) % {"n": f"{readers:,}"}
        if page.facts.has_been_public or not (readers and policy.has_role_for(page.person, "send_issue")):
            del self.fields["mail"]

    def list_reasons(self) -> list[FieldError]:
        page = self.page
        reasons = issue_review.why_not_publish(page.facts, page.person)
        reasons = [reason for reason in reasons if reason.code != "issue-item-late"]
        return field_errors_from_reasons(reasons, href=page.url)

    def clean_at(self) -> dt.datetime | None:
        at: dt.datetime | None = self.cleaned_data["at"]
        if self.is_later and not at:
            raise forms.ValidationError(_("Choose a time."))
        if at and not self.is_later:
            raise forms.ValidationError(TIME_WITH_NOW)
        return at

    def run(self, verb: str, issue: Issue, person: Person) -> None:
        """Publish, and queue the mail in the same transaction if the person asked for it."""
        values = self.cleaned_data
        with transaction.atomic():
            edition = issues.publish_issue(issue, by=person, seen=values["seen"], at=values["at"])
            if values.get("mail"):
                mailings.queue_issue(edition, by=person)


FORMS: Final[dict[str, type[IssueVerbForm]]] = {
    "send_back_issue": SendBackIssueForm,
    "cancel_issue": CancelIssueForm,
    "withdraw_issue": WithdrawIssueForm,
    "publish_issue": PublishIssueForm,
}
BUTTON_VERBS: Final[dict[str, Callable[..., object]]] = {
    "submit_issue": issues.submit_issue,
    "take_back_issue": issues.take_back_issue,
    "discard_issue": issues.discard_issue,
    "recover_issue": issues.recover_issue,
    "revise_issue": issues.revise_issue,
}


def verb(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Do a verb on an issue, or show the page that asks for what it needs."""
    if verb not in (*FORMS, *BUTTON_VERBS, *SIDE_ACTS):
        raise Http404
    name, side = SIDE_ACTS.get(verb, (verb, None))
    person = require_role(request, name)
    issue = get_object_or_404(Issue, pk=pk)
    if name in FORMS:
        return _form_view(request, issue, person, name)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if "version" in request.POST and (refusal := save_form(request, issue, person)):
        return refusal
    try:
        if side and name == "sign_off_issue":
            issues.sign_off_issue(issue, side, by=person, seen=request.POST.get(f"seen_{side}", ""))
        elif side:
            issues.take_back_issue_sign_off(issue, side, by=person)
        else:
            BUTTON_VERBS[name](issue, by=person)
    except Refused as refused:
        return render_issue_page(request, IssuePageData(Issue.objects.get(pk=pk), person), refused=refused)
    return _finish(request, issue, verb)


def _form_view(request: HttpRequest, issue: Issue, person: Person, name: str) -> HttpResponse:
    page = IssuePageData(issue, person)
    form = FORMS[name](request.POST if request.method == "POST" else None, page=page)
    errors: Sequence[FieldError] = ()
    if form.is_valid():
        try:
            form.run(name, issue, person)
        except Refused as refused:
            errors = field_errors(refused)
        else:
            return _finish(request, issue, name)
    elif form.is_bound:
        errors = field_errors_from_form(form)
    else:
        errors = form.list_reasons()
    reasons = link_errors(errors, {**{field: f"#{field}" for field in form.fields}, **{a: f"#{f}" for a, f in form.anchors.items()}}, base_url=page.url)  # fmt: skip
    return render_page(
        request,
        "issues/verb",
        status=409 if form.is_bound else 200,
        title=get_act_label(name),
        opts=Issue._meta,
        page=page,
        issue=issue,
        form=form,
        reasons=reasons,
        is_open=form.is_bound or not errors,
    )


def _finish(request: HttpRequest, issue: Issue, verb: str) -> HttpResponse:
    """Say what was done and who is next, and go back to the issue."""
    page = IssuePageData(Issue.objects.get(pk=issue.pk), person_of(request))
    parts: list[str] = [render_sentence(page.step.sentence, page.url)]
    if verb != "publish_issue":  # the sentence says from when the issue is public, which may be later
        parts.insert(0, describe_done(verb))
    messages.success(request, format_html_join(" ", "{}", ((part,) for part in parts)))
    return redirect(page.url)
