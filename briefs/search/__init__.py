"""Search in both languages, exact in Chinese. One analyser (`analysis`), one query (`query`), a store per database.

    put, drop, sweep      in the transaction of whatever changed (called by `briefs.derive`)
    EDITIONS, DRAFTS      the two indexes: what readers find, and what the desk does

Whatever a store holds, it answers with what is listed at the moment it is asked.
"""

from functools import cache

from django.db import connection

from .postgres import Postgres
from .query import Query, parse
from .sqlite import Sqlite
from .store import MOST, Ask, Found, Row, Store

EDITIONS = "search_editions"
DRAFTS = "search_drafts"


@cache
def _store(vendor: str, name: str) -> Store:
    return Postgres(name) if vendor == "postgresql" else Sqlite(name)


def store(name: str = EDITIONS) -> Store:
    return _store(connection.vendor, name)


__all__ = ["DRAFTS", "EDITIONS", "MOST", "Ask", "Found", "Query", "Row", "Store", "parse", "store"]
