"""Build a read-only comparison of the headlines, summaries, bullets and facts of two contents."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANGUAGE_TAGS, SIDES, Side
from ...text.content_diff import BulletDifference, ContentDifference
from ..common.brief_pages import bullet_structure_label
from ..common.diff_html import render_diff, share_effort
from ..common.fact_text import format_fact
from ..common.interface_labels import FIELD_LABELS
from ..common.name_fields import NamesById


@dataclass(frozen=True, slots=True)
class ComparisonCell:
    """One language of a row. `structure` is empty unless the level or marker changed."""

    lang: str
    text: SafeString | str
    structure: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """A row of the page.

    `kind` is same, changed, added or removed; `previous_position` is set if a bullet moved.
    """

    label: str
    kind: str
    cells: tuple[ComparisonCell, ...]
    anchor: str = ""
    previous_position: int = 0
    desk_only_changes: tuple[tuple[str, SafeString], ...] = ()


@dataclass(frozen=True, slots=True)
class FactChange:
    """A changed fact. A missing value is an empty string."""

    label: str
    old: str
    new: str


def build_comparison_lines(difference: ContentDifference) -> list[ComparisonLine]:
    """Return headline, summary and alt text, then the bullets in the new order."""
    effort = _effort(difference)
    leads = [_lead_line(difference, name, label, effort) for name, label in _lead_labels()]
    return [*filter(None, leads), *(_bullet_line(row, effort) for row in difference.rows)]


def build_fact_changes(difference: ContentDifference, names: NamesById) -> Iterator[FactChange]:
    old, new = difference.old.facts, difference.new.facts
    for name in difference.facts:
        before, after = (
            format_fact(facts, name, names) if getattr(facts, name) else "" for facts in (old, new)
        )
        yield FactChange(str(FIELD_LABELS[name]), before, after)


def _lead_labels() -> Iterator[tuple[str, str]]:
    yield "headline", _("Headline")
    yield "summary", _("Summary")
    yield "picture_alt", _("Alt text")


def _effort(difference: ContentDifference) -> int:
    texts = len(difference.leads) + sum(
        row.is_reworded(side) for row in difference.rows if not row.is_same for side in SIDES
    )
    return share_effort(texts)


def _lead_line(difference: ContentDifference, name: str, label: str, effort: int) -> ComparisonLine | None:
    """Return the line of a text, or None if neither content has the text in any language."""
    cells = []
    for side in SIDES:
        old, new = (getattr(content, f"{name}_{side}") for content in (difference.old, difference.new))
        cells.append(
            ComparisonCell(LANGUAGE_TAGS[side], new if old == new else render_diff(old, new, effort))
        )
    if not any(cell.text for cell in cells):
        return None
    changed = any(f"{name}_{side}" in difference.leads for side in SIDES)
    return ComparisonLine(label, "changed" if changed else "same", tuple(cells), anchor=name)


def _bullet_line(row: BulletDifference, effort: int) -> ComparisonLine:
    return ComparisonLine(
        label=str(row.new_position or row.old_position),
        kind=_kind(row),
        cells=tuple(_cell(row, side, effort) for side in SIDES),
        anchor=f"b{row.number}",
        previous_position=row.old_position if row.is_moved else 0,
        desk_only_changes=tuple(_desk_only_changes(row, effort)) if row.has_changed_annotations else (),
    )


def _kind(row: BulletDifference) -> str:
    if row.is_same:
        return "same"
    return "changed" if row.is_in_both else "added" if row.new else "removed"


def _cell(row: BulletDifference, side: Side, effort: int) -> ComparisonCell:
    old, new = row.texts(side)
    structure: SafeString | str = ""
    if row.old and row.new and row.is_restructured(side):
        labels = (bullet_structure_label(row.old, side), bullet_structure_label(row.new, side))
        structure = format_html("<del>{}</del> <ins>{}</ins>", *labels)
    return ComparisonCell(
        LANGUAGE_TAGS[side], new if old == new else render_diff(old, new, effort), structure
    )


def _desk_only_changes(row: BulletDifference, effort: int) -> Iterator[tuple[str, SafeString]]:
    """Yield the changed staff-only fields of a bullet, if both contents have the bullet."""
    if row.old and row.new:
        for name, label in (
            ("passage", _("Source passage")),
            ("one_sided", _("Intentionally one-sided because")),
        ):
            old, new = getattr(row.old, name), getattr(row.new, name)
            if old != new:
                yield label, render_diff(old, new, effort)
