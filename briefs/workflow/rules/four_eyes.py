"""Four-eyes rule: who changed a language or a fact, when a language is signed, and who may sign it.

A change that the same person undoes does not count, unless an edition was approved or somebody else changed the part in
between. Any other return to an earlier value is a change by whoever brings it back, and by those who first made it.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.utils.translation import gettext

from briefs import policy
from briefs.content import SIDES, Content, Facts, Side
from briefs.facts import FACTS
from briefs.models import (
    Brief,
    Edition,
    Person,
    Revision,
    SignOff,
    State,
)

from .refusals import Reason, build_refusal
from .transitions import BriefHistory

# Who changed a part of a brief (one language, the facts, or one fact), by its revisions.


@dataclass(frozen=True, slots=True)
class Step:
    """One revision, reduced to one part: its value, the editor, and the ids of all who changed it (none for a repair).

    `returned_to` is the number of an approved revision that a discard brought back.
    """

    number: int
    value: Hashable
    by: int
    people: Collection[int]
    returned_to: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """The value of a part from revision `number` on. Compared by identity.

    `actors` made the step. `people` count as its changers: for a return to an earlier value also those who first made it,
    for a repair nobody. `editors`: all who changed the part from the last reviewed edition to this change.
    """

    value: Hashable
    number: int
    by: int | None = None
    actors: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    editors: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangeTrail:
    """The changes that still count, oldest first, and for each revision the change whose value it has."""

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
        """Return whether the part has had the same value without interruption since revision `number`."""
        return self.change_by_revision.get(number) is self.current


def build_trail(
    blank: Hashable, steps: Iterable[Step], *, editions: Collection[int], reviewed: Collection[int]
) -> ChangeTrail:
    """Build the trail of a part. `editions` and `reviewed` are the numbers of approved revisions.

    `reviewed` lacks those of urgent editions that nobody has confirmed.
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


# Four-eyes rule: when a language is signed, and who may sign it off.

_BLANK_HASHES = Content().hashes()


@dataclass(frozen=True, slots=True)
class SideSignOffStatus:
    """Sign-off status of one side of the current content. People are ids."""

    side: Side
    hash: str
    changed_by: frozenset[int]
    signed_by: frozenset[int]
    rejected_by: frozenset[int]
    is_first_review: bool

    @property
    def is_signed(self) -> bool:
        if self.rejected_by or (self.is_first_review and not self.signed_by):
            return False
        if not settings.DIGEST_FOUR_EYES:
            return bool(self.signed_by) or not self.changed_by
        return all(self.signed_by - {person} for person in self.changed_by)

    @property
    def is_unanswered(self) -> bool:
        return not self.is_signed and not self.signed_by

    def rejects_signoff_by(self, person: Person) -> bool:
        """Return whether the person is the only editor of this side, whose own sign-off does not count."""
        return settings.DIGEST_FOUR_EYES and self.changed_by == {person.pk}


def why_not_sign_off(status: SideSignOffStatus, person: Person, reviewers: Collection[int]) -> Reason | None:
    """Return a reason if this person may not sign off this side, else None. `reviewers`: ids of all who may review."""
    about = f"signoff-{status.side}"
    if status.rejects_signoff_by(person):
        return Reason(f"own-{status.side}", {}, about)
    is_reviewer = policy.get_roles(person) & policy.REVIEWER_ROLES
    edited_with_reviewer = person.pk in status.changed_by and any(
        pk in reviewers for pk in status.changed_by - {person.pk}
    )
    return None if is_reviewer or edited_with_reviewer else Reason("not-your-side", {}, about)


type SignOffStatuses = Mapping[Side, SideSignOffStatus]


def find_last_reviewed_edition(history: BriefHistory) -> Edition | None:
    """Return the newest edition that a second person has seen."""
    return next((e for e in history.editions if e.is_reviewed), None)


def find_baseline_number(history: BriefHistory) -> int:
    """Return the revision number after which changes need a sign-off."""
    edition = find_last_reviewed_edition(history)
    if edition is None:
        return 0
    approved = next(r.number for r in history.revisions if r.pk == edition.revision_id)
    returned = (
        r.number
        for r in history.revisions
        if r.kind == Revision.Kind.RETURN
        and r.number > approved
        and (r.hash_zh, r.hash_en) == (edition.hash_zh, edition.hash_en)
    )
    return next(returned, approved)


