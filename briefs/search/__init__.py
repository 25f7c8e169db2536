"""Full-text search in both languages, exact in Chinese: one analyser, one query syntax, and one store per database.

`analysis` tokenises texts and queries, `query` parses queries, and `indexing` updates the index in the transaction of
each change. `EDITION_INDEX` is for readers, `DRAFT_INDEX` for staff. Searches for readers return only editions listed
at the time of the search, whatever the store contains.
"""

from django.db import connection

from .postgres import PostgresStore
from .query import ParsedQuery, parse_query
from .sqlite import SqliteStore
from .store import ResultRow, StoreRequest, StoreResult

EDITION_INDEX = "search_editions"
DRAFT_INDEX = "search_drafts"

type SearchStore = PostgresStore | SqliteStore
"""Store of one index. Writes run in the caller's transaction. Searches return editions listed at `StoreRequest.now`."""


def get_store(name: str = EDITION_INDEX) -> SearchStore:
    return PostgresStore(name) if connection.vendor == "postgresql" else SqliteStore(name)


__all__ = [
    "DRAFT_INDEX",
    "EDITION_INDEX",
    "ParsedQuery",
    "ResultRow",
    "StoreRequest",
    "StoreResult",
    "get_store",
    "parse_query",
]
