"""What a check hands back: where, what, and at most one repair. The words are in `sentences`."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from briefs.content import Side

FindingField = Literal["headline", "summary", "bullet", "source", "date", "picture"]
Span = tuple[int, int]
MessageValues = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of one text to replace. `was` is what must stand there, else the repair is refused whole."""

    bullet: int | None
    field: FindingField
    side: Side
    start: int
    end: int
    expected: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Repair:
    """What one click does. Without edits it is an offer that leads elsewhere, such as to the glossary."""

    code: str
    values: MessageValues = dataclasses.field(default_factory=dict)
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """`bullet` is the number of the bullet, not its position; None for headline, summary and facts.

    `side` is empty where both are meant. `span` counts characters of that side's text.
    """

    code: str
    field: FindingField
    bullet: int | None = None
    side: Side | Literal[""] = ""
    span: Span | None = None
    values: MessageValues = dataclasses.field(default_factory=dict)
    repair: Repair | None = None

    @property
    def check_name(self) -> str:
        """The rule that a dismissal silences."""
        return self.code.partition(".")[0]
