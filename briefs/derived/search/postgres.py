"""PostgreSQL store: tokens as tsvector literals with positions and weights, independent of database parser and locale.

Searches take two steps. The GIN index finds rows with all tokens but has no positions; reading the positions of a row
means unpacking it, so only the newest rows are checked for phrases. Migration 0012 creates the tables.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from .analysis import tokenise
from .query import ParsedQuery, Phrase, QueryTerm, tokenise_phrase
from .search_documents import (
    EVERY_DOCUMENT_MARK,
    EXACT_PREFIX,
    SURFACE_FORM_PREFIX,
    AnalysedDocument,
    SearchDocument,
    build_exact_mark,
)
from .store import (
    EXACT_MATCH_SCORE,
    MAX_TALLIED,
    NEWEST_PLACES,
    ResultRow,
    StoreRequest,
    StoreResult,
    build_listed_condition,
    parse_count_row,
    parse_places,
    rank_rows,
)
from .units import Unit

MAX_RANKED: Final = 200
"""Number of newest matches whose positions are read."""
MAX_HEADLINE_MATCHES: Final = 100
"""Number of headline matches of any age that are ranked too."""
_FIELD_WEIGHTS: Final = "{0.01, 0.1, 0.4, 1}"
_MAX_POSITION: Final = 16_000
"""A tsvector has positions up to 16,383. Later tokens are counted from one again, and phrases in them still match."""
_WEIGHT: Final = {"head": "A", "keyword": "D", "gist": "B", "body": "C", "author": "C", "source": "C"}
_HEAD_PREFIX: Final = "\ue010"
"""Prefix of a second copy of the tokens of headlines."""
TIME_SPAN_PREFIX: Final = "\ue014"
"""Prefix of the number of the time span that contains a place."""
_TIME_SPAN_BITS: Final = 22
"""Length of a time span: 2^22 seconds, or 48 days."""
_RECENT_DOCUMENTS: Final = 4_000
"""Number of newest documents searched first for common words."""
_PLANNER: Final = "".join(
    f"SELECT set_config('{name}', 'off', true);"
    for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
)
"""Settings sent in one message with each query, so that they apply only to it.

