"""The list of briefs: its columns, and what they read."""

import datetime as dt
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Q, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.admin.common import brief_pages, interface_labels
from briefs.admin.common.access import DeskAdmin, person_of
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.interface_labels import format_with_remark
from briefs.admin.common.task_list import build_act_url, choose_tone
from briefs.content import SIDES
from briefs.models import Brief, State
from briefs.workflow import policy
from briefs.workflow.brief_facts import load_brief_facts
from briefs.workflow.next_step import next_step
from briefs.workflow.rules import BriefFacts

from .brief_search import parse_desk_query, render_passages, search_briefs
from .desk_list import DeskList, render_lines, render_titles
from .filters import BRIEF_FILTERS


def find_briefs(rows: QuerySet[Brief], search_text: str, limit: int) -> list[Brief]:
    """Return the briefs whose headline has each word, then those with it in text or names, newest first."""
    rows = rows.order_by("-updated_at", "-pk")
    in_headline = Q()
    for word in search_text.split():
        in_headline &= Q(headline_zh__icontains=word) | Q(headline_en__icontains=word)
    found = list(rows.filter(in_headline)[:limit])
    if len(found) < limit:
        others = search_briefs(rows, search_text).exclude(pk__in=[brief.pk for brief in found])
        found += others[: limit - len(found)]
    return found


class BriefList(DeskList, DeskAdmin):
    list_display = ("headlines", "article", "status", "date", "passages")
    list_filter = BRIEF_FILTERS
    list_select_related = ("source", "updated_by", "assigned_to")
    search_fields = ("headline_zh",)
    search_help_text = gettext_lazy("Words, or an author, source or keyword")
    empty_hint = gettext_lazy("No briefs yet. Import a file or start a new one.")
    add_page = "upload"
    ordering = ("-updated_at", "-id")
    list_per_page = 30  # a row costs 1 ms: who must do what next
    preserve_filters = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "import")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_briefs(queryset, search_term) if search_term else queryset, False

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        return [(_("Export"), self.reverse_url("export") + f"?{request.GET.urlencode()}")]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        now, person, search_text = timezone.now(), person_of(request), request.GET.get(SEARCH_VAR, "")
        facts = load_brief_facts(rows, now, policy.load_staff())
        phrases = parse_desk_query(search_text).highlighted_phrases if search_text else ()
        prefetch_related_objects(rows if phrases else [], "bullets")
        for brief in rows:
            brief.facts = facts[brief.pk]
            brief.badge = build_badge(brief.facts)
            brief.step = next_step(brief.facts, person, in_list=True)
            brief.hits = render_passages(brief, phrases) if phrases else ""

    def action_checkbox(self, obj: Any) -> SafeString:
        """Add the version that an act on several briefs is checked against."""
        version = '{}<input type="hidden" name="version-{}" value="{}">'
        return format_html(version, super().action_checkbox(obj), obj.pk, obj.version)

    # The list shows no heads: the description of a column is the name of its order in the menu.

    @admin.display(description=gettext_lazy("Last change"), ordering="updated_at")
    def headlines(self, brief: Any) -> SafeString:
        titles = render_titles({side: getattr(brief, f"headline_{side}") for side in SIDES})
        return titles or format_html("<span>{}</span>", brief)

    @admin.display(
        description=gettext_lazy("Article date"), ordering=Coalesce("article_date", Value(dt.date.min))
    )
    def article(self, brief: Any) -> SafeString:
        date = ""
        if brief.article_date:
            iso = brief.article_date.isoformat()
            date = brief.article_date_label or (iso if brief.article_date_precision == "day" else iso[:7])
            date = date if brief.article_date_confirmed else format_with_remark(date, _("unconfirmed"))
        original = brief_pages.render_original_link(brief.article_url, brief.article_doi)
        return render_lines(
            brief.source, format_html_join(" ", "{}", ((part,) for part in (date, original) if part))
        )

    @admin.display(description=gettext_lazy("Priority"), ordering="-has_priority")
    def status(self, brief: Any) -> SafeString:
        first = str(Badge(_("Priority"), "warn")) if brief.has_priority else ""
        return render_lines(format_html("{} {}", first, str(brief.badge)), render_step(brief))

    @admin.display(description=gettext_lazy("Due"), ordering=Coalesce("due_on", Value(dt.date.max)))
    def date(self, brief: Any) -> SafeString:
        """Render the next due date of the brief and whose it is, else when and by whom it was changed last."""
        now = brief.facts.now
        today = timezone.localtime(now).date()
        dues = [(brief.due_on, brief.writer)] if brief.state == State.DRAFT else []
        if brief.state == State.IN_REVIEW:
            dues = [(row.due_on, row.person) for row in brief.facts.assignments.values()]
        due, who = min((one for one in dues if one[0]), key=itemgetter(0), default=(None, None))
        if due is None:
            return render_lines(interface_labels.format_ago(brief.updated_at, now), brief.updated_by)
        text = format_html(
            '<b class="{}">{}</b>', choose_tone(due, today), interface_labels.format_due(due, today)
        )
        return render_lines(text, who)

    def passages(self, brief: Any) -> SafeString:
        return brief.hits  # type: ignore[no-any-return]


def render_step(brief: Any) -> SafeString:
    """Render the main act as a link, if the brief waits for this person, else the sentence without the state before it."""
    sentence = str(brief.step.sentence)
    if brief.step.is_mine:
        link = '<a class="step mine" href="{}" title="{}">{}</a>'
        return format_html(link, build_act_url(brief.facts, brief.step.main), sentence, brief.step.label)
    rest = sentence.removeprefix(brief.badge.text).lstrip("·：:。.，, ")
    return format_html('<span class="step" title="{}">{}</span>', sentence, rest)


def build_badge(facts: BriefFacts) -> Badge:
    """Return one badge for state and publication. What is public says enough of an approved brief."""
    public = brief_pages.public_badges(facts.brief, facts.editions, facts.now)
    is_approved = facts.brief.state == State.APPROVED
    badges = public if public and is_approved else [brief_pages.desk_badge(facts), *public]
    return Badge(" · ".join(badge.text for badge in badges), badges[0].tone)
