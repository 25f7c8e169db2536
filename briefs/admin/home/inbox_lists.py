"""The lists under *Inbox*: letters, notices not sent, readers' searches, and the notices that a person gets by mail."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs import notifications, policy, workflow
from briefs.admin.common.access import ListOnlyAdmin, person_of, require_role
from briefs.admin.common.brief_pages import add_done_message, paginate_by_id, read_number, render_page
from briefs.admin.verbs.verb_views import policy_verb
from briefs.models import Letter, MailSwitch, Outbox, Person, Search
from briefs.text import paths

LETTERS_PAGE_SIZE = 50
MAX_NOTICES = 100
DAY_SPANS = (7, 30, 90, 365)
MAX_SEARCHES = 50


def list_failed_mail(request: HttpRequest) -> HttpResponse:
    require_role(request)
    now = timezone.now()
    rows = list(notifications.find_failed_notices()[:MAX_NOTICES])
    unsent = Outbox.objects.filter(sent_at=None, cancelled_at=None)
    return render_page(
        request,
        "home/failed_mail",
        title=_("Notices not sent"),
        style="briefs/sharing.css",
        opts=None,
        lines=[
            {
                "row": row,
                "text": notifications.get_kind_label(row.kind),
                "given_up": row.attempts >= notifications.MAX_ATTEMPTS,
            }
            for row in rows
        ],
        count=len(rows) if len(rows) < MAX_NOTICES else notifications.find_failed_notices().count(),
        due=unsent.filter(due_at__lte=now).count(),
        later=unsent.filter(due_at__gt=now).count(),
        may_retry=policy.has_role_for(person_of(request), "resend"),
    )


def retry(request: HttpRequest) -> HttpResponse:
    """Retry one notice (`notice`) or all failed ones."""
    require_role(request, "resend")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    n = notifications.requeue_failed(
        read_number(request.POST, "notice") if request.POST.get("notice") else None
    )
    told = ngettext(
        "%(n)s notice is tried again at the next run.", "%(n)s notices are tried again at the next run.", n
    )
    messages.success(request, told % {"n": n})
    return redirect("admin:briefs_outbox_changelist")


@admin.register(Outbox)
class OutboxAdmin(ListOnlyAdmin):
    verb = "resend"
    pages = (("", list_failed_mail, "changelist"), ("retry/", retry, "retry"))


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


def show_search_log(request: HttpRequest) -> HttpResponse:
    """Show the most frequent searches and those without results. Two queries."""
    require_role(request)
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, DAY_SPANS) else 90
    rows = Search.objects.filter(day__gt=timezone.localdate() - dt.timedelta(days=days))
    return render_page(
        request,
        "home/search_log",
        title=Search._meta.verbose_name_plural,
        style="briefs/searches.css",
        opts=None,
        days=days,
        spans=DAY_SPANS,
        in_vain=list_top_searches(rows, briefs=0),
        most=list_top_searches(rows),
    )


def list_top_searches(rows: QuerySet[Search], **conditions: int) -> list[dict[str, Any]]:
    """Group searches by words. A search counts as without results only if it never had any."""
    asked = rows.order_by().values("words").annotate(times=Sum("times"), last=Max("day"), briefs=Max("found"))
    most = asked.filter(**conditions).order_by("-times", "-last", "words")[:MAX_SEARCHES]
    return [{**row, "url": f"{paths.search('zh')}?{urlencode({'q': row['words']})}"} for row in most]


@admin.register(Search)
class SearchAdmin(ListOnlyAdmin):
    pages = (("", show_search_log, "changelist"),)


def edit_mail_preferences(request: HttpRequest) -> HttpResponse:
    """Edit one's own mail switches. Mandatory notices are shown but cannot be switched off."""
    person = require_role(request)
    if request.method == "POST":
        save_mail_switches(person, set(request.POST.getlist("kind")))
        messages.success(request, _("Saved"))
        return redirect("admin:mail")
    off = set(MailSwitch.objects.filter(person=person).values_list("kind", flat=True))
    kinds = [
        {
            "kind": kind,
            "name": name,
            "on": kind not in off,
            "always": kind in notifications.MANDATORY_KINDS,
        }
        for kind, name in notifications.NOTICE_KINDS.items()
    ]
    return render_page(
        request,
        "home/mail_preferences",
        title=_("My mail"),
        opts=None,
        address=person.email,
        kinds=kinds,
    )


def save_mail_switches(person: Person, enabled_kinds: set[str]) -> None:
    """Switch off every optional kind that is not enabled, and switch on the others."""
    off = notifications.NOTICE_KINDS.keys() - notifications.MANDATORY_KINDS - enabled_kinds
    MailSwitch.objects.filter(person=person).exclude(kind__in=off).delete()
    MailSwitch.objects.bulk_create(
        [MailSwitch(person=person, kind=kind) for kind in sorted(off)], ignore_conflicts=True
    )
