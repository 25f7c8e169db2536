"""Import of files: `upload_views` receives them, `pending_files` keeps them until they are confirmed, `import_preview`
shows what they would change, `word_pages` exports Word files and reads returned tables.
"""
