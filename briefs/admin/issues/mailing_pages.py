"""The mail of an issue on the desk: how it will look, a test, sending it, and how far it is. Counts for all, addresses for none
but administrators."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.csp import csp_override

from briefs import policy
from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import describe_done, render_page
from briefs.admin.common.form_fields import (
    FieldError,
    LocalDateTimeField,
    field_errors,
    link_errors,
)
from briefs.content import IssueContent
from briefs.models import Copy, Issue, IssueEdition, Mailing, MailSide, Person
from briefs.publications import mail_text, mailings, sending
from briefs.publications.mailings import CopyCounts
from briefs.publications.published import build_draft_issue, load_issue
from briefs.workflow import Refused
from briefs.workflow.rules.transitions import VERB_NAMES

MAX_UNKNOWN_SHOWN: Final = 200

_COUNTED_STAGES: Final = (
    (Copy.Stage.REFUSED, gettext_lazy("Refused")),
    (Copy.Stage.DROPPED, gettext_lazy("Not sent")),
)


def build_mail_url(issue: Issue | int, page: str = "mail", *args: str) -> str:
    pk = issue if isinstance(issue, int) else issue.pk
    return reverse(f"admin:briefs_issue_{page}", args=[pk, *args])


@dataclass
class MailingPanel:
    """What the desk shows of an issue's newest mailing, or of who would get one."""

    issue: Issue
    person: Person
    mailing: Mailing | None = None
    counts: CopyCounts = field(default_factory=CopyCounts)

    @classmethod
    def load(cls, issue: Issue, person: Person) -> "MailingPanel":
        mailing = mailings.find_mailings(issue.number).first()
        return cls(issue, person, mailing, mailings.count_copies(mailing) if mailing else CopyCounts())

    @property
    def url(self) -> str:
        return build_mail_url(self.issue)

    @property
    def copies_url(self) -> str:
        return build_mail_url(self.issue, "copies") if self.person.is_superuser else ""

    @cached_property
    def readers(self) -> dict[str, int]:
        return mailings.count_readers()

    @property
    def reader_count(self) -> int:
        return sum(self.readers.values())

    @cached_property
    def public_edition(self) -> IssueEdition | None:
        return IssueEdition.objects.listed(timezone.now()).filter(issue=self.issue).first()

    @property
    def is_open(self) -> bool:
        return self.mailing is not None and self.mailing.state in mailings.OPEN_STATES

    @cached_property
    def may_send(self) -> bool:
        """Return whether the person may send the public edition, which is not being sent yet."""
        if not self.public_edition or not policy.has_role_for(self.person, "send_issue"):
            return False
        mailing = self.mailing
        return not (
            mailing
            and mailing.issue_edition_id == self.public_edition.pk
            and mailing.state != Mailing.Status.STOPPED
        )

    @property
    def sentence(self) -> str:
        if not self.mailing:
            return ngettext(
                "%(n)s reader would get it now.", "%(n)s readers would get it now.", self.reader_count
            ) % {"n": f"{self.reader_count:,}"}
        values = {"handled": f"{self.counts.handled:,}", "total": f"{self.counts.total:,}"}
        words = [_("%(handled)s of %(total)s copies.") % values]
        if self.mailing.state == Mailing.Status.QUEUED:
            words = [_("It is sent from %(time)s.") % {"time": _format_moment(self.mailing.due_at)}]
        if unknown := self.counts.unknown:
            words.append(
                ngettext(
                    "The fate of %(n)s is unknown; it counts as received.",
                    "The fate of %(n)s is unknown; they count as received.",
                    unknown,
                )
                % {"n": f"{unknown:,}"}
            )
        if self.mailing.state == Mailing.Status.PAUSED and self.mailing.state_reason:
            words.append(mailings.describe_pause(self.mailing))
        return " ".join(words)

    @property
    def rows(self) -> list[tuple[object, str]]:
        """Return labels and numbers: readers by language, then what became of the copies."""
        numbers = self.counts.by_side if self.mailing else self.readers
        rows: list[tuple[object, int]] = [(label, numbers.get(side, 0)) for side, label in MailSide.choices]
        rows += [(label, self.counts.by_stage.get(stage, 0)) for stage, label in _COUNTED_STAGES]
        rows.append((gettext_lazy("Bounced"), self.counts.bounced))
        shown = rows[:3] + [row for row in rows[3:] if row[1]]
        return [(label, f"{number:,}") for label, number in shown]

    @property
    def acts(self) -> list[tuple[str, object]]:
        """Return the verbs that the person may use on the mailing now."""
        if not self.mailing:
            return []
        verbs = mailings.get_verbs(self.mailing)
        return [(verb, VERB_NAMES[verb]) for verb in verbs if policy.has_role_for(self.person, verb)]


