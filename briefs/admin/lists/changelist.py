"""The list of briefs: Django's changelist with a filter form and the query language of the public search."""

from functools import lru_cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from briefs import policy
from briefs.admin.common import brief_pages, interface_labels
from briefs.admin.common.access import person_of
from briefs.admin.common.interface_labels import SIDE_NAMES, format_with_remark
from briefs.admin.common.name_fields import build_name_condition
from briefs.admin.common.outstanding_work import find_complete_sides
from briefs.admin.common.task_list import render_step
from briefs.content import SIDES
from briefs.derived.term_occurrences import TermRows, build_glossary_entries, fetch_term_rows
from briefs.models import Assignment, Author, Brief, Keyword, Source, State
from briefs.models.vocabulary import Vocabulary
from briefs.search import DRAFT_INDEX, get_store, parse_query
from briefs.search.expansion import Concepts, expand_query
from briefs.search.name_index import NameIndex, load_name_index
from briefs.search.query import ParsedQuery, QueryField, QueryTerm
from briefs.workflow.brief_facts import load_brief_facts, load_editions_by_brief
from briefs.workflow.next_step import next_step

from .bulk_verbs import SheetExportAdmin
from .filters import (
    BRIEF_FILTERS,
    FILTER_PARAMETERS,
    NEWEST_FIRST,
    SORT_ORDERS,
    build_saved_filters_context,
    normalize_query,
)

# Search.

_NAME_MODELS: dict[QueryField, type[Vocabulary]] = {"author": Author, "source": Source, "keyword": Keyword}


def search_briefs(rows: QuerySet[Brief], search_text: str) -> QuerySet[Brief]:
    """Filter briefs by each term, in the brief's text or in the names of its author, source and keywords."""
    query = expand_query(parse_query(search_text), _build_concepts(fetch_term_rows()))
    names = load_name_index()
    for term in query.terms:
        found = Q(pk__in=_build_text_subquery(term)) if not term.field else Q(pk__in=())
        for kind in [term.field] if term.field else list(_NAME_MODELS):
            found |= build_name_condition(_NAME_MODELS[kind], _find_named_entries(names, kind, term))
        rows = rows.exclude(found) if term.is_excluded else rows.filter(found)
    bounds = {"article_date__gte": query.since, "article_date__lte": query.until}
    return rows.filter(**{name: day for name, day in bounds.items() if day})


@lru_cache(maxsize=2)
def _build_concepts(rows: TermRows) -> Concepts:
    return Concepts(build_glossary_entries(rows))


def _build_text_subquery(term: QueryTerm) -> RawSQL:
    sql, values = get_store(DRAFT_INDEX).build_match_sql(ParsedQuery(terms=(QueryTerm(term.alternatives),)))
    return RawSQL(sql, values)  # noqa: S611 SQL from the store; typed text is in the values


def _find_named_entries(names: NameIndex, field: QueryField, term: QueryTerm) -> list[int]:
    """Return ids of matching entries and of those merged into them, which a working copy may still refer to."""
    return [int(facet[1:]) for facet in names.find_facets(term.alternatives, field)]


# The list, with a constant number of queries.

gettext_noop("Select this object for an action - {}")  # Django's own Chinese translation uses mainland terms

MAX_COUNTED = 5_000
"""Maximum number of rows counted and paged; the rest is reached by search and filters."""

NO_VALUE = SafeString('<span class="none">–</span>')


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Limits counting, since counting 100,000 rows would cost more than the page."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: MAX_COUNTED + 1].count()


