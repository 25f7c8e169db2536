"""The leaves of a brief or an issue, read from its revisions, editions and sign-offs. The rule itself is in `leaves`."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils.translation import gettext

from briefs.content import SIDES, IssueContent, Side
from briefs.models import Brief, Issue, Person, SignOff
from briefs.models.edition import FrozenEdition
from briefs.workflow import policy

from .leaves import LEAVES, NOBODY, Leaf, LeafName, find_changers
from .refusals import Reason
from .revisions import BLANK_HASHES


class History(Protocol):
    """Revisions and editions, the newest first, and sign-offs, the oldest first."""

    @property
    def revisions(self) -> Sequence[Any]: ...

    @property
    def editions(self) -> Sequence[Any]: ...

    @property
    def signoffs(self) -> Sequence[SignOff]: ...


type Leaves = Mapping[LeafName, Leaf]

_BLANK_ISSUE_HASHES: Final = IssueContent().hashes()


def find_last_edition(history: History) -> Any | None:
    """Return the newest edition that two people saw. One cancelled before it was public is none."""
    return next((e for e in history.editions if e.four_eyes and not e.is_cancelled), None)


def find_baseline_number(history: History) -> int:
    """Return the number of the revision of the last edition, after which changes and answers count."""
    edition = find_last_edition(history)
    return next((r.number for r in history.revisions if edition and r.pk == edition.revision_id), 0)


def build_leaves(history: History, staff: Collection[int], now: dt.datetime) -> dict[LeafName, Leaf]:
    """Build the three leaves of the newest revision. `staff`: ids of all who have a role; nobody else's no counts."""
    last, since, newest = find_last_edition(history), find_baseline_number(history), history.revisions[0]
    later = [r for r in reversed(history.revisions) if r.number > since]
    shown = [e for e in history.editions if e.four_eyes and (e.live_until is None or e.live_until > now)]
    blank = _BLANK_ISSUE_HASHES if hasattr(newest, "issue_id") else BLANK_HASHES
    leaves = {}
    for name in LEAVES:
        column = f"hash_{name}"
        current = getattr(newest, column)
        answers = find_answers(history, name)
        steps = ((getattr(r, column), find_people(r)) for r in later)
        leaves[name] = Leaf(
            name,
            current,
            changed_by=find_changers(getattr(last, column) if last else blank[name], steps),
            voices=frozenset(s.by_id for s in answers if s.answer == SignOff.Answer.YES),
            rejected_by=frozenset(
                s.by_id
                for s in answers
                if s.answer == SignOff.Answer.NO
                and (s.leaf, s.hash_common) == (name, newest.hash_common)
                and s.by_id in staff
            ),
            is_public=any(getattr(e, column) == current and not e.is_cancelled for e in shown),
        )
    return leaves


def find_people(revision: Any) -> tuple[int, ...]:
    """Return who made a revision. Nobody counts for emptying the change note of the version before."""
    if revision.begins_version:
        return ()
    return (NOBODY,) if revision.is_nobodys else tuple(revision.list_people_ids())


def find_answers(history: History, name: LeafName) -> list[SignOff]:
    """Return each person's newest answer to the current hash of a leaf since the last edition.

    An answer to a language is one to the `common` leaf beside it, so a person may have several to `common`.
    """
    newest, since = history.revisions[0], find_baseline_number(history)
    if name == "common":
        found = [s for s in history.signoffs if s.hash_common == newest.hash_common]
    else:
        current = getattr(newest, f"hash_{name}")
        found = [s for s in history.signoffs if s.leaf == name and s.hash == current]
    return list({(s.by_id, s.leaf): s for s in found if s.revision > since}.values())


def find_own_yes(history: History, name: LeafName, person: int) -> SignOff | None:
    """Return a yes of this person that covers the leaf and the `common` leaf as they are now."""
    current = history.revisions[0].hash_common
    answers = (s for s in find_answers(history, name) if (s.by_id, s.hash_common) == (person, current))
    return next((s for s in answers if s.answer == SignOff.Answer.YES), None)


