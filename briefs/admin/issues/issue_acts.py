"""The acts of an issue on the desk: buttons, and the forms of those that ask for something."""

import datetime as dt
from functools import cached_property
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs.admin.common.access import require_role
from briefs.admin.common.page_data import add_next_steps_message
from briefs.admin.verbs.act_forms import ActForm, answer_form, perform_act
from briefs.admin.verbs.verb_views import get_act
from briefs.models import Issue
from briefs.publications import mailings
from briefs.workflow import Refused, policy
from briefs.workflow.acts import Act
from briefs.workflow.rules import find_earliest_time
from briefs.workflow.rules.local_times import format_time

from .issue_pages import IssuePageData, build_issue_url, render_issue_page, save_form


class IssueActForm(ActForm):
    page: IssuePageData
    page_kind: ClassVar = "issue"

    def __init__(self, data: Any = None, *, act: Act, page: IssuePageData) -> None:
        super().__init__(data, act=act, page=page)
        if not self.is_bound and "at" in self.fields and (moment := self._earliest):
            self.initial["at"] = f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
        if "mail" in self.fields:
            readers = sum(mailings.count_readers().values())
            self.fields["mail"].label = ngettext(
                "Send it by mail then, to %(n)s reader", "Send it by mail then, to %(n)s readers", readers
            ) % {"n": f"{readers:,}"}
            if page.facts.was_public or not (readers and policy.has_role_for(page.person, "send_issue")):
                del self.fields["mail"]

    def get_seen(self) -> dict[str, str]:
        return {"seen": self.page.facts.content.hash()}

    @cached_property
    def _earliest(self) -> dt.datetime | None:
        return find_earliest_time(self.page.facts) if self.act.shows == "draft" else None

    def describe_situation(self) -> list[str]:
        lines = [str(self.page.step.sentence)]
        if moment := self._earliest:
            lines.append(
                _("Its last brief is public from %(time)s, so the issue cannot be public before.")
                % {"time": format_time(moment)}
            )
        return lines

    @property
    def content_heading(self) -> str:
        return _("What readers will see") if self.act.shows == "draft" else _("The text of this issue")

    def perform(self) -> Any:
        """Do the act, and queue the mail of a publication in the same transaction if the person asked for it."""
        with transaction.atomic():
            edition = super().perform()
            if self.cleaned_data.get("mail"):
                mailings.queue_issue(edition, by=self.page.person)
        return edition

    def build_context(self) -> dict[str, Any]:
        page, is_compared = self.page, self.publication and self.page.facts.public_edition
        return {
            "issue": page.issue,
            "subtitle": page.title,
            "shown": page.content,
            "runs": page.runs,
            "difference": {"runs": page.runs} if is_compared else None,
        }


def act_view(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Do an act on an issue, or show the form that asks for what it needs."""
    act = get_act(verb, of_issue=True)
    person = require_role(request, verb)
    issue = get_object_or_404(Issue, pk=pk)

    def load_page() -> IssuePageData:
        return IssuePageData(Issue.objects.get(pk=pk), person)

    def finish(_done: Any) -> HttpResponse:
        more = (
            _("Its mail to readers goes out then.")
            if act.rule == "approve" and "mail" in request.POST
            else ""
        )
        add_next_steps_message(request, load_page(), verb, more)
        return redirect(build_issue_url(issue))

    if "version" in request.POST:  # a button on the page of the issue
        if "title_zh" in request.POST and (refusal := save_form(request, issue, person)):
            return refusal
        if act.way == "form":
            return redirect(build_issue_url(issue, "verb", verb))
    if act.way == "form":
        page = load_page()
        return answer_form(request, IssueActForm, act, page, reload_page=load_page, finish=finish)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        perform_act(act, issue, by=person, data=request.POST)
    except Refused as refused:
        return render_issue_page(request, load_page(), refused=refused)
    return finish(None)
