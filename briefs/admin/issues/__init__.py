"""Pages of issues, their mailings and their readers."""
