"""A person's own sign-in: `account_pages` has the pages and their addresses, `adapters` what django-allauth asks of
us.
"""
