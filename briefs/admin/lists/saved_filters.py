"""A person's saved filters of the brief list: a name for a URL query."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ...content import ForbiddenCharacter, tidy_line
from ...models import Person, SavedFilter
from ..common.access import require_role
from .filters import FILTER_PARAMETERS

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
