"""Facts that changed since the last reviewed edition: who changed each, and who has ticked its current value.

Nobody approves a fact that they changed until somebody else has ticked it, whatever was changed after it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext

from ...content import Content, Facts
from ...derived import build
from ...derived.page_names import PageNames, hash_facts_by_name
from ...facts import FACTS
from ...models import Author, EditionTerm, Event, FactTick, Keyword, Person, Revision, Source, Term
from ...models.vocabulary import Vocabulary
from . import four_eyes
from .brief_history import BriefHistory
from .change_trail import ChangeTrail, build_trail
from .four_eyes import SignOffStatuses
from .proposed_rows import build_about

_MODELS: Final[dict[str, type[Vocabulary]]] = {
    "source": Source,
    "authors": Author,
    "keywords": Keyword,
    "terms": Term,
}
_NAMING_VERBS: Final = ("name_entry", "merge", "unmerge")


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
    namers = _load_namers(content, names)
    facts = []
    for name in (*FACTS, "terms"):
        trail = trails.get(name)
        ticked_by = frozenset(
            tick.by_id
            for tick in ticks
            if (tick.fact, tick.hash) == (name, hashes[name])
            and (trail is None or trail.is_unchanged_since(numbers[tick.revision_id]))
        )
        changed_by = namers.get(name, frozenset()) | (
            trail.find_people_since(since) if trail else frozenset()
        )
        facts.append(ChangedFact(name, hashes[name], changed_by, ticked_by, name in unsigned))
    return [fact for fact in facts if fact.changed_by or fact.is_unsigned]


def _load_namers(content: Content, names: PageNames) -> dict[str, frozenset[int]]:
    """Return who named the rows that no edition has used yet, by fact; under `terms` those of terms in the text.

    Once an edition uses a row, its name changes by proposals alone.
    """
    rows: dict[str, tuple[str, Vocabulary]] = {}
    for part, kind in _MODELS.items():
        shown = {int(pk) for pk in names.parts.get(part, {})}
        if ids := _list_row_ids(content, part) | shown:
            rows |= {build_about(row): (part, row) for row in kind._default_manager.filter(pk__in=ids)}
    events = Event.objects.filter(brief=None, about__in=rows, verb__in=_NAMING_VERBS)
    namers: dict[str, set[int]] = defaultdict(set)
    by_about: dict[str, set[int]] = defaultdict(set)
    for about, person in events.order_by().values_list("about", "by_id"):
        by_about[about].add(person)
    for about, people in by_about.items():
        part, row = rows[about]
        if not build.is_used_in_editions(row):
            namers[part] |= people
    return {part: frozenset(people) for part, people in namers.items()}


def find_possible_namers(content: Content) -> set[int]:
    """Return who named the rows of the facts, or any term that no edition has, in one query. A superset of the namers."""
    wanted = Q(
        about__in=_select_abouts(Term.objects.exclude(pk__in=EditionTerm.objects.values("term")), "term")
    )
    for part, kind in _MODELS.items():
        if ids := _list_row_ids(content, part):
            rows = kind._default_manager.filter(pk__in=ids)
            wanted |= Q(about__in=_select_abouts(rows, str(kind._meta.model_name)))
    events = Event.objects.filter(wanted, brief=None, verb__in=_NAMING_VERBS)
    return set(events.order_by().values_list("by_id", flat=True).distinct())


def _select_abouts(rows: QuerySet[Any], name: str) -> QuerySet[Any, Any]:
    about = Concat(Value(f"{name}/"), "slug", output_field=CharField())
    abouts: QuerySet[Any, Any] = rows.order_by().annotate(about=about).values("about")
    return abouts


def _list_row_ids(content: Content, part: str) -> set[int]:
    facts = content.facts
    ids: dict[str, Iterable[int]] = {
        "source": [facts.source] if facts.source else [],
        "authors": [byline.author for byline in facts.authors],
        "keywords": facts.keywords,
    }
    return set(ids.get(part, ()))


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
    """Return the labels of facts, or of the terms in the text."""
    return gettext(", ").join(gettext(FACTS[name].label if name in FACTS else "Glossary") for name in names)
