"""Tokens in an FTS5 table that keeps no texts. Its own tokenizer only parts at spaces: the analyser did the rest.

The tables are made by migration 0012. A row can be deleted without its texts from SQLite 3.43 on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from .analysis import key, tokens
from .documents import EVERY, EXACT, FACET, FIELDS, GAP, WRITTEN, Analysed, Document, months
from .query import Field, Phrase, Query, Term, steps
from .store import EXACTLY, MOST, NAMES, Ask, Found, Row, Tally, best, counted, listed

_WEIGHTS: Final = "5.0, 5.0, 2.0, 1.0, 1.0, 1.0, 0.0"
_COLUMNS: Final = ", ".join((*FIELDS, "marks"))
_PLACES: Final = ", ".join(["%s"] * (len(FIELDS) + 2))
_HEADS: Final = 200
_TIERS: Final = ("head keyword", "head keyword gist")


class Sqlite:
    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, documents: Sequence[Document]) -> None:
        self.drop([document.place for document in documents])
        sql = f"INSERT INTO {self._table} (rowid, {_COLUMNS}) VALUES ({_PLACES})"
        with connection.cursor() as cursor:
            cursor.executemany(sql, [_columns(document) for document in documents])

    def drop(self, places: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(f"DELETE FROM {self._table} WHERE rowid = %s", [(place,) for place in places])

    def clear(self) -> None:
        self._order("delete-all")

    def tidy(self) -> None:
        self._order("optimize")

    def places(self) -> set[int]:
        return {place for (place,) in _fetch(f"SELECT rowid FROM {self._table}", [])}

    def ranked(self, ask: Ask, *, enough: int = MOST) -> Found:
        """By bm25 while they can be counted. It looks at every match there is, so what is said in more briefs is
        ranked by where it stands: called so, in headline or keywords, in the summary too, anywhere; then the newest.
        """
        rows = _rows(*self._select(ask, match_of(ask.query, ask.facets), 0.0, MOST + 1))
        more, rows = len(rows) > MOST, rows[:MOST]
        if not ask.query.wanted:
            return Found(rows, rows, more, Tally.of(rows))
        ranked = self._by_place(ask, rows, enough) if more else self._by_score(ask, rows)
        return Found(rows, ranked, more, Tally.of(rows))

    def _by_score(self, ask: Ask, rows: Sequence[Row]) -> list[Row]:
        match = match_of(ask.query, ask.facets)
        sql = (
            f"SELECT rowid, -bm25({self._table}, {_WEIGHTS}) FROM {self._table} WHERE {self._table} MATCH %s"
            f" UNION ALL SELECT rowid, {EXACTLY} FROM {self._table} WHERE {self._table} MATCH %s"
        )
        scores = dict(_fetch(sql, [match, _exactly(ask, match)])) if rows else {}
        return best([row._replace(score=scores.get(row.place, 0.0)) for row in rows], ())

    def _by_place(self, ask: Ask, rows: Sequence[Row], enough: int) -> list[Row]:
        """In two steps, the second only where the first found too few: whatever it finds ranks lower."""
        head, gist = (match_of(ask.query, ask.facets, only=only) for only in _TIERS)
        exactly = _exactly(ask, match_of(ask.query, ask.facets))
        found: list[Row] = []
        for tiers in (((exactly, EXACTLY), (head, 2.0)), ((gist, 1.0),)):
            asked = [self._select(ask, match, score, min(enough, _HEADS)) for match, score in tiers]
            sql = " UNION ALL ".join(f"SELECT * FROM ({one})" for one, _ in asked)
            found += _rows(sql, [value for _, values in asked for value in values])
            if len({row.place for row in found}) >= enough:
                return best(found, ())
        return best(rows, found)

    def counted(self, ask: Ask, *, limit: int) -> Found:
        sql, values = self._select(ask, match_of(ask.query, ask.facets), "NULL", MOST + 1)
        one, *rows = _fetch(
            f"WITH m AS MATERIALIZED ({sql})"
            " SELECT count(*), count(*), group_concat(facets, char(10)), NULL FROM m UNION ALL SELECT * FROM (SELECT * FROM m LIMIT %s)",
            [*values, limit],
        )
        return replace(counted(one, MOST), rows=[Row(*row) for row in rows])

    def named(self, ask: Ask, *, limit: int) -> Found:
        match = match_of(ask.query, ask.facets, only=" ".join(NAMES))
        return Found(_rows(*self._select(ask, match, "NULL", limit)))

    def newest(self, ask: Ask, *, before: int | None, limit: int) -> Found:
        rows = _rows(*self._select(ask, match_of(ask.query, ask.facets), "NULL", limit, before))
        return Found(rows, (), len(rows) == limit)

    def above(self, ask: Ask, *, after: int, limit: int) -> Found:
        rows = _rows(*self._select(ask, match_of(ask.query, ask.facets), "NULL", limit, after=after))
        return Found(rows[::-1], (), len(rows) == limit)

    def all(self, query: Query) -> tuple[str, list[Any]]:
        match = match_of(query)
        return f"SELECT rowid FROM {self._table} WHERE {self._table} MATCH %s", [match]

    def _select(
        self,
        ask: Ask,
        match: str,
        score: object,
        limit: int,
        before: int | None = None,
        after: int | None = None,
    ) -> tuple[str, list[Any]]:
        """CROSS JOIN keeps the order of the loops, and so that of the rows, whatever the planner thinks.

        The index holds what `listed` asks for: the rows of editions are long, and reading them is most of the time.
        """
        public, values = listed(ask.now)
        where, given = [f"{self._table} MATCH %s", public], [match, *values]
        for column, bound in (("n.day >=", ask.query.since), ("n.day <=", ask.query.until)):
            if bound is not None:
                where.append(f"{column} %s")
                given.append(bound.isoformat())
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
            " CROSS JOIN briefs_edition INDEXED BY edition_listing ON briefs_edition.id = n.edition_id"
            f" WHERE {' AND '.join(where)} ORDER BY {self._table}.rowid {order} LIMIT %s"
        )
        return sql, [*given, limit]

    def _order(self, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self._table} ({self._table}) VALUES (%s)", [name])


def _exactly(ask: Ask, match: str) -> str:
    """Of those, what is called as was typed."""
    return f'({match}) AND "{EXACT}{key(tokens(ask.query.typed))}"'


def match_of(query: Query, facets: Sequence[str] = (), *, only: str = "") -> str:
    """The expression for MATCH. Every token of it is letters and digits of the analyser's, in quotes."""
    wanted = [_term(term, only) for term in query.wanted]
    wanted += [f'"{FACET}{facet}"' for facet in facets]
    if (span := months(query.since, query.until)) is not None:
        wanted.append(f"({' OR '.join(f'"{FACET}{month}"' for month in span or ['-'])})")
    found = " AND ".join(wanted or [f'"{EVERY}"'])
    unwanted = " OR ".join(_term(term, "") for term in query.unwanted)
    return f"({found}) NOT ({unwanted})" if unwanted else found


def _term(term: Term, only: str) -> str:
    field: Field | str = term.field or only
    ways = " OR ".join(_way(way, field) for way in term.ways)
    return f"{{{field}}} : ({ways})" if field else f"({ways})"


def _way(phrase: Phrase, field: str) -> str:
    row, is_open = steps(phrase)
    said = " + ".join(f'"{token}"' for token in row) + (" *" if is_open else "")
    last = phrase[-1]
    if last.open and len(phrase) == 1 and not field:
        return f'"{last.text}" * OR "{WRITTEN}{last.text}" *'
    return said


def _columns(document: Document) -> tuple[Any, ...]:
    made = Analysed.of(document)
    fields = (f" {GAP} ".join(" ".join(row) for row in made.fields[name]) for name in FIELDS)
    return document.place, *fields, " ".join(made.marks)


def _rows(sql: str, values: list[Any]) -> list[Row]:
    return [Row(*row) for row in _fetch(sql, values)]


def _fetch(sql: str, values: list[Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()
