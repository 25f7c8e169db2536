"""Let a person choose which kinds of notices they receive by mail."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from ... import notifications
from ...models import MailSwitch, Person
from ..common.access import require_role
from ..common.brief_pages import render_page


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
        "people/mail_preferences",
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
