"""Show the details of the log of sign-ins in the interface's language. The log itself is in English."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, str | Promise] = {
    "asked for a new password": _("asked for a new password"),
    "sent a link to choose a password": _("sent a link to choose a password"),
    "removed the second factors": _("removed the second factors"),
    "parts handed over": _("parts handed over"),
    "links revoked": _("links revoked"),
    "sessions ended": _("sessions ended"),
    "left": _("left"),
    "handed over": _("handed over"),
    "second factor": _("second factor"),
    "password": _("password"),
    "totp": _("authenticator app"),
    "webauthn": _("passkey"),
    "recovery_codes": _("recovery codes"),
    "added": _("added"),
    "removed": _("removed"),
    "renewed": _("renewed"),
    "ended": _("ended"),
    "sessions": _("sessions"),
    "is_active": _("Active"),
    "is_staff": _("Staff status"),
    "is_superuser": _("Superuser status"),
    "active": _("Active"),
    "staff": _("Staff status"),
    "superuser": _("Superuser status"),
    "user_permissions": _("rights"),
    "groups": _("roles"),
    "email": _("E-mail address"),
    "new": _("new"),
}
_PHRASE = re.compile(r"\b(?:" + "|".join(sorted(PHRASES, key=len, reverse=True)) + r")\b")


def translate_detail(detail: str) -> str:
    return _PHRASE.sub(lambda match: str(PHRASES[match[0]]), detail)
