"""Load the rows of many briefs that decide who can do what next, with a constant number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched, chain
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    DateTimeField,
    F,
    Model,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, Length

from briefs.content import SIDES, Bullet, Content, Facts, Picture
from briefs.models import (
    Assignment,
    Brief,
    BriefKeyword,
    Edition,
    Event,
    Note,
    Person,
    Revision,
    SignOff,
    State,
    Suggestion,
)
from briefs.models import Bullet as BulletRow
from briefs.models.prepared import PreparedQuery

from .rules.gaps import Gap, build_keyword_gap, find_gaps, list_date_gaps
from .rules.histories import BriefHistory, find_last_shown_edition
from .rules.leaves import LEAVES
from .rules.standing import ANSWER_EVENTS, BriefFacts

type EditionsByBrief = dict[int, list[Edition]]

MAX_WORDLESS_LENGTH: Final = 8
"""Length up to which a text is looked at for words; a longer one has some."""


def load_editions_by_brief(briefs: Iterable[Brief]) -> EditionsByBrief:
    """Return the editions by brief id, newest first, without their contents. One query."""
    found: EditionsByBrief = defaultdict(list)
    if not (ids := [brief.pk for brief in briefs]):
        return found
    rows = Edition.objects.filter(brief__in=ids).order_by("-number")
    rows = rows.select_related("revision", "approved_by")
    for edition in rows.defer("content", "revision__content", "revision__document_notes"):
        found[edition.brief_id].append(edition)
    return found


def load_brief_facts(
    briefs: Sequence[Brief],
    now: dt.datetime,
    people: Sequence[Person],
    *,
    editions: EditionsByBrief | None = None,
) -> dict[int, BriefFacts]:
    """Return the facts by brief id. Rows that the caller has loaded already are not loaded again."""
    if not briefs:
        return {}
    editions = load_editions_by_brief(briefs) if editions is None else editions
    drafts = [b for b in briefs if b.state == State.DRAFT]
    reviewed = [b for b in briefs if b.state == State.IN_REVIEW]
    open_briefs = [*drafts, *reviewed]
    histories = _load_histories([*reviewed, *(b for b in drafts if b.returned_at)], editions)
    rows = load_small_rows(open_briefs)
    was_public = {pk for pk, rows in editions.items() if find_last_shown_edition(rows, now)}
    gaps = _load_gaps(open_briefs, was_public)
    found = {}
    for brief in briefs:
        own = editions.get(brief.pk, [])
        facts = found[brief.pk] = BriefFacts(
            brief,
            now,
            people=people,
            editions=own,
            **(
                {"history": histories[brief.pk]} if brief.pk in histories else {}
            ),  # of others it is rarely asked
            assignments=rows.assignments[brief.pk],
            submission=None,
            is_answered=False,
            gaps=gaps.get(brief.pk, []),
            approval_gaps=[*list_date_gaps(brief), *rows.keyword_gaps[brief.pk]],
            notes=rows.notes[brief.pk],
            suggestions=rows.suggestions[brief.pk] if brief.state == State.IN_REVIEW else [],
        )
        if brief.state == State.IN_REVIEW:
            set_submission(facts, rows.events[brief.pk])
    add_former_people(found.values(), people)
    return found


def set_submission(facts: BriefFacts, events: Sequence[Event]) -> None:
    """Find the last submission, and whether a reviewer has answered since."""
    submissions = [event for event in events if event.verb == "submit"]
    facts.submission = submissions[-1] if submissions else None
    facts.is_answered = bool(submissions) and events[-1].pk > submissions[-1].pk


def add_former_people(every: Iterable[BriefFacts], people: Sequence[Person]) -> None:
    """Load the people whom a sentence may name although they are no longer on the staff. At most one query."""
    known = {person.pk for person in people}
    named: set[int] = set()
    for facts in every:
        named.add(facts.brief.returned_by_id or 0)
        if "history" in vars(facts):
            named |= {signoff.by_id for signoff in facts.history.signoffs}
        named |= {row.person_id for row in facts.assignments.values()}
    former = Person.objects.in_bulk(named - known - {0}) if named - known - {0} else {}
    by_id = {person.pk: person for person in people} | former
    for facts in every:
        facts.former_people = former
        for row in facts.assignments.values():
            row.person = by_id[row.person_id]


def _group[Row: Model](rows: QuerySet[Row], briefs: Sequence[Brief]) -> dict[int, list[Row]]:
    """Return the rows by brief id, the oldest first. One query, or none without briefs."""
    found: dict[int, list[Row]] = defaultdict(list)
    if briefs:
        for row in rows.filter(brief__in=[brief.pk for brief in briefs]).order_by("id"):
            found[row.brief_id].append(row)  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True, slots=True)
class SmallRows:
    """The rows of which few columns matter, by brief id, the oldest first."""

    notes: dict[int, list[Note]] = field(default_factory=lambda: defaultdict(list))
    suggestions: dict[int, list[Suggestion]] = field(default_factory=lambda: defaultdict(list))
    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    assignments: dict[int, dict[str, Assignment]] = field(default_factory=lambda: defaultdict(dict))
    keyword_gaps: dict[int, list[Gap]] = field(default_factory=lambda: defaultdict(list))


def load_small_rows(briefs: Sequence[Brief]) -> SmallRows:
    """Load open notes, suggestions, review assignments, submissions with answers, and unlabelled keywords. One query."""
    rows = SmallRows()
    found = chain.from_iterable(
        _small_rows(*ids) for ids in batched([brief.pk for brief in briefs], _MOST_IDS)
    )
    for kind, brief, pk, by, at, text, more, person, day in sorted(found, key=lambda row: row[:3]):
        match kind:
            case "event":
                rows.events[brief].append(Event(pk=pk, by_id=by, at=at, verb=text))
            case "note":
                rows.notes[brief].append(Note(pk=pk, by_id=by, at=at))
            case "suggestion":
                rows.suggestions[brief].append(Suggestion(pk=pk, by_id=by, at=at))
            case "assignment":
                rows.assignments[brief][text] = Assignment(
                    pk=pk, by_id=by, at=at, side=text, person_id=person, due_on=day
                )
            case "keyword":
                rows.keyword_gaps[brief].append(build_keyword_gap(text, more, person))
    return rows


def _small_rows_query(*briefs: int) -> QuerySet[Any, Any]:
    # Cast, since PostgreSQL takes two empty columns of a union for texts, and refuses a number in the third.
    nobody, never = Cast(Value(None), BigIntegerField()), Cast(Value(None), DateTimeField())
    no_day, empty = Cast(Value(None), DateField()), Value("", CharField())

    def select(kind: str, queryset: QuerySet[Any], *columns: Any) -> QuerySet[Any, Any]:
        """Select kind, brief, id, who acted and when, two texts, a person and a day."""
        names = ("k_by", "k_at", "k_text", "k_more", "k_person", "k_day")
        named = {name: F(c) if isinstance(c, str) else c for name, c in zip(names, columns, strict=True)}
        chosen = (
            queryset.filter(brief__in=briefs).order_by().annotate(k_kind=Value(kind, CharField()), **named)
        )
        values: QuerySet[Any, Any] = chosen.values_list("k_kind", "brief_id", "pk", *names)
        return values

    keywords = BriefKeyword.objects.filter(
        Q(keyword__label_zh="") | Q(keyword__label_en=""), keyword__merged_into=None
    )
    return select(
        "event",
        Event.objects.filter(verb__in=("submit", *ANSWER_EVENTS)),
        "by_id",
        "at",
        "verb",
        empty,
        nobody,
        no_day,
    ).union(
        select("note", Note.objects.filter(resolved_at=None), "by_id", "at", empty, empty, nobody, no_day),
        select(
            "suggestion", Suggestion.objects.filter(answer=""), "by_id", "at", empty, empty, nobody, no_day
        ),
        select(
            "assignment",
            Assignment.objects.open(),
            "by_id",
            "at",
            "side",
            empty,
            "person_id",
            "due_on",
        ),
        select(
            "keyword", keywords, nobody, never, "keyword__label_zh", "keyword__label_en", "keyword_id", no_day
        ),
        all=True,
    )


_MOST_IDS: Final = 500
_small_rows = PreparedQuery(_small_rows_query, ids=_MOST_IDS)


def _load_histories(briefs: Sequence[Brief], editions: EditionsByBrief) -> dict[int, BriefHistory]:
    """Return the histories by brief id, without contents. Two queries."""
    signoffs: dict[str, list[SignOff]] = defaultdict(list)
    for signoff in (
        SignOff.objects.filter(page__in=[brief.page for brief in briefs]).order_by("id") if briefs else ()
    ):
        signoffs[signoff.page].append(signoff)
    columns = ("number", "kind", "by_id", "also_by", "is_nobodys", *(f"hash_{leaf}" for leaf in LEAVES))
    revisions = _group(Revision.objects.only("brief_id", *columns), briefs)
    return {
        brief.pk: BriefHistory(revisions[brief.pk][::-1], editions.get(brief.pk, []), signoffs[brief.page])
        for brief in briefs
    }


def _load_gaps(briefs: Sequence[Brief], was_public: Collection[int]) -> dict[int, list[Gap]]:
    """Return what refuses submission, by brief id, from columns. One query. `was_public`: ids of briefs."""
    if not briefs:
        return {}
    short = Q()
    for side in SIDES:
        short |= Q(**{f"size_{side}__lte": MAX_WORDLESS_LENGTH})
    sizes = {f"size_{side}": Length(f"text_{side}") for side in SIDES}
    ids = BulletRow.objects.alias(**sizes).filter(short, brief__in=[b.pk for b in briefs]).values("brief")
    bullets: dict[int, list[Bullet]] = defaultdict(list)
    rows = BulletRow.objects.filter(brief__in=ids).order_by("position", "number")
    for row in rows.values_list("brief", "number", "text_zh", "text_en", "one_sided"):
        bullets[row[0]].append(Bullet(row[1], row[2], row[3], one_sided=row[4]))
    return {
        brief.pk: find_gaps(_build_content(brief, bullets[brief.pk]), was_public=brief.pk in was_public)
        for brief in briefs
    }


def _build_content(brief: Brief, bullets: Sequence[Bullet]) -> Content:
    """Build what the check of completeness looks at."""
    picture = None
    if brief.picture_id:
        picture = Picture("", credit=brief.picture_credit, licence=brief.picture_licence)
    date = brief.article_date.isoformat() if brief.article_date else ""
    texts = {
        f"{part}_{side}": getattr(brief, f"{part}_{side}")
        for part in ("headline", "summary", "picture_alt", "change_note")
        for side in SIDES
    }
    facts = Facts(source=brief.source_id, date=date, picture=picture)
    return Content(facts=facts, bullets=tuple(bullets), change_kind=brief.change_kind, **texts)


def load_edition_content(edition: Edition) -> Content:
    """Load the content of an edition that was loaded without it."""
    return Content.from_json(Edition.objects.values_list("content", flat=True).get(pk=edition.pk))
