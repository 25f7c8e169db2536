"""The desk's list of issues, and the addresses of their pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.admin.common.access import person_of
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.interface_labels import format_duration, format_issue
from briefs.admin.lists.desk_list import ListOnlyAdmin, render_titles
from briefs.content import SIDES, IssueContent
from briefs.models import Issue, State
from briefs.workflow import policy
from briefs.workflow.next_step import next_step
from briefs.workflow.rules import IssueFacts

from . import issue_acts, issue_pages, mailing_pages


@admin.register(Issue)
class IssueAdmin(ListOnlyAdmin):
    verb = "edit_issue"
    list_display = ("titles", "sentence", "badge", "age")
    list_display_links = ("titles",)
    list_filter = ("state",)
    search_fields = ("number",)
    search_help_text = gettext_lazy("Number of the issue")
    empty_hint = gettext_lazy(
        "No issue yet. A new one begins with everything published in the last seven days."
    )
    pages = (
        ("new/", issue_pages.create, "create"),
        ("<int:pk>/change/", issue_pages.change, "change"),
        ("<int:pk>/preview/", issue_pages.preview, "preview"),
        ("<int:pk>/mail/", mailing_pages.mail, "mail"),
        ("<int:pk>/mail/<slug:side>/", mailing_pages.mail_html, "mail_html"),
        ("copies/<int:pk>/", mailing_pages.copies, "copies"),
        ("<int:pk>/<slug:verb>/", issue_acts.act_view, "verb"),
    )

    def list_buttons(self, request: HttpRequest) -> list[tuple[object, str]]:
        may_create = policy.has_role_for(person_of(request), "create_issue")
        return [(_("New issue"), reverse("admin:briefs_issue_create"))] if may_create else []

    def list_links(self, request: HttpRequest) -> list[tuple[object, str]]:
        return [(_("Subscribers"), reverse("admin:briefs_subscriber_changelist"))]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        now, people, person = timezone.now(), policy.load_staff(), person_of(request)
        for issue, facts in zip(rows, IssueFacts.load_many(rows, now, people), strict=True):
            issue.facts, issue.step = facts, next_step(facts, person, in_list=True)

    def titles(self, issue: Issue) -> SafeString:
        content = IssueContent.from_json(issue.content)
        titles = render_titles({side: content.side(side).title for side in SIDES})
        return format_html("<span>{}</span>{}", format_issue(issue.number), titles)

    def sentence(self, issue: Any) -> str:
        return str(issue.step.sentence)

    def age(self, issue: Any) -> str:
        edition = issue.facts.public_edition or issue.facts.scheduled_edition
        return format_duration(edition.published_at if edition else issue.updated_at, issue.facts.now)

    def badge(self, issue: Any) -> Badge:
        facts: IssueFacts = issue.facts
        edition = facts.public_edition
        if facts.scheduled_edition and not edition:
            return Badge(_("Scheduled"), "going")
        if facts.row.state == State.IN_REVIEW:
            return Badge(_("In review"), "going")
        if edition and edition.withdrawn_at:
            return Badge(_("Withdrawn"), "bad")
        if facts.row.state == State.APPROVED:
            return Badge(_("Published"), "good")
        return Badge(facts.row.get_state_display())