class BriefChangeList(ChangeList):
    """Loads the data of the badges once per page."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(SORT_ORDERS.get(request.GET.get("sort", ""), NEWEST_FIRST))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        briefs = list(self.result_list)
        editions = load_editions_by_brief(briefs)
        complete = find_complete_sides(briefs)
        now, people, person = timezone.now(), policy.load_staff(), person_of(request)
        facts = load_brief_facts(briefs, now, people, editions=editions)
        for brief in briefs:
            brief.complete = complete[brief.pk]
            brief.asked = facts[brief.pk].assignments
            brief.desk_badge = brief_pages.desk_badge(facts[brief.pk])
            brief.step = render_step(next_step(facts[brief.pk], person, people), facts[brief.pk])
            brief.public_badges = brief_pages.public_badges(brief, editions.get(brief.pk, []), now)
        self.result_list = briefs
        self.is_capped = self.result_count > MAX_COUNTED
        self.is_filtered = bool(normalize_query(request.GET))
        self.saved_filters = build_saved_filters_context(person_of(request), request.GET)


class BriefList(SheetExportAdmin):
    list_display = (
        *("headline", "desk", "public", "languages", "source_name", "dated", "changed", "age", "assigned"),
    )
    list_display_links = None
    list_filter = BRIEF_FILTERS
    allowed_lookups = FILTER_PARAMETERS
    search_fields = ("headline_zh", "headline_en", "article_title", "article_url")
    ordering = NEWEST_FIRST
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_max_show_all = 0
    change_list_template = "admin/briefs/lists/brief_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role_for(person_of(request), "import")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brief]:
        return Brief.objects.select_related("source", "updated_by", "assigned_to")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return BriefChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_briefs(queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(
            request, {"title": Brief._meta.verbose_name_plural, **(extra_context or {})}
        )

    @admin.display(description=gettext_lazy("Headline"))
    def headline(self, brief: Brief) -> SafeString:
        url = reverse("admin:briefs_brief_change", args=[brief.pk])
        zh, en = brief.headline_zh, brief.headline_en
        original = brief_pages.render_original_link(brief.article_url, brief.article_doi)
        if not (zh or en):
            return format_html('<a href="{}">{}</a> {}', url, brief, original)
        titles = '<a href="{}"><span lang="zh-Hant-TW">{}</span> <span lang="en">{}</span></a> {}'
        return format_html(titles, url, zh, en, original)

    @admin.display(description=gettext_lazy("Source"))
    def source_name(self, brief: Brief) -> str:
        return brief.source.name if brief.source else NO_VALUE

    @admin.display(description=gettext_lazy("Article date"))
    def dated(self, brief: Brief) -> str:
        if brief.article_date is None:
            return NO_VALUE
        iso = brief.article_date.isoformat()
        date = brief.article_date_label or (iso if brief.article_date_precision == "day" else iso[:7])
        return date if brief.article_date_confirmed else format_with_remark(date, _("unconfirmed"))

    @admin.display(description=gettext_lazy("Desk"))
    def desk(self, brief: Brief) -> Any:
        first = [brief_pages.Badge(_("Priority"), "warn")] if brief.has_priority else []
        state = brief_pages.render_badges([*first, brief.desk_badge])  # type: ignore[attr-defined]
        return format_html("{} {}", state, brief.step)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Public"))
    def public(self, brief: Brief) -> Any:
        return brief_pages.render_badges(brief.public_badges) or NO_VALUE  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Languages complete"))
    def languages(self, brief: Brief) -> str:
        sides = brief.complete  # type: ignore[attr-defined]
        return _(", ").join(str(SIDE_NAMES[side]) for side in sides) or NO_VALUE

    @admin.display(description=gettext_lazy("Last change"))
    def changed(self, brief: Brief) -> SafeString:
        return format_html(
            "<span>{}</span> <span>{}</span>",
            brief.updated_by,
            interface_labels.format_ago(brief.updated_at, timezone.now()),
        )

    @admin.display(description=gettext_lazy("Age"))
    def age(self, brief: Brief) -> str:
        """Return the time since an open brief was begun."""
        is_open = brief.state in policy.OPEN_STATES
        return interface_labels.format_age(brief.created_at, timezone.now()) if is_open else NO_VALUE

    @admin.display(description=gettext_lazy("Assigned to / due"))
    def assigned(self, brief: Brief) -> Any:
        """Render the writer and both reviewers with their due dates."""
        lines = [] if not (brief.assigned_to or brief.due_on) else [("", brief.assigned_to, brief.due_on)]
        asked: dict[str, Assignment] = brief.asked  # type: ignore[attr-defined]
        lines += [
            (str(SIDE_NAMES[side]), asked[side].person, asked[side].due_on) for side in SIDES if side in asked
        ]
        today = timezone.localdate()
        cells = (
            (
                part,
                who or "",
                "late" if due and due < today and _is_responsible(brief, part) else "due",
                due or "",
            )
            for part, who, due in lines
        )
        return format_html_join("", '<span>{} {} <b class="{}">{}</b></span>', cells) or NO_VALUE


def _is_responsible(brief: Brief, part: str) -> bool:
    """Return whether this part is due now: the writer's in a draft, a reviewer's in review."""
    return brief.state == (State.IN_REVIEW if part else State.DRAFT)
