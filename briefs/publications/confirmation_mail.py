"""The mail that asks whether an address wants our mail, with one large button to `/u/{token}/`."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import LANGUAGE_TAGS, Side
from briefs.models.mailings import MailSide


def build_own_page(token: str) -> str:
    """Return the address at which a reader confirms, changes the language or leaves."""
    return f"{settings.SITE_URL}/u/{token}/"


def build_confirmation(address: str, side: MailSide, token: str) -> EmailMultiAlternatives:
    parts = [_build_part(language, side) for language in side.sides]
    context: dict[str, Any] = {
        "parts": parts,
        "link": build_own_page(token),
        "button": " · ".join(part["button"] for part in parts),
        "lang": parts[0]["lang"],
        "title": " / ".join(part["subject"] for part in parts),
    }
    message = EmailMultiAlternatives(
        subject=context["title"],
        body=render_to_string("public/mail/confirm.txt", context),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("public/mail/confirm.html", context), "text/html")
    return message


def _build_part(language: Side, side: MailSide) -> dict[str, str]:
    with translation.override(LANGUAGE_CODES[language]):
        site = settings.DIGEST_SITE_NAME[language]
        return {
            "lang": LANGUAGE_TAGS[language],
            "subject": _("Confirm your subscription to %(site)s") % {"site": site},
            "asked": _("Somebody asked for %(site)s by mail to this address. Language: %(language)s.")
            % {"site": site, "language": str(side.label)},
            "act": _("If it was you, open this page within seven days and press the button there:"),
            "button": _("Confirm the subscription"),
            "ignore": _(
                "If it was not you, do nothing: nothing changes, and an address that nobody confirms is deleted."
            ),
        }
