"""List notices that could not be sent. Anyone on the desk can see them; a publisher can retry them."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ... import notifications, policy
from ...models import Outbox
from ..common import brief_pages
from ..common.access import DeskAdmin, person_of, require_role
from ..common.brief_pages import site_context

MAX_NOTICES = 100


@admin.register(Outbox)
class OutboxAdmin(DeskAdmin):
    """Notices cannot be written or changed on the desk, so there is a list and no form."""

    verb = "resend"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(list_failed_mail), name="briefs_outbox_changelist"),
            path("retry/", wrap(retry), name="briefs_outbox_retry"),
        ]


def list_failed_mail(request: HttpRequest) -> HttpResponse:
    require_role(request)
    now = timezone.now()
    rows = list(notifications.find_failed_notices()[:MAX_NOTICES])
    unsent = Outbox.objects.filter(sent_at=None, cancelled_at=None)
    context = {
        **site_context(request, title=_("Notices not sent")),
        "lines": [
            {
                "row": row,
                "what": notifications.get_kind_label(row.kind),
                "given_up": row.attempts >= notifications.MAX_ATTEMPTS,
            }
            for row in rows
        ],
        "count": len(rows) if len(rows) < MAX_NOTICES else notifications.find_failed_notices().count(),
        "due": unsent.filter(due_at__lte=now).count(),
        "later": unsent.filter(due_at__gt=now).count(),
        "may_retry": policy.has_role_for(person_of(request), "resend"),
    }
    return TemplateResponse(request, "admin/briefs/home/failed_mail.html", context)


def retry(request: HttpRequest) -> HttpResponse:
    """Retry one notice (`notice`) or all failed ones."""
    require_role(request, "resend")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    given = request.POST.get("notice", "")
    n = notifications.requeue_failed(brief_pages.parse_int_or_zero(given) if given else None)
    told = ngettext(
        "%(n)s notice is tried again at the next run.", "%(n)s notices are tried again at the next run.", n
    )
    messages.success(request, told % {"n": n})
    return redirect("admin:briefs_outbox_changelist")
