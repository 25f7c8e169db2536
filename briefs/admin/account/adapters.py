"""Adapters of django-allauth: who may sign in, messages and mail, encryption of secrets."""

import time
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathImage

from briefs.models import Person
from briefs.operations.accounts import queue_account_notice, second_factor, sessions, sign_in_log
from digest.client_address import get_client_address

from .account_pages import NOT_ON_DESK

RECENT = 15 * 60
"""Seconds after signing in during which no password or code is asked for again."""


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("Wrong name or password."),
        "incorrect_password": gettext_lazy("Wrong password."),
        "account_inactive": gettext_lazy("Wrong name or password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return get_client_address(request)

    def pre_login(self, request: HttpRequest, user: Person, **_options: Any) -> HttpResponse | None:
        if user.is_staff and user.is_active:
            return None
        messages.error(request, NOT_ON_DESK)
        raise ImmediateHttpResponse(redirect("account_login"))

    def post_login(self, request: HttpRequest, user: Person, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        sessions.remember_browser(request, response, user)
        return response

    def is_reauthentication_required(self, *, app: str, **_options: Any) -> bool:
        records = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - record["at"] < RECENT for record in records)

    def send_notification_mail(self, template_prefix: str, user: Person, **_options: Any) -> None:
        queue_account_notice(user, template_prefix.rpartition("/")[2], now=timezone.now())


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": gettext_lazy("Wrong code.")}

    def encrypt(self, text: str) -> str:
        return second_factor.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factor.decrypt(encrypted_text)

    def get_totp_label(self, user: Person) -> str:
        return user.username

    def _get_site_name(self) -> str:
        return settings.DIGEST_SITE_NAME["en" if translation.get_language() == "en" else "zh"]

    def build_totp_svg(self, url: str) -> str:
        """Return an inline `<svg>` element, because our Content-Security-Policy forbids data addresses."""
        image = qrcode.make(url, image_factory=SvgPathImage, border=2)
        return str(image.to_string(encoding="unicode"))

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        n = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(n)s") % {"n": n}


def connect() -> None:
    """Log changes of second factors. A session that adds a factor counts as having proved it."""
    authenticator_added.connect(_added, dispatch_uid="second factor")
    authenticator_removed.connect(_removed, dispatch_uid="second factor")
    authenticator_reset.connect(_reset, dispatch_uid="second factor")


def _added(sender: Any, request: HttpRequest, user: Person, authenticator: Authenticator, **_: Any) -> None:
    sign_in_log.record_account_change(user, request, f"added {authenticator.type}")
    if authenticator.type in second_factor.FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def _removed(sender: Any, request: HttpRequest, user: Person, authenticator: Authenticator, **_: Any) -> None:
    sign_in_log.record_account_change(user, request, f"removed {authenticator.type}")
    if not second_factor.has_factors(user):
        second_factor.forget_session_factor(request)


def _reset(sender: Any, request: HttpRequest, user: Person, authenticator: Authenticator, **_: Any) -> None:
    sign_in_log.record_account_change(user, request, f"renewed {authenticator.type}")
