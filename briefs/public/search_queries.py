"""Parse the parameters of a search and run its queries: eight a page at most."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self
from urllib.parse import quote_plus

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform

from briefs.bilingual.public_brief import PublicBrief
from briefs.content import SIDES, Side
from briefs.derived import (
    BRIEF_COLUMNS,
    GlossaryEntry,
    TermRows,
    build_glossary_entries,
    fetch_term_rows,
    join_briefs,
)
from briefs.derived.search import (
    FACET_LETTERS,
    ClosestAnswer,
    Concepts,
    FacetKind,
    Name,
    NameIndex,
    ParsedQuery,
    Phrase,
    ResultRow,
    StoreRequest,
    StoreResult,
    as_prefix_query,
    expand_query,
    find_closest,
    find_spans,
    get_store,
    load_name_index,
    parse_date_range,
    parse_query,
)
from briefs.models.derived import EditionTerm
from briefs.models.edition import Edition
from briefs.models.prepared import prepare

RESULTS_PER_PAGE: Final = 10
MAX_QUERY_LENGTH: Final = 1_000
_MAX_SLUG_LENGTH: Final = 80
_MAX_START: Final = 1_000


@dataclass(frozen=True, slots=True)
class SearchParams:
    query_text: str = ""
    filter_slugs: Mapping[FacetKind, str] = field(default_factory=dict)
    """Slug by facet kind."""
    year: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    newest_first: bool = False
    before: int | None = None
    after: int | None = None
    start: int = 0
    show: str = ""
    """`both` if the answers are shown in both languages, which changes none."""
    wrong_dates: Sequence[str] = ()
    """Values of `year`, `from` and `to` that are no date. They filter nothing."""

    @classmethod
    def from_query(cls, parameters: Mapping[str, str]) -> Self:
        typed = parameters.get("q", "")[:MAX_QUERY_LENGTH].replace("\0", "").strip()
        chosen = {
            kind: parameters[kind]
            for kind in FACET_LETTERS
            if 0 < len(parameters.get(kind, "")) <= _MAX_SLUG_LENGTH
        }
        year, first, last = (parameters.get(name, "") for name in ("year", "from", "to"))
        known_year = year if len(year) == len("2025") and parse_date_range(year) else ""
        since, until = _parse_date(first, 0), _parse_date(last, 1)
        read = ((year, known_year), (first, since), (last, until))
        return cls(
            typed,
            chosen,
            known_year,
            since,
            until,
            newest_first=parameters.get("order") == "newest" or not typed,
            before=_parse_number(parameters.get("before", ""), 16, 1 << 60),
            after=_parse_number(parameters.get("after", ""), 16, 1 << 60),
            start=_parse_number(parameters.get("start", ""), 10, _MAX_START) or 0,
            show="both" if parameters.get("show") == "both" else "",
            wrong_dates=[date for date, value in read if date and not value],
        )

    @property
    def is_empty(self) -> bool:
        return not (self.query_text or self.is_filtered)

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter_slugs or self.year or self.since or self.until)

    @property
    def is_first_page(self) -> bool:
        return self.before is None and self.after is None and not self.start

    def without_filter(self, kind: str) -> "SearchParams":
        """Return the first page of the search without this filter."""
        chosen: dict[FacetKind, str] = {
            name: slug for name, slug in self.filter_slugs.items() if name != kind
        }
        year = "" if kind == "year" else self.year
        since, until = (None, None) if kind == "dates" else (self.since, self.until)
        return replace(self.first_page(), filter_slugs=chosen, year=year, since=since, until=until)

    def with_filter(self, kind: str, slug: str) -> "SearchParams":
        if kind == "year":
            return replace(self.first_page(), year=slug)
        chosen = {
            name: value
            for name in FACET_LETTERS
            if (value := slug if name == kind else self.filter_slugs.get(name))
        }
        return replace(self.first_page(), filter_slugs=chosen)

    def first_page(self) -> "SearchParams":
        return replace(self, before=None, after=None, start=0)

    def to_parameters(self) -> dict[str, str]:
        """Return the parameters in canonical form, so that equal searches have equal addresses."""
        values: dict[str, str] = {
            "q": self.query_text,
            **{str(kind): slug for kind, slug in self.filter_slugs.items()},
            "year": self.year,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "order": "newest" if self.newest_first and self.query_text else "",
            "before": f"{self.before:x}" if self.before is not None else "",
            "after": f"{self.after:x}" if self.after is not None else "",
            "start": str(self.start) if self.start else "",
            "show": self.show,
        }
        return {name: value for name, value in values.items() if value}

    def __str__(self) -> str:
        said = "&".join([f"{name}={_quote(value)}" for name, value in self.to_parameters().items()])
        return f"?{said}" if said else ""


@lru_cache(1_000)
def _quote(value: str) -> str:
    """Quote for an address. Cached, because a page repeats the same text in about thirty links."""
    return quote_plus(value)


def _parse_date(text: str, span_end: int) -> dt.date | None:
    span = parse_date_range(text) if len(text) <= len("2025-06-09") else None
    return span[span_end] if span else None


def _parse_number(text: str, base: int, maximum: int) -> int | None:
    if not text.isascii() or not text.isalnum() or len(text) > 15:
        return None
    try:
        number = int(text, base)
    except ValueError:
        return None
    return number if number < maximum else None


MAX_FACET_VALUES: int = 8
"""Maximum values shown per filter."""
_MAX_SUGGESTIONS: int = 8
_MAX_SUGGESTED_TERMS: int = 2
_MAX_ROWS_EXAMINED: int = 100


class SearchHit(NamedTuple):
    """A brief that matches, with its stored content."""

    brief: PublicBrief
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SearchResults:
    query: ParsedQuery
    hits: Sequence[SearchHit] = ()
    count: int = 0
    count_is_lower_bound: bool = False
    count_is_estimate: bool = False
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    """Facets with their counts by kind (and `year`), most common first."""
    names_by_facet: Mapping[str, Name] = field(default_factory=dict)
    filter_facets: Mapping[FacetKind, str] = field(default_factory=dict)
    """Facets of the active filters."""
    previous_page: SearchParams | None = None
    next_page: SearchParams | None = None
    is_truncated: bool = False
    """The ranked results end here although more exist."""
    closest: ClosestAnswer | None = None
    """The closest briefs, because none matches. `hits` are then these."""
    term: GlossaryEntry | None = None
    """The glossary term that the query names, if its page exists."""


def list_newest(
    params: SearchParams, now: dt.datetime, *, limit: int, before: int | None = None
) -> list[ResultRow]:
    """Return the newest listed editions that a search finds, below place `before` if given."""
    ask = _build_request(params, now).ask
    if ask.query.is_empty and not params.is_filtered:
        return []
    return get_store().find_page(ask, limit=limit, before=before)


def list_closest(params: SearchParams, now: dt.datetime) -> Sequence[ResultRow]:
    """Return the editions that are probably on the subject of a search that finds none, the closest first."""
    request = _build_request(params, now)
    closest = find_closest(request.ask, request.concepts)
    return closest.hits if closest and closest.is_close else ()


class _Request(NamedTuple):
    """A search for the store, the facets of the active filters, and the glossary's concepts and terms by id."""

    ask: StoreRequest
    chosen: dict[FacetKind, str]
    concepts: Concepts
    entries: Mapping[int, GlossaryEntry]


