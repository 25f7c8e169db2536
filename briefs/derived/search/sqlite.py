"""SQLite store: tokens in a contentless FTS5 table, whose tokenizer only splits at spaces.

Migration 0012 creates the tables. Deleting a row without its text needs SQLite 3.43.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from .analysis import tokenise
from .query import ParsedQuery, Phrase, QueryTerm, tokenise_phrase
from .search_documents import (
    EVERY_DOCUMENT_MARK,
    SEARCH_FIELDS,
    SURFACE_FORM_PREFIX,
    TEXT_GAP,
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
    Tally,
    build_listed_condition,
    parse_count_row,
    parse_places,
    rank_rows,
)
from .units import Unit

_WEIGHTS: Final = "5.0, 1e-9, 2.0, 1.0, 1.0, 1.0, 0.0"
"""Weights of the fields in bm25. A brief that has the words ranks before one that only has the keyword."""
_COLUMNS: Final = ", ".join((*SEARCH_FIELDS, "marks"))
_PLACEHOLDERS: Final = ", ".join(["%s"] * (len(SEARCH_FIELDS) + 2))
_MAX_HEADLINE_MATCHES: Final = 200
_FIELD_TIERS: Final = ("head", "head gist")
_JOIN_EDITIONS: Final = "CROSS JOIN briefs_edition INDEXED BY edition_listing"
"""CROSS JOIN fixes the loop order, and so the row order. The index covers `listed`: reading the long rows is slow."""


class SqliteStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, documents: Sequence[SearchDocument]) -> None:
        sql = f"INSERT OR REPLACE INTO {self._table} (rowid, {_COLUMNS}) VALUES ({_PLACEHOLDERS})"
        with connection.cursor() as cursor:
            cursor.executemany(sql, [_columns(document) for document in documents])

    def drop(self, places: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(f"DELETE FROM {self._table} WHERE rowid = %s", [(place,) for place in places])

    def clear(self) -> None:
        self._run_command("delete-all")

    def optimise(self) -> None:
        """Reduce the index size or refresh statistics. Run occasionally."""
        self._run_command("optimize")

    def places(self) -> set[int]:
        return {place for (place,) in _fetch(f"SELECT rowid FROM {self._table}", [])}

    def find_ranked(self, ask: StoreRequest, *, enough: int = MAX_TALLIED) -> StoreResult:
        """Count the matches and rank the newest, and older ones whose headline matches. May stop after `enough`.

        Up to MAX_TALLIED matches are ranked by bm25, which reads every match. More matches are ranked by field:
        exact headline, headline, summary, anywhere; then the newest.
        """
        rows = _rows(*self._select(ask, build_match(ask), 0.0, MAX_TALLIED + 1))
        more, rows = len(rows) > MAX_TALLIED, rows[:MAX_TALLIED]
        if not ask.query.required_terms:
            return StoreResult(rows, rows, more, Tally.from_rows(rows))
        ranked = self._rank_by_field(ask, rows, enough) if more else self._rank_by_score(ask, rows)
        return StoreResult(rows, ranked, more, Tally.from_rows(rows))

    def _rank_by_score(self, ask: StoreRequest, rows: Sequence[ResultRow]) -> list[ResultRow]:
        match = build_match(ask)
        sql = (
            f"SELECT rowid, -bm25({self._table}, {_WEIGHTS}) FROM {self._table} WHERE {self._table} MATCH %s"
            f" UNION ALL SELECT rowid, {EXACT_MATCH_SCORE} FROM {self._table} WHERE {self._table} MATCH %s"
        )
        scores = dict(_fetch(sql, [match, _exact_headline_match(ask, match)])) if rows else {}
        return rank_rows(row._replace(score=scores.get(row.place, 0.0)) for row in rows)

    def _rank_by_field(self, ask: StoreRequest, rows: Sequence[ResultRow], enough: int) -> list[ResultRow]:
        """Rank by field in two steps. The second runs only if the first found too few, because its matches rank lower."""
        head, gist = (build_match(ask, only=only) for only in _FIELD_TIERS)
        exactly = _exact_headline_match(ask, build_match(ask))
        found: list[ResultRow] = []
        for tiers in (((exactly, EXACT_MATCH_SCORE), (head, 2.0)), ((gist, 1.0),)):
            asked = [
                self._select(ask, match, score, min(enough, _MAX_HEADLINE_MATCHES)) for match, score in tiers
            ]
            sql = " UNION ALL ".join(f"SELECT * FROM ({one})" for one, _ in asked)
            found += _rows(sql, [value for _, values in asked for value in values])
            if len({row.place for row in found}) >= enough:
                return rank_rows(found)
        return rank_rows([*rows, *found])

    def find_and_count(self, ask: StoreRequest, *, limit: int) -> StoreResult:
        """Return the newest matches, unranked, and a tally."""
        sql, values = self._select(ask, build_match(ask), "NULL", MAX_TALLIED + 1)
        one, *rows = _fetch(
            f"WITH m AS MATERIALIZED ({sql})"
            " SELECT count(*), count(*), group_concat(facets, char(10)), NULL FROM m UNION ALL SELECT * FROM (SELECT * FROM m LIMIT %s)",
            [*values, limit],
        )
        return replace(parse_count_row(one, MAX_TALLIED), rows=[ResultRow(*row) for row in rows])

    def find_by_name(self, ask: StoreRequest, *, limit: int) -> list[ResultRow]:
        """Return the newest matches in headline, author, source or keyword, for suggestions."""
        match = build_match(ask, only="head", with_names=True)
        return _rows(*self._select(ask, match, "NULL", limit))

    def find_page(
        self, ask: StoreRequest, *, limit: int, before: int | None = None, after: int | None = None
    ) -> list[ResultRow]:
        """Return the newest matches, or those from below place `before` or just above place `after`."""
        rows = _rows(*self._select(ask, build_match(ask), "NULL", limit, before, after))
        return rows if after is None else rows[::-1]

    def find_present(self, tokens: Collection[str]) -> set[str]:
        """Return the tokens that some document has."""
        if not tokens:
            return set()
        sql = (
            f"WITH q (token) AS (VALUES {', '.join(['(%s)'] * len(tokens))}) SELECT token FROM q"
            f" WHERE EXISTS (SELECT 1 FROM {self._table} WHERE {self._table} MATCH '\"' || q.token || '\"')"
        )
        return {token for (token,) in _fetch(sql, list(tokens))}

    def find_places(self, ask: StoreRequest, units: Sequence[Unit]) -> list[list[str]]:
        """Return the newest places of each unit, listed or not, that have the terms of the request. One database query."""
        newest = f"SELECT rowid FROM {self._table} WHERE {self._table} MATCH q.column2 ORDER BY rowid DESC LIMIT {NEWEST_PLACES}"
        asked = ", ".join(["(%s, %s)"] * len(units))
        sql = f"SELECT column1, (SELECT group_concat(rowid) FROM ({newest})) FROM (VALUES {asked}) q"
        values: list[Any] = []
        for n, unit in enumerate(units):
            values += [n, build_match(ask, also=_unit_expression(ask, unit))]
        return parse_places(_fetch(sql, values), len(units))

    def build_match_sql(self, query: ParsedQuery) -> tuple[str, list[Any]]:
        """Build SQL and values for the places of all texts that match. For staff only: unlisted documents are included."""
        match = build_match(StoreRequest.for_texts(query))
        return f"SELECT rowid FROM {self._table} WHERE {self._table} MATCH %s", [match]

    def _select(
        self,
        ask: StoreRequest,
        match: str,
        score: object,
        limit: int,
        before: int | None = None,
        after: int | None = None,
    ) -> tuple[str, list[Any]]:
        """Build the SQL for listed matches, in the order of their places."""
        public, values = build_listed_condition(ask)
        where, given = [f"{self._table} MATCH %s", public], [match, *values]
        if before is not None:
            where.append(f"{self._table}.rowid < %s")
            given.append(before)
        if after is not None:
            where.append(f"{self._table}.rowid > %s")
            given.append(after)
        order = "DESC" if after is None else "ASC"
        sql = (
            f"SELECT {self._table}.rowid, n.edition_id, n.facets, {score} FROM {self._table}"
            f" CROSS JOIN briefs_searchentry n ON n.place = {self._table}.rowid"
            f" {_JOIN_EDITIONS} ON briefs_edition.id = n.edition_id"
            f" WHERE {' AND '.join(where)} ORDER BY {self._table}.rowid {order} LIMIT %s"
        )
        return sql, [*given, limit]

    def _run_command(self, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self._table} ({self._table}) VALUES (%s)", [name])


def _exact_headline_match(ask: StoreRequest, match: str) -> str:
    """Restrict a MATCH expression to headlines equal to the query."""
    return f'({match}) AND "{build_exact_mark(tokenise(ask.query.text))}"'


def build_match(ask: StoreRequest, *, only: str = "", with_names: bool = False, also: str = "") -> str:
    """Build the MATCH expression. Tokens are quoted and come only from the analyser.

    `only`: the fields of the text in which terms are searched. Names are left out then, unless `with_names`. `also`: a
    further condition.
    """
    with_names = with_names or not only
    wanted = [f"({also})"] * bool(also)
    wanted += [_term_expression(ask, term, only, with_names) for term in ask.query.required_terms]
    wanted += [_any_mark(marks) for marks in ask.list_filters()]
    found = " AND ".join(wanted or [f'"{EVERY_DOCUMENT_MARK}"'])
    unwanted = " OR ".join(_term_expression(ask, term, "", True) for term in ask.query.excluded_terms)
    return f"({found}) NOT ({unwanted})" if unwanted else found


def _term_expression(ask: StoreRequest, term: QueryTerm, only: str, with_names: bool) -> str:
    names = ask.list_name_marks(term) if with_names or term.field else []
    if term.field:
        return _any_mark(names)
    ways = " OR ".join(_phrase_expression(way, only) for way in term.alternatives)
    text = f"{{{only}}} : ({ways})" if only else f"({ways})"
    return f"({text} OR {_any_mark(names)})" if names else text


def _unit_expression(ask: StoreRequest, unit: Unit) -> str:
    ways = [_phrase_expression(way, "") for way in unit.phrases]
    return " OR ".join([*ways, *(f'"{mark}"' for mark in ask.list_unit_marks(unit))])


def _any_mark(marks: Iterable[str]) -> str:
    return f"({' OR '.join(f'"{mark}"' for mark in marks)})"


def _phrase_expression(phrase: Phrase, only: str) -> str:
    row, is_open = tokenise_phrase(phrase)
    last = phrase[-1]
    if last.is_prefix and len(phrase) == 1 and not only:
        return f'"{last.text}" * OR "{SURFACE_FORM_PREFIX}{last.text}" *'
    return " + ".join(f'"{token}"' for token in row) + (" *" if is_open else "")


def _columns(document: SearchDocument) -> tuple[Any, ...]:
    made = AnalysedDocument.from_document(document)
    fields = (f" {TEXT_GAP} ".join(" ".join(row) for row in made.fields[name]) for name in SEARCH_FIELDS)
    return document.place, *fields, " ".join(made.marks)


def _rows(sql: str, values: list[Any]) -> list[ResultRow]:
    return [ResultRow(*row) for row in _fetch(sql, values)]


def _fetch(sql: str, values: list[Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()
