"""Import of files: `upload_views` receives them, `document_imports` stores documents and Word tables at once, `versions` answers
the question of a draft, `sheet_pages` imports sheets by the pages of django-import-export, and `word_pages` exports Word files.
"""
