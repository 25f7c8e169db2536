"""Files to lines: `encodings` for text, `word` for Word files (on `archive` and `word_paragraphs`), `tables` for
tables in both.
"""
