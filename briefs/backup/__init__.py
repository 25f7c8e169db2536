"""Back up the whole site to one archive, check an archive, and restore it, on SQLite and PostgreSQL."""