def is_settled(leaf: Leaf, press: int | None = None) -> bool:
    return leaf.is_settled(four_eyes=settings.DIGEST_FOUR_EYES, press=press)


@dataclass
class Signing:
    """Who may and who should say yes to the leaves of a page. `people`: all who have a role."""

    leaves: Leaves
    people: Sequence[Person]

    @cached_property
    def reviewer_ids(self) -> frozenset[int]:
        """Return the ids of reviewers and publishers."""
        return frozenset(p.pk for p in self.people if policy.get_roles(p) & policy.REVIEWER_ROLES)

    @cached_property
    def publisher_ids(self) -> frozenset[int]:
        return frozenset(p.pk for p in self.people if "publisher" in policy.get_roles(p))

    def settles_all(self, press: int) -> bool:
        """Return whether this publisher's press would settle all leaves."""
        return all(is_settled(leaf, press) for leaf in self.leaves.values())

    @cached_property
    def open_leaves(self) -> list[LeafName]:
        """Return the leaves that not every publisher's press would settle; none if somebody's press would settle all."""
        if any(map(self.settles_all, self.publisher_ids)):
            return []
        return [
            name
            for name in LEAVES
            if self._find_pressers(self.leaves[name]) != self.publisher_ids or not self.publisher_ids
        ]

    def _find_pressers(self, leaf: Leaf) -> frozenset[int]:
        """Return the publishers whose press would settle the leaf."""
        return frozenset(pk for pk in self.publisher_ids if is_settled(leaf, pk))

    def may_sign(self, person: Person, name: LeafName) -> bool:
        four_eyes = settings.DIGEST_FOUR_EYES
        return self.leaves[name].may_be_signed_by(person.pk, self.reviewer_ids, four_eyes=four_eyes)

    def can_sign(self, person: Person, name: LeafName) -> bool:
        """Return whether the person may say yes to a leaf, and the yes would be a new one that is needed.

        A yes to a language is one to `common` too, which is offered by itself only where a language needs nothing more.
        """
        leaf = self.leaves[name]
        if person.pk in leaf.voices or is_settled(leaf):
            return False
        if name == "common" and any(
            side in self.open_leaves and self.can_sign(person, side) for side in SIDES
        ):
            return False
        return self.may_sign(person, name)

    def find_able(self, name: LeafName) -> list[Person]:
        """Return whose yes this leaf needs or could use; after a no, only theirs."""
        if name not in self._able:
            self._able[name] = [p for p in self.people if self.can_sign(p, name) and self._is_useful(p, name)]
        return self._able[name]

    def find_signers(self, name: LeafName) -> list[Person]:
        """Return those of the able who did not change the leaf, if there are any, else all."""
        able = self.find_able(name)
        return [p for p in able if p.pk not in self.leaves[name].changed_by] or able

    def list_readers(self, side: Side) -> list[Person]:
        """Return the signers who review the language; if none does, those who chose no language."""
        signers = [p for p in self.find_signers(side) if p.pk in self.reviewer_ids]
        return [p for p in signers if side in p.reviewed_sides] or [p for p in signers if not p.reviews]

    def find_named_signers(self, name: LeafName) -> list[Person]:
        """Return the signers to ask by name: those who review the language, without the publishers if possible."""
        signers = self.find_signers(name)
        readers = signers if name == "common" else self.list_readers(name)
        return [p for p in readers if p.pk not in self.publisher_ids] or readers or signers

    @cached_property
    def _able(self) -> dict[LeafName, list[Person]]:
        return {}

    def _is_useful(self, person: Person, name: LeafName) -> bool:
        """Return whether a yes by the person would let more publishers approve, or takes the place of their no."""
        leaf = self.leaves[name]
        if leaf.rejected_by:
            return person.pk in leaf.rejected_by
        signed = replace(leaf, voices=leaf.voices | {person.pk})
        return self._find_pressers(signed) > self._find_pressers(leaf)

    def list_asked_leaves(self) -> list[LeafName]:
        """Return the open leaves, without `common` if somebody who may yet sign a language signs it by that."""
        signers = (p for side in SIDES if side in self.open_leaves for p in self.find_able(side))
        is_covered = any(self.may_sign(p, "common") and self._is_useful(p, "common") for p in signers)
        return [name for name in self.open_leaves if name != "common" or not is_covered]

    def lacks_signers(self) -> bool:
        """Return whether nobody can sign a leaf that is as it should be."""
        return any(
            not (self.leaves[name].rejected_by or self.find_signers(name))
            for name in self.list_asked_leaves()
        )

    def why_not_settled(self, press: int, prefix: str = "") -> list[Reason]:
        """Return a reason for each leaf that may not go public when this person presses *Publish*."""
        names = {p.pk: str(p) for p in self.people}
        reasons = []
        for name, leaf in self.leaves.items():
            if leaf.rejected_by:
                told = gettext(", ").join(names[pk] for pk in sorted(leaf.rejected_by))
                reasons.append(Reason(f"no-{name}", {"name": told}, f"signoff-{name}"))
            elif not is_settled(leaf, press):
                signers = gettext(", ").join(map(str, self.find_signers(name)[:3])) or gettext(
                    "another reviewer"
                )
                reasons.append(Reason(f"{prefix}unsigned-{name}", {"name": signers}, f"signoff-{name}"))
        return reasons


