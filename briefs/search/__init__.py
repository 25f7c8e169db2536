"""Search in both languages, exact in Chinese. One analyser (`analysis`), one query (`query`), a store per database.

    put, drop, sweep      in the transaction of whatever changed (called by `briefs.derive`)
    EDITIONS, DRAFTS      the two indexes: what readers find, and what the desk does

Whatever a store holds, it answers with what is listed at the moment it is asked.
"""

from functools import cache

from django.db import connection

from .postgres import PostgresStore
from .query import ParsedQuery, parse_query
from .sqlite import SqliteStore
from .store import MAX_TALLIED, ResultRow, SearchStore, StoreRequest, StoreResult

EDITION_INDEX = "search_editions"
DRAFT_INDEX = "search_drafts"


@cache
def _store(vendor: str, name: str) -> SearchStore:
    return PostgresStore(name) if vendor == "postgresql" else SqliteStore(name)


def get_store(name: str = EDITION_INDEX) -> SearchStore:
    return _store(connection.vendor, name)


__all__ = [
    "DRAFT_INDEX",
    "EDITION_INDEX",
    "MAX_TALLIED",
    "ParsedQuery",
    "ResultRow",
    "SearchStore",
    "StoreRequest",
    "StoreResult",
    "get_store",
    "parse_query",
]
