"""Every screen of the desk, imported by `apps.Desk` once the site stands.

Its class lives in this same package: were they imported with the package, they would be registered on a
site that is thrown away.
"""

from . import brief, letters, outbox, people, searches, vocabulary
from .common import site_texts

__all__ = ["brief", "letters", "outbox", "people", "searches", "site_texts", "vocabulary"]
