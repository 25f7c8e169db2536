"""A person's own views of the list: a name for what stands in its address."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ...content import Untidy, tidy_line
from ...models import Person, SavedFilter
from ..common.access import require
from .filters import PARAMETERS

MOST = 20
LONGEST_NAME = 60
LONGEST_QUERY = 500


def kept(query: QueryDict) -> str:
    """What of an address narrows or orders the list, always written alike: no page, nothing empty."""
    pairs = [(name, query.get(name, "").strip()) for name in ("q", *PARAMETERS)]
    return urlencode([(name, value) for name, value in pairs if value])


def saved_filters(person: Person, query: QueryDict) -> dict[str, Any]:
    """For the list: the person's filters, which of them it shows now, and whether this one can be saved."""
    current = kept(query)
    rows = list(SavedFilter.objects.filter(person=person))
    return {
        "saved": [{"row": row, "is_current": row.query == current} for row in rows],
        "current": current,
        "may_save": bool(current) and len(rows) < MOST and all(row.query != current for row in rows),
        "is_full": len(rows) >= MOST,
        "most": MOST,
    }


def save(request: HttpRequest) -> HttpResponse:
    person = require(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    query = kept(QueryDict(request.POST.get("query", "")[: 4 * LONGEST_QUERY]))
    name, problem = _name(request, person)
    if not (query and len(query) <= LONGEST_QUERY):
        problem = _("Choose a filter first, then save it.")
    elif SavedFilter.objects.filter(person=person).count() >= MOST:
        problem = _("You have %(n)s saved filters. Delete one first.") % {"n": MOST}
    if problem:
        messages.error(request, problem)
    else:
        SavedFilter.objects.get_or_create(person=person, name=name, defaults={"query": query})
    return _back(query)


def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename one of one's own, or delete it."""
    person = require(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = SavedFilter.objects.filter(person=person, pk=pk).first()
    if row is None:
        raise Http404
    if request.POST.get("do") == "delete":
        row.delete()
        messages.success(request, _("Deleted the filter “%(name)s”.") % {"name": row.name})
        return _back(row.query)
    name, problem = _name(request, person, but=pk)
    if problem:
        messages.error(request, problem)
    else:
        SavedFilter.objects.filter(pk=pk).update(name=name)
    return _back(row.query)


def _name(request: HttpRequest, person: Person, *, but: int = 0) -> tuple[str, str]:
    """The name as it is stored, and what is wrong with it."""
    try:
        name = " ".join(tidy_line(request.POST.get("name", "")).split())
    except Untidy:
        name = ""
    if not name or len(name) > LONGEST_NAME:
        return name, _("Give the filter a name of at most %(n)s characters.") % {"n": LONGEST_NAME}
    if SavedFilter.objects.filter(person=person, name=name).exclude(pk=but).exists():
        return name, _("You have a filter named “%(name)s” already.") % {"name": name}
    return name, ""


def _back(query: str) -> HttpResponse:
    address = reverse("admin:briefs_brief_changelist")
    return redirect(f"{address}?{query}" if query else address)
