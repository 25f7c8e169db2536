"""Rows of the review screen: a headline, summary or bullet with both languages and their annotations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from ...content import LANGUAGE_TAGS, Bullet, Side
from ...rendering.nesting import NestedPosition as Spot
from ...text.content_diff import BulletDifference
from ..common.brief_pages import bullet_structure_label
from ..common.interface_labels import SIDE_NAMES
from ..editor.margin import Margin


@dataclass(slots=True)
class ReviewCell:
    """One language of a headline, summary or bullet. `text_hash` is the hash of the shown text."""

    side: Side
    anchor: str
    text: str
    html: SafeString
    text_hash: str
    nesting: Spot | None = None
    previous_structure: str = ""
    """Level and marker before the change, if they changed."""
    is_changed: bool = False
    is_fine: bool = False
    is_mine: bool = True
    """Whether this person reviews the language."""
    form_data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS[self.side]

    @property
    def key(self) -> str:
        return f"{self.anchor}-{self.side}"

    @property
    def marker(self) -> str:
        """Return the marker as shown to readers."""
        return f"{self.nesting.ordinal}." if self.nesting and self.nesting.ordinal else "•"

    @property
    def side_name(self) -> str:
        return str(SIDE_NAMES[self.side])

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
    """Both languages of a headline, summary or bullet.

    `previous_position` is the old position of a moved bullet, counted from 1.
    """

    anchor: str
    label: str
    position: int
    cells: list[ReviewCell]
    bullet: Bullet | None = None
    previous_position: int = 0
    margin: Margin = field(default_factory=Margin)

    @property
    def cells_to_review(self) -> list[ReviewCell]:
        """Return the non-empty texts that this person has to review."""
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
    return bullet_structure_label(row.old, side)
