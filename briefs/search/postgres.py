"""Tokens as tsvector literals, positions and weights and all: no parser, no dictionary, no locale of the database.

Asking takes two steps. A GIN index knows which rows have all the tokens, and nothing of where they stand; looking at
a row's positions means unpacking it, so that is done for the newest of them only. The tables are made by
migration 0012.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from .analysis import key, tokens
from .documents import EVERY, EXACT, FACET, WRITTEN, Analysed, Document, months
from .query import Phrase, Query, Term, steps
from .store import EXACTLY, MOST, NAMES, Ask, Found, Row, best, counted, listed

RANKED: Final = 200
"""Of the newest, those whose positions are looked at."""
HEADS: Final = 100
"""And of those, however old, whose headline matches."""
_SCALE: Final = "{0, 0.1, 0.4, 1}"
_LAST: Final = 16_000
"""A tsvector counts no further than 16,383: what lies beyond begins at one again, and is found like the rest."""
_WEIGHT: Final = {"head": "A", "keyword": "A", "gist": "B", "body": "C", "author": "C", "source": "C"}
_OWN: Final = {"head": "\ue010", "author": "\ue011", "source": "\ue012", "keyword": "\ue013"}
"""Before a token of this field, where it stands once more to be asked for by the field's name."""
WHEN: Final = "\ue014"
"""Before the span of time that a place lies in."""
_SPAN: Final = 22
"""Seconds of it, as a power of two: 48 days."""
_NEAR: Final = 4_000
"""Documents among which a common word is looked for first."""
_PLANNER: Final = "".join(
    f"SELECT set_config('{name}', 'off', true);"
    for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
)
"""In one message with the question, so that it holds for that alone: the planner takes every match for a rare one."""


