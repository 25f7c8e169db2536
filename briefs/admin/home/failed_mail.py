"""List notices that could not be sent. Anyone on the desk can see them; a publisher can retry them."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ... import notifications, policy
from ...models import Outbox
from ..common.access import ListOnlyAdmin, person_of, require_role
from ..common.brief_pages import read_number, render_page

MAX_NOTICES = 100


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
