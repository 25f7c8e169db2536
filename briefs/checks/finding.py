"""Findings, repairs and edits that checks return. Messages are in `messages`."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from briefs.content import Side

FindingField = Literal["headline", "summary", "bullet", "source", "date", "url", "picture"]
Span = tuple[int, int]
MessageValues = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in one text.

    If the text differs from `expected`, the whole repair is refused.
    """

    bullet: int | None
    field: FindingField
    side: Side
    start: int
    end: int
    expected: str
    replacement: str

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Repair:
    """A one-click repair. Without edits, an offer of another action, such as adding a glossary term."""

    code: str
    values: MessageValues = dataclasses.field(default_factory=dict)
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A result of a check.

    `bullet`: the bullet's number, not its position; None for headline, summary and facts.
    `side`: empty where both sides are meant. `span`: start and end in that side's text.
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
        """Return the part of the code before the dot, which a dismissal may name."""
        return self.code.partition(".")[0]
