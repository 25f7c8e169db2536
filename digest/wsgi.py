import logging
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

application = get_wsgi_application()

if settings.SITE_URL.startswith("https:") and not settings.DIGEST_REQUIRE_MFA:
    # said once at the start of a server, not by every command
    logging.getLogger(__name__).warning("DIGEST_REQUIRE_MFA=0: a stolen password opens the desk.")
