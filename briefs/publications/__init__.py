"""Issues as readers get them: on the web, as files and by mail. Begin with `published.py`, which loads a public issue.

`published.py` is for public code and imports no model of the desk. Verbs on issues are in `workflow/issues.py`.
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
    "published",
    "recent_corrections",
    "sending",
    "subscriber_lists",
    "subscribers",
]
