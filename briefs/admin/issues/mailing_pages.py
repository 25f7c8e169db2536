"""The mail of an issue on the desk: how it will look, a test, sending it, and how far it is."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.csp import csp_override

from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import describe_done, render_page
from briefs.admin.common.form_fields import FieldError, LocalDateTimeField, field_errors, link_errors
from briefs.admin.common.interface_labels import format_issue
from briefs.admin.common.task_list import build_mailing_url
from briefs.admin.verbs.mailing_panel import MailingPanel, steer
from briefs.content import IssueContent
from briefs.models import Issue, IssueEdition, Mailing, MailSide, Person
from briefs.publications import mail_text, mailings, sending
from briefs.publications.published import build_draft_issue, load_edition
from briefs.workflow import Refused, policy

MAX_UNKNOWN_SHOWN: Final = 200


@dataclass(kw_only=True)
class IssueMailing(MailingPanel):
    """The newest mailing of an issue, or who would get one."""

    issue: Issue

    @classmethod
    def load(cls, issue: Issue, person: Person) -> "IssueMailing":
        url = reverse("admin:briefs_issue_mail", args=[issue.pk])
        return cls(person, url, mailings.find_mailings(issue.number).first(), issue=issue)

    @cached_property
    def public_edition(self) -> IssueEdition | None:
        return IssueEdition.objects.listed(timezone.now()).filter(issue=self.issue).first()

    @cached_property
    def may_send(self) -> bool:
        """Return whether the person may send the public edition, which is not being sent yet."""
        edition = self.public_edition
        is_sendable = edition is not None and not self._has_mailing_of(edition)
        return is_sendable and policy.has_role_for(self.person, "send_issue")

    def _has_mailing_of(self, edition: IssueEdition) -> bool:
        mailing = self.mailing
        return (
            mailing is not None
            and mailing.issue_edition_id == edition.pk
            and mailing.state != Mailing.Status.STOPPED
        )

    @cached_property
    def bodies(self) -> dict[str, mail_text.MailBody]:
        """Return the mail that was frozen, else what a mailing would freeze: of the public or scheduled edition, or the draft."""
        now = timezone.now()
        scheduled = IssueEdition.objects.scheduled(now).filter(issue=self.issue)
        edition = self.public_edition or scheduled.first()
        if self.mailing and (edition is None or self._has_mailing_of(edition)):
            frozen: dict[str, mail_text.MailBody] = self.mailing.bodies  # read from the database here
            return frozen
        shown = load_edition(edition, now) if edition else None
        content = IssueContent.from_json(self.issue.content)
        return mail_text.build_issue_bodies(shown or build_draft_issue(self.issue.number, content, now))


@dataclass(frozen=True, slots=True)
class MailPreview:
    """The mail of one language choice."""

    side: str
    label: object
    body: mail_text.MailBody

    @property
    def size(self) -> int:
        return round(mail_text.measure_html(self.body) / 1000)

    @property
    def warning(self) -> str:
        """Return the sentence that says how many briefs are shortened; empty if none is."""
        n = self.body["shortened"]
        sentence = ngettext(
            "It would be longer than the 102 kB that Gmail shows, so the last brief is shortened.",
            "It would be longer than the 102 kB that Gmail shows, so the last %(n)s briefs are shortened.",
            n,
        )
        return sentence % {"n": n} if n else ""


def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the mail and its mailing. A POST does what `do` says: a test, sending now or at a time, pause, resume, stop."""
    issue = get_object_or_404(Issue, pk=pk)
    if request.method != "POST":
        return _render(request, IssueMailing.load(issue, require_role(request)))
    command = request.POST.get("do", "")
    try:
        if command == "test":
            panel = IssueMailing.load(issue, require_role(request, "test_mail"))
            sending.send_test(panel.bodies.values(), panel.person)
            messages.success(
                request,
                _("Three test mails were sent to %(address)s.") % {"address": panel.person.email},
            )
        elif command in ("now", "later"):
            panel = IssueMailing.load(issue, require_role(request, "send_issue"))
            _queue(panel, request.POST.get("due_at", "") if command == "later" else None)
            messages.success(request, describe_done("send_issue"))
        else:
            steer(request)
    except Refused as refused:
        return _render(request, IssueMailing.load(issue, person_of(request)), field_errors(refused))
    except ValidationError as error:
        errors = [FieldError(message, "due_at") for message in error.messages]
        return _render(request, IssueMailing.load(issue, person_of(request)), errors)
    return redirect("admin:briefs_issue_mail", pk)


def _queue(panel: IssueMailing, typed_time: str | None) -> None:
    due_at: dt.datetime | None = None
    if panel.public_edition is None:
        raise Refused(mailings.NOT_PUBLIC)
    if typed_time is not None:
        due_at = LocalDateTimeField(required=True).clean(typed_time)
    mailings.queue_issue(panel.public_edition, by=panel.person, due_at=due_at)


def _render(
    request: HttpRequest, panel: IssueMailing, errors: list[FieldError] | None = None
) -> HttpResponse:
    return render_page(
        request,
        "issues/mail",
        status=409 if errors else 200,
        title=_("Mail to readers"),
        opts=Issue._meta,
        parent_url=reverse("admin:briefs_issue_change", args=[panel.issue.pk]),
        subtitle=format_issue(panel.issue.number),
        issue=panel.issue,
        panel=panel,
        previews=[MailPreview(side, MailSide(side).label, body) for side, body in panel.bodies.items()],
        reasons=link_errors(errors or [], {"due_at": "#due_at"}),
    )


@csp_override(
    {
        "default-src": [CSP.NONE],
        "style-src": [CSP.UNSAFE_INLINE],
        "img-src": [CSP.SELF],
        "frame-ancestors": [CSP.NONE],
        "sandbox": ["allow-popups"],
    }
)
def mail_html(request: HttpRequest, pk: int, side: str) -> HttpResponse:
    """Show the mail itself, as a mail client draws it."""
    panel = IssueMailing.load(get_object_or_404(Issue, pk=pk), require_role(request))
    if side not in MailSide.values:
        raise Http404
    return HttpResponse(panel.bodies[side]["html"].replace(mail_text.TOKEN_PLACEHOLDER, "preview"))


def copies(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the readers whose copy of a mailing is of unknown fate. For administrators."""
    if not person_of(request).is_superuser:
        raise PermissionDenied
    mailing = get_object_or_404(Mailing.objects.select_related("issue_edition", "edition"), pk=pk)
    return render_page(
        request,
        "issues/copies",
        title=pgettext_lazy("copies", "Delivery unconfirmed"),
        opts=Issue._meta,
        parent_url=build_mailing_url(mailing),
        subtitle=_("Mail to readers"),
        copies=mailings.find_unknown_copies(mailing)[:MAX_UNKNOWN_SHOWN],
    )
