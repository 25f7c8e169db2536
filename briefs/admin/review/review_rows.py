"""A place of the review screen, headline, summary or bullet: both its sides with all that hangs on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANG, Bullet, Side
from ...models import Note, Suggestion
from ...rendering.nesting import NestedPosition as Spot
from ...text.text_diff import BulletDifference
from ..common.brief_pages import structure_label
from ..common.diff_html import told


@dataclass(slots=True)
class Asked:
    """A suggestion as it is shown: what it would take out and put in."""

    row: Suggestion
    html: SafeString
    fits: bool
    """Whether the text is still the one that it was made for."""

    @classmethod
    def of(cls, row: Suggestion, text: str) -> "Asked":
        return cls(row, told(row.was, row.text), row.was == text)


@dataclass(slots=True)
class Cell:
    """One side of one place. `seen` is the hash of the text that is shown."""

    side: Side
    place: str
    text: str
    html: SafeString
    seen: str
    spot: Spot | None = None
    structure: str = ""
    """What level and marker were, where they changed."""
    is_changed: bool = False
    is_fine: bool = False
    is_mine: bool = True
    """Whether this person is to answer for the language."""
    suggestions: list[Asked] = field(default_factory=list)
    typed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        return LANG[self.side]

    @property
    def key(self) -> str:
        return f"{self.place}-{self.side}"

    @property
    def marker(self) -> str:
        """As readers will see it."""
        return f"{self.spot.ordinal}." if self.spot and self.spot.ordinal else "•"

    @property
    def side_name(self) -> str:
        return _("Chinese") if self.side == "zh" else _("English")

    @property
    def note_typed(self) -> str:
        return str(self.typed.get(f"note-{self.key}", ""))

    @property
    def suggest_typed(self) -> str:
        return str(self.typed.get(f"suggest-{self.key}", "") or self.text)

    @property
    def why_typed(self) -> str:
        return str(self.typed.get(f"why-{self.key}", ""))


@dataclass(slots=True)
class Pair:
    """Both sides of a place. `was` counts where a bullet stood before, if it was moved."""

    place: str
    label: str
    n: int
    cells: list[Cell]
    bullet: Bullet | None = None
    was: int = 0
    findings: list[dict[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def to_see(self) -> list[Cell]:
        """What this person has to look at here."""
        return [cell for cell in self.cells if cell.text and cell.is_mine]

    @property
    def is_done(self) -> bool:
        return all(cell.is_fine for cell in self.to_see)

    @property
    def is_changed(self) -> bool:
        return bool(self.was) or any(cell.is_changed or cell.structure for cell in self.cells)


def structure_before(row: BulletDifference | None, side: Side) -> str:
    if row is None or row.old is None or row.new is None or not row.is_restructured(side):
        return ""
    return structure_label(f"{row.old.level(side)}-{row.old.marker(side)}")
