"""Briefs out and back: `brief_text` (text and Word), `returned_table` (a table that comes back), `sheets/`
(spreadsheets).
"""
