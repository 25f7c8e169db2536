"""Merge three contents of one brief: the common ancestor (`base`), mine and theirs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, Literal

from briefs.content import SIDES, Bullet, Content, Facts

from .text_diff import DiffRun, diff_texts

type MergeChoice = Literal["mine", "theirs"]
type ConflictResolver = Callable[[str], MergeChoice | None]

LEAD_NAMES: Final = tuple(name for name in Content.__dataclass_fields__ if name not in ("bullets", "facts"))
"""Fields of `Content` other than bullets and facts: texts, and the number of the key point."""
FACT_NAMES: Final = tuple(Facts.__dataclass_fields__)
ORDER_KEY: Final = "order"


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The merged content. A conflict keeps the value of `mine`; a bullet that one version deleted and the other
    changed stays.

    `keys_from_theirs`: the keys that only `theirs` changed.
    """

    content: Content
    conflict_keys: tuple[str, ...] = ()
    keys_from_theirs: tuple[str, ...] = ()


def merge(
    base: Content, mine: Content, theirs: Content, resolve: ConflictResolver = lambda key: None
) -> MergeResult:
    """Merge the contents. `resolve` is called with the key of each conflict; None leaves it unresolved."""
    state = _MergeState(resolve)
    leads = {name: state.settle_text(name, *_get_from_each(name, base, mine, theirs)) for name in LEAD_NAMES}
    facts = {
        name: state.settle(name, *_get_from_each(name, base.facts, mine.facts, theirs.facts))
        for name in FACT_NAMES
    }
    bullets = _merge_bullets(state, base.bullets, mine.bullets, theirs.bullets)
    content = Content(**leads, bullets=bullets, facts=Facts(**facts))
    return MergeResult(content, tuple(state.conflict_keys), tuple(state.keys_from_theirs))


def collect_values_by_key(content: Content) -> dict[str, Any]:
    """Return every key of this content with its value."""
    values = {name: getattr(content, name) for name in LEAD_NAMES}
    values |= {name: getattr(content.facts, name) for name in FACT_NAMES}
    for bullet in content.bullets:
        values[f"b{bullet.number}"] = bullet
        values |= _cells(bullet)
    return values | {ORDER_KEY: tuple(b.number for b in content.bullets)}


@dataclass(slots=True)
class _MergeState:
    resolve: ConflictResolver
    conflict_keys: list[str] = field(default_factory=list)
    keys_from_theirs: list[str] = field(default_factory=list)

    def settle(self, key: str, base: Any, mine: Any, theirs: Any) -> Any:
        if mine == theirs or theirs == base:
            return mine
        if mine == base:
            self.keys_from_theirs.append(key)
            return theirs
        return theirs if self.decide(key) == "theirs" else mine

    def settle_text(self, key: str, base: Any, mine: Any, theirs: Any) -> Any:
        """Settle a value that may be a text, in which edits at different places merge."""
        if isinstance(base, str) and mine != base != theirs and mine != theirs:
            merged = merge_texts(base, mine, theirs)
            if merged is not None:
                self.keys_from_theirs.append(key)
                return merged
        return self.settle(key, base, mine, theirs)

    def decide(self, key: str) -> MergeChoice | None:
        choice = self.resolve(key)
        if choice is None:
            self.conflict_keys.append(key)
        return choice


type _Edit = tuple[int, int, str]
"""Start and end in the old text, and the text that takes its place."""


def merge_texts(base: str, mine: str, theirs: str) -> str | None:
    """Return the text with the edits of both, or None if an edit of one overlaps or touches one of the other."""
    edits = sorted({*_list_edits(base, mine), *_list_edits(base, theirs)})
    if any(after[0] <= before[1] for before, after in pairwise(edits)):
        return None
    for start, end, text in reversed(edits):
        base = base[:start] + text + base[end:]
    return base


