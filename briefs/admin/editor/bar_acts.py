"""Choose the buttons of a brief's bar for one person: the main act, a second one, and the others under More."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ... import policy
from ...content import SIDES, Side
from ...models import Brief, Person, State
from ...workflow import AssignmentPlan
from ...workflow.rules.four_eyes import SignOffStatuses

NEXT_BRIEF: Final = "next"
WRITE_NOTE: Final = "note"
HEAVY_VERBS: Final = ("source_withdrew", "discard", "cancel", "publish_urgently", "withdraw", "remove")

SHORT_LABELS: Final[dict[str, Promise]] = {
    "submit": pgettext_lazy("short", "Submit"),
    "sign_off_zh": pgettext_lazy("short", "Sign off"),
    "sign_off_en": pgettext_lazy("short", "Sign off"),
    "approve": pgettext_lazy("short", "Approve"),
    "assign": pgettext_lazy("short", "Ask"),
    "revise": pgettext_lazy("short", "Revise"),
    "recover": pgettext_lazy("short", "Recover"),
    "reschedule": pgettext_lazy("short", "Reschedule"),
    "confirm": pgettext_lazy("short", "Confirm"),
    WRITE_NOTE: pgettext_lazy("short", "Note"),
    NEXT_BRIEF: pgettext_lazy("short", "Next"),
}
ASK_LABELS: Final[dict[Side, Promise]] = {
    "zh": _("Ask a reviewer for the Chinese"),
    "en": _("Ask a reviewer for the English"),
}


@dataclass(slots=True)
class VerbButton:
    """A button for a verb, or the reason why this person may not use the verb now."""

    verb: str
    label: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BarActs:
    """`main` is a verb, `WRITE_NOTE` or `NEXT_BRIEF`. The main act is not repeated in the other groups."""

    main: str
    label: str
    short_label: str
    second: VerbButton | None
    light: list[VerbButton]
    heavy: list[VerbButton]
    refused: list[VerbButton]


@dataclass(frozen=True, slots=True)
class ActChooser:
    """Choose the acts of one person for one brief. `buttons` are all verbs on offer, in order.

    `is_settled`: no edition waits for its time or for a confirmation, so a revision may be next.
    """

    brief: Brief
    person: Person
    statuses: SignOffStatuses
    plan: AssignmentPlan
    buttons: Iterable[VerbButton]
    is_settled: bool = True

    def choose(self) -> BarActs:
        offered = {button.verb: button for button in self.buttons if not button.why_not}
        main = self._choose_main(offered)
        second = None if main == "confirm" else offered.get("send_back") or offered.get("take_back")
        rest = [b for verb, b in offered.items() if verb != main and b is not second]
        return BarActs(
            main,
            self._label(main, offered),
            str(SHORT_LABELS[main]),
            second,
            [button for button in rest if button.verb not in HEAVY_VERBS],
            [offered[verb] for verb in HEAVY_VERBS if verb in offered],
            [button for button in self.buttons if button.why_not],
        )

    def _label(self, main: str, offered: dict[str, VerbButton]) -> str:
        if main == NEXT_BRIEF:
            return str(_("Next brief"))
        if main == WRITE_NOTE:
            return str(_("Write a note"))
        if main == "assign":
            return str(ASK_LABELS[next(self._unasked_sides())])
        return str(_("Submit again")) if main == "submit" and self._is_returned else offered[main].label

    def _choose_main(self, offered: dict[str, VerbButton]) -> str:
        if "confirm" in offered:
            return "confirm"
        return next((act for act in self._acts_of_state() if act in (*offered, WRITE_NOTE)), NEXT_BRIEF)

    def _acts_of_state(self) -> Iterator[str]:
        if self.brief.state == State.DRAFT:
            yield from self._draft_acts()
        elif self.brief.state == State.IN_REVIEW:
            yield from self._review_acts()
        elif self.brief.state == State.APPROVED:
            yield "revise" if self.is_settled else "reschedule"
        else:
            yield "recover"

    def _draft_acts(self) -> Iterator[str]:
        """A returned draft waits for its writer; another draft for whoever may submit it."""
        writes = self.plan.writer.person == self.person or "publisher" not in policy.get_roles(self.person)
        if not self._is_returned or writes:
            yield "submit"
        if not self._is_returned:
            yield WRITE_NOTE

    def _review_acts(self) -> Iterator[str]:
        unsigned = [side for side in SIDES if not self.statuses[side].is_signed]
        if not unsigned:
            yield "approve"
            return
        roles = policy.get_roles(self.person)
        yield from (f"sign_off_{side}" for side in unsigned if self._is_asked_for(side))
        if "publisher" in roles and any(self._unasked_sides()):
            yield "assign"
        elif "reviewer" in roles and "publisher" not in roles:
            yield from (f"sign_off_{side}" for side in self._unasked_sides())

    def _is_asked_for(self, side: Side) -> bool:
        """Return whether the side waits for this person: as its reviewer, or as a writer whose text was reworded."""
        status = self.statuses[side]
        reworded = self.person.pk in status.changed_by and len(status.changed_by) > 1
        return self.plan.reviewers[side].person == self.person or reworded

    def _unasked_sides(self) -> Iterator[Side]:
        """Yield the unsigned sides that no reviewer is asked for."""
        sides = (side for side in SIDES if not self.statuses[side].is_signed)
        return (side for side in sides if self.plan.reviewers[side].person is None)

    @property
    def _is_returned(self) -> bool:
        return self.brief.state == State.DRAFT and any(
            status.rejected_by for status in self.statuses.values()
        )
