"""A place of the review screen, headline, summary or bullet: both its sides with all that hangs on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANGUAGE_TAGS, Bullet, Side
from ...models import Note, Suggestion
from ...rendering.nesting import NestedPosition as Spot
from ...text.text_diff import BulletDifference
from ..common.brief_pages import structure_label
from ..common.diff_html import render_diff


@dataclass(slots=True)
class SuggestionView:
    """A suggestion as it is shown: what it would take out and put in."""

    suggestion: Suggestion
    html: SafeString
    is_current: bool
    """Whether the text is still the one that it was made for."""

    @classmethod
    def build(cls, suggestion: Suggestion, text: str) -> "SuggestionView":
        return cls(suggestion, render_diff(suggestion.was, suggestion.text), suggestion.was == text)


@dataclass(slots=True)
class ReviewCell:
    """One side of one place. `seen` is the hash of the text that is shown."""

    side: Side
    anchor: str
    text: str
    html: SafeString
    text_hash: str
    nesting: Spot | None = None
    previous_structure: str = ""
    """What level and marker were, where they changed."""
    is_changed: bool = False
    is_fine: bool = False
    is_mine: bool = True
    """Whether this person is to answer for the language."""
    suggestions: list[SuggestionView] = field(default_factory=list)
    form_data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS[self.side]

    @property
    def key(self) -> str:
        return f"{self.anchor}-{self.side}"

    @property
    def marker(self) -> str:
        """As readers will see it."""
        return f"{self.nesting.ordinal}." if self.nesting and self.nesting.ordinal else "•"

    @property
    def side_name(self) -> str:
        return _("Chinese") if self.side == "zh" else _("English")

    @property
    def note_text(self) -> str:
        return str(self.form_data.get(f"note-{self.key}", ""))

    @property
    def suggestion_text(self) -> str:
        return str(self.form_data.get(f"suggest-{self.key}", "") or self.text)

    @property
    def reason_text(self) -> str:
        return str(self.form_data.get(f"why-{self.key}", ""))


@dataclass(slots=True)
class ReviewPair:
    """Both sides of a place. `was` counts where a bullet stood before, if it was moved."""

    anchor: str
    label: str
    position: int
    cells: list[ReviewCell]
    bullet: Bullet | None = None
    previous_position: int = 0
    findings: list[dict[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def cells_to_review(self) -> list[ReviewCell]:
        """What this person has to look at here."""
        return [cell for cell in self.cells if cell.text and cell.is_mine]

    @property
    def is_done(self) -> bool:
        return all(cell.is_fine for cell in self.cells_to_review)

    @property
    def is_changed(self) -> bool:
        return bool(self.previous_position) or any(
            cell.is_changed or cell.previous_structure for cell in self.cells
        )


def structure_before(row: BulletDifference | None, side: Side) -> str:
    if row is None or row.old is None or row.new is None or not row.is_restructured(side):
        return ""
    return structure_label(f"{row.old.level(side)}-{row.old.marker(side)}")
