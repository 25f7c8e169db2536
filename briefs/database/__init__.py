"""Additions to Django's database layer: `guards` (triggers that freeze rows), `faults` (causes of failures),
`replica`, `bulk_writes`, and an engine each for SQLite and PostgreSQL.
"""