def _build_request(params: SearchParams, now: dt.datetime) -> _Request:
    """Expand the query by renderings of its concepts, and look up the filters."""
    names = load_name_index()
    concepts, entries = _build_concepts(_fetch_term_rows(names) if params.query_text else ())
    query = expand_query(parse_query(params.query_text), concepts)
    since = max(filter(None, (query.since, params.since)), default=None)
    until = min(filter(None, (query.until, params.until)), default=None)
    query = replace(query, since=since, until=until)
    chosen = {kind: names.find_slug(kind, slug) for kind, slug in params.filter_slugs.items()}
    years = [f"y{params.year}"] if params.year else []
    return _Request(StoreRequest(query, (*chosen.values(), *years), now, names), chosen, concepts, entries)


def run_search(params: SearchParams, now: dt.datetime) -> SearchResults:
    ask, chosen, concepts, entries = _build_request(params, now)
    query, names = ask.query, ask.names
    if query.is_empty and not params.is_filtered:
        return SearchResults(query)
    search_page = _search_newest_first if params.newest_first else _search_by_rank
    matches, page, previous, following = search_page(ask, params)
    tally = matches.tally
    closest = find_closest(ask, concepts) if not tally.total else None
    if closest:
        query, page = closest.query, closest.hits
    counts = Counter(names.resolve_all(tally.facets).split())
    facets = _narrowing_facets(counts, tally.total, {*chosen.values(), f"y{params.year}"})
    wanted = {facet for kind in FACET_LETTERS for facet, _ in facets.get(kind, ())}
    wanted |= {
        facet for facet in chosen.values() if counts[facet]
    }  # facets without a listed brief stay unnamed
    term = next((entries[pk] for pk in query.glossary_terms), None)
    hits, is_term_used = _load_hits(page, now, term.pk if term else 0)
    return SearchResults(
        query,
        hits,
        tally.total,
        matches.has_more,
        tally.is_approximate,
        facets,
        {facet: names.names[facet] for facet in wanted if facet in names.names},
        chosen,
        previous,
        following,
        is_truncated=matches.has_more and following is None and not params.newest_first,
        closest=closest,
        term=term if is_term_used else None,
    )


