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
    discarded_to: int = 0
    """Number of the approved revision whose texts a discard brought back."""


@dataclass
class EditionRecord:
    by: str
    texts: Texts
    revision: int
    urgent: bool
    confirmed: bool = False
    cancelled: bool = False


@dataclass(eq=False)
class Wording:
    """A text of one side that still counts: since which revision, by whom, and who else has to answer for it."""

    text: int
    since: int
    by: str
    makers: set[str]


@dataclass
class FourEyesModel:
    """Who changed what, who answered what, and what was approved."""

    revisions: list[RevisionRecord] = field(default_factory=list)
    editions: list[EditionRecord] = field(default_factory=list)
    answers: dict[tuple[str, int, str], bool] = field(default_factory=dict)
    """By side, revision since which the answered wording stood, and person."""
    submitted_by: str = ""
    answered: bool = False
    open_notes: int = 0

    @property
    def texts(self) -> Texts:
        return self.revisions[-1].texts

    def add_revision(self, by: str, texts: Texts, *, discarded_to: int = 0) -> None:
        self.revisions.append(RevisionRecord(by, texts, discarded_to))

    def answer(self, side: str, who: str, yes: bool) -> None:
        self.answers[side, self.list_wordings(side)[-1].since, who] = yes

    def find_last_reviewed(self) -> EditionRecord | None:
        return next((e for e in reversed(self.editions) if not e.urgent or e.confirmed), None)

    def find_latest_uncancelled(self) -> EditionRecord | None:
        return next((e for e in reversed(self.editions) if not e.cancelled), None)

    def find_unconfirmed(self) -> EditionRecord | None:
        urgent = (e for e in reversed(self.editions) if e.urgent and not e.confirmed and not e.cancelled)
        return next(urgent, None)

    def list_wordings(self, side: str) -> list[Wording]:
        """Replay the revisions of a side without what people undid of their own, and without what was discarded."""
        after: list[list[Wording]] = [[]]
        known: list[Wording] = []
        for number, revision in enumerate(self.revisions, 1):
            line, text = list(after[-1]), revision.texts[SIDES.index(side)]
            if revision.discarded_to:
                kept = after[revision.discarded_to][-1]
                line = [w for w in line if w.since < kept.since] + [kept]
            elif not line or line[-1].text != text:
                undone = [
                    n
                    for n in range(1, len(line))
                    if line[n - 1].text == text
                    and {w.by for w in line[n:]} == {revision.by}
                    and not any(line[n].since <= e.revision < number for e in self.editions)
                ]
                if undone:
                    line = line[: undone[-1]]
                else:
                    earlier = [w for w in known if w.text == text]
                    makers = {revision.by}.union(*(self._list_makers(after[w.since]) for w in earlier))
                    line.append(Wording(text, number, revision.by, makers))
                    known.append(line[-1])
            after.append(line)
        return after[-1]

    def _list_makers(self, line: list[Wording]) -> set[str]:
        """Return who made the last wording of a line, since what was reviewed before it."""
        reviewed = [e.revision for e in self.editions if not e.urgent or e.confirmed]
        settled = max((number for number in reviewed if number < line[-1].since), default=0)
        return {maker for wording in line if wording.since > settled for maker in wording.makers}

    def find_editors(self, side: str) -> set[str]:
        reviewed = self.find_last_reviewed()
        later = [w for w in self.list_wordings(side) if w.since > (reviewed.revision if reviewed else 0)]
        return {maker for wording in later for maker in wording.makers}

    def find_answerers(self, side: str, yes: bool) -> set[str]:
        since = self.list_wordings(side)[-1].since
        return {who for (s, n, who), answer in self.answers.items() if (s, n, answer) == (side, since, yes)}

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
        return max((self.list_wordings(side)[-1] for side in SIDES), key=lambda wording: wording.since).by

    def may_approve(self, who: str) -> bool:
        wrote_facts = self.find_last_reviewed() is None and self.revisions[0].by == who
        signed = all(self.is_signed(side) for side in SIDES)
        return signed and not self.open_notes and who != self.last_editor() and not wrote_facts
