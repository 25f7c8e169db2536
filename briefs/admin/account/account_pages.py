"""The page of a person's own sign-in, and the addresses of sign-in and accounts."""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any, Final

from allauth.account import views as account
from allauth.account.views import PasswordResetFromKeyView
from allauth.mfa.base import views as mfa
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from briefs.admin.common.access import person_of
from briefs.models import Person
from briefs.operations.accounts import sign_in_log
from briefs.operations.accounts.second_factor import has_factors, has_second_factor
from briefs.operations.accounts.sessions import end_sessions, remember_browser

NOT_ON_DESK: Final = gettext_lazy("This account may not open the desk. Ask whoever manages the accounts.")


class SecurityView(IndexView):
    """Show passkeys, authenticator app and recovery codes, with links to sessions and password."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        factors = context["authenticators"]
        return context | {
            "app": factors.get(Authenticator.Type.TOTP),
            "keys": factors.get(Authenticator.Type.WEBAUTHN, []),
            "recovery_codes": factors.get(Authenticator.Type.RECOVERY_CODES),
            "must_add": not has_second_factor(self.request) and not has_factors(person_of(self.request)),
            "is_start": True,
            "is_required": settings.DIGEST_REQUIRE_MFA,
        }


security = SecurityView.as_view()


def signed_in(request: HttpRequest) -> HttpResponse:
    """End a sign-in in an extra window that the editor page opened: tell that page, and close the window."""
    return TemplateResponse(request, "account/signed_in.html")


BROWSERS: Final = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome",
    "CriOS": "Chrome", "Safari": "Safari"}  # fmt: skip
SYSTEMS: Final = {"Windows": "Windows", "iPhone": "iPhone", "iPad": "iPad", "Mac OS X": "macOS", "Android": "Android",
    "CrOS": "ChromeOS", "Linux": "Linux"}  # fmt: skip
"""Words in a user agent, and the names shown for them. The first match counts."""


def describe_browser(user_agent: str) -> str:
    """Return browser and system, such as `Firefox, Windows`, or the beginning of an unknown text."""
    names = (
        next((name for mark, name in table.items() if mark in user_agent), "")
        for table in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, names)) or user_agent[:40]


class NewPasswordView(PasswordResetFromKeyView):
    """Choose a password by a link in mail. The browser then counts as known, so strangers' guesses cannot pause it."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        remember_browser(self.request, response, self.reset_user)
        return response


new_password = NewPasswordView.as_view()


class SessionsView(ListUserSessionsView):
    """List where the person is signed in, this browser first. A POST signs out the others."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        sessions = sorted(
            context["sessions"], key=lambda row: (row.is_current(), row.created_at), reverse=True
        )
        return context | {"sessions": [(row, describe_browser(row.user_agent)) for row in sessions]}


sessions = SessionsView.as_view()


def works_with_passkeys(request: HttpRequest) -> bool:
    """Return whether browsers allow passkeys here: they need a host name, not an address such as 127.0.0.1."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


def find_factor_page(person: Person) -> str:
    """Return the name of the page on which the person proves a second factor, or adds the first one."""
    kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    if Authenticator.Type.TOTP in kinds:
        return "mfa_reauthenticate"
    return "mfa_reauthenticate_webauthn" if Authenticator.Type.WEBAUTHN in kinds else "mfa_index"


def build_busy_response() -> HttpResponse:
    """Build the refusal while all slots for checking passwords are taken, so that no thread waits for one."""
    text = _("Too many people are signing in at this moment. Try again in a few seconds.")
    headers = {"Retry-After": "3"}
    return HttpResponse(f"{text}\n", status=503, content_type="text/plain; charset=utf-8", headers=headers)


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    n = end_sessions(person)
    sign_in_log.record_account_change(person, request, f"ended {n} sessions")
    logout(request)
    messages.success(request, _("You are logged out on every device."))
    return redirect("account_login")


# Addresses of sign-in and accounts, below `/admin/account/`. The names are those of django-allauth.


def on_desk(view: Callable[..., HttpResponse], title: Promise) -> Callable[..., HttpResponse]:
    """Wrap a view of django-allauth: add the context of a desk page and the title."""

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
    """Route a page for people who are not signed in."""
    return path(route, on_desk(view, title), name=name)


def signed_in_path(route: str, view: Callable[..., HttpResponse], name: str, title: Promise) -> URLPattern:
    """Route a page for people who are signed in, even if only by password."""
    return path(route, login_required(on_desk(view, title)), name=name)


LOG_IN, CONFIRM, NEW_PASSWORD = (
    gettext_lazy("Log in"),
    gettext_lazy("Confirm that it is you"),
    gettext_lazy("New password"),
)
PASSKEYS, NEW_PASSKEY, CODES = (
    gettext_lazy("Passkeys"),
    gettext_lazy("Add a passkey"),
    gettext_lazy("Recovery codes"),
)
APP, SESSIONS = gettext_lazy("Authenticator app"), gettext_lazy("Where you are logged in")

urlpatterns = [
    signed_in_path("", security, "mfa_index", gettext_lazy("Sign-in and security")),
    anonymous_path("login/", account.login, "account_login", LOG_IN),
    anonymous_path("login/code/", mfa.authenticate, "mfa_authenticate", gettext_lazy("Second factor")),
    anonymous_path("login/passkey/", webauthn.login_webauthn, "mfa_login_webauthn", LOG_IN),
    anonymous_path("logout/", account.logout, "account_logout", gettext_lazy("Log out")),
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
        "passkeys/<int:pk>/rename/",
        webauthn.edit_webauthn,
        "mfa_edit_webauthn",
        gettext_lazy("Rename the passkey"),
    ),
    signed_in_path(
        "passkeys/<int:pk>/remove/",
        webauthn.remove_webauthn,
        "mfa_remove_webauthn",
        gettext_lazy("Remove the passkey"),
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
    signed_in_path("signed-in/", signed_in, "signed_in", gettext_lazy("Signed in")),
    signed_in_path("sessions/", sessions, "usersessions_list", SESSIONS),
    signed_in_path("sessions/end/", sign_out_everywhere, "sign_out_everywhere", SESSIONS),
]
