"""Import of files: `upload_views` receives them, `pending_files` keeps them until they are confirmed, `import_preview`
and `table_things` show what they would change as `things` with `questions`, `word_pages` exports Word files and takes
returned tables.
"""
