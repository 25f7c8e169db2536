"""Record who put which words, facts and names in, and who vouched for exactly these. Shares nothing with the product's rule.

Every text that the model writes has a token, such as `eq12x`, so that pages are read without knowing their markup: `zq` is
Chinese, `eq` English, `fq` a fact, `nq` a name, `iq` an introduction. Letters after the `x` were added later.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

TOKEN = re.compile(r"[zefni]q\d+x[a-z]*")

type Value = tuple[str, ...]
"""The tokens of a side in reading order, or the parts of one fact."""
type Values = dict[str, Value]
"""By part: `zh`, `en`, or the name of a fact."""

SIDES = ("zh", "en")
NAMES_OF = "names of "
"""Begins the part of a brief that has the names that readers would see under a fact: `names of keywords`."""


def find_tokens(text: str, kinds: str) -> Value:
    return tuple(token for token in TOKEN.findall(text) if token[0] in kinds)


@dataclass(frozen=True)
class Change:
    before: Value
    people: frozenset[str]
    editor: str
    """Whose edit it counts as for "the last editor": the writer named, or who accepted."""
    at: int


@dataclass
class PartRecord:
    """One side or one fact of a brief: its changes since the last reviewed edition, and who vouched for which value."""

    value: Value = ()
    published: Value | None = None
    changes: list[Change] = field(default_factory=list)
    vouchers: set[tuple[str, Value]] = field(default_factory=set)

    def change(self, value: Value, people: Collection[str], editor: str, at: int) -> None:
        """Record a change. What the same people change back, with no other person's change between, is forgotten."""
        changed_by, before = frozenset(people), self.value
        self.value = value
        for n in reversed(range(len(self.changes))):
            if self.changes[n].people != changed_by:
                break
            if self.changes[n].before == value:
                del self.changes[n:]
                return
        self.changes.append(Change(before, changed_by, editor, at))

    def rewind(self, value: Value) -> None:
        """Forget the changes since the part last had this value, as when a version is discarded."""
        while self.changes and self.value != value:
            self.value = self.changes.pop().before
        self.value = value

    def settle(self, value: Value) -> None:
        """Take a value that a second person accepted."""
        if self.value == self.published:
            self.published = value
        self.value = value

    def publish(self) -> None:
        self.published = self.value
        self.changes.clear()
        self.vouchers.clear()

    def is_vouched(self) -> bool:
        return self.value == self.published or any(value == self.value for _person, value in self.vouchers)

    def find_unsupported(self) -> list[str]:
        """Return the contributors for whose value nobody else vouched."""
        if self.value == self.published:
            return []
        yes = {person for person, value in self.vouchers if value == self.value}
        people = {person for change in self.changes for person in change.people}
        return sorted(person for person in people if not yes - {person})


@dataclass
class BriefRecord:
    parts: dict[str, PartRecord] = field(default_factory=dict)
    unconfirmed: tuple[str, dict[str, PartRecord]] | None = None
    """Who published urgently, and the parts as they were then."""

    def part(self, name: str) -> PartRecord:
        return self.parts.setdefault(name, PartRecord())

    def values(self) -> Values:
        return {name: part.value for name, part in self.parts.items()}

    def find_last_editor(self, approver: str) -> str:
        """Return who edited last. A fact that the approver changed needs a tick instead."""
        changes = [
            change
            for name, part in self.parts.items()
            for change in part.changes
            if not name.startswith(NAMES_OF) and not (name not in SIDES and change.editor == approver)
        ]
        return max(changes, key=lambda change: change.at).editor if changes else ""


@dataclass(frozen=True)
class PublicBrief:
    """What readers see of one brief: tokens by side, those of facts, and those of names in page order."""

    zh: Value
    en: Value
    facts: frozenset[str]
    names: Value

    def side(self, name: str) -> Value:
        return self.zh if name == "zh" else self.en

    def has_text_of(self, edition: "PublicBrief") -> bool:
        return (self.zh, self.en) == (edition.zh, edition.en) and self.facts <= edition.facts