@lru_cache(maxsize=1)
def _fetch_term_rows(names: NameIndex) -> TermRows:
    """Fetch the glossary. It is as old as the names."""
    return fetch_term_rows()


@lru_cache(maxsize=2)
def _build_concepts(rows: TermRows) -> tuple[Concepts, Mapping[int, GlossaryEntry]]:
    """Build the concepts of a glossary. Cached by its rows, so that a changed term takes effect at once."""
    entries = build_glossary_entries(rows)
    return Concepts(entries), {entry.pk: entry for entry in entries}


type ResultsPage = tuple[StoreResult, Sequence[ResultRow], SearchParams | None, SearchParams | None]
"""Store result, rows of this page, previous page, next page."""


def _search_newest_first(ask: StoreRequest, params: SearchParams) -> ResultsPage:
    after = params.after if params.before is None else None
    upwards = after is not None
    matches = get_store().find_and_count(ask, limit=RESULTS_PER_PAGE + 1)
    rows = matches.rows
    if not matches.tally.total:
        return matches, (), None, None
    if after is not None:
        rows = get_store().find_page(ask, after=after, limit=RESULTS_PER_PAGE + 1)
    elif params.before is not None:
        rows = get_store().find_page(ask, before=params.before, limit=RESULTS_PER_PAGE + 1)
    more = len(rows) > RESULTS_PER_PAGE
    page = rows[-RESULTS_PER_PAGE:] if upwards else rows[:RESULTS_PER_PAGE]
    has_newer = more if upwards else params.before is not None
    here = params.first_page()
    return (
        matches,
        page,
        replace(here, after=page[0].place) if page and has_newer else None,
        replace(here, before=page[-1].place) if page and (more or upwards) else None,
    )


def _search_by_rank(ask: StoreRequest, params: SearchParams) -> ResultsPage:
    end = params.start + RESULTS_PER_PAGE
    matches = get_store().find_ranked(ask, enough=end + 1)
    page = matches.ranked[params.start : end]
    here = params.first_page()
    return (
        matches,
        page,
        replace(here, start=max(params.start - RESULTS_PER_PAGE, 0)) if page and params.start else None,
        replace(here, start=end) if len(matches.ranked) > end else None,
    )


def _narrowing_facets(
    counts: Counter[str], total: int, chosen: set[str]
) -> dict[str, Sequence[tuple[str, int]]]:
    """Return the facets that only some results have, so that choosing one narrows the results."""
    letters = {letter: kind for kind, letter in FACET_LETTERS.items()} | {"y": "year"}
    facets_by_kind: dict[str, list[tuple[str, int]]] = {}
    for facet, n in counts.most_common():
        kind = letters.get(facet[0])
        if (
            kind
            and n < total
            and facet not in chosen
            and len(facets_by_kind.setdefault(kind, [])) < MAX_FACET_VALUES
        ):
            facets_by_kind[kind].append((facet, n))
    if "year" in facets_by_kind:
        facets_by_kind["year"].sort(reverse=True)
    return {kind: rows for kind, rows in facets_by_kind.items() if rows}


def _load_hits(rows: Sequence[ResultRow], now: dt.datetime, term: int) -> tuple[list[SearchHit], bool]:
    """Load the hits, in order. Also return whether one of them has the glossary term `term`, so that the term has a page."""
    if not rows:
        return [], False
    ids = [row.edition for row in rows]
    loaded = _hit_rows(now, term, *ids)
    by_pk = {
        pk: SearchHit(brief, row[-1]) for row, (pk, _, brief) in zip(loaded, join_briefs(loaded), strict=True)
    }
    return [by_pk[pk] for pk in ids if pk in by_pk], any(row[1] for row in loaded)


