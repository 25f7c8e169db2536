import logging
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

application = get_wsgi_application()

if settings.SITE_URL.startswith("https:"):  # said once at the start of a server, not by every command
    logging.getLogger(__name__).warning(
        "Sign-in with a second factor does not exist yet: keep /admin/ behind a VPN."
    )