def build_part_trail(history: BriefHistory, part: str) -> ChangeTrail:
    """Build the trail of a side or of the facts from the hashes of the revisions."""
    steps = (build_step(history, r, getattr(r, f"hash_{part}")) for r in reversed(history.revisions))
    return build_trail(_BLANK_HASHES[part], steps, **find_edition_numbers(history))


def build_step(history: BriefHistory, revision: Revision, value: Hashable) -> Step:
    """Build the step of a revision for a part with this value."""
    is_return = revision.kind == Revision.Kind.RETURN
    returned_to = _find_returned_number(history, revision) if is_return else None
    return Step(revision.number, value, revision.by_id, find_changers(revision), returned_to)


def find_edition_numbers(history: BriefHistory) -> dict[str, set[int]]:
    """Return the numbers of approved revisions: under `editions` all, under `reviewed` those that a second person saw."""
    numbers = {r.pk: r.number for r in history.revisions}
    return {
        "editions": {numbers[e.revision_id] for e in history.editions},
        "reviewed": {numbers[e.revision_id] for e in history.editions if e.is_reviewed},
    }


def find_changers(revision: Revision) -> Collection[int]:
    """Return the ids of the people who made a revision's change: editor and co-author."""
    return tuple(pk for pk in (revision.by_id, revision.also_by_id) if pk)


def _find_returned_number(history: BriefHistory, revision: Revision) -> int | None:
    """Return the number of the approved revision whose texts a discard brought back."""
    numbers = {r.pk: r.number for r in history.revisions}
    found = (
        numbers[e.revision_id]
        for e in history.editions
        if numbers[e.revision_id] < revision.number
        and (e.hash_zh, e.hash_en) == (revision.hash_zh, revision.hash_en)
    )
    return next(found, None)


def load_statuses_by_side(brief: Brief, content: Content) -> dict[Side, SideSignOffStatus]:
    """Load the sign-off status of both sides, in a constant number of queries."""
    return build_statuses_by_side(BriefHistory.load(brief), {side: content.hash_side(side) for side in SIDES})


def compute_statuses(history: BriefHistory) -> dict[Side, SideSignOffStatus]:
    """Compute the status of both sides from the newest revision's hashes, without loading the content."""
    newest = history.revisions[0]
    return build_statuses_by_side(history, {"zh": newest.hash_zh, "en": newest.hash_en})


def build_statuses_by_side(
    history: BriefHistory, hashes: Mapping[Side, str]
) -> dict[Side, SideSignOffStatus]:
    """Build the sign-off status of both sides from a loaded history. `hashes` are those of the current content."""
    since = find_baseline_number(history)
    statuses: dict[Side, SideSignOffStatus] = {}
    for side in SIDES:
        trail = build_part_trail(history, side)
        newest = {signoff.by_id: signoff for signoff in find_standing_signoffs(history, side, trail)}
        statuses[side] = SideSignOffStatus(
            side=side,
            hash=hashes[side],
            changed_by=trail.find_people_since(since),
            signed_by=frozenset(person for person, signoff in newest.items() if signoff.yes),
            rejected_by=frozenset(
                person for person, signoff in newest.items() if not (signoff.yes or signoff.taken_back)
            ),
            is_first_review=since == 0,
        )
    return statuses


def find_standing_signoffs(
    history: BriefHistory, side: Side, trail: ChangeTrail | None = None
) -> list[SignOff]:
    """Return the answers to the current text of a side, the oldest first.

    An answer to an earlier text does not stand again when somebody brings that text back.
    """
    trail = trail or build_part_trail(history, side)
    numbers = {r.pk: r.number for r in history.revisions}
    return [
        signoff
        for signoff in history.signoffs
        if signoff.side == side and trail.is_unchanged_since(numbers[signoff.revision_id])
    ]


