"""Three contents of one brief made one: where both began (`base`), mine, and theirs.

Pure, like `content`. Compared place by place: what one of the two touched is taken; what both touched
differently is a clash. A place has a name: a lead or a fact by its field, `b4-zh` the Chinese words of bullet
number 4, `b4-zh-structure` its level and marker there, `b4-passage`, `b4-one_sided`, `b4` that there is such a
bullet, and `order`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from ..content import SIDES, Bullet, Content, Facts

type Choice = Literal["mine", "theirs"]
type Choose = Callable[[str], Choice | None]

LEADS: Final = tuple(name for name in Content.__dataclass_fields__ if name not in ("bullets", "facts"))
FACTS: Final = tuple(Facts.__dataclass_fields__)
ORDER: Final = "order"


@dataclass(frozen=True, slots=True)
class Merged:
    """At a clash, `content` has mine; a bullet that one deleted and the other changed is in it.

    `taken` are the places that they alone touched.
    """

    content: Content
    clashes: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


def merge(base: Content, mine: Content, theirs: Content, choose: Choose = lambda place: None) -> Merged:
    """`choose` settles a clash: whose words stand at that place, or None to leave it a clash."""
    work = _Work(choose)
    leads = {name: work.settle(name, *_each(name, base, mine, theirs)) for name in LEADS}
    facts = {name: work.settle(name, *_each(name, base.facts, mine.facts, theirs.facts)) for name in FACTS}
    bullets = _bullets(work, base.bullets, mine.bullets, theirs.bullets)
    content = Content(**leads, bullets=bullets, facts=Facts(**facts))
    return Merged(content, tuple(work.clashes), tuple(work.taken))


def places(content: Content) -> dict[str, Any]:
    """Every place that this content has, and what stands there."""
    found = {name: getattr(content, name) for name in LEADS}
    found |= {name: getattr(content.facts, name) for name in FACTS}
    for bullet in content.bullets:
        found[f"b{bullet.number}"] = bullet
        found |= _cells(bullet)
    return found | {ORDER: tuple(b.number for b in content.bullets)}


@dataclass(slots=True)
class _Work:
    choose: Choose
    clashes: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def settle(self, place: str, base: Any, mine: Any, theirs: Any) -> Any:
        if mine == theirs or theirs == base:
            return mine
        if mine == base:
            self.taken.append(place)
            return theirs
        return theirs if self.decide(place) == "theirs" else mine

    def decide(self, place: str) -> Choice | None:
        choice = self.choose(place)
        if choice is None:
            self.clashes.append(place)
        return choice


def _each(name: str, *rows: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for row in rows)


def _bullets(
    work: _Work, base: Sequence[Bullet], mine: Sequence[Bullet], theirs: Sequence[Bullet]
) -> tuple[Bullet, ...]:
    was, own, other = ({b.number: b for b in rows} for rows in (base, mine, theirs))
    kept = {}
    for number in {**other, **own}:
        if bullet := _bullet(work, was.get(number), own.get(number), other.get(number)):
            kept[number] = bullet
    return tuple(kept[number] for number in _order(work, list(was), list(own), list(other), kept))


def _bullet(work: _Work, was: Bullet | None, mine: Bullet | None, theirs: Bullet | None) -> Bullet | None:
    """None where it is gone."""
    if mine and theirs:
        return _both(work, was or Bullet(mine.number), mine, theirs)
    if (one := mine or theirs) is None:
        return None
    clashed = len(work.clashes)
    settled: Bullet | None = work.settle(f"b{one.number}", was, mine, theirs)
    return settled if len(work.clashes) == clashed else one


def _both(work: _Work, was: Bullet, mine: Bullet, theirs: Bullet) -> Bullet:
    before, own, other = _cells(was), _cells(mine), _cells(theirs)
    cells = {place: work.settle(place, before[place], own[place], other[place]) for place in own}
    bullet = _bullet_of(mine.number, cells)
    if not (bullet.text_zh or bullet.text_en) and bullet not in (mine, theirs):
        # One emptied the Chinese, the other the English.
        return theirs if work.decide(f"b{mine.number}") == "theirs" else mine
    return bullet


def _cells(bullet: Bullet) -> dict[str, Any]:
    name = f"b{bullet.number}"
    cells: dict[str, Any] = {}
    for side in SIDES:
        cells[f"{name}-{side}"] = bullet.text(side)
        cells[f"{name}-{side}-structure"] = (bullet.level(side), bullet.marker(side))
    return cells | {f"{name}-passage": bullet.passage, f"{name}-one_sided": bullet.one_sided}


def _bullet_of(number: int, cells: Mapping[str, Any]) -> Bullet:
    zh, structure_zh, en, structure_en, passage, one_sided = cells.values()
    bullet = Bullet(number, zh, en, passage=passage, one_sided=one_sided)
    (level_zh, marker_zh), (level_en, marker_en) = structure_zh, structure_en
    return replace(bullet, level_zh=level_zh, level_en=level_en, marker_zh=marker_zh, marker_en=marker_en)


def _order(
    work: _Work, base: list[int], mine: list[int], theirs: list[int], kept: Mapping[int, Bullet]
) -> list[int]:
    """Whoever moved leads. What the other alone has follows the neighbour that it followed."""
    common = set(base) & set(mine) & set(theirs)
    was, own, other = ([n for n in numbers if n in common] for numbers in (base, mine, theirs))
    leads = work.settle(ORDER, was, own, other) is own and own != was
    lead, rest = (mine, theirs) if leads else (theirs, mine)
    order = [n for n in lead if n in kept]
    placed = set(order)
    for i, number in enumerate(rest):
        if number in kept and number not in placed:
            before = next((n for n in reversed(rest[:i]) if n in placed), None)
            order.insert(0 if before is None else order.index(before) + 1, number)
            placed.add(number)
    return order