class PageFacts[Row: (Brief, Issue), Shown: FrozenEdition](ABC):
    """The rows about one brief or issue that decide who can do what next. What is not `given` is loaded when first asked for."""

    def __init__(self, row: Row, now: dt.datetime, **given: Any) -> None:
        self.row: Row = row
        self.now = now
        vars(self).update(given)

    @property
    @abstractmethod
    def editions(self) -> Sequence[Shown]:
        """Return the editions, the newest first."""

    @property
    @abstractmethod
    def history(self) -> History: ...

    @cached_property
    def people(self) -> Sequence[Person]:
        """Return all who have a role."""
        return policy.load_staff()

    @cached_property
    def leaves(self) -> Leaves:
        return build_leaves(self.history, {person.pk for person in self.people}, self.now)

    @cached_property
    def signing(self) -> Signing:
        return Signing(self.leaves, self.people)

    @property
    def scheduled_edition(self) -> Shown | None:
        return next((e for e in self.editions if e.live_from > self.now and not e.is_cancelled), None)

    @property
    def public_edition(self) -> Shown | None:
        """Return the edition that readers see now, or the notice of its withdrawal."""
        return next((e for e in self.editions if e.is_public(self.now)), None)

    @cached_property
    def was_public(self) -> bool:
        """Return whether an edition has been public."""
        return any(e.live_from <= self.now and not e.is_cancelled for e in self.editions)

    @property
    def is_withdrawn(self) -> bool:
        return bool(self.public_edition and self.public_edition.withdrawn_at)


def format_seen(name: LeafName, hashes: Mapping[LeafName, str]) -> str:
    """Return what a page sends back to say which hashes of a leaf and of the `common` leaf it showed."""
    return f"{hashes[name]}.{hashes['common']}"


def get_hashes(leaves: Leaves) -> dict[LeafName, str]:
    return {name: leaf.hash for name, leaf in leaves.items()}


def build_signoff(page: Issue | Any, leaves: Leaves, name: LeafName, answer: str, **values: Any) -> SignOff:
    """Build an unsaved answer to a leaf as it is now."""
    return SignOff(
        page=page.page,
        leaf=name,
        hash=leaves[name].hash,
        hash_common=leaves["common"].hash,
        answer=answer,
        **values,
    )
