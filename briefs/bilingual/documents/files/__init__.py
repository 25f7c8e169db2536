"""Files to lines: `encodings` for text; `word`, `open_document` and `web_page` for formats with paragraphs, which they
collect in a `paragraphs.ParagraphList`; `tables` reads the tables of all.
"""
