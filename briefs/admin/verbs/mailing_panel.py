"""A mailing on the desk: how far it is, and its buttons, for issues and for notices of corrections. Counts, never addresses."""

from dataclasses import dataclass, field
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import describe_done, read_number
from briefs.admin.common.interface_labels import interface_side
from briefs.models import Copy, Mailing, MailSide, Person
from briefs.publications import mailings
from briefs.publications.mailings import CopyCounts
from briefs.workflow import policy
from briefs.workflow.acts import get_label

STEERING_VERBS: Final = {
    "pause_mailing": mailings.pause_mailing,
    "resume_mailing": mailings.resume_mailing,
    "stop_mailing": mailings.stop_mailing,
    "send_again": mailings.send_again,
}
_COUNTED_STAGES: Final = (
    (Copy.Stage.REFUSED, gettext_lazy("Refused")),
    (Copy.Stage.DROPPED, gettext_lazy("Not sent")),
)


def steer(request: HttpRequest) -> None:
    """Pause, resume or stop the mailing that the POST names, or send its unconfirmed copies again. Raise Refused."""
    verb = request.POST.get("do", "")
    if verb not in STEERING_VERBS:
        raise Http404
    person = require_role(request, verb)
    mailing = get_object_or_404(Mailing, pk=read_number(request.POST, "mailing"))
    STEERING_VERBS[verb](mailing, by=person)
    messages.success(request, describe_done(verb))


@dataclass
class MailingPanel:
    """What one person sees of a mailing. `url`: the page that takes its buttons."""

    person: Person
    url: str
    mailing: Mailing | None = None
    counts: CopyCounts = field(default_factory=CopyCounts)

    def __post_init__(self) -> None:
        if self.mailing:
            self.counts = mailings.count_copies(self.mailing)

    @property
    def copies_url(self) -> str:
        """Return the page with the addresses of copies of unknown fate, for administrators."""
        if not (self.mailing and self.person.is_superuser):
            return ""
        return reverse("admin:briefs_issue_copies", args=[self.mailing.pk])

    @property
    def is_open(self) -> bool:
        return self.mailing is not None and self.mailing.state in mailings.OPEN_STATES

    @property
    def sentence(self) -> str:
        if not self.mailing:
            n = sum(mailings.count_readers().values())
            sentence = ngettext("%(n)s reader would get it now.", "%(n)s readers would get it now.", n)
            return sentence % {"n": f"{n:,}"}
        values = {"handled": f"{self.counts.handled:,}", "total": f"{self.counts.total:,}"}
        words = [_("%(handled)s of %(total)s copies.") % values]
        halt = mailings.describe_halt(self.mailing)
        shown_at = max(timezone.now(), self.mailing.due_at)
        if not halt and self.is_open and not mailings.has_current_text(self.mailing, shown_at):
            halt = str(mailings.HALT_REASONS["changed"])  # the next sender will pause it
        elif self.mailing.state == Mailing.Status.QUEUED:
            due_at = timezone.localtime(self.mailing.due_at)
            words = [_("It is sent from %(time)s.") % {"time": f"{due_at:%Y-%m-%d %H:%M}"}]
        if unknown := self.counts.unknown:
            words.append(
                ngettext(
                    "Delivery of %(n)s is unconfirmed; it counts as received.",
                    "Delivery of %(n)s is unconfirmed; they count as received.",
                    unknown,
                )
                % {"n": f"{unknown:,}"}
            )
        words.append(halt)
        return ("" if interface_side() == "zh" else " ").join(filter(None, words))

    @property
    def rows(self) -> list[tuple[object, str]]:
        """Return labels and numbers: readers by language, then what became of the copies."""
        numbers = self.counts.by_side if self.mailing else mailings.count_readers()
        rows: list[tuple[object, int]] = [(label, numbers.get(side, 0)) for side, label in MailSide.choices]
        rows += [(label, self.counts.by_stage[stage]) for stage, label in _COUNTED_STAGES]
        rows.append((gettext_lazy("Bounced"), self.counts.bounced))
        shown = rows[:3] + [row for row in rows[3:] if row[1]]
        return [(label, f"{number:,}") for label, number in shown]

    @property
    def acts(self) -> list[tuple[str, object]]:
        """Return the verbs that the person may use on the mailing now."""
        verbs = mailings.get_verbs(self.mailing) if self.mailing else []
        names = {verb: self._name_send_again() if verb == "send_again" else get_label(verb) for verb in verbs}
        return [
            (verb, name) for verb, name in names.items() if name and policy.has_role_for(self.person, verb)
        ]

    def _name_send_again(self) -> str:
        """Return the name of the button for copies of unknown fate; empty if there are none."""
        if not (self.mailing and self.counts.unknown):
            return ""
        n = mailings.find_sendable_again(self.mailing, timezone.now()).count()
        return (
            ngettext("Send again to this one", "Send again to these %(n)s", n) % {"n": f"{n:,}"} if n else ""
        )
