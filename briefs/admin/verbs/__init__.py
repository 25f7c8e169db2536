"""Verbs at their addresses: `verb_views` runs them, `verb_forms` are the pages of those that need input."""
