"""Work out who changed a part of a brief, from its revisions: one language, the facts, or one fact.

What a person changes and changes back leaves no trace, unless an edition was approved or somebody else changed the
part in between. Any other return to an earlier value is a change by whoever brings it back, beside those who made it.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One revision as seen by one part: the value, its editor, and the ids of all who changed it (none for a repair).

    `returned_to` is the number of an approved revision that a discard brought back.
    """

    number: int
    value: Hashable
    by: int
    people: Collection[int]
    returned_to: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A value that the part has since revision `number`. Compared by identity.

    `actors` made the step; `people` count as its changers: for a return also those who made the earlier value, for
    a repair nobody. `editors` are all who changed the part from the last reviewed edition to this change.
    """

    value: Hashable
    number: int
    by: int | None = None
    actors: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    editors: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangeTrail:
    """The changes that still count, the oldest first, and the change whose value each revision had."""

    changes: Sequence[Change]
    change_by_revision: Mapping[int, Change] = field(default_factory=dict)

    @property
    def current(self) -> Change:
        return self.changes[-1]

    def list_since(self, number: int) -> list[Change]:
        return [change for change in self.changes if change.number > number]

    def find_people_since(self, number: int) -> frozenset[int]:
        return frozenset(person for change in self.list_since(number) for person in change.people)

    def is_unchanged_since(self, number: int) -> bool:
        """Return whether the part has the value that revision `number` had, and had it without interruption."""
        return self.change_by_revision.get(number) is self.current


def build_trail(
    blank: Hashable, steps: Iterable[Step], *, editions: Collection[int], reviewed: Collection[int]
) -> ChangeTrail:
    """Build the trail of a part. `editions` and `reviewed` are the numbers of approved revisions.

    `reviewed` leaves out those of urgent editions that nobody has confirmed.
    """
    changes = [Change(blank, 0)]
    change_by_revision: dict[int, Change] = {}
    editors_by_value: dict[Hashable, frozenset[int]] = {}
    for step in steps:
        if step.returned_to is not None and (approved := change_by_revision.get(step.returned_to)):
            while changes[-1].number > approved.number:
                changes.pop()
            if changes[-1] is not approved:
                changes.append(approved)
        elif step.value != changes[-1].value:
            if position := _find_undone(changes, step, editions):
                del changes[position:]
            else:
                changes.append(_build_change(changes[-1], step, editors_by_value, reviewed))
        top = change_by_revision[step.number] = changes[-1]
        editors_by_value[top.value] = editors_by_value.get(top.value, frozenset()) | top.editors
    return ChangeTrail(changes, change_by_revision)


def _find_undone(changes: Sequence[Change], step: Step, editions: Collection[int]) -> int | None:
    """Return the position of the first of the person's own changes that the step undoes, or None."""
    for position in range(len(changes) - 1, 0, -1):
        change = changes[position]
        if change.people and change.actors != _get_actors(step):
            return None
        if any(change.number <= edition < step.number for edition in editions):
            return None
        if changes[position - 1].value == step.value:
            return position if change.by == step.by else None
    return None


def _build_change(
    last: Change, step: Step, editors_by_value: Mapping[Hashable, frozenset[int]], reviewed: Collection[int]
) -> Change:
    people = frozenset(step.people)
    if people:
        people |= editors_by_value.get(step.value, frozenset())
    is_new_version = any(last.number <= number < step.number for number in reviewed)
    editors = people if is_new_version else people | last.editors
    return Change(step.value, step.number, step.by, _get_actors(step), people, editors)


def _get_actors(step: Step) -> frozenset[int]:
    return frozenset(step.people or (step.by,))