class Postgres:
    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, documents: Sequence[Document]) -> None:
        rows = ", ".join(["(%s, %s::tsvector)"] * len(documents))
        sql = f"INSERT INTO {self._table} (place, tsv) VALUES {rows} ON CONFLICT (place) DO UPDATE SET tsv = excluded.tsv"
        with connection.cursor() as cursor:
            cursor.execute(
                sql, [value for document in documents for value in (document.place, vector(document))]
            )

    def drop(self, places: Sequence[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._table} WHERE place = ANY(%s)", [list(places)])

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._table}")

    def tidy(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self._table}")

    def places(self) -> set[int]:
        return {place for (place,) in _fetch(f"SELECT place FROM {self._table}", [])}

    def ranked(self, ask: Ask, *, enough: int = MOST) -> Found:
        """The newest, those whose headline matches and those that are called so are looked at: ranked, if they have the
        phrases. All others are only tallied.
        """
        rough, sharp = rough_of(ask.query, ask.facets), sharp_of(ask.query, ask.facets)
        exact = f"({rough}) & '{EXACT}{key(tokens(ask.query.typed))}'"
        newest, given = self._newest("t", ask, rough, MOST + 1)
        heads, asked = self._newest("h", ask, rough_of(ask.query, ask.facets, only=["head"]), HEADS)
        exactly, named = self._every("e", ask, exact, HEADS)
        has_phrase = rough != sharp
        lacks = "WHEN NOT s.tsv @@ %s::tsquery THEN NULL" if has_phrase else ""
        sql = f"""WITH {self._recent()[0]}, {newest}, {heads}, {exactly}, c AS MATERIALIZED (
                (SELECT * FROM t ORDER BY place DESC LIMIT {RANKED}) UNION SELECT * FROM h UNION SELECT * FROM e),
            r AS MATERIALIZED (
                SELECT c.*, CASE {lacks} WHEN c.place IN (SELECT place FROM e) THEN {EXACTLY} ELSE ts_rank(%s, s.tsv, %s::tsquery) END AS score
                FROM c JOIN {self._table} s ON s.place = c.place)
            SELECT count(*), (SELECT count(*) FROM t), string_agg(facets, chr(10) ORDER BY place DESC), NULL::real
                FROM t WHERE place NOT IN (SELECT place FROM r WHERE score IS NULL)
            UNION ALL SELECT * FROM r WHERE score IS NOT NULL"""
        looked = [sharp, _SCALE, sharp] if has_phrase else [_SCALE, sharp]
        one, *rows = _fetch(sql, [*given, *asked, *named, *looked])
        found = counted(one, MOST, about=has_phrase and one[1] > RANKED)
        return replace(found, best=best([Row(*row) for row in rows], ()))

    def counted(self, ask: Ask, *, limit: int) -> Found:
        """Tallied by the index alone: where a phrase is asked for, there may be too many."""
        rough, sharp = rough_of(ask.query, ask.facets), sharp_of(ask.query, ask.facets)
        newest, values = self._newest("t", ask, rough, MOST + 1)
        sql = f"""WITH {self._recent()[0]}, {newest}
            SELECT count(*), count(*), string_agg(facets, chr(10) ORDER BY place DESC), NULL FROM t
            UNION ALL (SELECT t.*, NULL FROM t ORDER BY place DESC LIMIT %s)"""
        one, *found = _fetch(sql, [*values, limit])
        rows = (
            self.newest(ask, before=None, limit=limit).rows
            if rough != sharp
            else [Row(*row) for row in found]
        )
        return replace(counted(one, MOST, about=rough != sharp), rows=rows)

    def newest(self, ask: Ask, *, before: int | None, limit: int) -> Found:
        rough, sharp = rough_of(ask.query, ask.facets), sharp_of(ask.query, ask.facets)
        rows = self._walk(ask, rough, sharp if rough != sharp else "", limit, before=before)
        return Found(rows, (), len(rows) == limit)

    def above(self, ask: Ask, *, after: int, limit: int) -> Found:
        rough, sharp = rough_of(ask.query, ask.facets), sharp_of(ask.query, ask.facets)
        rows = self._walk(ask, rough, sharp if rough != sharp else "", limit, after=after)
        return Found(rows[::-1], (), len(rows) == limit)

    def named(self, ask: Ask, *, limit: int) -> Found:
        rough = _query(ask.query, ask.facets, " & ", only=NAMES)
        sharp = _query(ask.query, ask.facets, " <-> ", only=NAMES, sharp=True)
        return Found(self._walk(ask, rough, sharp, limit))

    def _walk(
        self,
        ask: Ask,
        rough: str,
        sharp: str,
        limit: int,
        *,
        before: int | None = None,
        after: int | None = None,
    ) -> list[Row]:
        """What the index says, from the newest on, or upwards from a place; each looked at, if it must be, until there
        are enough.
        """
        recent, start = self._recent(before)
        if after is None:
            found, values = self._newest("t", ask, rough, limit, sharp, before)
        else:
            found, values = self._every("t", ask, rough, limit, sharp, after, is_upwards=True)
        order = "DESC" if after is None else "ASC"
        sql = f"WITH {recent}, {found} SELECT place, edition_id, facets, NULL FROM t ORDER BY place {order}"
        return [Row(*row) for row in _fetch(sql, [*start, *values])]

    def _newest(
        self, name: str, ask: Ask, rough: str, limit: int, sharp: str = "", before: int | None = None
    ) -> tuple[str, list[Any]]:
        """Common table expressions, of which `name` has the newest listed matches, and their values.

        What nearly every brief says is looked for among the newest first, by the marks of their times: to gather all
        that match takes longer the more there are. Only if that gives too few, all of them are gathered.
        """
        near = f"SELECT place FROM {self._table} WHERE tsv @@ (SELECT %s || ' & (' || spans || ')' FROM recent)::tsquery"
        some, given = self._joined(f"{name}_near", ask, limit, sharp, before)
        every, asked = self._every(f"{name}_every", ask, rough, limit, sharp, before)
        sql = f"""{name}_near AS MATERIALIZED ({near}), {name}_some AS MATERIALIZED ({some}), {every},
            {name} AS MATERIALIZED (SELECT * FROM {name}_some WHERE (SELECT count(*) FROM {name}_some) = {limit}
                UNION ALL SELECT * FROM {name}_every WHERE (SELECT count(*) FROM {name}_some) < {limit})"""
        return sql, [f"({rough})", *given, *asked]

    def _recent(self, before: int | None = None) -> tuple[str, list[Any]]:
        """The spans of time in which the newest documents lie, as a query; none at all where there are but a few."""
        below = "" if before is None else " WHERE place < %s"
        last = f"SELECT max(place) >> {_SPAN} FROM briefs_searchentry{below}"
        first = f"SELECT place >> {_SPAN} FROM briefs_searchentry{below} ORDER BY place DESC OFFSET {_NEAR} LIMIT 1"
        spans = f"SELECT string_agg(quote_literal('{WHEN}' || at), ' | ') AS spans FROM generate_series(({last}), ({first}), -1) at"
        return f"recent AS MATERIALIZED ({spans})", [] if before is None else [before, before]

    def _every(
        self,
        name: str,
        ask: Ask,
        rough: str,
        limit: int,
        sharp: str = "",
        start: int | None = None,
        *,
        is_upwards: bool = False,
    ) -> tuple[str, list[Any]]:
        """The same, from all that match. MATERIALIZED: the index is asked first, whatever the planner thinks."""
        listed, values = self._joined(f"{name}_all", ask, limit, sharp, start, is_upwards=is_upwards)
        every = f"SELECT place FROM {self._table} WHERE tsv @@ %s::tsquery"
        return f"{name}_all AS MATERIALIZED ({every}), {name} AS ({listed})", [rough, *values]

    def _joined(
        self, places: str, ask: Ask, limit: int, sharp: str, start: int | None, *, is_upwards: bool = False
    ) -> tuple[str, list[Any]]:
        """The listed of these places, in their order. IS TRUE: no index is asked for the phrases, row by row they cost less."""
        public, values = self._public(ask)
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

    def all(self, query: Query) -> tuple[str, list[Any]]:
        return f"SELECT place FROM {self._table} WHERE tsv @@ %s::tsquery", [sharp_of(query)]

    def _public(self, ask: Ask) -> tuple[str, list[Any]]:
        sql, values = listed(ask.now)
        for column, bound in (("n.day >=", ask.query.since), ("n.day <=", ask.query.until)):
            if bound is not None:
                sql += f" AND {column} %s"
                values.append(bound)
        return sql, values


