"""The four-eyes rule a second time: a model from a list of who changed and who answered what."""

from dataclasses import dataclass, field

from briefs.content import SIDES

type Texts = tuple[int, int]
"""Numbers of the Chinese and of the English text."""


ROLES = {"W": "w", "V": "w", "R": "r", "S": "r", "P": "wrp", "Q": "wrp", "B": "wrp", "X": ""}


"""Roles: writer, reviewer, publisher. B has all three from three groups; X is on the staff without a role."""


@dataclass
class RevisionRecord:
    by: str
    texts: Texts
    sides: frozenset[str]
    is_discard: bool = False
    """Whether a discard returned the brief to the published texts."""


@dataclass
class EditionRecord:
    by: str
    texts: Texts
    revision: int
    urgent: bool
    confirmed: bool = False
    cancelled: bool = False


@dataclass
class FourEyesModel:
    """Who changed what, who answered what, and what was approved."""

    revisions: list[RevisionRecord] = field(default_factory=list)
    editions: list[EditionRecord] = field(default_factory=list)
    answers: dict[tuple[str, int, str], bool] = field(default_factory=dict)
    submitted_by: str = ""
    answered: bool = False
    open_notes: int = 0

    @property
    def texts(self) -> Texts:
        return self.revisions[-1].texts

    def add_revision(self, by: str, texts: Texts, *, is_discard: bool = False) -> None:
        old_texts = self.texts if self.revisions else (0, 0)
        sides = frozenset(s for s, old, new in zip(SIDES, old_texts, texts, strict=True) if old != new)
        self.revisions.append(RevisionRecord(by, texts, sides, is_discard))

    def find_last_reviewed(self) -> EditionRecord | None:
        return next((e for e in reversed(self.editions) if not e.urgent or e.confirmed), None)

    def find_latest_uncancelled(self) -> EditionRecord | None:
        return next((e for e in reversed(self.editions) if not e.cancelled), None)

    def find_unconfirmed(self) -> EditionRecord | None:
        urgent = (e for e in reversed(self.editions) if e.urgent and not e.confirmed and not e.cancelled)
        return next(urgent, None)

    def count_settled_revisions(self) -> int:
        """Return how many revisions count for nobody, because they were approved or discarded."""
        reviewed = self.find_last_reviewed()
        if reviewed is None:
            return 0
        discards = (
            n
            for n, revision in enumerate(self.revisions, 1)
            if revision.is_discard and revision.texts == reviewed.texts
        )
        return max(reviewed.revision, *discards, 0)

    def find_editors(self, side: str) -> set[str]:
        later = self.revisions[self.count_settled_revisions() :]
        return {revision.by for revision in later if side in revision.sides}

    def find_answerers(self, side: str, yes: bool) -> set[str]:
        text = self.texts[SIDES.index(side)]
        return {who for (s, t, who), answer in self.answers.items() if (s, t, answer) == (side, text, yes)}

    def is_signed(self, side: str) -> bool:
        yes = self.find_answerers(side, True)
        if self.find_answerers(side, False) or (self.find_last_reviewed() is None and not yes):
            return False
        return all(yes - {person} for person in self.find_editors(side))

    def may_sign(self, side: str, who: str) -> bool:
        editors = self.find_editors(side)
        if editors == {who}:
            return False
        edited_with_reviewer = who in editors and any("r" in ROLES[other] for other in editors - {who})
        return "r" in ROLES[who] or edited_with_reviewer

    def last_editor(self) -> str:
        return next(
            (revision.by for revision in reversed(self.revisions) if revision.sides), self.revisions[0].by
        )

    def may_approve(self, who: str) -> bool:
        wrote_facts = self.find_last_reviewed() is None and self.revisions[0].by == who
        signed = all(self.is_signed(side) for side in SIDES)
        return signed and not self.open_notes and who != self.last_editor() and not wrote_facts
