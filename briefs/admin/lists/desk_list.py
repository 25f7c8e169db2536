"""The one list of the desk. A `ModelAdmin` declares columns, filters and actions; rows, chips and the bulk bar follow."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Final, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _

from briefs.admin.common.access import DeskAdmin, UndeletableAdmin
from briefs.admin.common.interface_labels import interface_side
from briefs.content import LANGUAGE_TAGS

# Filters: each has a chip while it is set, and links or fields in the menu. All values are in the address.

type Option = tuple[str, str | Promise]

ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field of the menu, for filters with too many values for links: a select if there are options, else an input."""

    name: str
    label: str | Promise
    value: str
    options: Sequence[tuple[str, str, bool]] = ()
    kind: str = "date"


class DeskFilter(admin.ListFilter, ABC):
    """A filter with URL parameters. Unknown values match no rows."""

    title: Any = ""
    parameter_names: tuple[str, ...] = ()
    default: ClassVar[str] = ""
    """Value while the address has none. The value `all` then stands for no filter."""

    @property
    def value_without(self) -> str | None:
        """Value in the address of the list without this filter."""
        return ALL if self.default else None

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
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
        """Yield the links of the menu."""
        return iter(())

    def fields(self) -> list[FilterField]:
        return []

    @abstractmethod
    def describe(self) -> str:
        """Return the chosen values in words, or an empty string."""


class SelectFilter(DeskFilter):
    """A filter whose parameter is one of several known values, or more of them joined by commas."""

    options: ClassVar[Sequence[Option]] = ()
    is_single: ClassVar[bool] = False

    def list_options(self) -> Iterable[Option]:
        return self.options

    @cached_property
    def chosen(self) -> list[str]:
        value = self.value(self.parameter_names[0]) or self.default
        return [] if self.default and value == ALL else [one for one in value.split(",") if one]

    def is_known(self, value: str) -> bool:
        return value in dict(self.list_options())

    def describe(self) -> str:
        labels = dict(self.list_options())
        return _(", ").join(str(labels.get(value, value)) for value in self.chosen)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        name = self.parameter_names[0]
        for value, label in self.list_options():
            is_on = value in self.chosen
            rest = [one for one in self.chosen if one != value]
            wanted = rest if is_on else [value] if self.is_single else [*rest, value]
            query = changelist.get_query_string({name: ",".join(wanted) or self.value_without})
            yield {"query": query, "label": label, "is_on": is_on}

    @abstractmethod
    def build_condition(self, value: str) -> Q: ...

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen:
            return queryset
        if not all(map(self.is_known, self.chosen)):
            return queryset.none()
        return queryset.filter(reduce(or_, map(self.build_condition, self.chosen)))


class RelatedRowFilter(SelectFilter):
    """A select of the rows of a table."""

    related_rows: QuerySet[Any]
    is_single = True

    @cached_property
    def _rows(self) -> list[Option]:
        return [(str(row.pk), str(row)) for row in self.related_rows.all()]

    def list_options(self) -> Iterable[Option]:
        return self._rows

    def is_known(self, value: str) -> bool:
        return value.isascii() and value.isdecimal() and len(value) < 10

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        return iter(())

    def fields(self) -> list[FilterField]:
        name = self.parameter_names[0]
        chosen = self.value(name)
        options = [(value, str(label), value == chosen) for value, label in self.list_options()]
        return [FilterField(name, self.title, chosen, [("", _("All"), not chosen), *options])]

    def describe(self) -> str:
        return super().describe() if set(self.chosen) <= dict(self._rows).keys() else "?"


def build_column_filter(
    lookup: str, title: str | Promise, options: Sequence[Option] | Callable[[], Iterable[Option]]
) -> type[SelectFilter]:
    """Return a filter that compares one column. `lookup` is the URL parameter and the condition of the query."""

    class ColumnFilter(SelectFilter):
        parameter_names = (lookup,)

        def list_options(self) -> Iterable[Option]:
            return options() if callable(options) else options

        def build_condition(self, value: str) -> Q:
            return Q(**{lookup: value})

    ColumnFilter.title = title
    return ColumnFilter


def list_values(
    model: type[models.Model], column: str, labels: Mapping[str, Any]
) -> Callable[[], list[Option]]:
    """Return a function that lists the values that a column has, those with a label under that."""

    def values() -> list[Option]:
        stored = (
            model._default_manager.exclude(**{column: ""}).order_by(column).values_list(column, flat=True)
        )
        return [(value, labels.get(value, value)) for value in stored.distinct()]

    return values