@prepare(dt.datetime, int, ids=RESULTS_PER_PAGE)
def _hit_rows(now: dt.datetime, term: int, *ids: int) -> QuerySet[Edition, Any]:
    has_term = Exists(EditionTerm.objects.filter(edition=OuterRef("pk"), term=term))
    return Edition.objects.listed(now).filter(pk__in=ids).values_list("pk", has_term, *BRIEF_COLUMNS)


class Suggestion(NamedTuple):
    """A page to open, offered while the reader types. `kind`: brief, term, keyword, author or source."""

    kind: str
    text: str
    slug: str
    side: Side | None = None
    """Language of a brief's headline."""


def list_suggestions(typed: str, language: Side, now: dt.datetime) -> list[Suggestion]:
    """Return terms, names and headlines of listed briefs that match the typed text."""
    query = as_prefix_query(parse_query(typed))
    if not query.required_terms:
        return []
    wanted, kinds = _suggestion_phrases(query)
    suggestions: list[Suggestion] = []
    ask = StoreRequest(query, (), now)
    if query.highlighted_phrases:
        suggestions += _suggest_terms(ask.names, wanted, language, now)
    rows = get_store().find_by_name(ask, limit=_MAX_ROWS_EXAMINED)
    if rows:
        names = _suggest_names(ask.names, rows, kinds, language)
        heads = _suggest_headlines(rows, language, now) if query.highlighted_phrases else []
        suggestions += [one for one in (*names, *heads) if all(find_spans(one.text, wanted))]
    return list(dict.fromkeys(suggestions))[:_MAX_SUGGESTIONS]


def _suggest_terms(
    names: NameIndex, wanted: Sequence[Phrase], language: Side, now: dt.datetime
) -> list[Suggestion]:
    """Return the public glossary terms with a rendering (also an avoided one) that contains the typed text."""
    _, entries = _build_concepts(_fetch_term_rows(names))
    matching = {
        pk: entry
        for pk, entry in entries.items()
        if any(all(find_spans(form, wanted)) for form in entry.term.renderings("zh"))
    }
    public = EditionTerm.objects.filter(
        term__in=list(matching)[:_MAX_ROWS_EXAMINED], edition__in=Edition.objects.listed(now)
    )
    used = set(public.values_list("term", flat=True)) if matching else set()
    shown = [matching[pk] for pk in matching if pk in used][:_MAX_SUGGESTED_TERMS]
    return [Suggestion("term", entry.term.approved(language)[0], entry.slug) for entry in shown]


def _suggest_names(
    names: NameIndex, rows: Sequence[ResultRow], kinds: Set[str], language: Side
) -> list[Suggestion]:
    """Return the names of these briefs' facets, the most common first, each in this language before the other."""
    facets = names.resolve_all("\n".join(row.facets for row in rows))
    counts = Counter(facet for facet in facets.split() if facet[0] in kinds)
    return [
        Suggestion(name.kind, text, name.slug)
        for facet, _ in counts.most_common()
        if (name := names.names.get(facet))
        for text in dict.fromkeys([name.label(language), name.zh, name.en])
        if text
    ]


def _suggest_headlines(rows: Sequence[ResultRow], language: Side, now: dt.datetime) -> list[Suggestion]:
    ids = [row.edition for row in rows]
    sides = sorted(SIDES, key=lambda side: side != language)
    heads = [KeyTextTransform(f"headline_{side}", "content") for side in sides]
    listed = Edition.objects.listed(now).filter(pk__in=ids).order_by("-published_at", "-pk")
    briefs = list(listed.values_list("slug", *heads)[:_MAX_ROWS_EXAMINED])
    return [
        Suggestion("brief", row[n], row[0], side)
        for n, side in enumerate(sides, start=1)
        for row in briefs
        if row[n]
    ]


def _suggestion_phrases(query: ParsedQuery) -> tuple[Sequence[Phrase], set[str]]:
    """Return the phrases that a suggestion must contain and the facet letters it may have.

    For `author:Chil` alone, only author names are suggested.
    """
    if query.highlighted_phrases:
        return query.highlighted_phrases, {*FACET_LETTERS.values()}
    fields = {term.field for term in query.required_terms}
    phrases = [way for term in query.required_terms for way in term.alternatives]
    return phrases, {letter for kind, letter in FACET_LETTERS.items() if kind in fields}
