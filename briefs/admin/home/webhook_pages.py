"""The page of webhooks for administrators: addresses, and deliveries sent and failed."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from briefs import webhooks
from briefs.admin.common.access import person_of
from briefs.admin.common.brief_pages import Badge
from briefs.admin.common.form_fields import FieldError, link_errors
from briefs.admin.common.interface_labels import interface_side
from briefs.admin.lists.desk_list import Act, DeskChangeList, ListOnlyAdmin, Row, build_column_filter
from briefs.models import Person, Webhook, WebhookDelivery
from briefs.text import paths
from briefs.webhooks import AddressRefused, check_url
from briefs.workflow.rules.transitions import format_time

MAX_DELIVERIES: Final = 50

KINDS: Final[dict[str, str | Promise]] = {
    "published": gettext_lazy("Published"),
    "corrected": gettext_lazy("Corrected"),
    "withdrawn": gettext_lazy("Withdrawn"),
    "removed": gettext_lazy("Removed"),
    "reinstated": gettext_lazy("Reinstated"),
    webhooks.TEST: gettext_lazy("Test"),
}
_REFUSALS: Final[dict[str, str | Promise]] = {
    "syntax": gettext_lazy(
        "Enter a whole address, such as https://partner.example/hook, without a name or password."
    ),
    "https": gettext_lazy("The address must begin with https://."),
    "private": gettext_lazy("This address is in a private network. Nothing is sent there."),
    "known": gettext_lazy("This address is in the list already. There it can be tested or switched on."),
    "many": gettext_lazy(
        "There are too many webhooks. Ask your partners to follow the changes of the API instead."
    ),
}


def _require_administrator(request: HttpRequest) -> Person:
    person = person_of(request)
    if not person.is_superuser:
        raise PermissionDenied
    return person


def _find_refusal(url: str) -> str:
    if Webhook.objects.count() >= webhooks.MAX_WEBHOOKS:
        return "many"
    try:
        check_url(url)
    except AddressRefused as refused:
        return refused.code
    return "known" if Webhook.objects.filter(url=url).exists() else ""


@require_POST
def change_webhook(request: HttpRequest) -> HttpResponse:
    """Run the act in `do`, such as `off:3`: an act and the id of a webhook, or of a delivery to send again.

    Without an id it is run for each selected webhook.
    """
    _require_administrator(request)
    act, colon, number = request.POST.get("do", "").partition(":")
    numbers = [number] if colon else request.POST.getlist("_selected_action") if act in BULK_ACTS else []
    if act not in ACTS or not numbers or not all(one.isdecimal() and len(one) <= 12 for one in numbers):
        raise Http404
    return [ACTS[act](request, int(one)) for one in numbers][-1]


def _switch(on: bool) -> Callable[[HttpRequest, int], HttpResponse]:
    def switch(request: HttpRequest, pk: int) -> HttpResponse:
        webhook = get_object_or_404(Webhook, pk=pk)
        webhooks.switch(webhook, on=on, now=timezone.now())
        messages.success(request, _("Switched on.") if on else _("Switched off. Nothing more is sent there."))
        return redirect("admin:briefs_webhook_changelist")

    return switch


def _test(request: HttpRequest, pk: int) -> HttpResponse:
    webhooks.queue_test(get_object_or_404(Webhook, pk=pk), now=timezone.now())
    messages.success(
        request, _("A test is sent at the next run, within some minutes. Look below how it went.")
    )
    return redirect("admin:briefs_webhook_changelist")


def _rotate(request: HttpRequest, pk: int) -> HttpResponse:
    webhook = get_object_or_404(Webhook, pk=pk)
    secret = webhooks.rotate_secret(webhook, now=timezone.now())
    return _render_list(request, secret=secret, of=webhook, is_new=True)


def _resend(request: HttpRequest, pk: int) -> HttpResponse:
    if not webhooks.resend(pk, now=timezone.now()):
        raise Http404
    messages.success(request, _("It is sent again at the next run."))
    return redirect("admin:briefs_webhook_changelist")


ACTS: Final[dict[str, Callable[[HttpRequest, int], HttpResponse]]] = {
    "on": _switch(True),
    "off": _switch(False),
    "test": _test,
    "rotate": _rotate,
    "resend": _resend,
}
BULK_ACTS: Final = {"test": gettext_lazy("Send a test"), "off": gettext_lazy("Switch off")}


def _render_list(request: HttpRequest, **values: Any) -> HttpResponse:
    return admin.site.get_model_admin(Webhook).changelist_view(request, values)


def _build_delivery_row(row: WebhookDelivery, url: str) -> Row:
    edition = row.edition
    is_dropped = not row.sent_at and (row.cancelled_at or row.webhook.off_at)
    is_given_up = not (row.sent_at or is_dropped) and row.attempts >= webhooks.MAX_ATTEMPTS
    facts: list[object] = [row.webhook]
    if row.error:
        facts.append(format_html("<code>{}</code>", row.error))
    if is_given_up:
        facts.append(
            _(
                "It was tried for three days. Once the receiver works, send it again; what it missed meanwhile is in the"
                " changes of the API."
            )
        )
    if is_dropped:
        badge = Badge(_("Not sent: switched off or cancelled"))
    elif row.sent_at:
        badge = Badge(_("Delivered"), "good")
    elif is_given_up:
        badge = Badge(_("Given up"), "bad")
    elif row.attempts:
        badge = Badge(_("Will be tried again"), "warn")
        facts.append(format_time(row.due_at))
    else:
        badge = Badge(_("Goes out at the next run"))
    may_resend = row.attempts and not (row.cancelled_at or row.webhook.off_at)
    return Row(
        row.pk,
        [(KINDS.get(row.kind, row.kind), ""), *([(edition.slug, "")] if edition else [])],
        url=paths.brief(interface_side(), edition.slug) if edition else "",
        facts=facts,
        now=badge,
        age=format_time(row.at),
        acts=[Act(_("Send again"), "do", f"resend:{row.pk}", url)] if may_resend else (),
    )


@admin.register(Webhook)
class WebhookAdmin(ListOnlyAdmin):
    pages = (("change/", change_webhook, "change"),)
    change_list_template = "admin/briefs/home/webhooks.html"
    under_inbox = False
    list_display = ("url",)
    list_filter = (
        build_column_filter(
            "off_at__isnull", gettext_lazy("State"), (("1", gettext_lazy("On")), ("0", gettext_lazy("Off")))
        ),
    )
    search_fields = ("url",)
    search_hint = gettext_lazy("Address")
    sortable_by = ()
    lede = gettext_lazy(
        "When a brief is published, corrected, withdrawn, removed or reinstated, the site tells these addresses, with a"
        " signature."
    )
    empty_hint = gettext_lazy("No address yet. Partners can also follow the changes of the API, without one.")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return person_of(request).is_superuser

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        return Webhook.objects.select_related("created_by").order_by("pk")

    def list_acts(self, request: HttpRequest) -> list[Act]:
        url = reverse("admin:briefs_webhook_change")
        return [Act(label, "do", name, url) for name, label in BULK_ACTS.items()]

    def build_rows(self, request: HttpRequest, changelist: DeskChangeList) -> list[Row]:
        url = reverse("admin:briefs_webhook_change")
        on_acts = {"test": _("Send a test"), "rotate": _("New secret"), "off": _("Switch off")}
        return [
            Row(
                row.pk,
                [(row.url, "")],
                facts=[
                    _("added by %(name)s, %(date)s")
                    % {"name": row.created_by, "date": timezone.localtime(row.created_at).date().isoformat()}
                ],
                now=Badge(_("Off")) if row.off_at else "",
                acts=[
                    Act(label, "do", f"{act}:{row.pk}", url)
                    for act, label in ({"on": _("Switch on")} if row.off_at else on_acts).items()
                ],
            )
            for row in changelist.result_list
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """List webhooks and their newest deliveries. A POST with `url` adds an address and shows its secret this one time."""
        person, values, now = _require_administrator(request), extra_context or {}, timezone.now()
        refused = ""
        if request.method == "POST" and "do" not in request.POST:
            url = request.POST.get("url", "").strip()
            refused = _find_refusal(url)
            values["typed"] = url if refused else ""
            if not refused:
                values["of"], values["secret"] = webhooks.create(url, by=person, now=now)
        rows = WebhookDelivery.objects.select_related("webhook", "edition").defer("edition__content")
        rows = rows.order_by("-at", "-id")
        url = reverse("admin:briefs_webhook_change")
        values |= {
            "reasons": link_errors([FieldError(str(_REFUSALS[refused]), "url")] if refused else []),
            "deliveries": [
                _build_delivery_row(row, url) for row in rows.filter(at__lte=now)[:MAX_DELIVERIES]
            ],
            "later": rows.filter(at__gt=now, cancelled_at=None).count(),
        }
        response = super().changelist_view(request, values)
        if refused:
            response.status_code = 409
        return response
