"""Filters of the brief list, kept in the address, and a person's saved filters."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from briefs import policy
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import parse_int_or_zero
from briefs.content import ForbiddenCharacter, tidy_line
from briefs.derived.build import find_family_ids
from briefs.models import (
    Assignment,
    Brief,
    BriefKeyword,
    Bullet,
    Edition,
    Keyword,
    Person,
    Revision,
    SavedFilter,
    SignOff,
    Source,
    State,
)

# Filters of the brief list: selects and dates in one form. All values are stored in the URL.

type Option = tuple[str, str | Promise]

IS_PLANNED = Q(state=State.DRAFT, headline_zh="", summary_zh="", summary_en="")
"""`Brief.is_planned` as a database condition."""
WEEK = dt.timedelta(days=7)


def build_overdue_condition(today: dt.date) -> Q:
    """Match drafts whose writer is late and briefs in review with an overdue, unanswered review assignment."""
    answers = SignOff.objects.filter(
        brief=OuterRef("brief"), side=OuterRef("side"), by=OuterRef("person"), at__gte=OuterRef("at")
    )
    asked = Assignment.objects.filter(brief=OuterRef("pk"), ended_at=None, due_on__lt=today)
    unanswered = Q(Exists(asked.exclude(Exists(answers))), state=State.IN_REVIEW)
    return Q(state=State.DRAFT, due_on__lt=today) | unanswered


def build_complete_condition(side: str) -> Q:
    """Match briefs with headline, summary and every bullet in a language, ignoring one-sided bullets."""
    lacking = Bullet.objects.filter(one_sided="", **{f"text_{side}": ""}).values("brief")
    return ~Q(**{f"headline_{side}": ""}) & ~Q(**{f"summary_{side}": ""}) & ~Q(pk__in=lacking)


@dataclass(frozen=True, slots=True)
class FilterField:
    """A filter in the form: a select if there are options, else a date."""

    name: str
    label: str | Promise
    value: str
    options: Sequence[tuple[str, str, bool]] = ()


class DeskFilter(admin.ListFilter, ABC):
    """A filter with URL parameters. Unknown values match no rows."""

    title: Any = ""
    parameter_names: tuple[str, ...] = ()

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Brief], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameter_names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def value(self, name: str) -> str:
        return str(self.used_parameters.get(name, ""))

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameter_names)

    def choices(self, changelist: Any) -> Iterator[Any]:
        return iter(())

    @abstractmethod
    def fields(self) -> list[FilterField]: ...


class SelectFilter(DeskFilter):
    """A filter whose first parameter is a select."""

    all_label: str | Promise = gettext_lazy("All")
    options: ClassVar[Sequence[Option]] = ()

    def fields(self) -> list[FilterField]:
        name = self.parameter_names[0]
        return [self.build_select(name, self.title, self.list_options(), all_label=self.all_label)]

    def build_select(
        self, name: str, label: str | Promise, options: Iterable[Option], *, all_label: str | Promise
    ) -> FilterField:
        chosen = self.value(name)
        rows = [(value, str(text), value == chosen) for value, text in (("", all_label), *options)]
        return FilterField(name, label, chosen, rows)

    def list_options(self) -> Iterable[Option]:
        return self.options

    def is_known(self, value: str) -> bool:
        return value in dict(self.options)

    @abstractmethod
    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]: ...

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value(self.parameter_names[0])
        if not value:
            return queryset
        return self.filter_rows(queryset, value) if self.is_known(value) else queryset.none()


class StateFilter(SelectFilter):
    title = gettext_lazy("State")
    parameter_names = ("state",)

    options = (("planned", gettext_lazy("Planned")), *State.choices)

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "planned":
            return rows.filter(IS_PLANNED)
        rows = rows.filter(state=value)
        return rows.exclude(IS_PLANNED) if value == State.DRAFT else rows


class PublicFilter(SelectFilter):
    """Filter by what is public now, according to the editions."""

    title = gettext_lazy("Public")
    parameter_names = ("public",)
    options = (
        ("live", gettext_lazy("Live")),
        ("scheduled", gettext_lazy("Scheduled")),
        ("urgent", gettext_lazy("Urgent, awaiting confirmation")),
        ("withdrawn", gettext_lazy("Withdrawn")),
        ("removed", gettext_lazy("Removed")),
        ("never", gettext_lazy("Never public")),
    )

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        now = timezone.now()
        editions = Edition.objects.filter(brief=OuterRef("pk"))
        stands = editions.uncancelled()
        if value == "never":
            return rows.exclude(Exists(stands))
        if value == "live":  # most briefs match, so a subquery per row stops when the page is full
            return rows.filter(Exists(editions.listed(now)))
        few = {
            "scheduled": Edition.objects.scheduled(now),
            "urgent": Edition.objects.filter(urgent=True, confirmed_by=None).uncancelled(),
            "withdrawn": Edition.objects.public(now).filter(withdrawn_at__isnull=False, removed_at=None),
            "removed": Edition.objects.gone(now).filter(removed_at__isnull=False),
        }
        return rows.filter(pk__in=few[value].values("brief"))


class CompleteFilter(SelectFilter):
    title = gettext_lazy("Languages complete")
    parameter_names = ("complete",)
    options = (
        ("both", gettext_lazy("Both complete")),
        ("zh", gettext_lazy("Only Chinese complete")),
        ("en", gettext_lazy("Only English complete")),
        ("neither", gettext_lazy("Neither complete")),
    )

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        zh, en = build_complete_condition("zh"), build_complete_condition("en")
        return rows.filter({"both": zh & en, "zh": zh & ~en, "en": en & ~zh, "neither": ~zh & ~en}[value])


class RelatedRowFilter(SelectFilter):
    """A select of the rows of a table."""

    related_rows: QuerySet[Any]

    def list_options(self) -> Iterable[Option]:
        return [(str(row.pk), str(row)) for row in self.related_rows.all()]

    def is_known(self, value: str) -> bool:
        return bool(parse_int_or_zero(value))


class SourceFilter(RelatedRowFilter):
    title = gettext_lazy("Source")
    parameter_names = ("source",)
    related_rows = Source.objects.filter(merged_into=None).order_by("name")

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(source__in=find_family_ids(Source, int(value)))


class KeywordFilter(RelatedRowFilter):
    title = gettext_lazy("Keyword")
    parameter_names = ("keyword",)
    related_rows = Keyword.objects.filter(merged_into=None)

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        # A subquery per row: a keyword may be on nearly every brief, so the page is full after a few rows.
        family = find_family_ids(Keyword, int(value))
        return rows.filter(Exists(BriefKeyword.objects.filter(brief=OuterRef("pk"), keyword__in=family)))


class PersonFilter(RelatedRowFilter):
    """Filter by person and part; without a part, by any."""

    title = gettext_lazy("Person")
    parameter_names = ("person", "as")
    related_rows = Person.objects.filter(is_staff=True).order_by("name", "username")

    def fields(self) -> list[FilterField]:
        parts = [
            ("assigned", pgettext("part", "Assigned to")),
            ("reviews", pgettext("part", "Asked to review")),
            ("wrote", pgettext("part", "Wrote in it")),
            ("changed", pgettext("part", "Changed it last")),
        ]
        return [*super().fields(), self.build_select("as", _("Part"), parts, all_label=_("Any part"))]

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        pk = int(value)
        parts = {
            "assigned": Q(assigned_to=pk),
            "reviews": Q(pk__in=Assignment.objects.filter(person=pk, ended_at=None).values("brief")),
            "wrote": Q(pk__in=Revision.objects.filter(by=pk).values("brief")),
            "changed": Q(updated_by=pk),
        }
        return rows.filter(parts.get(self.value("as")) or reduce(or_, parts.values()))


class DateFilter(DeskFilter):
    """Filter by article date between two days, both included."""

    title = gettext_lazy("Article date")
    parameter_names = ("from", "to")

    def fields(self) -> list[FilterField]:
        labels = {"from": _("Article from"), "to": _("Article to")}
        return [FilterField(name, label, self.value(name)) for name, label in labels.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            days = {
                name: dt.date.fromisoformat(v) for name in self.parameter_names if (v := self.value(name))
            }
        except ValueError:
            return queryset.none()
        bounds = {"from": "article_date__gte", "to": "article_date__lte"}
        return queryset.filter(**{bounds[name]: day for name, day in days.items()})


class DueFilter(SelectFilter):
    title = gettext_lazy("Due")
    parameter_names = ("due",)
    options = (
        ("overdue", gettext_lazy("Overdue")),
        ("week", gettext_lazy("Within seven days")),
        ("any", gettext_lazy("Has a due day")),
        ("none", gettext_lazy("Without a due day")),
    )

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Filter by the writer's due date, or by a reviewer's open assignment."""
        asked = Assignment.objects.filter(brief=OuterRef("pk"), ended_at=None, due_on__isnull=False)
        if value == "none":
            return rows.filter(~Exists(asked), due_on=None)
        today = timezone.localdate()
        open_ones = rows.filter(state__in=policy.OPEN_STATES)
        if value == "overdue":
            return open_ones.filter(build_overdue_condition(today))
        if value == "week":
            soon = (today, today + WEEK)
            return open_ones.filter(Q(due_on__range=soon) | Exists(asked.filter(due_on__range=soon)))
        return open_ones.filter(Q(due_on__isnull=False) | Exists(asked))