def why_not_signed(statuses: SignOffStatuses) -> list[Reason]:
    reasons = []
    for side, answer in statuses.items():
        if answer.rejected_by:
            names = Person.objects.filter(pk__in=answer.rejected_by).order_by("pk")
            reasons.append(
                Reason(f"no-{side}", {"name": gettext(", ").join(map(str, names))}, f"signoff-{side}")
            )
        elif not answer.is_signed:
            reasons.append(Reason(f"unsigned-{side}", {}, f"signoff-{side}"))
    return reasons


def find_last_editor(history: BriefHistory, approver: int) -> int:
    """Return the editor of the newest change, or of the oldest revision.

    A fact that the approver changed does not make them the last editor: somebody else has to tick it.
    """
    changes = [
        change
        for part in _BLANK_HASHES
        for change in build_part_trail(history, part).changes
        if change.people and not (part == "facts" and change.by == approver)
    ]
    newest = max(changes, key=lambda change: change.number, default=None)
    return newest.by if newest and newest.by else history.revisions[-1].by_id


def is_sole_publisher(person: Person) -> bool:
    """Return whether only this person could approve. For anybody but a publisher no query is needed."""
    if not settings.DIGEST_FOUR_EYES or "publisher" not in policy.get_roles(person):
        return False
    return not policy.find_people_with_roles(policy.PUBLISHER_ROLES).exclude(pk=person.pk).exists()


def require_somebody_to_approve(row: Brief, revision: Revision) -> None:
    """Raise Refused if the unsaved revision would make the only publisher the last editor of a brief in review."""
    if row.state != State.IN_REVIEW or not is_sole_publisher(revision.by):
        return
    history, person = BriefHistory.load(row), revision.by_id
    after = replace(history, revisions=[revision, *history.revisions])
    if find_last_editor(history, person) != person and find_last_editor(after, person) == person:
        raise build_refusal("sole-publisher", about="suggest")


def find_revision_before_own_changes(history: BriefHistory, person: int) -> Revision | None:
    """Return the newest revision that is approved or not the person's alone, if texts changed since; else None."""
    approved = {edition.revision_id for edition in history.editions}
    for position, revision in enumerate(history.revisions):
        if revision.pk in approved or (revision.by_id, revision.also_by_id) != (person, None):
            newest = history.revisions[0]
            is_same = all(getattr(newest, f"hash_{s}") == getattr(revision, f"hash_{s}") for s in SIDES)
            return revision if position and not is_same else None
    return None


def find_facts_changed_since_signoffs(
    history: BriefHistory, content: Content, statuses: SignOffStatuses
) -> list[str]:
    """Return the names of the facts that changed since the sign-offs. See `find_signed_facts`."""
    seen = _find_signed_revision(history, statuses)
    if seen and seen.hash_facts == content.hash_facts():
        return []
    old = find_signed_facts(history, statuses)
    return [name for name in FACTS if getattr(old, name) != getattr(content.facts, name)]


def find_signed_facts(history: BriefHistory, statuses: SignOffStatuses) -> Facts:
    """Return the facts of the earliest signed revision; without sign-offs, of the baseline; without that, empty ones."""
    seen = _find_signed_revision(history, statuses)
    return Content.from_json(seen.content).facts if seen else Content().facts


def find_baseline_facts(history: BriefHistory) -> Facts:
    """Return the facts of the last reviewed edition, or empty ones."""
    number = find_baseline_number(history)
    revision = next((r for r in history.revisions if r.number == number), None)
    return Content.from_json(revision.content).facts if revision else Content().facts


def _find_signed_revision(history: BriefHistory, statuses: SignOffStatuses) -> Revision | None:
    """Return the older of the revisions at which the sides were last signed off, else the baseline."""
    signed = [
        next(
            s
            for s in reversed(find_standing_signoffs(history, side))
            if s.by_id in answer.signed_by and s.yes
        )
        for side, answer in statuses.items()
        if answer.signed_by
    ]
    ids = {signoff.revision_id for signoff in signed}
    numbers = [r.number for r in history.revisions if r.pk in ids] or [find_baseline_number(history)]
    return next((r for r in history.revisions if r.number == min(numbers)), None)
