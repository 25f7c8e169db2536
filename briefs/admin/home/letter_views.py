"""List letters from guests and readers, to be turned into notes or marked as handled."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ... import workflow
from ...models import Letter, Person
from ...workflow.rules.transitions import VERB_NAMES
from ..common import brief_pages
from ..common.access import DeskAdmin, require_role
from ..common.brief_pages import site_context
from ..verbs.verb_views import policy_verb

LETTERS_PAGE_SIZE = 50


def letters_queryset() -> QuerySet[Letter]:
    return Letter.objects.select_related("brief__source", "handled_by", "note").order_by("-id")


@admin.register(Letter)
class LetterAdmin(DeskAdmin):
    """Letters cannot be written or changed on the desk, so there is a list and no form."""

    verb = "handle"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(list_letters), name="briefs_letter_changelist"),
            path("<int:pk>/note/", wrap(note_letter_view), name="briefs_letter_note"),
            path("<int:pk>/handled/", wrap(handle_letter_view), name="briefs_letter_handled"),
        ]


def list_letters(request: HttpRequest) -> HttpResponse:
    """List unhandled letters, or all, newest first, with keyset pagination."""
    require_role(request)
    every = "all" in request.GET
    rows = letters_queryset() if every else letters_queryset().filter(handled_at=None)
    if before := brief_pages.parse_int_or_zero(request.GET.get("before", "")):
        rows = rows.filter(pk__lt=before)
    shown = list(rows[: LETTERS_PAGE_SIZE + 1])
    context = {
        **site_context(request, title=Letter._meta.verbose_name_plural),
        "letters": shown[:LETTERS_PAGE_SIZE],
        "every": every,
        "older": shown[LETTERS_PAGE_SIZE - 1].pk if len(shown) > LETTERS_PAGE_SIZE else 0,
    }
    return TemplateResponse(request, "admin/briefs/home/letters.html", context)


def note_letter_view(request: HttpRequest, pk: int) -> HttpResponse:
    return _run_letter_verb(request, pk, "note_letter", workflow.turn_letter_into_note)


def handle_letter_view(request: HttpRequest, pk: int) -> HttpResponse:
    return _run_letter_verb(request, pk, "handle", workflow.handle_letter)


def _run_letter_verb(request: HttpRequest, pk: int, verb: str, action: Callable[..., Any]) -> HttpResponse:
    person: Person = require_role(request, policy_verb(verb))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not Letter.objects.filter(pk=pk).exists():
        raise Http404
    try:
        action(pk, by=person)
    except workflow.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Done: %(verb)s") % {"verb": VERB_NAMES[verb]})
    return redirect("admin:briefs_letter_changelist")