def _list_edits(old: str, new: str) -> Iterator[_Edit]:
    at = start = 0
    text, is_open = "", False
    for run in [*diff_texts(old, new), DiffRun("equal", "")]:
        if run.kind == "equal":
            if is_open:
                yield start, at, text
            at += len(run.text)
            start, text, is_open = at, "", False
        else:
            is_open = True
            at, text = (at + len(run.text), text) if run.kind == "deleted" else (at, text + run.text)


def _get_from_each(name: str, *rows: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for row in rows)


def _merge_bullets(
    state: _MergeState, base: Sequence[Bullet], mine: Sequence[Bullet], theirs: Sequence[Bullet]
) -> tuple[Bullet, ...]:
    base_bullets, my_bullets, their_bullets = ({b.number: b for b in rows} for rows in (base, mine, theirs))
    merged = {}
    for number in {**their_bullets, **my_bullets}:
        if bullet := _merge_bullet(
            state, base_bullets.get(number), my_bullets.get(number), their_bullets.get(number)
        ):
            merged[number] = bullet
    return tuple(
        merged[number]
        for number in _merge_order(state, list(base_bullets), list(my_bullets), list(their_bullets), merged)
    )


def _merge_bullet(
    state: _MergeState, base: Bullet | None, mine: Bullet | None, theirs: Bullet | None
) -> Bullet | None:
    """Return the merged bullet, or None if it was deleted."""
    if mine and theirs:
        return _merge_cells(state, base or Bullet(mine.number), mine, theirs)
    if (one := mine or theirs) is None:
        return None
    clashed = len(state.conflict_keys)
    settled: Bullet | None = state.settle(f"b{one.number}", base, mine, theirs)
    return settled if len(state.conflict_keys) == clashed else one


def _merge_cells(state: _MergeState, base: Bullet, mine: Bullet, theirs: Bullet) -> Bullet:
    before, own, other = _cells(base), _cells(mine), _cells(theirs)
    cells = {key: state.settle_text(key, before[key], own[key], other[key]) for key in own}
    bullet = _build_bullet(mine.number, cells)
    if not (bullet.text_zh or bullet.text_en) and bullet not in (mine, theirs):
        # `mine` emptied one language and `theirs` the other.
        return theirs if state.decide(f"b{mine.number}") == "theirs" else mine
    return bullet


def _cells(bullet: Bullet) -> dict[str, Any]:
    name = f"b{bullet.number}"
    cells: dict[str, Any] = {}
    for side in SIDES:
        cells[f"{name}-{side}"] = bullet.text(side)
        cells[f"{name}-{side}-structure"] = (bullet.level(side), bullet.marker(side))
    return cells | {f"{name}-passage": bullet.passage, f"{name}-one_sided": bullet.one_sided}


def _build_bullet(number: int, cells: Mapping[str, Any]) -> Bullet:
    zh, structure_zh, en, structure_en, passage, one_sided = cells.values()
    bullet = Bullet(number, zh, en, passage=passage, one_sided=one_sided)
    (level_zh, marker_zh), (level_en, marker_en) = structure_zh, structure_en
    return replace(bullet, level_zh=level_zh, level_en=level_en, marker_zh=marker_zh, marker_en=marker_en)


def _merge_order(
    state: _MergeState, base: list[int], mine: list[int], theirs: list[int], merged: Mapping[int, Bullet]
) -> list[int]:
    """Use the order of the version that moved bullets. A bullet that only the other version has follows its
    predecessor there.
    """
    common = set(base) & set(mine) & set(theirs)
    was, own, other = ([n for n in numbers if n in common] for numbers in (base, mine, theirs))
    leads = state.settle(ORDER_KEY, was, own, other) is own and own != was
    lead, rest = (mine, theirs) if leads else (theirs, mine)
    order = [n for n in lead if n in merged]
    placed = set(order)
    for i, number in enumerate(rest):
        if number in merged and number not in placed:
            before = next((n for n in reversed(rest[:i]) if n in placed), None)
            order.insert(0 if before is None else order.index(before) + 1, number)
            placed.add(number)
    return order