@dataclass
class SecondPersonModel:
    briefs: dict[int, BriefRecord] = field(default_factory=dict)
    authors: dict[str, set[str]] = field(default_factory=dict)
    """By token: who wrote it, and in whose name."""
    name_vouchers: dict[str, set[str]] = field(default_factory=dict)
    """By token of a name: who approved a page, ticked a fact or accepted a proposal that showed it."""
    public: dict[int, PublicBrief] = field(default_factory=dict)
    """What readers saw of each brief, or saw last."""
    approved: dict[int, list[PublicBrief]] = field(default_factory=dict)
    """What was approved for readers, without names."""
    introductions: dict[str, Value] = field(default_factory=dict)
    reviewed_tokens: set[str] = field(default_factory=set)
    clock: int = 0

    def brief(self, pk: int) -> BriefRecord:
        return self.briefs.setdefault(pk, BriefRecord())

    # What people do

    def record_change(
        self,
        pk: int,
        values: Values,
        *,
        actor: str,
        editor: str = "",
        is_discard: bool = False,
        is_accepted: bool = False,
    ) -> None:
        """Compare the desk's values with the record, and record what changed.

        `editor` is the person named as writer. Whoever wrote a new token counts beside the actor. A name that changed by
        an accepted proposal has its second person.
        """
        self.clock += 1
        for name, value in values.items():
            part = self.brief(pk).part(name)
            if part.value == value:
                continue
            if is_accepted and name.startswith(NAMES_OF):
                part.settle(value)
                continue
            if is_discard:
                part.rewind(value)
                continue
            new = set(value).difference(
                self.reviewed_tokens, part.value, *(change.before for change in part.changes)
            )
            people = {actor}.union(*(self.authors.get(token, ()) for token in new))
            part.change(value, people, editor or actor, self.clock)

    def record_vouch(self, pk: int, name: str, value: Value, *, by: str) -> None:
        self.brief(pk).part(name).vouchers.add((by, value))

    def record_name_vouch(self, tokens: Iterable[str], *, by: str) -> None:
        for token in tokens:
            self.name_vouchers.setdefault(token, set()).add(by)

    def record_urgent(self, pk: int, *, by: str) -> None:
        """Remember what was published urgently. Its changes stay unsupported until somebody else confirms it."""
        record = self.brief(pk)
        record.unconfirmed = (by, {name: PartRecord(part.value) for name, part in record.parts.items()})

    def record_confirmation(self, pk: int) -> None:
        """A second person confirmed the urgent edition: its values count as reviewed."""
        record = self.brief(pk)
        if record.unconfirmed is None:
            return
        for name, urgent in record.unconfirmed[1].items():
            part = record.part(name)
            part.published = urgent.value
            part.changes = _changes_after(part, urgent.value)
        record.unconfirmed = None
        if pk in self.public:
            self.reviewed_tokens |= set(self.public[pk].zh + self.public[pk].en) | self.public[pk].facts

    # What must hold

    def judge_approval(
        self, pk: int, seen: Mapping[str, Value], shown: PublicBrief | None, *, by: str
    ) -> list[str]:
        """Return what nobody else vouched for in the edition that `by` approved.

        `seen` are the facts as the page showed them, `shown` is what readers see unless it is scheduled.
        """
        record, faults = self.brief(pk), []
        for name, value in seen.items():
            record.part(name).vouchers.add((by, value))
        for name, part in record.parts.items():
            verb = "signed" if name in SIDES else "ticked or approved"
            faults += [
                f"nobody but {c} {verb} {name} {part.value}, which {c} changed"
                for c in part.find_unsupported()
            ]
            if name in SIDES and shown and shown.side(name) != part.value:
                faults.append(f"readers see {shown.side(name)}, the desk has {part.value}")
        if by == record.find_last_editor(by):
            faults.append(f"{by} approved, but edited last")
        for token in shown.names if shown else ():
            faults += self.judge_name(token)
        return faults

    def record_edition(self, pk: int) -> None:
        """Remember what was approved or published urgently, so that it may come to readers later or again."""
        values = self.brief(pk).values()
        facts = " ".join(part for name, value in values.items() if name not in SIDES for part in value)
        edition = PublicBrief(values["zh"], values["en"], frozenset(find_tokens(facts, "f")), ())
        self.approved.setdefault(pk, []).append(edition)

    def settle_edition(self, pk: int) -> None:
        """Begin the next version of a brief after an approval."""
        record = self.brief(pk)
        for part in record.parts.values():
            part.publish()
            self.reviewed_tokens |= set(part.value)
        record.unconfirmed = None

    def judge_public(self, public: Mapping[int, PublicBrief], *, published: int | None, accepted: Collection[str], by: str,
                     returned: bool) -> list[str]:  # fmt: skip
        """Return what changed for readers with no second person. `published`: the brief that the step published.

        `accepted`: who wrote the proposal that the step accepted. `returned`: whether the step may bring an edition that
        was approved before, or its time came.
        """
        faults = []
        for pk, shown in public.items():
            was = self.public.get(pk)
            if pk == published or was == shown:
                continue
            old = was.names if was else ()
            if returned and any(shown.has_text_of(edition) for edition in self.approved.get(pk, ())):
                faults += [
                    fault for token in shown.names if token not in old for fault in self.judge_name(token)
                ]
                continue
            if was is None or (was.zh, was.en, was.facts) != (shown.zh, shown.en, shown.facts):
                faults.append(f"the text of brief {pk} changed for readers")
            if old != shown.names:
                faults += self._judge_names(pk, old, shown.names, accepted, by)
        self.public.update(public)
        return faults

    def _judge_names(
        self, pk: int, was: Value, shown: Value, accepted: Collection[str], by: str
    ) -> list[str]:
        """Names of a public page change only by a proposal that somebody else accepts, who saw each new name."""
        if not accepted or by in accepted:
            return [f"names of brief {pk} changed for readers from {was} to {shown}, by {by} alone"]
        return [fault for token in shown if token not in was for fault in self.judge_name(token)]

    def judge_name(self, token: str) -> list[str]:
        yes = self.name_vouchers.get(token, set())
        return [
            f"nobody but {a} saw the name {token} of {a}"
            for a in sorted(self.authors.get(token, ()))
            if not yes - {a}
        ]

    def judge_introductions(
        self, shown: Mapping[str, Value], accepted: Collection[str], *, by: str
    ) -> list[str]:
        """Somebody else saw each introduction. It disappears only by a proposal that somebody else accepts."""
        faults = []
        for slug, tokens in shown.items():
            old = self.introductions.get(slug, ())
            faults += [fault for token in tokens if token not in old for fault in self.judge_name(token)]
            if not tokens and old and (not accepted or by in accepted):
                faults.append(f"the introduction of {slug} disappeared, by {by} alone")
        self.introductions.update(shown)
        return faults


def _changes_after(part: PartRecord, value: Value) -> list[Change]:
    """Return the changes that were made after the part had this value."""
    values = [change.before for change in part.changes] + [part.value]
    at = max((n for n, before in enumerate(values) if before == value), default=0)
    return part.changes[at:]
