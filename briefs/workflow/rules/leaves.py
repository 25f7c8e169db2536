"""The rule of four eyes: when a leaf of a page may go public. Values alone, without database and settings.

A page is what readers see in one language. A brief and an issue have three leaves: `zh` and `en` (the texts), and `common`
(all that both languages show). See decision 4.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

type LeafName = Literal["zh", "en", "common"]

LEAVES: Final[tuple[LeafName, ...]] = ("zh", "en", "common")
NOBODY: Final = 0
"""Stands among the changers for an import in nobody's name."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it is now. People are ids.

    `changed_by`: who changed it since the last edition. `voices`: who said yes to this hash since then. `rejected_by`: whose
    no stands. `is_public`: readers have this hash, or will at a time that is set.
    """

    name: LeafName
    hash: str = ""
    changed_by: frozenset[int] = frozenset()
    voices: frozenset[int] = frozenset()
    rejected_by: frozenset[int] = frozenset()
    is_public: bool = False

    def is_settled(self, *, four_eyes: bool, press: int | None = None) -> bool:
        """Return whether the leaf may go public. `press`: who presses *Publish*.

        The press is a voice: for `common` by itself, for a language beside somebody's explicit yes.
        """
        is_voice = press is not None and (self.name == "common" or bool(self.voices))
        voices = self.voices | {press} if press is not None and is_voice else self.voices
        return not self.rejected_by and (self.is_public or self.would_settle(voices, four_eyes=four_eyes))

    def would_settle(self, voices: Collection[int], *, four_eyes: bool) -> bool:
        """Return whether these voices suffice: two people, or one who did not change what somebody changed."""
        if not four_eyes or len(voices) > 1:
            return bool(voices)
        is_somebodys = bool(self.changed_by) and NOBODY not in self.changed_by
        return is_somebodys and not self.changed_by.issuperset(voices)

    def may_be_signed_by(self, person: int, reviewers: Collection[int], *, four_eyes: bool) -> bool:
        """Return whether the person may say yes: `reviewers` (and publishers), or anybody while these could not settle it."""
        return person in reviewers or not self.would_settle(reviewers, four_eyes=four_eyes)


def find_changers(base: str, steps: Iterable[tuple[str, Collection[int]]]) -> frozenset[int]:
    """Return who changed a leaf since the last edition. `steps`: the hash after each revision, and who made it.

    A stretch that begins and ends with one hash counts for nobody.
    """
    kept: list[tuple[str, Collection[int]]] = [(base, ())]
    for hash, people in steps:
        position = next((n for n, (earlier, _people) in enumerate(kept) if earlier == hash), None)
        if position is None:
            kept.append((hash, people))
        else:
            del kept[position + 1 :]
    return frozenset(person for _hash, people in kept for person in people)
