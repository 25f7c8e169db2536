"""A person's own sign-in: `account_pages` has the pages and their addresses, `adapters` answers django-allauth's
questions.
"""
