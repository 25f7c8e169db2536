"""Facts that changed since the last reviewed edition: who changed each, and who has ticked its current value.

Nobody approves a fact that they changed until somebody else has ticked it, whatever was changed after it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from ...content import Content, Facts
from ...derived.page_names import PageNames, hash_facts_by_name
from ...facts import FACTS
from ...models import FactTick, Person, Revision
from . import four_eyes
from .brief_history import BriefHistory
from .change_trail import ChangeTrail, build_trail
from .four_eyes import SignOffStatuses


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """One fact that changed since the last reviewed edition or since the sign-offs. People are ids.

    `hash` is of its value and names; `is_unsigned`: it changed since the sign-offs.
    """

    name: str
    hash: str
    changed_by: frozenset[int]
    ticked_by: frozenset[int]
    is_unsigned: bool

    def awaits_tick_for(self, approver: int) -> bool:
        """Return whether somebody else has to tick the fact before this person may approve it."""
        return settings.DIGEST_FOUR_EYES and approver in self.changed_by and not self.ticked_by - {approver}

    def rejects_tick_by(self, person: Person) -> bool:
        """Return whether only this person changed the fact, so that their tick would not count."""
        return self.changed_by <= {person.pk}


def load_changed_facts(
    history: BriefHistory, content: Content, names: PageNames, statuses: SignOffStatuses
) -> list[ChangedFact]:
    """Load the changed facts, in the order of `FACTS`. Three queries at most."""
    since = four_eyes.find_baseline_number(history)
    ticks = list(FactTick.objects.filter(brief=history.revisions[0].brief_id).order_by("id"))
    trails = _build_trails(history, {tick.revision_id for tick in ticks})
    numbers = {r.pk: r.number for r in history.revisions}
    unsigned = four_eyes.find_facts_changed_since_signoffs(history, content, statuses)
    hashes = hash_facts_by_name(content, names)
    facts = [
        ChangedFact(
            name,
            hashes[name],
            trails[name].find_people_since(since),
            frozenset(
                tick.by_id
                for tick in ticks
                if (tick.fact, tick.hash) == (name, hashes[name])
                and trails[name].is_unchanged_since(numbers[tick.revision_id])
            ),
            name in unsigned,
        )
        for name in FACTS
    ]
    return [fact for fact in facts if fact.changed_by or fact.is_unsigned]


def _build_trails(history: BriefHistory, ticked: Collection[int]) -> dict[str, ChangeTrail]:
    """Build the trail of each fact, with the steps at which facts changed and those at which somebody ticked."""
    approved = {edition.revision_id for edition in history.editions}
    steps: list[Revision] = []
    last = Content().hash_facts()
    for revision in reversed(history.revisions):
        is_return = revision.kind == Revision.Kind.RETURN
        if revision.hash_facts != last or is_return or revision.pk in approved or revision.pk in ticked:
            steps.append(revision)
        last = revision.hash_facts
    facts_by_hash = _load_facts(steps)
    return {
        name: build_trail(
            getattr(Facts(), name),
            (four_eyes.build_step(history, r, getattr(facts_by_hash[r.hash_facts], name)) for r in steps),
            **four_eyes.find_edition_numbers(history),
        )
        for name in FACTS
    }


def _load_facts(revisions: Sequence[Revision]) -> Mapping[str, Facts]:
    """Return the facts by their hash. One query."""
    ids = {revision.hash_facts: revision.pk for revision in revisions}
    rows = Revision.objects.filter(pk__in=ids.values()).values_list("hash_facts", "content")
    contents: dict[str, Any] = dict(rows)
    return {hash: Content.from_json(content).facts for hash, content in contents.items()}


def format_fact_labels(names: Iterable[str]) -> str:
    return gettext(", ").join(gettext(FACTS[name].label) for name in names)
