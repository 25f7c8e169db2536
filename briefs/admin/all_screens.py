"""Every screen of the desk, imported by `apps.Desk` once the site stands.

Its class lives in this same package: were they imported with the package, they would be registered on a
site that is thrown away.
"""

from . import brief_admin
from .common import site_texts
from .home import failed_mail, letter_views, search_log_page
from .people import people_admin
from .vocabulary import vocabulary_admin

__all__ = [
    "brief_admin",
    "failed_mail",
    "letter_views",
    "people_admin",
    "search_log_page",
    "site_texts",
    "vocabulary_admin",
]
