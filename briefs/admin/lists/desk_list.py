"""The one list of the desk: Django's changelist with our templates. A `ModelAdmin` declares columns, filters and actions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import ORDER_VAR
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from briefs.admin.common.access import DeskAdmin, UndeletableAdmin
from briefs.content import LANGUAGE_TAGS

# Filters

type Option = tuple[str, str | Promise]

ALL: Final = "all"


class DeskFilter(admin.SimpleListFilter):
    """A filter with one URL parameter, whose values `build_condition` turns into conditions. Unknown values match no rows."""

    title: Any = ""
    options: ClassVar[Sequence[Option]] = ()
    kind: ClassVar[str] = "links"
    """Its form in the menu: `links`, of which several can be chosen, a `select`, or the type of an input."""
    is_single: ClassVar[bool] = False
    """Choosing one link takes the place of another."""
    default: ClassVar[str] = ""
    """Value while the address has none. The value `all` then stands for no filter."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[Any]:
        return self.options

    def has_output(self) -> bool:
        return True

    @cached_property
    def chosen(self) -> list[str]:
        value = self.value() or self.default
        if self.default and value == ALL:
            return []
        return list(filter(None, value.split(",") if self.kind == "links" else [value]))

    def describe(self) -> str:
        """Return the chosen values in words, or an empty string."""
        labels = dict(self.lookup_choices)
        return _(", ").join(str(labels.get(value, value)) for value in self.chosen)

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            is_on = value in self.chosen
            rest = [one for one in self.chosen if one != value]
            values = rest if is_on else [value] if self.is_single else [*rest, value]
            query = {self.parameter_name: ",".join(values) or (ALL if self.default else None)}
            link = changelist.get_query_string(query)
            yield {"value": value, "display": label, "selected": is_on, "query_string": link}

    def is_known(self, value: str) -> bool:
        return value in dict(self.lookup_choices)

    def build_condition(self, value: str) -> Q:
        """Return the condition of one known value: by default the parameter is a lookup."""
        return Q((self.parameter_name, value))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen:
            return queryset
        if not all(map(self.is_known, self.chosen)):
            return queryset.none()
        return queryset.filter(reduce(or_, map(self.build_condition, self.chosen)))


def build_column_filter(
    lookup: str, title: str | Promise, options: Sequence[Option] | Callable[[], Iterable[Option]]
) -> type[DeskFilter]:
    """Return a filter that compares one column. `lookup` is the URL parameter and the condition of the query."""

    class ColumnFilter(DeskFilter):
        parameter_name = lookup

        def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[Any]:
            return options() if callable(options) else options

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


class OrderFilter(DeskFilter):
    """The columns by which Django's list can be sorted. Choosing one again reverses the order."""

    title = gettext_lazy("Order")
    parameter_name = ORDER_VAR

    def value(self) -> str:
        return self.request.GET.get(ORDER_VAR, "")

    def describe(self) -> str:
        return ""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for header in result_headers(changelist):
            if header["sortable"]:
                arrow = ("↑" if header["ascending"] else "↓") if header["sorted"] else ""
                label = f"{header['text']} {arrow}"
                yield {
                    "display": label,
                    "selected": header["sorted"],
                    "query_string": header["url_primary"],
                }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


# Cells


def render_lines(*lines: object) -> SafeString:
    """Render the lines of a cell, without the empty ones."""
    return format_html_join("", "<div>{}</div>", ((line,) for line in lines if line))


def render_titles(*titles: tuple[object, str]) -> SafeString:
    """Render the titles of a row with their languages, without the empty ones."""
    return format_html_join("", '<span lang="{1}">{0}</span>', (title for title in titles if title[0]))


def render_button(label: object, url: str, name: str, value: object, about: object) -> SafeString:
    """Render a button about one row, which posts to another page."""
    button = '<button class="btn second" formaction="{}" name="{}" value="{}">{}<span class="visually-hidden"> {}</span></button>'
    return format_html(button, url, name, value, label, about)


def build_name_column(
    model: type[models.Model], column: str, missing: str | Promise = ""
) -> Callable[[Any], SafeString]:
    """Return a column of names in one language. `missing`: the text of a row without one."""
    field: Any = model._meta.get_field(column)
    lang = LANGUAGE_TAGS["zh" if column.endswith("zh") else "en"]

    @admin.display(description=field.verbose_name, ordering=column)
    def render_name(row: Any) -> SafeString:
        if name := getattr(row, column):
            return format_html('<span lang="{}">{}</span>', lang, name)
        return format_html('<span class="soon">{}</span>', missing) if missing else SafeString()

    render_name.__name__ = column
    return render_name


# The list

gettext_noop("Select this object for an action - {}")  # Django says it in the Chinese of the mainland

MAX_COUNTED = 5_000
"""Maximum number of rows counted and paged; the rest is reached by search and filters."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Limits counting, since counting 100,000 rows would cost more than the page."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: MAX_COUNTED + 1].count()


class DeskList(UndeletableAdmin):
    """A model admin with our list and our form. Columns only read what `prepare_rows` has loaded."""

    change_list_template = "admin/briefs/lists/list.html"
    change_form_template = add_form_template = "admin/briefs/lists/form.html"
    object_history_template = "admin/briefs/lists/history.html"
    empty_hint: ClassVar[str | Promise] = ""
    lede: ClassVar[str | Promise] = ""
    add_page: ClassVar[str] = "add"
    """Name of the page that the button for a new row opens."""
    under_inbox: ClassVar[bool] = False
    has_exports: ClassVar[bool] = False
    """Actions named `export_…` stand in a menu of the bulk bar."""
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_max_show_all = 0
    list_per_page = 50
    empty_value_display = ""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow only the parameters of our own filters, so that a URL cannot query other columns."""
        return any(lookup == getattr(spec, "parameter_name", "") for spec in self.list_filter)

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self.list_filter if self.sortable_by == () else (*self.list_filter, OrderFilter)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist: Any = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        self.prepare_rows(request, changelist.result_list)
        count = changelist.result_count
        changelist.is_capped = count > MAX_COUNTED
        changelist.total = f"{MAX_COUNTED:,}+" if changelist.is_capped else f"{count:,}"
        changelist.filter_text = _(", ").join(
            filter(None, (spec.describe() for spec in changelist.filter_specs))
        )
        return changelist

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        """Set what the columns read on the rows of a page, with a constant number of queries."""

    def list_links(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        """Return labels and addresses of pages about the whole list."""
        return ()

    def list_buttons(self, request: HttpRequest) -> Sequence[tuple[object, str]]:
        """Return labels and addresses of acts on the whole list."""
        return ()

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
        """Leave out the scripts of Django's lists and forms."""
        return forms.Media()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": self.opts.verbose_name_plural,
            "screen": self,
            "links": self.list_links(request),
            "buttons": self.list_buttons(request),
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
    list_display_links: Any = None
    sortable_by = ()
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
