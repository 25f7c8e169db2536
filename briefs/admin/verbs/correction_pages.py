"""Tell readers who hold an earlier text by mail of a correction or a withdrawal: what a verb's page says of them, and the page."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import describe_done, get_brief_or_404, read_number, render_brief_subpage
from briefs.admin.common.form_fields import FieldError, field_errors, link_errors
from briefs.models import Brief, Edition, MailSide
from briefs.publications import corrections
from briefs.publications.mail_text import TOKEN_PLACEHOLDER
from briefs.workflow import Refused
from briefs.workflow.acts import get_label
from briefs.workflow.rules import load_editions

from .mailing_panel import MailingPanel, steer


def describe_holders(brief: Brief) -> list[str]:
    """Return the sentence about the readers whom a correction or withdrawal would concern, if there are any."""
    number = corrections.count_holders(brief)
    if not number:
        return []
    sentence = ngettext(
        "%(n)s reader holds a text of this brief by mail. You can tell them of the change once it is public.",
        "%(n)s readers hold a text of this brief by mail. You can tell them of the change once it is public.",
        number,
    )
    return [sentence % {"n": f"{number:,}"}]


def offer_to_tell(request: HttpRequest, editions: Sequence[Edition]) -> None:
    """Add a message with a link to the page, if the public one of a brief's editions is one of which readers were not told."""
    edition = corrections.find_public_edition(editions, timezone.now())
    if edition and (number := corrections.count_untold(edition)):
        label = ngettext("Tell %(n)s reader by mail", "Tell %(n)s readers by mail", number) % {
            "n": f"{number:,}"
        }
        messages.info(
            request,
            format_html(
                '{} <a href="{}">{}</a>',
                _("Readers hold an earlier text."),
                reverse("admin:briefs_brief_tell", args=[edition.brief_id]),
                label,
            ),
        )


def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom a notice would reach, what it says and how far it is. A POST queues it, or pauses, resumes or stops one."""
    person = require_role(request, "send_correction")
    brief = get_brief_or_404(pk)
    edition = corrections.find_public_edition(load_editions(brief), timezone.now())
    if request.method != "POST":
        return _render(request, brief, edition)
    try:
        if "do" in request.POST:
            steer(request)
        else:
            seen = Edition.objects.filter(brief=brief, pk=read_number(request.POST, "edition")).first()
            if seen is None:
                return _render(request, brief, edition, status=409)
            corrections.queue_correction(seen, by=person)
            messages.success(request, describe_done("send_correction"))
    except Refused as refused:
        return _render(request, brief, edition, field_errors(refused), status=409)
    return redirect("admin:briefs_brief_tell", pk)


def _render(
    request: HttpRequest,
    brief: Brief,
    edition: Edition | None,
    errors: list[FieldError] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    untold = corrections.find_untold(edition) if edition else {}
    groups = []
    for number, readers in sorted(untold.items()):
        if edition and (count := readers.count()):
            body = corrections.build_bodies(edition, number)[MailSide.BOTH]
            groups.append(
                {
                    "edition": number,
                    "count": count,
                    "subject": body["subject"],
                    "text": body["text"].replace(TOKEN_PLACEHOLDER, "…"),
                }
            )
    return render_brief_subpage(
        request,
        "verbs/tell",
        brief,
        title=get_label("send_correction"),
        edition=edition,
        groups=groups,
        mailings=[
            MailingPanel(person_of(request), reverse("admin:briefs_brief_tell", args=[brief.pk]), mailing)
            for mailing in corrections.find_notices(brief)
        ],
        reasons=link_errors(errors or []),
        status=status,
    )