# Rows


@dataclass(slots=True)
class Passage:
    """A text of a row in which the searched words occur, in both languages."""

    label: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Act:
    """A button of a row or of the bulk bar. `url`: its address, if that is not the list's."""

    label: object
    name: str
    value: object
    url: str = ""

    @property
    def is_export(self) -> bool:
        """Return whether the button stands in the menu of exports."""
        return str(self.value).startswith("export_")


@dataclass(slots=True)
class Row:
    """A row of a list. `tone` (late, soon, past) colours its age; `edit_url` is the page whose form opens in place."""

    pk: int
    titles: Sequence[tuple[object, str]]
    url: str = ""
    edit_url: str = ""
    opens_in_place: bool = False
    version: int | None = None
    text: object = ""
    facts: Sequence[object] = ()
    now: object = ""
    age: object = ""
    tone: str = ""
    passages: Sequence[Passage] = ()
    acts: Sequence[Act] = ()


MAX_COUNTED = 5_000
"""Maximum number of rows counted and paged; the rest is reached by search and filters."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Limits counting, since counting 100,000 rows would cost more than the page."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: MAX_COUNTED + 1].count()


class DeskChangeList(ChangeList):
    """Builds the rows, the chips and the menu of filters once per page."""

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.rows = self.model_admin.build_rows(request, self)
        self.is_capped = self.result_count > MAX_COUNTED
        self.pages = range(1, self.paginator.num_pages + 1)
        self.filters = [self._describe_filter(cast(DeskFilter, spec)) for spec in self.filter_specs]
        self.is_filtered = bool(self.query or self.has_active_filters)
        own = {field.name for one in self.filters for field in one["fields"]}
        self.hidden_inputs = [(k, v) for k, v in self.params.items() if k != "q" and k not in own and v]
        self.total = f"{MAX_COUNTED:,}+" if self.is_capped else f"{self.result_count:,}"
        self.older = (
            self.get_query_string({"p": self.page_num + 1}) if self.page_num < len(self.pages) else ""
        )
        self.newer = self.get_query_string({"p": self.page_num - 1}) if self.page_num > 1 else ""
        self.orders = self._list_orders()
        self.edits = any(row.edit_url for row in self.rows)

    def _describe_filter(self, spec: DeskFilter) -> dict[str, Any]:
        return {
            "title": spec.title,
            "shown": spec.describe(),
            "without": self.get_query_string(dict.fromkeys(spec.parameter_names, spec.value_without)),
            "links": list(spec.choices(self)),
            "fields": spec.fields(),
        }

    def _list_orders(self) -> list[dict[str, Any]]:
        """Return a link for each column that can be sorted. A second use reverses the order."""
        columns = dict(self.get_ordering_field_columns())
        sortable = self.sortable_by if self.sortable_by is not None else self.list_display
        orders = []
        for n, name in enumerate(self.list_display, 1):
            if name in sortable and self.get_ordering_field(name):
                used = columns.get(n, "") if "o" in self.params else ""
                query = self.get_query_string({"o": -n if used == "asc" else n})
                label = label_for_field(name, self.model, self.model_admin)
                orders.append(
                    {"label": label, "query": query, "arrow": {"asc": "↑", "desc": "↓"}.get(used, "")}
                )
        return orders


class DeskList(UndeletableAdmin):
    """A model admin with our list and our form.

    `list_display` begins with the titles of a row (`titles` of them: the second is the same in the other language or by
    another name); its other columns are the facts below, but for those named in `now_column` and `age_column`.
    """

    change_list_template = "admin/briefs/lists/list.html"
    change_form_template = add_form_template = "admin/briefs/lists/form.html"
    object_history_template = "admin/briefs/lists/history.html"
    title_count: ClassVar[int] = 1
    now_column: ClassVar[str] = ""
    age_column: ClassVar[str] = ""
    search_hint: ClassVar[str | Promise] = ""
    empty_hint: ClassVar[str | Promise] = ""
    lede: ClassVar[str | Promise] = ""
    edits_in_place: ClassVar[bool] = True
    add_page: ClassVar[str] = "add"
    """Name of the page that the button for a new row opens."""
    under_inbox: ClassVar[bool] = False
    has_exports: ClassVar[bool] = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_max_show_all = 0
    list_per_page = 50
    empty_value_display = ""

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return DeskChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow only the parameters of our own filters, so that a URL cannot query other columns."""
        return any(lookup in getattr(spec, "parameter_names", ()) for spec in self.list_filter)

    def build_rows(self, request: HttpRequest, changelist: DeskChangeList) -> list[Row]:
        """Return the rows of a page. The number of queries is constant."""
        names = [str(name) for name in self.get_list_display(request)]
        titles, facts = names[: self.title_count], names[self.title_count :]
        facts = [name for name in facts if name not in (self.now_column, self.age_column)]
        may_open = self.edits_in_place and self.has_view_or_change_permission(request)
        query = changelist.get_query_string() if may_open else ""
        return [
            Row(
                row.pk,
                self.build_titles(row, titles),
                url := self._build_change_url(row, query) if may_open else "",
                edit_url=url if self.has_change_permission(request, row) else "",
                opens_in_place=bool(url) and self.has_change_permission(request, row),
                facts=[text for name in facts if (text := self.render_cell(row, name))],
                now=self.render_cell(row, self.now_column),
                age=self.render_cell(row, self.age_column),
                tone=self.choose_tone(row),
            )
            for row in changelist.result_list
        ]

    def _build_change_url(self, row: Any, query: str) -> str:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        return f"{url}?{urlencode({'_changelist_filters': query[1:]})}" if query[1:] else url

    def build_titles(self, row: Any, names: Sequence[str]) -> list[tuple[object, str]]:
        """Return the titles with their languages, that of the interface first if the names end in `_zh` and `_en`."""
        if len(names) == 2 and names[0].endswith("zh"):
            names = sorted(names, key=lambda name: not name.endswith(interface_side()))
        langs = [
            LANGUAGE_TAGS["zh" if name.endswith("zh") else "en"] if name[-2:] in ("zh", "en") else ""
            for name in names
        ]
        titles = [(self.render_cell(row, name), lang) for name, lang in zip(names, langs, strict=True)]
        return [title for title in titles if title[0]] or [(str(row), "")]

    def render_cell(self, row: Any, name: str) -> Any:
        if not name:
            return ""
        column, _attribute, value = lookup_field(name, row, self)
        if column is None:
            return display_for_value(value, "")
        return display_for_field(value, column, "")

    def choose_tone(self, row: Any) -> str:
        return ""

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        """Return labels and addresses of pages about the whole list."""
        return ()

    def list_acts(self, request: HttpRequest) -> list[Act]:
        """Return the buttons of the bulk bar."""
        return [Act(label, "action", name) for name, label in self.get_action_choices(request) if name]

    def list_object_links(self, request: HttpRequest, obj: Any) -> list[tuple[object, str]]:
        """Return labels and addresses of further pages about one row."""
        history = f"admin:{self.opts.app_label}_{self.opts.model_name}_history"
        return [(_("History"), reverse(history, args=[obj.pk]))]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        if obj := options.get("obj"):
            context["links"] = self.list_object_links(request, obj)
        query = request.GET.get("_changelist_filters", "")
        context["form"] = context["adminform"].form
        context["list_query"] = f"?{query}" if query else ""
        return super().render_change_form(request, context, *args, **options)

    @property
    def media(self) -> forms.Media:
        """Leave out the scripts of Django's forms."""
        return forms.Media()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": self.opts.verbose_name_plural,
            "screen": self,
            "links": [link for link in self.list_links(request) if link],
            "acts": self.list_acts(request),
            "add_url": self._add_url(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def _add_url(self, request: HttpRequest) -> str:
        if not self.has_add_permission(request):
            return ""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{self.add_page}")


def count_by_row(rows: QuerySet[Any], column: Any) -> dict[int, int]:
    """Count rows by the value of a column, in one query."""
    return dict(rows.order_by().values_list(column).annotate(n=Count("pk")))


class ListOnlyAdmin(DeskList, DeskAdmin):
    """Admin of rows that the desk does not create or change. It has custom `pages` instead of a form."""

    pages: ClassVar[tuple[tuple[str, Callable[..., HttpResponse], str], ...]] = ()
    """Route, view and name of each page besides the list."""
    edits_in_place = False
    under_inbox = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave the pages out of the list of all lists: they are under *Inbox*."""
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [self.build_url_pattern(*page) for page in self.pages]
        if any(name == "changelist" for _route, _view, name in self.pages):
            return own
        return [self.build_url_pattern("", self.changelist_view, "changelist"), *own]
