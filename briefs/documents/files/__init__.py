"""Files to lines: `encodings` for text; `word`, `open_document`, `rich_text` and `web_page` for formats with paragraphs, which
they collect in a `paragraphs.ParagraphList`; `mail` finds the document in a mail; `tables` reads the tables of all.
"""