class SortFilter(SelectFilter):
    """Sort order, from `SORT_ORDERS`. Excludes no rows."""

    title = gettext_lazy("Order")
    parameter_names = ("sort",)
    all_label = gettext_lazy("Newest change first")
    options = (
        ("oldest", gettext_lazy("Oldest change first")),
        ("article", gettext_lazy("Newest article first")),
        ("due", gettext_lazy("Due first")),
        ("priority", gettext_lazy("Priority first")),
    )

    def filter_rows(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows


NEWEST_FIRST = ("-updated_at", "-id")
SORT_ORDERS: dict[str, tuple[Any, ...]] = {
    "oldest": ("updated_at", "id"),
    "article": (F("article_date").desc(nulls_last=True), *NEWEST_FIRST),
    "due": (F("due_on").asc(nulls_last=True), *NEWEST_FIRST),
    "priority": ("-has_priority", F("due_on").asc(nulls_last=True), *NEWEST_FIRST),
}

BRIEF_FILTERS: tuple[type[DeskFilter], ...] = (
    *(StateFilter, PublicFilter, CompleteFilter, DueFilter, PersonFilter, SourceFilter),
    *(KeywordFilter, DateFilter, SortFilter),
)
FILTER_PARAMETERS = tuple(name for spec in BRIEF_FILTERS for name in spec.parameter_names)


# A person's saved filters of the brief list: a name for a URL query.

MAX_SAVED_FILTERS = 20
MAX_FILTER_NAME_LENGTH = 60
MAX_FILTER_QUERY_LENGTH = 500


def normalize_query(query: QueryDict) -> str:
    """Return the filters and sort order of a query in canonical form, without page number and empty values."""
    pairs = [(name, query.get(name, "").strip()) for name in ("q", *FILTER_PARAMETERS)]
    return urlencode([(name, value) for name, value in pairs if value])


def build_saved_filters_context(person: Person, query: QueryDict) -> dict[str, Any]:
    """Return the person's filters, which of them is current, and whether the current query can be saved."""
    current = normalize_query(query)
    rows = list(SavedFilter.objects.filter(person=person))
    return {
        "saved": [{"row": row, "is_current": row.query == current} for row in rows],
        "current": current,
        "may_save": bool(current)
        and len(rows) < MAX_SAVED_FILTERS
        and all(row.query != current for row in rows),
        "is_full": len(rows) >= MAX_SAVED_FILTERS,
        "most": MAX_SAVED_FILTERS,
    }


def save_filter(request: HttpRequest) -> HttpResponse:
    person = require_role(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    query = normalize_query(QueryDict(request.POST.get("query", "")[: 4 * MAX_FILTER_QUERY_LENGTH]))
    name, problem = _parse_filter_name(request, person)
    if not (query and len(query) <= MAX_FILTER_QUERY_LENGTH):
        problem = _("Choose a filter first, then save it.")
    elif SavedFilter.objects.filter(person=person).count() >= MAX_SAVED_FILTERS:
        problem = _("You have %(n)s saved filters. Delete one first.") % {"n": MAX_SAVED_FILTERS}
    if problem:
        messages.error(request, problem)
    else:
        SavedFilter.objects.get_or_create(person=person, name=name, defaults={"query": query})
    return _redirect_to_list(query)


def change_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename or delete one's own filter."""
    person = require_role(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = get_object_or_404(SavedFilter, person=person, pk=pk)
    if request.POST.get("do") == "delete":
        row.delete()
        messages.success(request, _("Deleted the filter “%(name)s”.") % {"name": row.name})
        return _redirect_to_list(row.query)
    name, problem = _parse_filter_name(request, person, excluded_pk=pk)
    if problem:
        messages.error(request, problem)
    else:
        SavedFilter.objects.filter(pk=pk).update(name=name)
    return _redirect_to_list(row.query)


def _parse_filter_name(request: HttpRequest, person: Person, *, excluded_pk: int = 0) -> tuple[str, str]:
    """Return the tidied name and an error message, empty if the name is valid."""
    try:
        name = " ".join(tidy_line(request.POST.get("name", "")).split())
    except ForbiddenCharacter:
        name = ""
    if not name or len(name) > MAX_FILTER_NAME_LENGTH:
        return name, _("Give the filter a name of at most %(n)s characters.") % {"n": MAX_FILTER_NAME_LENGTH}
    if SavedFilter.objects.filter(person=person, name=name).exclude(pk=excluded_pk).exists():
        return name, _("You have a filter named “%(name)s” already.") % {"name": name}
    return name, ""


def _redirect_to_list(query: str) -> HttpResponse:
    address = reverse("admin:briefs_brief_changelist")
    return redirect(f"{address}?{query}" if query else address)
