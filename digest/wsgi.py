import logging
import os
from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

BUSY: Final = "Too many people are signing in at this moment. Try again in a few seconds. / 目前登入人數過多，請稍候幾秒再試。\n".encode()

_django = get_wsgi_application()

from briefs.database.sqlite.base import describe_missing_file  # noqa: E402
from briefs.operations.accounts import throttle  # noqa: E402  (needs the apps)
from briefs.public.page_cache import compute_build_hash  # noqa: E402

from . import urls  # noqa: E402, F401  (all views, before the workers are forked)
from .environment import find_server_faults  # noqa: E402
from .observation import observe  # noqa: E402
from .probes import answer_probes  # noqa: E402

for fault in (*find_server_faults(settings.DATABASES), describe_missing_file(settings.DATABASES["default"])):
    if fault:
        raise SystemExit(fault)
compute_build_hash()  # of the files that this process runs


def load_templates() -> None:
    """Load all templates (0.3 s), as an upgrade replaces their files while this process still answers."""
    folder = settings.BASE_DIR / "templates"
    for file in folder.rglob("*.*"):
        get_template(str(file.relative_to(folder)))


load_templates()


@answer_probes
@observe
def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer 503 to sign-ins that cannot be checked now, before Django runs; pass on all other requests.

    Hundreds of refusals a second inside Django would slow down readers' pages. Browsers with the cookie of a known one pass.
    """
    is_sign_in = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] in settings.SIGN_IN_PATHS
    if is_sign_in and throttle.is_busy() and "browser=" not in environ.get("HTTP_COOKIE", ""):
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(BUSY)),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Retry-After": "3",
        }
        start_response("503 Service Unavailable", list(headers.items()))
        return [BUSY]
    return _django(environ, start_response)


if settings.SITE_URL.startswith("https:") and not settings.DIGEST_REQUIRE_MFA:
    # logged once at the start of a server, not by every command
    logging.getLogger(__name__).warning("DIGEST_REQUIRE_MFA=0: a stolen password opens the desk.")
