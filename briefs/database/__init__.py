"""What the database does beyond Django: `guards` (triggers that freeze rows), `faults` (what a failure means),
`replica`, `bulk_writes`, and an engine each for SQLite and PostgreSQL.
"""
