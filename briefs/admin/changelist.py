"""The list of briefs: the stock one, newest change first, by a constant number of queries."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import policy
from ..content import SIDES
from ..models import Brief, BriefKeyword, Bullet, Keyword, Person, Source, State
from ..workflow.merging import family
from ..workflow.moving import clock
from . import badges
from .access import DeskAdmin, person_of
from .standing import editions_of, standing_of

MOST = 5_000
"""Counted and paged through; what lies beyond is found by search and filters."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counting 100,000 rows would cost more than the page."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows[: MOST + 1].count()


def complete(side: str) -> Q:
    """Headline, summary and every bullet of a language, but those that are meant to lack it."""
    lacking = Bullet.objects.filter(brief=OuterRef("pk"), one_sided="", **{f"text_{side}": ""})
    return ~Q(**{f"headline_{side}": ""}) & ~Q(**{f"summary_{side}": ""}) & ~Q(Exists(lacking))


PLANNED = Q(state=State.DRAFT, headline_zh="", summary_zh="", summary_en="")
"""`Brief.is_planned`, asked of the database."""


class SelectFilter(admin.SimpleListFilter):
    """A filter with many values, as a select instead of a column of links."""

    template = "admin/briefs/filter.html"

    def narrowed(self, rows: QuerySet[Any], condition: Callable[[int], Q]) -> QuerySet[Any]:
        value = self.value() or ""
        if not value:
            return rows
        is_number = value.isascii() and value.isdecimal() and len(value) < 10
        return rows.filter(condition(int(value))) if is_number else rows.none()

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        kept = [
            (name, value[0])
            for name, value in changelist.filter_params.items()
            if name != self.parameter_name
        ]
        chosen = str(self.value() or "")
        yield {
            "summary": _(" By %(filter_title)s ") % {"filter_title": self.title},  # as the stock filters
            "parameter": self.parameter_name,
            "kept": kept,
            "query": changelist.query,
            "options": [("", _("All"), not chosen)]
            + [(str(value), label, str(value) == chosen) for value, label in self.lookup_choices],
        }


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("planned", _("Planned")), *State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if value == "planned":
            return queryset.filter(PLANNED)
        if value == State.DRAFT:
            return queryset.filter(state=value).exclude(PLANNED)
        return queryset.filter(state=value)


class CompleteFilter(admin.SimpleListFilter):
    title = gettext_lazy("Languages complete")
    parameter_name = "complete"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("both", _("Both complete")),
            ("zh", _("Only Chinese complete")),
            ("en", _("Only English complete")),
            ("neither", _("Neither complete")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        zh, en = complete("zh"), complete("en")
        kinds = {"both": zh & en, "zh": zh & ~en, "en": en & ~zh, "neither": ~zh & ~en}
        value = self.value()
        return queryset.filter(kinds[value]) if value in kinds else queryset


class SourceFilter(SelectFilter):
    title = gettext_lazy("Source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(row.pk, str(row)) for row in Source.objects.filter(merged_into=None).order_by("name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset, lambda pk: Q(source__in=family(Source, pk)))


class PersonFilter(SelectFilter):
    """Whoever it is assigned to, or changed it last."""

    title = gettext_lazy("Person")
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(row.pk, str(row)) for row in Person.objects.order_by("name", "username")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset, lambda pk: Q(assigned_to=pk) | Q(updated_by=pk))


class KeywordFilter(SelectFilter):
    title = gettext_lazy("Keyword")
    parameter_name = "keyword"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(row.pk, str(row)) for row in Keyword.objects.filter(merged_into=None)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        labels = BriefKeyword.objects
        return self.narrowed(
            queryset, lambda pk: Q(pk__in=labels.filter(keyword__in=family(Keyword, pk)).values("brief"))
        )


class BriefChangeList(ChangeList):
    """Reads, once a page, what the badges need. Newest change first, whatever the address asks for."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(BriefList.ordering)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        briefs = list(self.result_list)
        editions = editions_of(briefs)
        standing = standing_of(briefs, editions)
        now = timezone.now()
        for brief in briefs:
            brief.desk_badge = badges.desk_badge(brief, standing.get(brief.pk))
            brief.public_badges = badges.public_badges(brief, editions.get(brief.pk, []), now)
        self.result_list = briefs
        self.is_capped = self.result_count > MOST


class BriefList(DeskAdmin):
    list_display = ("headline", "desk", "public", "languages", "source_name", "dated", "changed", "assigned")
    list_display_links = None
    list_filter = (StateFilter, CompleteFilter, SourceFilter, PersonFilter, KeywordFilter)
    search_fields = ("headline_zh", "headline_en", "article_title", "article_url")
    ordering = ("-updated_at", "-id")
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_max_show_all = 0
    change_list_template = "admin/briefs/brief/list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return policy.has_role(person_of(request), "import")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brief]:
        rows = Brief.objects.select_related("source", "updated_by", "assigned_to")
        return rows.annotate(**{f"complete_{side}": complete(side) for side in SIDES})

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return BriefChangeList

    @admin.display(description=gettext_lazy("Headline"))
    def headline(self, brief: Brief) -> SafeString:
        url = reverse("admin:briefs_brief_change", args=[brief.pk])
        zh, en = brief.headline_zh, brief.headline_en
        if not (zh or en):
            return format_html('<a href="{}">{}</a>', url, brief)
        return format_html(
            '<a href="{}"><span lang="zh-Hant-TW">{}</span> <span lang="en">{}</span></a>', url, zh, en
        )

    @admin.display(description=gettext_lazy("Source"))
    def source_name(self, brief: Brief) -> str:
        return brief.source.name if brief.source else "–"

    @admin.display(description=gettext_lazy("Article date"))
    def dated(self, brief: Brief) -> str:
        if brief.article_date is None:
            return "–"
        iso = brief.article_date.isoformat()
        date = brief.article_date_label or (iso if brief.article_date_precision == "day" else iso[:7])
        return date if brief.article_date_confirmed else f"{date} ({_('unconfirmed')})"

    @admin.display(description=gettext_lazy("Desk"))
    def desk(self, brief: Brief) -> Any:
        return badges.row_of([brief.desk_badge])  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Public"))
    def public(self, brief: Brief) -> Any:
        return badges.row_of(brief.public_badges) or "–"  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Languages complete"))
    def languages(self, brief: Brief) -> str:
        labels = {"zh": _("Chinese"), "en": _("English")}
        done = [label for side, label in labels.items() if getattr(brief, f"complete_{side}")]
        return _(", ").join(done) or "–"

    @admin.display(description=gettext_lazy("Last change"))
    def changed(self, brief: Brief) -> SafeString:
        return format_html("{}<br>{}", brief.updated_by, clock(brief.updated_at))

    @admin.display(description=gettext_lazy("Assigned to / due"))
    def assigned(self, brief: Brief) -> Any:
        if not (brief.assigned_to or brief.due_on):
            return "–"
        late = brief.due_on and brief.due_on < timezone.localdate() and brief.state == State.DRAFT
        due = format_html('<span class="{}">{}</span>', "late" if late else "", brief.due_on or "")
        return format_html("{}<br>{}", brief.assigned_to or "", due)
