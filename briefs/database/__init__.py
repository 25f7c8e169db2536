"""Additions to Django's database layer: `guards` (triggers that freeze rows), `faults` (causes of failures),
`prepared` (queries compiled once), `request_limits`, `bulk_writes`, and an engine for SQLite.
"""
