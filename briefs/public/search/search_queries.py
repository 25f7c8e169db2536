"""What is asked of the index and of the editions for one page of answers: at most six questions."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform

from ...content import SIDES
from ...database.prepared_query import Prepared
from ...models.edition import Edition
from ...search import Ask, Found, Query, Row, parse, store
from ...search.did_you_mean import guesses
from ...search.highlighting import spans
from ...search.name_filters import KINDS, Kind, Name, everything, facets_of, glossary, names, spellings
from ...search.query import Phrase, opened
from .search_params import PAGE, Asked

SHOWN: int = 8
"""Values of one filter."""
_SUGGESTED: int = 8
_LOOKED_AT: int = 100
_TRIED: int = 3
_MOST_HITS: int = PAGE


class Hit(NamedTuple):
    """A brief that was found: its content as stored, and the data of its card."""

    slug: str
    content: Mapping[str, Any]
    card: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    query: Query
    hits: Sequence[Hit] = ()
    count: int = 0
    more: bool = False
    about: bool = False
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    """By kind, and `year`: facets with how many briefs have them, the most common first."""
    named: Mapping[str, Name] = field(default_factory=dict)
    chosen: Mapping[Kind, str] = field(default_factory=dict)
    """Facets of the filters that are on."""
    previous: Asked | None = None
    next: Asked | None = None
    ends: bool = False
    """The ranked ones end here, and there are more."""
    guess: str = ""


def answers(asked: Asked, now: dt.datetime) -> Answers:
    query = parse(asked.typed, spellings(_glossary()) if asked.typed else ())
    since, until = _latest(query.since, asked.since), _earliest(query.until, asked.until)
    query = replace(query, since=since, until=until)
    if query.is_empty and not asked.is_filtered:
        return Answers(query)
    chosen = facets_of(asked.chosen)
    ask = Ask(query, (*chosen.values(), *([f"y{asked.year}"] if asked.year else [])), now)
    found, page, previous, following = _by_place(ask, asked) if asked.is_newest else _by_rank(ask, asked)
    tally = found.tally
    counts = Counter(tally.facets.split())
    facets = _facets(counts, tally.n, {*chosen.values(), f"y{asked.year}"})
    wanted = {facet for kind in KINDS for facet, _ in facets.get(kind, ())}
    wanted |= {facet for facet in chosen.values() if counts[facet]}  # what nothing listed has is not named
    return Answers(
        query,
        _hits(page, now),
        tally.n,
        found.more,
        tally.about,
        facets,
        names(wanted),
        chosen,
        previous,
        following,
        ends=found.more and following is None and not asked.is_newest,
        guess=_guess(asked, now) if not tally.n and asked.typed and not asked.is_filtered else "",
    )


type Paged = tuple[Found, Sequence[Row], Asked | None, Asked | None]
"""What was found, one page of it, the page before that one and the page after."""


def _by_place(ask: Ask, asked: Asked) -> Paged:
    after = asked.after if asked.before is None else None
    upwards = after is not None
    found = store().counted(ask, limit=PAGE + 1)
    rows = found.rows
    if after is not None:
        rows = store().above(ask, after=after, limit=PAGE + 1).rows
    elif asked.before is not None:
        rows = store().newest(ask, before=asked.before, limit=PAGE + 1).rows
    more = len(rows) > PAGE
    page = rows[-PAGE:] if upwards else rows[:PAGE]
    has_newer = more if upwards else asked.before is not None
    here = asked.first()
    return (
        found,
        page,
        replace(here, after=page[0].place) if page and has_newer else None,
        replace(here, before=page[-1].place) if page and (more or upwards) else None,
    )


def _by_rank(ask: Ask, asked: Asked) -> Paged:
    end = asked.start + PAGE
    found = store().ranked(ask, enough=end + 1)
    page = found.best[asked.start : end]
    here = asked.first()
    return (
        found,
        page,
        replace(here, start=max(asked.start - PAGE, 0)) if page and asked.start else None,
        replace(here, start=end) if len(found.best) > end else None,
    )


def _facets(counts: Counter[str], total: int, chosen: set[str]) -> dict[str, Sequence[tuple[str, int]]]:
    """Only what would narrow the answers down: what all of them have is no choice."""
    letters = {letter: kind for kind, letter in KINDS.items()} | {"y": "year"}
    found: dict[str, list[tuple[str, int]]] = {}
    for facet, n in counts.most_common():
        kind = letters.get(facet[0])
        if kind and n < total and facet not in chosen and len(found.setdefault(kind, [])) < SHOWN:
            found[kind].append((facet, n))
    if "year" in found:
        found["year"].sort(reverse=True)
    return {kind: rows for kind, rows in found.items() if rows}


def _hits(rows: Sequence[Row], now: dt.datetime) -> list[Hit]:
    if not rows:
        return []
    ids = [row.edition for row in rows]
    by_pk = {
        pk: Hit(slug, content, card)
        for pk, slug, content, card in _listed(now, *ids, *ids[-1:] * (_MOST_HITS - len(ids)))
    }
    return [by_pk[pk] for pk in ids if pk in by_pk]


def _of_them(now: dt.datetime, *ids: int) -> QuerySet[Edition, Any]:
    return Edition.objects.listed(now).filter(pk__in=ids).values_list("pk", "slug", "content", "card__data")


_glossary = Prepared(glossary)
_listed = Prepared(_of_them, dt.datetime, *[int] * _MOST_HITS)


def _guess(asked: Asked, now: dt.datetime) -> str:
    """The first guess that finds something listed: names that nothing public has are never said."""
    known = (label for name in everything() for label in (name.zh, name.en) if label)
    for guess in guesses(asked.typed, known)[:_TRIED]:
        query = parse(guess)
        if query.terms and store().newest(Ask(query, (), now), before=None, limit=1).rows:
            return guess
    return ""


def suggestions(typed: str, now: dt.datetime) -> list[str]:
    """Names and headlines of listed briefs that have what was typed so far."""
    query = opened(parse(typed))
    if not query.wanted:
        return []
    rows = store().named(Ask(query, (), now), limit=_LOOKED_AT).rows
    if not rows:
        return []
    counts = Counter(facet for row in rows for facet in row.facets.split() if facet[0] in KINDS.values())
    wanted, kinds = _looked_for(query)
    labels = names([facet for facet, _ in counts.most_common(3 * _LOOKED_AT) if facet[0] in kinds])
    said = [label for facet, _ in counts.most_common() if facet in labels for label in labels[facet][2:]]
    ids = [row.edition for row in rows[:_LOOKED_AT]]
    heads = [KeyTransform(f"headline_{side}", "card__data") for side in SIDES]
    listed = Edition.objects.listed(now).filter(pk__in=ids).order_by("-published_at", "-pk")
    if query.marked:
        said += [head for pair in listed.values_list(*heads)[:_LOOKED_AT] for head in pair]
    return [text for text in dict.fromkeys(said) if text and all(spans(text, wanted))][:_SUGGESTED]


def _looked_for(query: Query) -> tuple[Sequence[Phrase], set[str]]:
    """What must stand in a suggestion, and the kinds of names it may be: of `author:Chil` alone, the authors called so."""
    if query.marked:
        return query.marked, {*KINDS.values()}
    fields = {term.field for term in query.wanted}
    phrases = [way for term in query.wanted for way in term.ways]
    return phrases, {letter for kind, letter in KINDS.items() if kind in fields}


def _latest(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return max(one, other) if one and other else one or other


def _earliest(one: dt.date | None, other: dt.date | None) -> dt.date | None:
    return min(one, other) if one and other else one or other
