"""Issues as readers get them, on the web, as files and by mail; letters of readers; links for guests.

Begin with `published.py`, which loads a public issue and imports no model of the desk. Verbs on issues are in `workflow/issues.py`.
In: editions, subscribers, letters. Out: public issues, EPUB, PDF, mail.
"""

__all__ = [
    "bounces",
    "corrections",
    "departures",
    "epub",
    "issue_document",
    "letters",
    "mail_text",
    "mailings",
    "pdf",
    "preview_links",
    "published",
    "recent_corrections",
    "sending",
    "subscriber_lists",
    "subscribers",
]
