"""Preview links for guests: list, create and revoke those of a brief."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ... import policy, workflow
from ...models import Brief, PreviewLink
from ...preview import links
from ...workflow.rules.transitions import VERB_NAMES
from ...workflow.sharing import MAX_LINK_HOURS
from ..common.access import require_role
from ..common.brief_pages import add_done_message, get_brief_or_404, read_number, render_brief_subpage
from ..common.error_list import field_errors, link_errors, wrong_state_errors
from ..editor import saving

DURATION_CHOICES: Final = (24, 48, MAX_LINK_HOURS)
MAX_ENDED_LINKS: Final = 10
"""Ended links shown, newest first."""


@dataclass(frozen=True, slots=True)
class PreviewLinkRow:
    """A link and, if it has ended, the reason."""

    link: PreviewLink
    end_reason: str = ""


def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a brief's preview links. A POST creates one and shows its address, which cannot be shown again."""
    person = require_role(request, "share")
    brief = get_brief_or_404(pk)
    if request.method != "POST":
        return _render_page(request, brief)
    if "draft" in request.POST:  # from the brief's form: save its text first
        refusal = saving.save_if_changed(request, brief, saving.read_draft(request, pk))
        return refusal or redirect("admin:briefs_brief_share", pk=pk)
    revision = read_number(request.POST, "revision") or None
    hours = read_number(request.POST, "hours") if "hours" in request.POST else MAX_LINK_HOURS
    try:
        made = workflow.share(brief.pk, by=person, hours=hours, revision=revision)
    except workflow.Refused as refused:
        return _render_page(request, get_brief_or_404(pk), refused=refused, status=409)
    return _render_page(request, brief, address=f"{settings.SITE_URL}/preview/{made.token}/")


def unshare(request: HttpRequest, pk: int) -> HttpResponse:
    person = require_role(request, "unshare")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    link = get_object_or_404(PreviewLink, brief=pk, pk=read_number(request.POST, "link"))
    workflow.unshare(link, by=person)
    add_done_message(request, "unshare")
    return redirect("admin:briefs_brief_share", pk=pk)


def _render_page(
    request: HttpRequest,
    brief: Brief,
    *,
    refused: workflow.Refused | None = None,
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    errors = field_errors(refused) if refused else wrong_state_errors("share", brief)
    newest = brief.revisions.order_by("-number").select_related("by").defer("content")[0]
    live, past = list_preview_links(brief, now)
    return render_brief_subpage(
        request,
        "verbs/share",
        brief,
        title=VERB_NAMES["share"],
        reasons=link_errors(errors),
        open=policy.fits_state("share", brief),
        revision=newest,
        hours=[
            (n, ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}, n == MAX_LINK_HOURS)
            for n in DURATION_CHOICES
        ],
        live=live,
        past=past[:MAX_ENDED_LINKS],
        address=address,
        status=status,
    )


def list_preview_links(brief: Brief, now: dt.datetime) -> tuple[list[PreviewLinkRow], list[PreviewLinkRow]]:
    """Return the active and the ended links of a brief, newest first."""
    rows = PreviewLink.objects.filter(brief=brief).select_related("by", "revoked_by", "revision")
    rows = rows.defer("revision__content")
    living = set(links.active_links(now).filter(brief=brief.pk).values_list("pk", flat=True))
    live = [PreviewLinkRow(row) for row in rows if row.pk in living]
    return live, [PreviewLinkRow(row, _describe_end(row, now)) for row in rows if row.pk not in living]


def _describe_end(row: PreviewLink, now: dt.datetime) -> str:
    if row.revoked_at:
        return _("Revoked by %(name)s") % {"name": row.revoked_by}
    if row.expires_at <= now:
        return _("Expired")
    return _("Ended when the brief was approved or discarded")