def _format_moment(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class MailPreview:
    """The mail of one language choice."""

    side: str
    label: object
    subject: str
    preheader: str
    text: str
    size: int
    url: str


def _build_bodies(issue: Issue, panel: MailingPanel) -> dict[str, mail_text.MailBody]:
    """Return the mail that is being sent, else the one that would be: of the public edition, or of what is on the desk."""
    if panel.mailing and panel.is_open:
        bodies: dict[str, mail_text.MailBody] = Mailing.objects.get(pk=panel.mailing.pk).bodies
        return bodies
    now = timezone.now()
    shown = load_issue(issue.number, now) if panel.public_edition else None
    if shown is None:
        shown = build_draft_issue(issue.number, IssueContent.from_json(issue.content), now)
    return mail_text.build_issue_bodies(shown)


_VERBS: Final = {
    "pause_mailing": mailings.pause_mailing,
    "resume_mailing": mailings.resume_mailing,
    "stop_mailing": mailings.stop_mailing,
}


def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the mail and its mailing. A POST does what `do` says: a test, sending now or at a time, pause, resume, stop."""
    issue = get_object_or_404(Issue, pk=pk)
    if request.method != "POST":
        return _render(request, issue, require_role(request))
    command = request.POST.get("do", "")
    verb = {"test": "test_mail", "now": "send_issue", "later": "send_issue"}.get(command, command)
    if verb not in ("test_mail", "send_issue", *_VERBS):
        raise Http404
    person = require_role(request, verb)
    try:
        messages.success(request, _do(request, issue, person, command))
    except Refused as refused:
        return _render(request, issue, person, errors=field_errors(refused))
    except ValidationError as error:
        errors = [FieldError(message, "due_at") for message in error.messages]
        return _render(request, issue, person, errors=errors)
    return redirect(build_mail_url(issue))


def _do(request: HttpRequest, issue: Issue, person: Person, command: str) -> str:
    panel = MailingPanel.load(issue, person)
    if command == "test":
        sending.send_test(_build_bodies(issue, panel).values(), person)
        return _("Three test mails were sent to %(address)s.") % {"address": person.email}
    if command in _VERBS:
        if panel.mailing is None:
            raise Http404
        _VERBS[command](panel.mailing, by=person)
        return describe_done(command)
    if panel.public_edition is None:
        raise Refused(mailings.NOT_PUBLIC)
    due_at = None
    if command == "later":
        due_at = LocalDateTimeField(required=True).clean(request.POST.get("due_at", ""))
    mailings.queue_issue(panel.public_edition, by=person, due_at=due_at)
    return describe_done("send_issue")


def _render(
    request: HttpRequest, issue: Issue, person: Person, *, errors: list[FieldError] | None = None
) -> HttpResponse:
    panel = MailingPanel.load(issue, person)
    previews = [
        MailPreview(
            side,
            MailSide(side).label,
            body["subject"],
            body["preheader"],
            body["text"],
            round(mail_text.measure_wire(body) / 1000),
            build_mail_url(issue, "mail_html", side),
        )
        for side, body in _build_bodies(issue, panel).items()
    ]
    return render_page(
        request,
        "issues/mail",
        status=409 if errors else 200,
        title=_("Mail to readers"),
        opts=Issue._meta,
        issue=issue,
        panel=panel,
        previews=previews,
        reasons=link_errors(errors or [], {"due_at": "#due_at"}),
    )


@csp_override(
    {
        "default-src": [CSP.NONE],
        "style-src": [CSP.UNSAFE_INLINE],
        "frame-ancestors": [CSP.NONE],
        "sandbox": ["allow-popups"],
    }
)
def mail_html(request: HttpRequest, pk: int, side: str) -> HttpResponse:
    """Show the mail itself, as a mail client draws it."""
    issue = get_object_or_404(Issue, pk=pk)
    panel = MailingPanel.load(issue, require_role(request))
    if side not in MailSide.values:
        raise Http404
    html = _build_bodies(issue, panel)[side]["html"]
    return HttpResponse(html.replace(mail_text.TOKEN_PLACEHOLDER, "preview"))


def copies(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the readers whose copy is of unknown fate. For administrators."""
    issue = get_object_or_404(Issue, pk=pk)
    person = person_of(request)
    if not person.is_superuser:
        raise PermissionDenied
    panel = MailingPanel.load(issue, person)
    rows = list(mailings.find_unknown_copies(panel.mailing)[:MAX_UNKNOWN_SHOWN]) if panel.mailing else []
    return render_page(
        request,
        "issues/copies",
        title=pgettext_lazy("copies", "Fate unknown"),
        opts=Issue._meta,
        issue=issue,
        panel=panel,
        copies=rows,
    )
