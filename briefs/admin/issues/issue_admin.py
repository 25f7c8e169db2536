"""The desk's list of issues, and the addresses of their pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import policy
from briefs.admin.common.access import DeskAdmin, person_of
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.interface_labels import format_duration, format_issue, interface_side
from briefs.admin.lists.desk_list import Act, DeskChangeList, DeskList, Row, build_column_filter
from briefs.content import LANGUAGE_TAGS, SIDES, IssueContent
from briefs.models import Issue, State
from briefs.workflow.next_step import Step, next_step
from briefs.workflow.rules.issue_review import IssueFacts

from . import issue_acts, issue_pages, mailing_pages


@admin.register(Issue)
class IssueAdmin(DeskList, DeskAdmin):
    verb = "edit_issue"
    list_display = ("number",)
    list_filter = (build_column_filter("state", gettext_lazy("State"), State.choices),)
    search_fields = ("number",)
    search_hint = gettext_lazy("Number of the issue")
    sortable_by = ()
    empty_hint = gettext_lazy(
        "No issue yet. A new one begins with everything published in the last seven days."
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = self.build_url_pattern
        return [
            own("", self.changelist_view, "changelist"),
            own("new/", issue_pages.create, "create"),
            own("<int:pk>/change/", issue_pages.change, "change"),
            own("<int:pk>/preview/", issue_pages.preview, "preview"),
            own("<int:pk>/mail/", mailing_pages.mail, "mail"),
            own("<int:pk>/mail/<slug:side>/", mailing_pages.mail_html, "mail_html"),
            own("copies/<int:pk>/", mailing_pages.copies, "copies"),
            own("<int:pk>/<slug:verb>/", issue_acts.act_view, "verb"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        acts = []
        if policy.has_role_for(person_of(request), "create_issue"):
            acts = [Act(_("New issue"), "do", "new", reverse("admin:briefs_issue_create"))]
        return super().changelist_view(
            request, {"head_acts": acts, "always_head_acts": True, **(extra_context or {})}
        )

    def list_links(self, request: HttpRequest) -> list[tuple[object, str]]:
        return [(_("Subscribers"), reverse("admin:briefs_subscriber_changelist"))]

    def build_rows(self, request: HttpRequest, changelist: DeskChangeList) -> list[Row]:
        now, people, person = timezone.now(), policy.load_staff(), person_of(request)
        facts_of_page = IssueFacts.load_many(list(changelist.result_list), now, people)
        return [self._build_row(facts, next_step(facts, person, in_list=True)) for facts in facts_of_page]

    def _build_row(self, facts: IssueFacts, step: Step) -> Row:
        issue, content = facts.row, IssueContent.from_json(facts.row.content)
        sides = sorted(SIDES, key=lambda side: side != interface_side())
        titles = [
            (content.side(side).title, LANGUAGE_TAGS[side]) for side in sides if content.side(side).title
        ]
        edition = facts.public_edition or facts.scheduled_edition
        return Row(
            issue.pk,
            [(format_issue(issue.number), ""), *titles],
            url=issue_pages.build_issue_url(issue),
            facts=[str(step.sentence)],
            now=self._build_badge(facts),
            age=format_duration(edition.published_at if edition else issue.updated_at, facts.now),
        )

    def _build_badge(self, facts: IssueFacts) -> Badge:
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
