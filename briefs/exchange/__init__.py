"""Export briefs and import what comes back: `brief_text` (text and Word), `returned_table` (a reviewed table), `sheets/`
(spreadsheets).
"""