The planner underestimates the number of matches.
"""


class PostgresStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, documents: Sequence[SearchDocument]) -> None:
        rows = ", ".join(["(%s, %s::tsvector)"] * len(documents))
        sql = f"INSERT INTO {self._table} (place, tsv) VALUES {rows} ON CONFLICT (place) DO UPDATE SET tsv = excluded.tsv"
        with connection.cursor() as cursor:
            cursor.execute(
                sql, [value for document in documents for value in (document.place, build_vector(document))]
            )

    def drop(self, places: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._table} WHERE place = ANY(%s)", [list(places)])

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._table}")

    def optimise(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self._table}")

    def places(self) -> set[int]:
        return {place for (place,) in _fetch(f"SELECT place FROM {self._table}", [])}

    def find_ranked(self, ask: StoreRequest, *, enough: int = MAX_TALLIED) -> StoreResult:
        """Rank the newest matches, headline matches and exact headlines, if they contain the phrases.

        All others are only counted.
        """
        rough, sharp = _build_queries(ask)
        exact = f"({rough}) & '{build_exact_mark(tokenise(ask.query.text))}'"
        newest, given = self._newest_matches("t", ask, rough, MAX_TALLIED + 1)
        heads, asked = self._newest_matches("h", ask, _build_query(ask, in_head=True), MAX_HEADLINE_MATCHES)
        exactly, named = self._all_matches("e", ask, exact, MAX_HEADLINE_MATCHES)
        has_phrase = rough != sharp
        lacks = "WHEN NOT s.tsv @@ %s::tsquery THEN NULL" if has_phrase else ""
        sql = f"""WITH {self._recent_spans()[0]}, {newest}, {heads}, {exactly}, c AS MATERIALIZED (
                (SELECT * FROM t ORDER BY place DESC LIMIT {MAX_RANKED}) UNION SELECT * FROM h UNION SELECT * FROM e),
            r AS MATERIALIZED (
                SELECT c.*, CASE {lacks} WHEN c.place IN (SELECT place FROM e) THEN {EXACT_MATCH_SCORE} ELSE ts_rank(%s, s.tsv, %s::tsquery) END AS score
                FROM c JOIN {self._table} s ON s.place = c.place)
            SELECT count(*), (SELECT count(*) FROM t), string_agg(facets, chr(10) ORDER BY place DESC), NULL::real
                FROM t WHERE place NOT IN (SELECT place FROM r WHERE score IS NULL)
            UNION ALL SELECT * FROM r WHERE score IS NOT NULL"""
        looked = [sharp, _FIELD_WEIGHTS, sharp] if has_phrase else [_FIELD_WEIGHTS, sharp]
        one, *rows = _fetch(sql, [*given, *asked, *named, *looked])
        found = parse_count_row(one, MAX_TALLIED, is_approximate=has_phrase and one[1] > MAX_RANKED)
        return replace(found, ranked=rank_rows(ResultRow(*row) for row in rows))

    def find_and_count(self, ask: StoreRequest, *, limit: int) -> StoreResult:
        """Count with the index alone, so the count may be too high for phrases."""
        rough, sharp = _build_queries(ask)
        newest, values = self._newest_matches("t", ask, rough, MAX_TALLIED + 1)
        sql = f"""WITH {self._recent_spans()[0]}, {newest}
            SELECT count(*), count(*), string_agg(facets, chr(10) ORDER BY place DESC), NULL FROM t
            UNION ALL (SELECT t.*, NULL FROM t ORDER BY place DESC LIMIT %s)"""
        one, *found = _fetch(sql, [*values, limit])
        rows = self.find_page(ask, limit=limit) if rough != sharp else [ResultRow(*row) for row in found]
        return replace(parse_count_row(one, MAX_TALLIED, is_approximate=rough != sharp), rows=rows)

    def find_page(
        self, ask: StoreRequest, *, limit: int, before: int | None = None, after: int | None = None
    ) -> list[ResultRow]:
        rough, sharp = _build_queries(ask)
        sharp = sharp if rough != sharp else ""
        rows = self._fetch_in_order(ask, rough, sharp, limit, before=before, after=after)
        return rows if after is None else rows[::-1]

    def find_by_name(self, ask: StoreRequest, *, limit: int) -> list[ResultRow]:
        return self._fetch_in_order(ask, *_build_queries(ask, in_head=True, with_names=True), limit)

    def _fetch_in_order(
        self,
        ask: StoreRequest,
        rough: str,
        sharp: str,
        limit: int,
        *,
        before: int | None = None,
        after: int | None = None,
    ) -> list[ResultRow]:
        """Return matches from the newest down, or up from place `after`, checking phrases (`sharp`) until `limit`."""
        recent, start = self._recent_spans(before)
        if after is None:
            found, values = self._newest_matches("t", ask, rough, limit, sharp, before)
        else:
            found, values = self._all_matches("t", ask, rough, limit, sharp, after, is_upwards=True)
        order = "DESC" if after is None else "ASC"
        sql = f"WITH {recent}, {found} SELECT place, edition_id, facets, NULL FROM t ORDER BY place {order}"
        return [ResultRow(*row) for row in _fetch(sql, [*start, *values])]

    def _newest_matches(
        self, name: str, ask: StoreRequest, rough: str, limit: int, sharp: str = "", before: int | None = None
    ) -> tuple[str, list[Any]]:
        """Build common table expressions, of which `name` holds the newest listed matches, and their values.

        Search the newest documents first, by their time spans, because collecting all matches of a common word is slow.
        All matches are collected only if that finds too few.
        """
        near = f"SELECT place FROM {self._table} WHERE tsv @@ (SELECT %s || ' & (' || spans || ')' FROM recent)::tsquery"
        some, given = self._join_listed(f"{name}_near", ask, limit, sharp, before)
        every, asked = self._all_matches(f"{name}_every", ask, rough, limit, sharp, before)
        sql = f"""{name}_near AS MATERIALIZED ({near}), {name}_some AS MATERIALIZED ({some}), {every},
            {name} AS MATERIALIZED (SELECT * FROM {name}_some WHERE (SELECT count(*) FROM {name}_some) = {limit}
                UNION ALL SELECT * FROM {name}_every WHERE (SELECT count(*) FROM {name}_some) < {limit})"""
        return sql, [f"({rough})", *given, *asked]

    def _recent_spans(self, before: int | None = None) -> tuple[str, list[Any]]:
        """Build the query for the time spans of the newest documents. It returns no row if there are few documents."""
        below = "" if before is None else " WHERE place < %s"
        last = f"SELECT max(place) >> {_TIME_SPAN_BITS} FROM briefs_searchentry{below}"
        first = f"SELECT place >> {_TIME_SPAN_BITS} FROM briefs_searchentry{below} ORDER BY place DESC OFFSET {_RECENT_DOCUMENTS} LIMIT 1"
        spans = f"SELECT string_agg(quote_literal('{TIME_SPAN_PREFIX}' || at), ' | ') AS spans FROM generate_series(({last}), ({first}), -1) at"
        return f"recent AS MATERIALIZED ({spans})", [] if before is None else [before, before]

    def _all_matches(
        self,
        name: str,
        ask: StoreRequest,
        rough: str,
        limit: int,
        sharp: str = "",
        start: int | None = None,
        *,
        is_upwards: bool = False,
    ) -> tuple[str, list[Any]]:
        """Build the common table expression of all matches. MATERIALIZED makes the planner use the index first."""
        listed, values = self._join_listed(f"{name}_all", ask, limit, sharp, start, is_upwards=is_upwards)
        every = f"SELECT place FROM {self._table} WHERE tsv @@ %s::tsquery"
        return f"{name}_all AS MATERIALIZED ({every}), {name} AS ({listed})", [rough, *values]

    def _join_listed(
        self,
        places: str,
        ask: StoreRequest,
        limit: int,
        sharp: str,
        start: int | None,
        *,
        is_upwards: bool = False,
    ) -> tuple[str, list[Any]]:
        """Build SQL for the listed editions at these places, in order.

        IS TRUE keeps PostgreSQL from searching phrases in the index: checking them row by row is faster.
        """
        public, values = build_listed_condition(ask)
        look = (
            f" JOIN {self._table} s ON s.place = o.place AND (s.tsv @@ %s::tsquery) IS TRUE" if sharp else ""
        )
        beyond = "" if start is None else f" WHERE place {'>' if is_upwards else '<'} %s"
        order = "ASC" if is_upwards else "DESC"
        sql = (
            f"SELECT o.place, n.edition_id, n.facets FROM (SELECT place FROM {places}{beyond} ORDER BY place {order}) o{look}"
            " JOIN briefs_searchentry n ON n.place = o.place"
            f" JOIN briefs_edition ON briefs_edition.id = n.edition_id WHERE {public} ORDER BY o.place {order} LIMIT {limit}"
        )
        return sql, [*([] if start is None else [start]), *([sharp] if sharp else []), *values]

    def find_present(self, tokens: Collection[str]) -> set[str]:
        if not tokens:
            return set()
        sql = (
            "SELECT token FROM unnest(%s::text[]) token"
            f" WHERE EXISTS (SELECT 1 FROM {self._table} WHERE tsv @@ quote_literal(token)::tsquery)"
        )
        return {token for (token,) in _fetch(sql, [list(tokens)])}

    def find_places(self, ask: StoreRequest, units: Sequence[Unit]) -> list[list[str]]:
        """As in SQLite, but phrases match wherever a document has all their tokens: reading positions is slow."""
        rough, sharp = _build_queries(ask)
        asked = ", ".join(["(%s::int, %s::tsquery)"] * len(units))
        exact = " AND (tsv @@ %s::tsquery) IS TRUE" if rough != sharp else ""
        sql = (
            f"SELECT q.n, r.places FROM (VALUES {asked}) q (n, words) CROSS JOIN LATERAL ("
            f"WITH m AS MATERIALIZED (SELECT place FROM {self._table} WHERE tsv @@ q.words{exact})"
            f" SELECT string_agg(place::text, ',') AS places FROM (SELECT place FROM m ORDER BY place DESC LIMIT {NEWEST_PLACES}) o) r"
        )
        values: list[Any] = []
        for n, unit in enumerate(units):
            values += [n, _build_query(ask, also=_unit_expression(ask, unit))]
        return parse_places(_fetch(sql, [*values, *[sharp] * bool(exact)]), len(units))

    def build_match_sql(self, query: ParsedQuery) -> tuple[str, list[Any]]:
        return f"SELECT place FROM {self._table} WHERE tsv @@ %s::tsquery", [
            _build_query(StoreRequest.for_texts(query), with_phrases=True)
        ]


def build_vector(document: SearchDocument) -> str:
    """Build the tsvector literal: each token with its positions and the weights of its fields."""
    made = AnalysedDocument.from_document(document)
    found: dict[str, list[str]] = {}
    at = 0
    for name, weight in _WEIGHT.items():
        own = _HEAD_PREFIX if name == "head" else ""
        for row in made.fields[name]:
            at += 20  # a gap, so that no phrase matches across texts
            for token in row:
                at += 1
                place = f"{at % _MAX_POSITION + 1}{weight}"
                for lexeme in (token, own + token) if own else (token,):
                    found.setdefault(lexeme, []).append(place)
    lexemes = [f"'{token}':{','.join(places[:255])}" for token, places in found.items()]
    marks = dict.fromkeys([*made.marks, f"{TIME_SPAN_PREFIX}{document.place >> _TIME_SPAN_BITS}"])
    return " ".join([*lexemes, *(f"'{mark}'" for mark in marks)])


def _build_queries(ask: StoreRequest, *, in_head: bool = False, with_names: bool = False) -> tuple[str, str]:
    """Build the query for all tokens at any position, which the index can answer alone, and that for all phrases."""
    rough, sharp = (
        _build_query(ask, in_head=in_head, with_names=with_names, with_phrases=with_phrases)
        for with_phrases in (False, True)
    )
    return rough, sharp


def _build_query(
    ask: StoreRequest,
    *,
    in_head: bool = False,
    with_names: bool = False,
    with_phrases: bool = False,
    also: str = "",
) -> str:
    """`in_head`: search terms in headlines alone. Names are left out then, unless `with_names`."""
    between = " <-> " if with_phrases else " & "
    with_names = with_names or not in_head
    wanted = [also] * bool(also)
    wanted += [_term_expression(ask, term, between, in_head, with_names) for term in ask.query.required_terms]
    wanted += [_any_of(f"'{mark}'" for mark in marks) for marks in ask.list_filters()]
    if in_head and not ask.query.required_terms:
        wanted.append(f"'{EXACT_PREFIX}'")  # no terms to search in headlines: match nothing
    unwanted = [
        f"!{_term_expression(ask, term, between, False, True)}"
        for term in ask.query.excluded_terms
        if with_phrases or _is_one_token(term)
    ]
    return " & ".join([*(wanted or [f"'{EVERY_DOCUMENT_MARK}'"]), *unwanted])


def _is_one_token(term: QueryTerm) -> bool:
    """Return whether every alternative is a single token. Only then can the index exclude the term without positions."""
    return bool(term.field) or all(len(tokenise_phrase(way)[0]) == 1 for way in term.alternatives)


def _term_expression(
    ask: StoreRequest, term: QueryTerm, between: str, in_head: bool, with_names: bool
) -> str:
    names = [f"'{mark}'" for mark in ask.list_name_marks(term)] if with_names or term.field else []
    if term.field:
        return _any_of(names)
    ways = (_phrase_expression(way, between, _HEAD_PREFIX * in_head) for way in term.alternatives)
    return _any_of([*ways, *names])


def _phrase_expression(phrase: Phrase, between: str, own: str) -> str:
    row, is_open = tokenise_phrase(phrase)
    last = phrase[-1]
    if last.is_prefix and len(phrase) == 1 and not own:
        return f"'{last.text}':* | '{SURFACE_FORM_PREFIX}{last.text}':*"
    parts = [f"'{own}{token}'" for token in row]
    return f"({between.join(parts)}{':*' if is_open else ''})"


def _unit_expression(ask: StoreRequest, unit: Unit) -> str:
    ways = [_phrase_expression(way, " & ", "") for way in unit.phrases]
    return _any_of([*ways, *(f"'{mark}'" for mark in ask.list_unit_marks(unit))])


def _any_of(parts: Iterable[str]) -> str:
    return f"({' | '.join(parts)})"


def _fetch(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_PLANNER + sql, values)
        while cursor.nextset():
            pass
        return list(cursor.fetchall())