def vector(document: Document) -> str:
    """The literal: each token with the places where it stands and the weight of its field."""
    made = Analysed.of(document)
    found: dict[str, list[str]] = {}
    at = 0
    for name, weight in _WEIGHT.items():
        own = _OWN.get(name, "")
        for row in made.fields[name]:
            at += 20  # no phrase reaches over it
            for token in row:
                at += 1
                place = f"{at % _LAST + 1}{weight}"
                for lexeme in (token, own + token) if own else (token,):
                    found.setdefault(lexeme, []).append(place)
    lexemes = [f"'{token}':{','.join(places[:255])}" for token, places in found.items()]
    marks = dict.fromkeys([*made.marks, f"{WHEN}{document.place >> _SPAN}"])
    return " ".join([*lexemes, *(f"'{mark}'" for mark in marks)])


def rough_of(query: Query, facets: Sequence[str] = (), *, only: Sequence[str] = ()) -> str:
    """All the tokens, wherever they stand: what the index can answer alone."""
    return _query(query, facets, " & ", only=only)


def sharp_of(query: Query, facets: Sequence[str] = ()) -> str:
    """All the phrases."""
    return _query(query, facets, " <-> ", sharp=True)


def _query(
    query: Query, facets: Sequence[str], between: str, *, only: Sequence[str] = (), sharp: bool = False
) -> str:
    wanted = [_term(term, between, only) for term in query.wanted]
    wanted += [f"'{FACET}{facet}'" for facet in facets]
    if (span := months(query.since, query.until)) is not None:
        wanted.append(_any(f"'{FACET}{month}'" for month in span or ["-"]))
    if only and not query.wanted:
        wanted.append(f"'{EXACT}'")  # nothing was asked that a name could have
    unwanted = [f"!{_term(term, between)}" for term in query.unwanted if sharp or _is_one_token(term)]
    return " & ".join([*(wanted or [f"'{EVERY}'"]), *unwanted])


def _is_one_token(term: Term) -> bool:
    """Only then may it be excluded without looking at the row: to have both tokens is not to have the phrase."""
    return all(len(steps(way)[0]) == 1 for way in term.ways)


def _term(term: Term, between: str, only: Sequence[str] = ()) -> str:
    fields = [term.field] if term.field else only
    if fields:
        return _any(_way(way, between, _OWN[field]) for way in term.ways for field in fields)
    return _any(_way(way, between, "") for way in term.ways)


def _way(phrase: Phrase, between: str, own: str) -> str:
    row, is_open = steps(phrase)
    last = phrase[-1]
    if last.open and len(phrase) == 1 and not own:
        return f"'{last.text}':* | '{WRITTEN}{last.text}':*"
    parts = [f"'{own}{token}'" for token in row]
    return f"({between.join(parts)}{':*' if is_open else ''})"


def _any(parts: Iterable[str]) -> str:
    return f"({' | '.join(parts)})"


def _fetch(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_PLANNER + sql, values)
        while cursor.nextset():
            pass
        return list(cursor.fetchall())
