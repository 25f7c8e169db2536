"""Filters of the brief list, kept in the address."""

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy, pgettext_lazy

from briefs.admin.common.brief_pages import parse_int_or_zero
from briefs.derived.build import find_family_ids
from briefs.models import (
    Assignment,
    BriefKeyword,
    Bullet,
    Edition,
    Keyword,
    Person,
    Revision,
    SignOff,
    Source,
    State,
)
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import policy

from .desk_list import DeskFilter

IS_PLANNED = Q(state=State.DRAFT, headline_zh="", summary_zh="", summary_en="")
"""`Brief.is_planned` as a database condition."""
WEEK = dt.timedelta(days=7)
MAX_NAMED_ROWS = 50
"""Most rows that a typed part of a name stands for."""


def build_overdue_condition(today: dt.date) -> Q:
    """Match drafts whose writer is late and briefs in review with an overdue, unanswered review assignment."""
    answers = SignOff.of_brief("brief").filter(
        leaf=OuterRef("side"), by=OuterRef("person"), at__gte=OuterRef("at")
    )
    asked = Assignment.objects.open().filter(brief=OuterRef("pk"), due_on__lt=today)
    unanswered = Q(Exists(asked.exclude(Exists(answers))), state=State.IN_REVIEW)
    return Q(state=State.DRAFT, due_on__lt=today) | unanswered


def build_complete_condition(side: str) -> Q:
    """Match briefs with headline, summary and every bullet in a language, ignoring one-sided bullets."""
    lacking = Bullet.objects.filter(one_sided="", **{f"text_{side}": ""}).values("brief")
    return ~Q(**{f"headline_{side}": ""}) & ~Q(**{f"summary_{side}": ""}) & ~Q(pk__in=lacking)


class StateFilter(DeskFilter):
    title = gettext_lazy("State")
    parameter_name = "state"

    options = (("planned", gettext_lazy("Planned")), *State.choices)

    def build_condition(self, value: str) -> Q:
        if value == "planned":
            return IS_PLANNED
        return Q(state=value) & ~IS_PLANNED if value == State.DRAFT else Q(state=value)


class PublicFilter(DeskFilter):
    """Filter by what is public now, according to the editions."""

    title = gettext_lazy("Public")
    parameter_name = "public"
    options = (
        ("live", gettext_lazy("Live")),
        ("scheduled", gettext_lazy("Scheduled")),
        ("withdrawn", gettext_lazy("Withdrawn")),
        ("removed", gettext_lazy("Removed")),
        ("never", gettext_lazy("Never public")),
    )

    def build_condition(self, value: str) -> Q:
        now = timezone.now()
        editions = Edition.objects.filter(brief=OuterRef("pk"))
        stands = editions.uncancelled()
        if value == "never":
            return ~Q(Exists(stands))
        if value == "live":  # most briefs match, so a subquery per row stops when the page is full
            return Q(Exists(editions.listed(now)))
        few = {
            "scheduled": Edition.objects.scheduled(now),
            "withdrawn": Edition.objects.public(now).filter(withdrawn_at__isnull=False, removed_at=None),
            "removed": Edition.objects.gone(now).filter(removed_at__isnull=False),
        }
        return Q(pk__in=few[value].values("brief"))


class CompleteFilter(DeskFilter):
    title = gettext_lazy("Languages complete")
    parameter_name = "complete"
    options = (
        ("both", gettext_lazy("Both complete")),
        ("zh", gettext_lazy("Only Chinese complete")),
        ("en", gettext_lazy("Only English complete")),
        ("neither", gettext_lazy("Neither complete")),
    )

    def build_condition(self, value: str) -> Q:
        zh, en = build_complete_condition("zh"), build_complete_condition("en")
        return {"both": zh & en, "zh": zh & ~en, "en": en & ~zh, "neither": ~zh & ~en}[value]


class NamedRowFilter(DeskFilter):
    """A part of a name, or the id of a row. A select of thousands of names would outweigh the page."""

    kind = "search"
    model: ClassVar[type[Vocabulary]]
    columns: ClassVar[tuple[str, ...]]

    def is_known(self, value: str) -> bool:
        return True

    @cached_property
    def _rows(self) -> dict[int, str]:
        """Return the names of the rows that match, by id."""
        (value,) = self.chosen
        names = Q(*((f"{column}__icontains", value) for column in self.columns), _connector=Q.OR)
        condition = Q(pk=pk) if (pk := parse_int_or_zero(value)) else names
        return {row.pk: str(row) for row in self.model._default_manager.filter(condition)[:MAX_NAMED_ROWS]}

    def describe(self) -> str:
        text = super().describe()
        return next(iter(self._rows.values()), text) if text.isdecimal() else text

    def find_ids(self) -> set[int]:
        return find_family_ids(self.model, *self._rows)


