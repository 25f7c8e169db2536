"""Spreadsheets: files to a `table` (`sheet_files`), cells to values (`columns`), and the imports of vocabulary and
briefs.
"""
