"""Addresses of sign-in and accounts, below `/admin/account/`. The names are those of django-allauth."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .account_pages import (
    new_password,
    security,
    sessions,
    sign_out_everywhere,
    signed_in,
    works_with_passkeys,
)


def on_desk(view: Callable[..., HttpResponse], title: Promise) -> Callable[..., HttpResponse]:
    """Give the view's template what every page of the desk needs, and its title."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            desk = admin.site.each_context(request) | {
                "passkeys": works_with_passkeys(request),
                "title": title,
            }
            response.context_data = desk | (response.context_data or {})
        return response

    return answer


def anonymous_path(route: str, view: Callable[..., HttpResponse], name: str, title: Promise) -> URLPattern:
    """A page for people who are not signed in yet."""
    return path(route, on_desk(view, title), name=name)


def signed_in_path(route: str, view: Callable[..., HttpResponse], name: str, title: Promise) -> URLPattern:
    """A page for people who are signed in, if only by password. Nothing that others send is kept."""
    return path(route, login_required(on_desk(view, title)), name=name)


LOG_IN, CONFIRM, NEW_PASSWORD = _("Log in"), _("Confirm that it is you"), _("New password")
PASSKEYS, NEW_PASSKEY, CODES = _("Passkeys"), _("Add a passkey"), _("Recovery codes")
APP, SESSIONS = _("Authenticator app"), _("Where you are logged in")

urlpatterns = [
    signed_in_path("", security, "mfa_index", _("Sign-in and security")),
    anonymous_path("login/", account.login, "account_login", LOG_IN),
    anonymous_path("login/code/", mfa.authenticate, "mfa_authenticate", _("Second factor")),
    anonymous_path("login/passkey/", webauthn.login_webauthn, "mfa_login_webauthn", LOG_IN),
    anonymous_path("logout/", account.logout, "account_logout", _("Log out")),
    signed_in_path("confirm/", account.reauthenticate, "account_reauthenticate", CONFIRM),
    signed_in_path("confirm/code/", mfa.reauthenticate, "mfa_reauthenticate", CONFIRM),
    signed_in_path(
        "confirm/passkey/", webauthn.reauthenticate_webauthn, "mfa_reauthenticate_webauthn", CONFIRM
    ),
    anonymous_path("password/reset/", account.password_reset, "account_reset_password", NEW_PASSWORD),
    anonymous_path(
        "password/reset/sent/", account.password_reset_done, "account_reset_password_done", NEW_PASSWORD
    ),
    anonymous_path(
        "password/new/<str:uidb36>/<str:key>/",
        new_password,
        "account_reset_password_from_key",
        NEW_PASSWORD,
    ),
    anonymous_path(
        "password/done/",
        account.password_reset_from_key_done,
        "account_reset_password_from_key_done",
        NEW_PASSWORD,
    ),
    signed_in_path("app/add/", totp.activate_totp, "mfa_activate_totp", APP),
    signed_in_path("app/remove/", totp.deactivate_totp, "mfa_deactivate_totp", APP),
    signed_in_path("passkeys/", webauthn.list_webauthn, "mfa_list_webauthn", PASSKEYS),
    signed_in_path("passkeys/add/", webauthn.add_webauthn, "mfa_add_webauthn", NEW_PASSKEY),
    signed_in_path(
        "passkeys/<int:pk>/rename/", webauthn.edit_webauthn, "mfa_edit_webauthn", _("Rename the passkey")
    ),
    signed_in_path(
        "passkeys/<int:pk>/remove/", webauthn.remove_webauthn, "mfa_remove_webauthn", _("Remove the passkey")
    ),
    signed_in_path("recovery-codes/", recovery_codes.view_recovery_codes, "mfa_view_recovery_codes", CODES),
    signed_in_path(
        "recovery-codes/new/", recovery_codes.generate_recovery_codes, "mfa_generate_recovery_codes", CODES
    ),
    signed_in_path(
        "recovery-codes/download/",
        recovery_codes.download_recovery_codes,
        "mfa_download_recovery_codes",
        CODES,
    ),
    signed_in_path("signed-in/", signed_in, "signed_in", _("Signed in")),
    signed_in_path("sessions/", sessions, "usersessions_list", SESSIONS),
    signed_in_path("sessions/end/", sign_out_everywhere, "sign_out_everywhere", SESSIONS),
]
