"""Filters of the brief list, kept in the address."""

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from briefs.derived.search import as_prefix_query, parse_query
from briefs.models import Assignment, Bullet, Edition, Person, Revision, SignOff, State
from briefs.workflow import policy

from .brief_search import filter_briefs
from .desk_list import DeskFilter, TypedFilter

IS_PLANNED = Q(state=State.DRAFT, headline_zh="", summary_zh="", summary_en="")
"""`Brief.is_planned` as a database condition."""
WEEK = dt.timedelta(days=7)


class StateFilter(DeskFilter):
    title, parameter_name = gettext_lazy("State"), "state"
    options = (
        ("open", pgettext_lazy("briefs", "Open")),
        ("planned", gettext_lazy("Planned")),
        *State.choices,
    )

    def build_condition(self, value: str) -> Q:
        special = {
            "open": Q(state__in=policy.OPEN_STATES),
            "planned": IS_PLANNED,
            State.DRAFT: Q(state=State.DRAFT) & ~IS_PLANNED,
        }
        return special.get(value, Q(state=value))


class PublicFilter(DeskFilter):
    """Filter by what is public now, according to the editions."""

    title, parameter_name = gettext_lazy("Public"), "public"
    options = (
        ("live", gettext_lazy("Live")),
        ("scheduled", gettext_lazy("Scheduled")),
        ("withdrawn", gettext_lazy("Withdrawn")),
        ("removed", gettext_lazy("Removed")),
        ("never", gettext_lazy("Never public")),
    )

    def build_condition(self, value: str) -> Q:
        now, editions = timezone.now(), Edition.objects.filter(brief=OuterRef("pk"))
        if value == "never":
            return ~Q(Exists(editions.uncancelled()))
        if value == "live":  # most briefs match, so a subquery per row stops when the page is full
            return Q(Exists(editions.listed(now)))
        few = {
            "scheduled": Edition.objects.scheduled(now),
            "withdrawn": Edition.objects.public(now).filter(withdrawn_at__isnull=False, removed_at=None),
            "removed": Edition.objects.gone(now).filter(removed_at__isnull=False),
        }
        return Q(pk__in=few[value].values("brief"))


class CompleteFilter(DeskFilter):
    """Filter by the languages with headline, summary and every bullet that is not one-sided on purpose."""

    title, parameter_name = gettext_lazy("Languages complete"), "complete"
    options = (
        ("both", gettext_lazy("Both complete")),
        ("zh", gettext_lazy("Only Chinese complete")),
        ("en", gettext_lazy("Only English complete")),
        ("neither", gettext_lazy("Neither complete")),
    )

    def build_condition(self, value: str) -> Q:
        zh, en = (
            ~Q(**{f"headline_{side}": ""})
            & ~Q(**{f"summary_{side}": ""})
            & ~Q(pk__in=Bullet.objects.filter(one_sided="", **{f"text_{side}": ""}).values("brief"))
            for side in ("zh", "en")
        )
        return {"both": zh & en, "zh": zh & ~en, "en": en & ~zh, "neither": ~zh & ~en}[value]


class DueFilter(DeskFilter):
    """Filter by the writer's due day, or that of a reviewer's open assignment."""

    title, parameter_name = gettext_lazy("Due"), "due"
    options = (
        ("overdue", gettext_lazy("Overdue")),
        ("week", gettext_lazy("Within seven days")),
        ("any", gettext_lazy("Has a due day")),
        ("none", gettext_lazy("Without a due day")),
    )

    def build_condition(self, value: str) -> Q:
        today = timezone.localdate()
        asked = Assignment.objects.open().filter(brief=OuterRef("pk"), due_on__isnull=False)
        if value == "none":
            return Q(~Exists(asked), due_on=None)
        if value == "overdue":  # the writer, or a reviewer who has not answered since
            answers = SignOff.of_brief("brief").filter(
                leaf=OuterRef("side"), by=OuterRef("person"), at__gte=OuterRef("at")
            )
            late = asked.filter(~Exists(answers), due_on__lt=today)
            return Q(state=State.DRAFT, due_on__lt=today) | Q(Exists(late), state=State.IN_REVIEW)
        days = {"due_on__range": (today, today + WEEK)} if value == "week" else {"due_on__isnull": False}
        return Q(Q(**days) | Q(Exists(asked.filter(**days))), state__in=policy.OPEN_STATES)


class PersonFilter(DeskFilter):
    """Filter by a person and, with `PartFilter`, by their part; without a part, by any."""

    title, parameter_name = gettext_lazy("Person"), "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = Person.objects.filter(is_staff=True).order_by("name", "username")
        return [(str(person.pk), str(person)) for person in people]

    def build_condition(self, value: str) -> Q:
        pk = int(value)
        parts = {
            "assigned": Q(assigned_to=pk),
            "reviews": Q(pk__in=Assignment.objects.filter(person=pk, ended_at=None).values("brief")),
            "wrote": Q(pk__in=Revision.objects.filter(by=pk).values("brief")),
            "changed": Q(updated_by=pk),
        }
        return parts.get(self.request.GET.get("as", "")) or reduce(or_, parts.values())


class PartFilter(DeskFilter):
    """The part of the person that `PersonFilter` filters by."""

    title, parameter_name = gettext_lazy("Part"), "as"
    options = (
        ("assigned", pgettext_lazy("part", "Assigned to")),
        ("reviews", pgettext_lazy("part", "Asked to review")),
        ("wrote", pgettext_lazy("part", "Wrote in it")),
        ("changed", pgettext_lazy("part", "Changed it last")),
    )

    def build_condition(self, value: str) -> Q:
        return Q()


class QueryFilter(TypedFilter):
    """A value typed in the menu. `pattern`: the query of the search box that means the same."""

    pattern: ClassVar[str]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (value := self.value()):
            return queryset
        query = as_prefix_query(parse_query(self.pattern.format(value)))
        return queryset.none() if query.is_empty else filter_briefs(queryset, query)


class SourceFilter(QueryFilter):
    title, parameter_name, pattern = gettext_lazy("Source"), "source", 'source:"{}"'


class KeywordFilter(QueryFilter):
    title, parameter_name, pattern = gettext_lazy("Keyword"), "keyword", 'keyword:"{}"'


class FromFilter(QueryFilter):
    title, parameter_name, pattern = gettext_lazy("Article from"), "from", "after:{}"
    input_type = "date"


class ToFilter(QueryFilter):
    title, parameter_name, pattern = gettext_lazy("Article to"), "to", "until:{}"
    input_type = "date"


BRIEF_FILTERS: Final[tuple[type[DeskFilter], ...]] = (
    *(StateFilter, PublicFilter, CompleteFilter, DueFilter, PersonFilter, PartFilter, SourceFilter),
    *(KeywordFilter, FromFilter, ToFilter),
)
