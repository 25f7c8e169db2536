"""The lists behind the inbox: letters, notices not sent, readers' searches; and a person's own preferences."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from briefs import workflow
from briefs.admin.common.access import has_role_permission, person_of, require_role
from briefs.admin.common.brief_pages import Badge, add_done_message, read_number, render_page
from briefs.admin.common.interface_labels import REVIEW_LABELS, format_ago
from briefs.admin.lists.desk_list import DeskFilter, ListOnlyAdmin, render_button, render_lines
from briefs.bilingual.text import paths
from briefs.models import Brief, Letter, MailSwitch, Outbox, Person, Search
from briefs.operations import notifications
from briefs.workflow import policy
from briefs.workflow.rules.local_times import format_time

DAY_SPANS = (7, 30, 90, 365)
MAX_SEARCHES = 50


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Retry one notice (`notice`) or all failed ones."""
    require_role(request, "resend")
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
    under_inbox = True
    verb = "resend"
    pages = (("retry/", retry, "retry"),)
    list_display = ("notice", "reason", "status", "time")
    search_fields = ("to__name", "to__username", "to__email", "error")
    search_help_text = gettext_lazy("Person or error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outbox]:
        return notifications.find_failed_notices()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        now = timezone.now()
        unsent = Outbox.objects.filter(sent_at=None, cancelled_at=None)
        due, later = (unsent.filter(**{f"due_at__{when}": now}).count() for when in ("lte", "gt"))
        is_due = ngettext(
            "%(n)s notice is due and not sent yet.", "%(n)s notices are due and not sent yet.", due
        )
        waits = ngettext("%(n)s waits for its time.", "%(n)s wait for their time.", later)
        context: dict[str, Any] = {
            "title": _("Notices not sent"),
            "lede": f"{is_due % {'n': due}} {waits % {'n': later}}",
        }
        if not due:
            context["empty_hint"] = _("Every notice went out.")
        return super().changelist_view(request, context | (extra_context or {}))

    def list_buttons(self, request: HttpRequest) -> list[tuple[object, str]]:
        if not (policy.has_role_for(person_of(request), "resend") and self.get_queryset(request).exists()):
            return []
        return [(_("Try all again"), self.reverse_url("retry"))]

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        may_retry = policy.has_role_for(person_of(request), "resend")
        for row in rows:
            row.may_retry = may_retry

    def notice(self, row: Outbox) -> SafeString:
        return render_lines(row.to, notifications.get_kind_label(row.kind))

    def reason(self, row: Outbox) -> SafeString:
        return render_lines(row.brief and link_brief(row.brief), format_html("<code>{}</code>", row.error))

    def status(self, row: Any) -> SafeString:
        is_given_up = row.attempts >= notifications.MAX_ATTEMPTS
        badge = Badge(_("Given up"), "bad") if is_given_up else Badge(_("Will be tried again"), "warn")
        url = self.reverse_url("retry")
        retry = render_button(_("Try again"), url, "notice", row.pk, row.to) if row.may_retry else ""
        return render_lines(str(badge), retry)

    def time(self, row: Outbox) -> str:
        return format_time(row.due_at)


def link_brief(brief: Brief, bullet: int | None = None) -> SafeString:
    url = reverse("admin:briefs_brief_change", args=[brief.pk])
    if bullet:
        return format_html('<a href="{}#b{}">{} #b{}</a>', url, bullet, brief, bullet)
    return format_html('<a href="{}">{}</a>', url, brief)


def act_on_letters(request: HttpRequest, verb: str, letters: Iterable[Letter]) -> None:
    """Do the act to each letter. A refusal does not stop the others."""
    person = require_role(request, verb)
    action = {
        "handle": workflow.letters.handle_letter,
        "note_letter": workflow.letters.turn_letter_into_note,
    }[verb]
    for letter in letters:
        try:
            action(letter, by=person)
        except workflow.Refused as refused:
            messages.error(request, str(refused))
        else:
            add_done_message(request, verb)


@require_POST
def act_on_letter(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    act_on_letters(request, verb, [get_object_or_404(Letter, pk=pk)])
    return redirect("admin:briefs_letter_changelist")


class LetterFilter(DeskFilter):
    """Letters that are not handled, unless another value is chosen."""

    title, parameter_name = gettext_lazy("State"), "state"
    options = (
        ("all", gettext_lazy("All")),
        ("open", gettext_lazy("Not handled")),
        ("handled", pgettext_lazy("letter", "Handled")),
    )

    def value(self) -> str:
        return super().value() or "open"

    def choices(self, changelist: Any) -> Iterator[Any]:
        return islice(super().choices(changelist), 1, None)

    def build_condition(self, value: str) -> Q:
        return Q() if value == "all" else Q(handled_at__isnull=value == "open")


class SenderFilter(DeskFilter):
    title, parameter_name, options = gettext_lazy("From"), "kind", Letter.Kind.choices


@admin.register(Letter)
class LetterAdmin(ListOnlyAdmin):
    under_inbox = True
    verb = "handle"
    pages = (
        ("<int:pk>/note/", partial(act_on_letter, verb="note_letter"), "note"),
        ("<int:pk>/handled/", partial(act_on_letter, verb="handle"), "handled"),
    )
    list_display = ("reader", "letter", "status", "age")
    actions: Any = ("handle_letters",)
    list_filter = (LetterFilter, SenderFilter)
    list_select_related = ("brief__source", "handled_by", "note")
    search_fields = ("text", "name", "email", "brief__headline_zh", "brief__headline_en")
    search_help_text = gettext_lazy("Text, reader, brief")
    lede = gettext_lazy(
        "What guests and readers wrote to us. A letter blocks nothing; turn it into a note if something is to be done."
    )
    empty_hint = gettext_lazy("No letters.")
    has_handle_permission = has_role_permission("handle")

    @admin.action(permissions=["handle"], description=gettext_lazy("Handled"))
    def handle_letters(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        act_on_letters(request, "handle", queryset.filter(handled_at=None))

    def reader(self, row: Letter) -> SafeString:
        return render_lines(row, *_describe_letter(row))

    def letter(self, row: Letter) -> str:
        return linebreaksbr(row.text, autoescape=True)

    def status(self, row: Letter) -> SafeString:
        acts = () if row.handled_at else ((_("Turn into a note"), "note"), (_("Handled"), "handled"))
        buttons = (
            render_button(label, self.reverse_url(name, row.pk), "letter", row.pk, row)
            for label, name in acts
        )
        return render_lines(link_brief(row.brief, row.bullet), *buttons)

    def age(self, row: Letter) -> SafeString:
        return format_html(
            '<span class="{}">{}</span>', "past" if row.handled_at else "", format_ago(row.at, timezone.now())
        )


def _describe_letter(letter: Letter) -> Iterator[object]:
    if letter.name:
        yield letter.get_kind_display()
    if letter.email:
        yield format_html('<a href="mailto:{}">{}</a>', letter.email, letter.email)
    if letter.side:
        yield letter.get_side_display()
    if letter.handled_at:
        time = format_time(letter.handled_at)
        yield _("Handled: %(name)s, %(time)s") % {"name": letter.handled_by, "time": time}
    if letter.note_id:
        yield _("Turned into a note")


def list_top_searches(rows: QuerySet[Search], **conditions: int) -> list[dict[str, Any]]:
    """Group searches by words. A search counts as without results only if it never had any."""
    asked = rows.order_by().values("words").annotate(times=Sum("times"), last=Max("day"), briefs=Max("found"))
    most = asked.filter(**conditions).order_by("-times", "-last", "words")[:MAX_SEARCHES]
    return [{**row, "url": f"{paths.search('zh')}?{urlencode({'q': row['words']})}"} for row in most]


@admin.register(Search)
class SearchAdmin(ListOnlyAdmin):
    under_inbox = True

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
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


def edit_preferences(request: HttpRequest) -> HttpResponse:
    """Edit the mail that one gets and, for those who review, the language that one is asked for."""
    person = require_role(request)
    choices = REVIEW_LABELS if policy.get_roles(person) & policy.REVIEWER_ROLES else {}
    if request.method == "POST":
        save_mail_switches(person, set(request.POST.getlist("kind")))
        reviews = request.POST.get("reviews", person.reviews)
        if reviews in choices:
            Person.objects.filter(pk=person.pk).update(reviews=reviews)
        messages.success(request, _("Saved"))
        return redirect("admin:preferences")
    off = set(MailSwitch.objects.filter(person=person).values_list("kind", flat=True))
    kinds = [
        {"kind": kind, "name": name, "on": kind not in off}
        for kind, name in notifications.NOTICE_KINDS.items()
    ]
    return render_page(
        request,
        "home/preferences",
        title=_("Mail and languages"),
        opts=None,
        address=person.email,
        kinds=kinds,
        reviews=choices.items(),
    )


def save_mail_switches(person: Person, enabled_kinds: set[str]) -> None:
    """Switch off every kind that is not enabled, and switch on the others."""
    off = notifications.NOTICE_KINDS.keys() - enabled_kinds
    MailSwitch.objects.filter(person=person).exclude(kind__in=off).delete()
    MailSwitch.objects.bulk_create(
        [MailSwitch(person=person, kind=kind) for kind in sorted(off)], ignore_conflicts=True
    )
