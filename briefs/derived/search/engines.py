"""The two indexes, and the store for the database in use."""

from django.db import connection

from .postgres import PostgresStore
from .sqlite import SqliteStore

EDITION_INDEX = "search_editions"
DRAFT_INDEX = "search_drafts"

type SearchStore = PostgresStore | SqliteStore
"""Store of one index. Writes run in the caller's transaction. Searches return editions listed at `StoreRequest.now`."""


def get_store(name: str = EDITION_INDEX) -> SearchStore:
    return PostgresStore(name) if connection.vendor == "postgresql" else SqliteStore(name)
