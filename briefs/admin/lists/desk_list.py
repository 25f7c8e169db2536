"""The one list of the desk: Django's changelist with our templates. A `ModelAdmin` declares columns, filters and actions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from briefs.admin.common.access import DeskAdmin, UndeletableAdmin
from briefs.admin.common.interface_labels import VOCABULARY_KIND_NAMES, format_with_label, interface_side
from briefs.content import LANGUAGE_TAGS, SIDES, Side

# Filters


class DeskFilter(admin.SimpleListFilter):
    """A filter whose one value `build_condition` turns into a condition. An unknown value matches no rows."""

    title: Any = ""
    options: ClassVar[Sequence[tuple[str, str | Promise]]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[Any]:
        return self.options

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (value := self.value()):
            return queryset
        is_known = value in dict(self.lookup_choices)
        return queryset.filter(self.build_condition(value)) if is_known else queryset.none()

    def build_condition(self, value: str) -> Q:
        """Return the condition of a known value: by default the parameter is a lookup."""
        return Q((self.parameter_name, value))


class TypedFilter(DeskFilter):
    """A value that is typed, since a list of thousands of names would outweigh the page."""

    input_type: ClassVar[str] = "search"

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"display": self.value() or "", "selected": True}


class ValueFilter(admin.AllValuesFieldListFilter):
    """The values that a column has, those with a label under it."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            if display := str(choice["display"]):
                yield choice | {"display": VOCABULARY_KIND_NAMES.get(display, display)}


# Cells


def render_lines(*lines: object) -> SafeString:
    """Render the lines of a cell, without the empty ones."""
    return format_html_join("", "<div>{}</div>", ((line,) for line in lines if line))


def render_titles(titles: Mapping[Side, str]) -> SafeString:
    """Render the titles of a row, that in the language of the interface first, without the empty ones."""
    sides = sorted((side for side in SIDES if titles[side]), key=lambda side: side != interface_side())
    return format_html_join(
        "", '<span lang="{}">{}</span>', ((LANGUAGE_TAGS[side], titles[side]) for side in sides)
    )


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

MAX_COUNTED = 5_000
"""Maximum number of rows counted and paged; the rest is reached by search and filters."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Limits counting, since counting 100,000 rows would cost more than the page."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: MAX_COUNTED + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > MAX_COUNTED

    @property
    def total(self) -> str:
        return f"{MAX_COUNTED:,}+" if self.is_capped else f"{self.count:,}"


class DeskList(UndeletableAdmin):
    """A model admin with our list and our form. Columns only read what `prepare_rows` has loaded."""

    change_list_template = "admin/briefs/lists/list.html"
    change_form_template = add_form_template = "admin/briefs/lists/form.html"
    object_history_template = "admin/briefs/lists/history.html"
    list_filter: ClassVar[Any] = ()
    empty_hint: ClassVar[str | Promise] = ""
    lede: ClassVar[str | Promise] = ""
    add_page: ClassVar[str] = "add"
    """Name of the page that the button for a new row opens."""
    under_inbox: ClassVar[bool] = False
    has_exports: ClassVar[bool] = False
    """Actions named `export_…` stand in a menu of the bulk bar."""
    media = forms.Media()
    """Without the scripts of Django's lists and forms."""
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_max_show_all = 0
    list_per_page = 50
    empty_value_display = ""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow only the parameters of the list's filters, so that a URL cannot query other columns."""
        names = [getattr(spec, "parameter_name", None) for spec in self.list_filter]
        columns = [
            spec if isinstance(spec, str) else spec[0]
            for spec in self.list_filter
            if not isinstance(spec, type)
        ]
        return lookup in names or lookup.removesuffix("__exact") in columns

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist: Any = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        self.prepare_rows(request, changelist.result_list)
        changelist.page = changelist.paginator.get_page(changelist.page_num)
        changelist.orders = [head for head in result_headers(changelist) if head["sortable"]]
        specs = changelist.filter_specs
        for spec in specs:
            spec.chosen = _describe_choice(spec, changelist)
        changelist.filter_text = _(", ").join(spec.chosen for spec in specs if spec.chosen)
        typed = {SEARCH_VAR, *(spec.parameter_name for spec in specs if isinstance(spec, TypedFilter))}
        changelist.hidden_parameters = [one for one in changelist.params.items() if one[0] not in typed]
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
        return [(_("History"), self.reverse_url("history", obj.pk))]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": self.opts.verbose_name_plural,
            "links": self.list_links(request),
            "buttons": self.list_buttons(request),
            "add_url": self.reverse_url(self.add_page) if self.has_add_permission(request) else "",
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        if obj := options.get("obj"):
            context["links"] = self.list_object_links(request, obj)
        query = request.GET.get("_changelist_filters", "")
        context |= {"form": context["adminform"].form, "list_query": f"?{query}" if query else ""}
        return super().render_change_form(request, context, *args, **options)


def _describe_choice(spec: Any, changelist: Any) -> str:
    """Return the chosen value in words, of a yes or no with its title, or an empty string."""
    chosen = [str(choice["display"]) for choice in spec.choices(changelist) if choice["selected"]]
    text = "" if chosen == [_("All")] else _(", ").join(chosen)
    is_bare = text and isinstance(spec, admin.BooleanFieldListFilter)
    return format_with_label(capfirst(spec.title), text) if is_bare else text


class ListOnlyAdmin(DeskList, DeskAdmin):
    """Admin of rows that the desk does not create or change in Django's form. It has custom `pages` instead."""

    pages: ClassVar[Sequence[tuple[str, Callable[..., HttpResponse], str]]] = ()
    """Route, view and name of each page besides the list."""
    list_display_links: Any = None
    sortable_by: ClassVar[Any] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Leave lists under *Inbox* out of the list of all lists."""
        return not self.under_inbox and super().has_module_permission(request)

    def get_urls(self) -> list[URLPattern]:
        pages = (("", self.changelist_view, "changelist"), *self.pages)
        return [self.build_url_pattern(*page) for page in pages]
