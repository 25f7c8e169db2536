"""List letters from guests and readers, to be turned into notes or marked as handled."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect

from ... import workflow
from ...models import Letter
from ..common.access import ListOnlyAdmin, require_role
from ..common.brief_pages import add_done_message, paginate_by_id, render_page
from ..verbs.verb_views import policy_verb

LETTERS_PAGE_SIZE = 50


def letters_queryset() -> QuerySet[Letter]:
    return Letter.objects.select_related("brief__source", "handled_by", "note").order_by("-id")


def list_letters(request: HttpRequest) -> HttpResponse:
    """List unhandled letters, or all, newest first, with keyset pagination."""
    require_role(request)
    every = "all" in request.GET
    rows = letters_queryset() if every else letters_queryset().filter(handled_at=None)
    letters, older = paginate_by_id(rows, request, LETTERS_PAGE_SIZE)
    title = Letter._meta.verbose_name_plural
    return render_page(
        request,
        "home/letters",
        title=title,
        style="briefs/sharing.css",
        opts=None,
        letters=letters,
        every=every,
        older=older,
    )


def build_letter_view(verb: str, action: Callable[..., Any]) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        person = require_role(request, policy_verb(verb))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        letter = get_object_or_404(Letter, pk=pk)
        try:
            action(letter, by=person)
        except workflow.Refused as refused:
            messages.error(request, str(refused))
        else:
            add_done_message(request, verb)
        return redirect("admin:briefs_letter_changelist")

    return view


@admin.register(Letter)
class LetterAdmin(ListOnlyAdmin):
    verb = "handle"
    pages = (
        ("", list_letters, "changelist"),
        ("<int:pk>/note/", build_letter_view("note_letter", workflow.turn_letter_into_note), "note"),
        ("<int:pk>/handled/", build_letter_view("handle", workflow.handle_letter), "handled"),
    )
