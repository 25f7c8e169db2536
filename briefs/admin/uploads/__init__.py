"""Files in: `upload_views` takes them, `pending_files` keeps them until they are confirmed, `import_preview` shows
what they would change, `word_pages` reads returned tables.
"""
