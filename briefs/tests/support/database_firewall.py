"""Restrict the database to what the public site, or a guest with a preview link, may read and write."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from briefs.models import Edition, IssueEdition

STAFF_EDITION_COLUMNS = {
    "approved_by_id",
    "edited_by_id",
    "withdrawn_by_id",
    "removed_by_id",
    "revision_id",
    "issue_id",
    "removed_reason",
}
EDITION_MODELS = {"briefs_edition": Edition, "briefs_issueedition": IssueEdition}
VOCABULARY = {f"briefs_{name}" for name in ("author", "source", "keyword", "term")}
PUBLIC_TABLES = {
    *("briefs_edition", "briefs_editionplace", "briefs_editionauthor", "briefs_editionkeyword"),
    *("briefs_issueedition", "briefs_issueitem"),
    *("briefs_editionterm", "briefs_searchentry", "search_editions"),
    *(
        "briefs_sitetext",
        "briefs_siteversion",
        "briefs_namechange",
        "briefs_jobrun",
        "django_migrations",
        "sqlite_master",
    ),
    *VOCABULARY,
}
SQLITE_FULL_TEXT_TABLES = {f"search_editions_{part}" for part in ("data", "idx", "docsize", "config")}
"""Internal tables of the SQLite full-text index."""
READ_ONLY = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_PRAGMA,
    sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_SAVEPOINT,
    sqlite3.SQLITE_RECURSIVE,
}


GUEST_TABLES = {
    *("briefs_previewlink", "briefs_revision", "briefs_event", "briefs_letter"),
    *("django_migrations", "sqlite_master", *VOCABULARY),
}
GUEST_KEYS = {"briefs_brief", "briefs_edition", "briefs_note", "briefs_person"}
"""Tables of which guests may read only the id: SQLite checks foreign keys with the rights of the inserting user."""
GUEST_WRITES = {"briefs_previewlink": {"opened", "last_opened_at"}, "briefs_letter": {"sender"}}
"""Columns that preview pages update. The only rows they insert are letters."""


@contextmanager
def public_access_only() -> Iterator[None]:
    """Allow reading what the public site may read, and no writing."""
    with _public_on_sqlite() if connection.vendor == "sqlite" else _public_on_postgresql():
        yield


@contextmanager
def guest_access_only() -> Iterator[None]:
    """Allow what a preview page does: read its tables, count the visit, insert a letter."""
    with _guest_on_sqlite() if connection.vendor == "sqlite" else _guest_on_postgresql():
        yield


@contextmanager
def _guest_on_sqlite() -> Iterator[None]:
    def authorize(action: int, table: str | None, column: str | None, *_: object) -> int:
        allowed = action in READ_ONLY
        if action == sqlite3.SQLITE_READ and table:
            allowed = table in GUEST_TABLES or table.startswith("pragma_")
            allowed = allowed or (table in GUEST_KEYS and column == "id")
        elif action == sqlite3.SQLITE_UPDATE:
            allowed = column in GUEST_WRITES.get(table or "", ())
        elif action == sqlite3.SQLITE_INSERT:
            allowed = table == "briefs_letter"
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    connection.connection.set_authorizer(authorize)
    try:
        yield
    finally:
        connection.connection.set_authorizer(None)


@contextmanager
def _guest_on_postgresql() -> Iterator[None]:
    role = f"guest_{secrets.token_hex(8)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role}")
        for table in sorted(GUEST_TABLES - {"sqlite_master"}):
            cursor.execute(f"GRANT SELECT ON {table} TO {role}")
        for table, columns in GUEST_WRITES.items():
            cursor.execute(f"GRANT UPDATE ({', '.join(sorted(columns))}) ON {table} TO {role}")
        cursor.execute(f"GRANT INSERT ON briefs_letter TO {role}")
        cursor.execute(f"GRANT USAGE ON SEQUENCE briefs_letter_id_seq TO {role}")
        cursor.execute(f"SET ROLE {role}")
        try:
            yield
        finally:
            cursor.execute("RESET ROLE")


@contextmanager
def _public_on_sqlite() -> Iterator[None]:
    def authorize(action: int, table: str | None, column: str | None, *_: object) -> int:
        allowed = action in READ_ONLY
        if action == sqlite3.SQLITE_READ and table:
            allowed = table in PUBLIC_TABLES | SQLITE_FULL_TEXT_TABLES and not (
                table in EDITION_MODELS and column in STAFF_EDITION_COLUMNS
            )
            allowed = allowed or table.startswith("pragma_")
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    connection.connection.set_authorizer(authorize)
    try:
        yield
    finally:
        connection.connection.set_authorizer(None)


@contextmanager
def _public_on_postgresql() -> Iterator[None]:
    role = f"reader_{secrets.token_hex(8)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role}")
        for table in sorted(PUBLIC_TABLES - {"sqlite_master", *EDITION_MODELS}):
            cursor.execute(f"GRANT SELECT ON {table} TO {role}")
        for table, model in EDITION_MODELS.items():
            columns = {f.column for f in model._meta.concrete_fields} - STAFF_EDITION_COLUMNS
            cursor.execute(f"GRANT SELECT ({', '.join(sorted(columns))}) ON {table} TO {role}")
        cursor.execute(f"SET ROLE {role}")
        try:
            yield
        finally:
            cursor.execute("RESET ROLE")
