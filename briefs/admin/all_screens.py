"""Import every admin screen. `apps.Desk` imports this module after the admin site exists.

If importing the package imported this module, the screens would be registered on a site that is then
discarded, since the package also contains the site class.
"""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin

from . import brief_admin
from .common import site_texts
from .home import inbox_lists
from .issues import issue_admin, subscriber_pages
from .people import people_admin
from .vocabulary import draft_views, vocabulary_admin

__all__ = [
    "brief_admin",
    "draft_views",
    "inbox_lists",
    "issue_admin",
    "people_admin",
    "site_texts",
    "subscriber_pages",
    "vocabulary_admin",
]

# django-allauth registers lists that bypass our permissions and log. The pages of a person show the same data.
for model in (EmailAddress, Authenticator, UserSession):
    admin.site.unregister(model)
