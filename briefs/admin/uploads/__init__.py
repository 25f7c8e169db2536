"""Import of files: `upload_views` receives them, `document_imports` stores documents and Word tables at once, `versions` answers
the question of a draft, `sheet_imports` keeps the plan of a sheet and shows it as `things` with `questions`, and `word_pages` exports Word files.
"""
