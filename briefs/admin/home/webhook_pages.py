"""The page of webhooks for administrators: addresses, and deliveries sent and failed."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from briefs import webhooks
from briefs.admin.common.access import ListOnlyAdmin, person_of
from briefs.admin.common.brief_pages import render_page
from briefs.admin.common.form_fields import FieldError, link_errors
from briefs.admin.common.interface_labels import interface_side
from briefs.models import Person, Webhook, WebhookDelivery
from briefs.text import paths
from briefs.webhooks import AddressRefused, check_url

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


def show_webhooks(request: HttpRequest) -> HttpResponse:
    """List webhooks and their newest deliveries. A POST adds an address and shows its secret this one time."""
    person = _require_administrator(request)
    if request.method != "POST":
        return _render(request)
    url = request.POST.get("url", "").strip()
    refused = _find_refusal(url)
    if refused:
        return _render(request, typed=url, refused=refused)
    webhook, secret = webhooks.create(url, by=person, now=timezone.now())
    return _render(request, secret=secret, of=webhook)


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
    """Run the act in `do`, such as `off:3`: an act and the id of a webhook, or of a delivery to send again."""
    _require_administrator(request)
    act, _colon, number = request.POST.get("do", "").partition(":")
    if act not in ACTS or not number.isdecimal() or len(number) > 12:
        raise Http404
    return ACTS[act](request, int(number))


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
    return _render(
        request, secret=webhooks.rotate_secret(webhook, now=timezone.now()), of=webhook, is_new=True
    )


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


def _render(request: HttpRequest, *, typed: str = "", refused: str = "", **values: Any) -> HttpResponse:
    errors = [FieldError(str(_REFUSALS[refused]), "url")] if refused else []
    rows = (
        WebhookDelivery.objects.select_related("webhook", "edition")
        .defer("edition__content")
        .order_by("-at", "-id")
    )
    now = timezone.now()
    return render_page(
        request,
        "home/webhooks",
        title=Webhook._meta.verbose_name_plural,
        opts=None,
        typed=typed,
        reasons=link_errors(errors),
        webhooks=Webhook.objects.all(),
        deliveries=[_build_line(row) for row in rows.filter(at__lte=now)[:MAX_DELIVERIES]],
        later=rows.filter(at__gt=now, cancelled_at=None).count(),
        status=409 if refused else 200,
        **values,
    )


def _build_line(row: WebhookDelivery) -> dict[str, Any]:
    edition = row.edition
    dropped = not row.sent_at and (row.cancelled_at or row.webhook.off_at)
    given_up = not (row.sent_at or dropped) and row.attempts >= webhooks.MAX_ATTEMPTS
    return {
        "row": row,
        "kind": KINDS.get(row.kind, row.kind),
        "title": edition and edition.slug,
        "url": edition and paths.brief(interface_side(), edition.slug),
        "dropped": dropped,
        "given_up": given_up,
        "may_resend": row.attempts and not (row.cancelled_at or row.webhook.off_at),
    }


@admin.register(Webhook)
class WebhookAdmin(ListOnlyAdmin):
    pages = (("", show_webhooks, "changelist"), ("change/", change_webhook, "change"))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return person_of(request).is_superuser
