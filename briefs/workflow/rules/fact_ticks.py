"""Facts that changed since the last reviewed edition: who changed each, and who has ticked its current value."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext

from briefs.content import Content, Facts
from briefs.derived import build
from briefs.derived.public_brief import PageNames, hash_facts_by_name
from briefs.facts import FACTS
from briefs.models import (
    Author,
    Edition,
    EditionTerm,
    Event,
    FactTick,
    Keyword,
    Person,
    Revision,
    Source,
    Term,
)
from briefs.models.vocabulary import Vocabulary

from .four_eyes import (
    ChangeTrail,
    SignOffStatuses,
    build_step,
    build_trail,
    find_baseline_number,
    find_edition_numbers,
    find_facts_changed_since_signoffs,
    find_last_reviewed_edition,
)
from .page_values import build_page_name
from .transitions import BriefHistory

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

    `hash`: of its value and names. `is_unsigned`: the fact changed since the sign-offs.
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
    """Load the changed facts, in the order of `FACTS`."""
    (facts,) = _load_facts_of_many([(history, content, names)])
    unsigned = find_facts_changed_since_signoffs(history, content, statuses)
    facts = [replace(fact, is_unsigned=fact.name in unsigned) for fact in facts]
    return [fact for fact in facts if fact.changed_by or fact.is_unsigned]


def load_changed_facts_of_many(
    briefs: Sequence[tuple[BriefHistory, Content]],
) -> list[list[ChangedFact]]:
    """Load the facts that somebody changed since the last reviewed edition, in a constant number of queries."""
    names = PageNames.load_many([content for _history, content in briefs])
    found = _load_facts_of_many([(*brief, names[n]) for n, brief in enumerate(briefs)])
    return [[fact for fact in facts if fact.changed_by] for facts in found]


def _load_facts_of_many(briefs: Sequence[tuple[BriefHistory, Content, PageNames]]) -> list[list[ChangedFact]]:
    ids = [history.revisions[0].brief_id for history, _content, _names in briefs]
    ticks: dict[int, list[FactTick]] = defaultdict(list)
    for tick in FactTick.objects.filter(brief__in=ids).order_by("id"):
        ticks[tick.brief_id].append(tick)
    steps = [
        _list_steps(history, {tick.revision_id for tick in ticks[pk]})
        for pk, (history, _content, _names) in zip(ids, briefs, strict=True)
    ]
    facts_by_hash = _load_facts([step for rows in steps for step in rows])
    namers = _load_namers(
        [(content, names, _find_seen_facts(history, facts_by_hash)) for history, content, names in briefs]
    )
    return [
        _build_changed_facts(
            history, content, names, ticks[pk], _build_trails(history, rows, facts_by_hash), own
        )
        for pk, (history, content, names), rows, own in zip(ids, briefs, steps, namers, strict=True)
    ]


def _find_seen_facts(history: BriefHistory, facts_by_hash: Mapping[str, Facts]) -> Facts:
    edition = find_last_reviewed_edition(history)
    return facts_by_hash.get(edition.hash_facts, Facts()) if edition else Facts()


def _build_changed_facts(
    history: BriefHistory,
    content: Content,
    names: PageNames,
    ticks: Sequence[FactTick],
    trails: Mapping[str, ChangeTrail],
    namers: Mapping[str, frozenset[int]],
) -> list[ChangedFact]:
    since = find_baseline_number(history)
    numbers = {r.pk: r.number for r in history.revisions}
    hashes = hash_facts_by_name(content, names)
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
        facts.append(ChangedFact(name, hashes[name], changed_by, ticked_by, False))
    return facts


def _load_namers(
    briefs: Sequence[tuple[Content, PageNames, Facts]],
) -> list[dict[str, frozenset[int]]]:
    """Return for each brief who named its rows, by fact; under `terms` those in the text.

    `briefs`: each with the facts of its last reviewed edition. Its rows, and those that another reviewed edition uses, are
    left out: their names change only by proposals, which a second person sees.
    """
    ids = [
        {
            part: _list_row_ids(content.facts, part) - _list_row_ids(seen, part)
            | ({int(pk) for pk in names.parts.get(part, {})} if part == "terms" else set())
            for part in _MODELS
        }
        for content, names, seen in briefs
    ]
    chains = {
        part: build.load_merge_chains(kind, set().union(*(of_brief[part] for of_brief in ids)))
        for part, kind in _MODELS.items()
    }
    rows = {
        build_page_name(row): (part, row.pk)
        for part, of_part in chains.items()
        for chain in of_part.values()
        for row in chain
    }
    events = Event.objects.filter(brief=None, about__in=rows, verb__in=_NAMING_VERBS)
    by_row: dict[tuple[str, int], set[int]] = defaultdict(set)
    for about, person in events.order_by().values_list("about", "by_id"):
        by_row[rows[about]].add(person)
    for part, kind in _MODELS.items():
        if named := [pk for of_part, pk in by_row if of_part == part]:
            for pk in build.find_used_ids(kind, named, reviewed_only=True):
                by_row.pop((part, pk), None)
    return [
        {
            part: frozenset(
                person
                for pk in pks
                for row in chains[part].get(pk, ())
                for person in by_row.get((part, row.pk), ())
            )
            for part, pks in of_brief.items()
        }
        for of_brief in ids
    ]


def find_possible_namers(contents: Iterable[Content]) -> set[int]:
    """Return who named the rows of the facts, any row that others were merged into, or any term that no edition has.

    A superset of the namers, in one query.
    """
    seen = EditionTerm.objects.exclude(edition__in=Edition.objects.unreviewed())
    wanted = Q(about__in=_select_abouts(Term.objects.exclude(pk__in=seen.values("term")), "term"))
    every = list(contents)
    for part, kind in _MODELS.items():
        if ids := set[int]().union(*(_list_row_ids(content.facts, part) for content in every)):
            merged = kind._default_manager.exclude(merged_into=None)
            rows = kind._default_manager.filter(Q(pk__in=ids) | Q(pk__in=merged.values("merged_into")))
            wanted |= Q(about__in=_select_abouts(rows, str(kind._meta.model_name)))
    events = Event.objects.filter(wanted, brief=None, verb__in=_NAMING_VERBS)
    return set(events.order_by().values_list("by_id", flat=True).distinct())


def _select_abouts(rows: QuerySet[Any], name: str) -> QuerySet[Any, Any]:
    about = Concat(Value(f"{name}/"), "slug", output_field=CharField())
    abouts: QuerySet[Any, Any] = rows.order_by().annotate(about=about).values("about")
    return abouts


def _list_row_ids(facts: Facts, part: str) -> set[int]:
    ids: dict[str, Iterable[int]] = {
        "source": [facts.source] if facts.source else [],
        "authors": [byline.author for byline in facts.authors],
        "keywords": facts.keywords,
    }
    return set(ids.get(part, ()))


def _list_steps(history: BriefHistory, ticked: Collection[int]) -> list[Revision]:
    """Return the revisions at which facts changed, an edition was approved, or somebody ticked, the oldest first."""
    approved = {edition.revision_id for edition in history.editions}
    steps: list[Revision] = []
    last = Content().hash_facts()
    for revision in reversed(history.revisions):
        is_return = revision.kind == Revision.Kind.RETURN
        if revision.hash_facts != last or is_return or revision.pk in approved or revision.pk in ticked:
            steps.append(revision)
        last = revision.hash_facts
    return steps


def _build_trails(
    history: BriefHistory, steps: Sequence[Revision], facts_by_hash: Mapping[str, Facts]
) -> Mapping[str, ChangeTrail]:
    """Build the trail of each fact."""
    return {
        name: build_trail(
            getattr(Facts(), name),
            (build_step(history, r, getattr(facts_by_hash[r.hash_facts], name)) for r in steps),
            **find_edition_numbers(history),
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
