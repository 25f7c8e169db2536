"""Group the acts of a brief's bar: the main one, a second one, and the light and heavy ones under More."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from ...workflow.next_step import Step

HEAVY_VERBS: Final = ("source_withdrew", "discard", "cancel", "publish_urgently", "withdraw", "remove")
SECOND_VERBS: Final = ("take_back_sign_off_zh", "take_back_sign_off_en", "send_back", "take_back")

SHORT_LABELS: Final[dict[str, Promise]] = {
    "submit": pgettext_lazy("short", "Submit"),
    "sign_off_zh": pgettext_lazy("short", "Sign off"),
    "sign_off_en": pgettext_lazy("short", "Sign off"),
    "approve": pgettext_lazy("short", "Approve"),
    "assign_zh": pgettext_lazy("short", "Ask"),
    "assign_en": pgettext_lazy("short", "Ask"),
    "revise": pgettext_lazy("short", "Revise"),
    "recover": pgettext_lazy("short", "Recover"),
    "confirm": pgettext_lazy("short", "Confirm"),
    "next": pgettext_lazy("short", "Next"),
}


@dataclass(slots=True)
class VerbButton:
    """A button for a verb, or the reason why this person may not use the verb now."""

    verb: str
    label: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BarActs:
    """The main act is not repeated in the other groups."""

    main: str
    label: str
    short_label: str
    second: VerbButton | None
    light: list[VerbButton]
    heavy: list[VerbButton]
    refused: list[VerbButton]

    @classmethod
    def build(cls, step: Step, buttons: Iterable[VerbButton]) -> Self:
        """`buttons` are all verbs on offer, in order, and those refused with a reason."""
        offered = {button.verb: button for button in buttons if not button.why_not}
        label = offered[step.main].label if step.main in offered else step.label
        second = None
        if step.main != "confirm":
            second = next((offered[verb] for verb in SECOND_VERBS if verb in offered), None)
        rest = [b for verb, b in offered.items() if verb != step.main and b is not second]
        return cls(
            step.main,
            label,
            str(SHORT_LABELS.get(step.main, label)),
            second,
            [button for button in rest if button.verb not in HEAVY_VERBS],
            [offered[verb] for verb in HEAVY_VERBS if verb in offered],
            [button for button in buttons if button.why_not],
        )
