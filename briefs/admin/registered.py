"""Every screen of the desk, imported by `apps.Desk` once the site stands.

Its class lives in this same package: were they imported with the package, they would be registered on a
site that is thrown away.
"""

from . import brief, letters, outbox, searches
from .common import site_texts
from .people import people_admin
from .vocabulary import vocabulary_admin

__all__ = ["brief", "letters", "outbox", "people_admin", "searches", "site_texts", "vocabulary_admin"]
