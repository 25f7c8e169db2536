"""Compare two contents of a brief: headline, summary, facts, and bullets matched by number."""

from collections.abc import Sequence
from dataclasses import dataclass

from briefs.content import SIDES, Bullet, Content, Side

from .content_merge import FACT_NAMES, LEAD_NAMES
from .text_diff import find_longest_rising


@dataclass(frozen=True, slots=True)
class BulletDifference:
    """One bullet, by its number. The positions count from 1; 0 means absent."""

    number: int
    old: Bullet | None
    new: Bullet | None
    old_position: int
    new_position: int
    is_moved: bool

    @property
    def is_in_both(self) -> bool:
        return bool(self.old and self.new)

    def texts(self, side: Side) -> tuple[str, str]:
        return (self.old.text(side) if self.old else "", self.new.text(side) if self.new else "")

    def is_reworded(self, side: Side) -> bool:
        old, new = self.texts(side)
        return self.is_in_both and old != new

    def is_restructured(self, side: Side) -> bool:
        """Return whether the level or marker changed. False if the side lacks a text in either version."""
        if not (self.old and self.new and all(self.texts(side))):
            return False
        before, after = ((b.level(side), b.marker(side)) for b in (self.old, self.new))
        return before != after

    @property
    def has_changed_annotations(self) -> bool:
        """Return whether the source passage or the reason for being one-sided changed. Neither is public."""
        if not (self.old and self.new):
            return False
        return (self.old.passage, self.old.one_sided) != (self.new.passage, self.new.one_sided)

    @property
    def is_same(self) -> bool:
        changed = any(self.is_reworded(side) or self.is_restructured(side) for side in SIDES)
        return self.is_in_both and not (changed or self.is_moved or self.has_changed_annotations)


@dataclass(frozen=True, slots=True)
class ContentDifference:
    """`rows`: bullets in the new order; removed ones follow their old predecessor. `leads`, `facts`: names of
    changed fields.
    """

    old: Content
    new: Content
    rows: tuple[BulletDifference, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.leads or self.facts) and all(row.is_same for row in self.rows)


def diff_contents(old: Content, new: Content) -> ContentDifference:
    return ContentDifference(
        old,
        new,
        _diff_bullets(old.bullets, new.bullets),
        tuple(name for name in LEAD_NAMES if getattr(old, name) != getattr(new, name)),
        tuple(name for name in FACT_NAMES if getattr(old.facts, name) != getattr(new.facts, name)),
    )


def count_changes(old: Content, new: Content, side: Side) -> int:
    """Count the texts of one language that were reworded, moved, added or removed, or whose level or marker changed.

    Another key point is a change of both languages.
    """
    difference = diff_contents(old, new)
    bullets = (
        row.is_reworded(side) or row.is_restructured(side) or row.is_moved or not row.is_in_both
        for row in difference.rows
        if any(row.texts(side))
    )
    return sum(bullets) + sum(name.endswith((f"_{side}", "key_point")) for name in difference.leads)


def _diff_bullets(old: Sequence[Bullet], new: Sequence[Bullet]) -> tuple[BulletDifference, ...]:
    old_positions = {bullet.number: at for at, bullet in enumerate(old, 1)}
    new_positions = {bullet.number: at for at, bullet in enumerate(new, 1)}
    shared = [number for number in new_positions if number in old_positions]
    unmoved = {shared[at] for at in find_longest_rising([old_positions[number] for number in shared])}
    order: list[int] = list(new_positions)
    sort_keys = {number: (at, 0) for number, at in new_positions.items()}
    last = (0, 0)
    for number, at in old_positions.items():
        if number not in new_positions:
            order.append(number)
            sort_keys[number] = (last[0], at)
        last = sort_keys[number]
    return tuple(
        BulletDifference(
            number,
            old[old_positions[number] - 1] if number in old_positions else None,
            new[new_positions[number] - 1] if number in new_positions else None,
            old_positions.get(number, 0),
            new_positions.get(number, 0),
            number in old_positions and number in new_positions and number not in unmoved,
        )
        for number in sorted(order, key=sort_keys.__getitem__)
    )
