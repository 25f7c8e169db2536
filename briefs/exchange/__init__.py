"""Export briefs and import what comes back: `brief_text` (text and Word), `returned_table` and `table_plan` (a reviewed table), `sheets/`
(spreadsheets).
"""
