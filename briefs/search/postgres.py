"""Tokens as tsvector literals, positions and weights and all: no parser, no dictionary, no locale of the database.

Asking takes two steps. A GIN index knows which rows have all the tokens, and nothing of where they stand; looking at
a row's positions means unpacking it, so that is done for the newest of them only. The tables are made by
migration 0012.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection

from .analysis import key, tokens
from .asking import EXACTLY, MOST, NAMES, Ask, Found, Row, best, listed
from .documents import EVERY, EXACT, FACET, WRITTEN, Analysed, Document, months
from .query import Phrase, Query, Term, steps

RANKED: Final = 200
"""Candidates whose positions are looked at."""
_SCALE: Final = "{0, 0.1, 0.4, 1}"
_LAST: Final = 16_000
"""A tsvector counts no further than 16,383: what lies beyond begins at one again, and is found like the rest."""
_WEIGHT: Final = {"head": "A", "keyword": "A", "gist": "B", "body": "C", "author": "C", "source": "C"}
_OWN: Final = {"head": "\ue010", "author": "\ue011", "source": "\ue012", "keyword": "\ue013"}
"""Before a token of this field, where it stands once more to be asked for by the field's name."""
_PLANNER: Final = "".join(
    f"SELECT set_config('{name}', 'off', true);"
    for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
)
"""In one message with the question, so that it holds for that alone: the planner takes every match for a rare one."""


class Postgres:
    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, documents: Sequence[Document]) -> None:
        self.drop([document.place for document in documents])
        sql = f"INSERT INTO {self._table} (place, tsv) VALUES (%s, %s::tsvector)"
        with connection.cursor() as cursor:
            cursor.executemany(sql, [(document.place, vector(document)) for document in documents])

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
        """Columns of a row: whether it is one of the newest, and its rank if it was looked at and has the phrases."""
        rough, sharp = rough_of(ask.query, ask.facets), sharp_of(ask.query, ask.facets)
        public, values = self._public(ask)
        ts = self._table
        heads = f"SELECT place FROM {ts} WHERE tsv @@ %s::tsquery"
        sql = f"""WITH m AS MATERIALIZED (SELECT place FROM {ts} WHERE tsv @@ %s::tsquery),
            t AS MATERIALIZED (SELECT o.place, n.edition_id, n.facets {self._join("(SELECT place FROM m ORDER BY place DESC)", public)}
                ORDER BY o.place DESC LIMIT %s),
            h AS MATERIALIZED (SELECT o.place, n.edition_id, n.facets {self._join(f"({heads} ORDER BY place DESC)", public)}
                ORDER BY o.place DESC LIMIT %s),
            c AS MATERIALIZED (SELECT place FROM h UNION (SELECT place FROM t ORDER BY place DESC LIMIT %s)),
            r AS MATERIALIZED (SELECT s.place, CASE WHEN s.tsv @@ %s::tsquery THEN %s ELSE ts_rank(%s, s.tsv, %s::tsquery) END AS score
                FROM c JOIN {ts} s ON s.place = c.place WHERE s.tsv @@ %s::tsquery),
            a AS (SELECT *, true AS newest FROM t UNION ALL SELECT *, false FROM h WHERE place NOT IN (SELECT place FROM t))
            SELECT a.place, a.edition_id, a.facets, r.score, a.newest FROM a LEFT JOIN r ON r.place = a.place
            ORDER BY a.place DESC"""
        exact = f"'{EXACT}{key(tokens(ask.query.typed))}'"
        old = f"({rough}) & {exact} | ({rough_of(ask.query, ask.facets, only=['head'])})"
        given = [
            *(rough, *values, MOST + 1, old, *values, RANKED, RANKED),
            *(exact, EXACTLY, _SCALE, sharp, sharp),
        ]
        return self._judged([(Row(*row[:4]), row[4]) for row in _fetch(sql, given)], rough != sharp)

    def _judged(self, got: list[tuple[Row, bool]], has_phrase: bool) -> Found:
        """Of the newest, those that were looked at and lack a phrase are taken out."""
        newest = [row for row, is_new in got if is_new]
        more = len(newest) > MOST
        kept = [row for n, row in enumerate(newest[:MOST]) if n >= RANKED or row.score is not None]
        return Found(kept, best([row for row, _ in got], ()), more, has_phrase and len(newest) > RANKED)

    def counted(self, ask: Ask) -> Found:
        """By the index alone: where a phrase is asked for, there may be too many."""
        rough, sharp = rough_of(ask.query, ask.facets), sharp_of(ask.query, ask.facets)
        rows = self._walk(ask, rough, "", MOST + 1)
        return Found(rows[:MOST], (), len(rows) > MOST, about=rough != sharp)

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
        public, values = self._public(ask)
        look = f" JOIN {self._table} s ON s.place = o.place AND s.tsv @@ %s::tsquery" if sharp else ""
        start = before if after is None else after
        beyond = "" if start is None else f" WHERE place {'<' if after is None else '>'} %s"
        order = "DESC" if after is None else "ASC"
        sql = f"""WITH m AS MATERIALIZED (SELECT place FROM {self._table} WHERE tsv @@ %s::tsquery)
            SELECT o.place, n.edition_id, n.facets, NULL
            {self._join(f"(SELECT place FROM m{beyond} ORDER BY place {order})", public, look)}
            ORDER BY o.place {order} LIMIT %s"""
        asked = [rough, *([] if start is None else [start]), *([sharp] if sharp else [])]
        return [Row(*row) for row in _fetch(sql, [*asked, *values, limit])]

    def all(self, query: Query) -> tuple[str, list[Any]]:
        return f"SELECT place FROM {self._table} WHERE tsv @@ %s::tsquery", [sharp_of(query)]

    def _join(self, ordered: str, public: str, look: str = "") -> str:
        return (
            f"FROM {ordered} o{look} JOIN briefs_searchentry n ON n.place = o.place"
            f" JOIN briefs_edition ON briefs_edition.id = n.edition_id WHERE {public}"
        )

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
    return " ".join([*lexemes, *(f"'{mark}'" for mark in dict.fromkeys(made.marks))])


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
