"""Archives of rows and pictures. `archive_writer` writes and proves one, `restoration` restores it; both read and
write rows by `table_rows`.
"""