class SourceFilter(NamedRowFilter):
    title = gettext_lazy("Source")
    parameter_name = "source"
    model, columns = Source, ("name", "name_zh")

    def build_condition(self, value: str) -> Q:
        return Q(source__in=self.find_ids())


class KeywordFilter(NamedRowFilter):
    title = gettext_lazy("Keyword")
    parameter_name = "keyword"
    model, columns = Keyword, ("label_zh", "label_en")

    def build_condition(self, value: str) -> Q:
        # A subquery per row: a keyword may be on nearly every brief, so the page is full after a few rows.
        uses = BriefKeyword.objects.filter(brief=OuterRef("pk"), keyword__in=self.find_ids())
        return Q(Exists(uses))


class PersonFilter(DeskFilter):
    """Filter by a person and, with `PartFilter`, by their part; without a part, by any."""

    title = gettext_lazy("Person")
    parameter_name = "person"
    kind = "select"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
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

    title = gettext_lazy("Part")
    parameter_name = "as"
    is_single = True
    options = (
        ("assigned", pgettext_lazy("part", "Assigned to")),
        ("reviews", pgettext_lazy("part", "Asked to review")),
        ("wrote", pgettext_lazy("part", "Wrote in it")),
        ("changed", pgettext_lazy("part", "Changed it last")),
    )

    def build_condition(self, value: str) -> Q:
        return Q()


class DateFilter(DeskFilter):
    """A first or last day of the article's date, included."""

    kind = "date"
    comparison: ClassVar[str]

    def is_known(self, value: str) -> bool:
        try:
            return bool(dt.date.fromisoformat(value))
        except ValueError:
            return False

    def build_condition(self, value: str) -> Q:
        return Q(**{f"article_date__{self.comparison}": dt.date.fromisoformat(value)})


class FromFilter(DateFilter):
    title = gettext_lazy("Article from")
    parameter_name, comparison = "from", "gte"


class ToFilter(DateFilter):
    title = gettext_lazy("Article to")
    parameter_name, comparison = "to", "lte"


class DueFilter(DeskFilter):
    title = gettext_lazy("Due")
    parameter_name = "due"
    options = (
        ("overdue", gettext_lazy("Overdue")),
        ("week", gettext_lazy("Within seven days")),
        ("any", gettext_lazy("Has a due day")),
        ("none", gettext_lazy("Without a due day")),
    )

    def build_condition(self, value: str) -> Q:
        """Match the writer's due date, or that of a reviewer's open assignment."""
        asked = Assignment.objects.open().filter(brief=OuterRef("pk"), due_on__isnull=False)
        if value == "none":
            return Q(~Exists(asked), due_on=None)
        today = timezone.localdate()
        is_open = Q(state__in=policy.OPEN_STATES)
        if value == "overdue":
            return is_open & build_overdue_condition(today)
        if value == "week":
            soon = (today, today + WEEK)
            return is_open & (Q(due_on__range=soon) | Q(Exists(asked.filter(due_on__range=soon))))
        return is_open & (Q(due_on__isnull=False) | Q(Exists(asked)))


class SortFilter(DeskFilter):
    """Sort order, from `SORT_ORDERS`. Excludes no rows."""

    title = gettext_lazy("Order")
    parameter_name = "sort"
    is_single = True
    options = (
        ("oldest", gettext_lazy("Oldest change first")),
        ("article", gettext_lazy("Newest article first")),
        ("due", gettext_lazy("Due first")),
        ("priority", gettext_lazy("Priority first")),
    )

    def build_condition(self, value: str) -> Q:
        return Q()


NEWEST_FIRST = ("-updated_at", "-id")
SORT_ORDERS: dict[str, tuple[Any, ...]] = {
    "oldest": ("updated_at", "id"),
    "article": (F("article_date").desc(nulls_last=True), *NEWEST_FIRST),
    "due": (F("due_on").asc(nulls_last=True), *NEWEST_FIRST),
    "priority": ("-has_priority", F("due_on").asc(nulls_last=True), *NEWEST_FIRST),
}

BRIEF_FILTERS: tuple[type[DeskFilter], ...] = (
    *(StateFilter, PublicFilter, CompleteFilter, DueFilter, PersonFilter, PartFilter, SourceFilter),
    *(KeywordFilter, FromFilter, ToFilter, SortFilter),
)
