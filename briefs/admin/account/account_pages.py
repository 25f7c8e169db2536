"""The page of a person's own sign-in, and signing out everywhere."""

from ipaddress import ip_address
from typing import Any, Final

from allauth.account.views import PasswordResetFromKeyView
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ...accounts import known_browsers, sign_in_log
from ...accounts.second_factor import has_factors, has_second_factor
from ...accounts.sessions import end_sessions
from ...models import Person
from ..common.access import person_of

NOT_ON_DESK: Final = gettext_lazy("This account may not open the desk. Ask whoever manages the accounts.")


class SecurityView(IndexView):
    """Show passkeys, the authenticator app, recovery codes and the way to sessions and password."""

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
    """The last page of the window that an editor opens to sign in again. It tells the editor, and closes itself."""
    return TemplateResponse(request, "account/signed_in.html")


BROWSERS: Final = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome",
    "CriOS": "Chrome", "Safari": "Safari"}  # fmt: skip
SYSTEMS: Final = {"Windows": "Windows", "iPhone": "iPhone", "iPad": "iPad", "Mac OS X": "macOS", "Android": "Android",
    "CrOS": "ChromeOS", "Linux": "Linux"}  # fmt: skip
"""What a browser calls itself, and its name. The first that is found counts."""


def describe_browser(user_agent: str) -> str:
    """Return browser and system, such as `Firefox, Windows`, or the beginning of an unknown text."""
    names = (
        next((name for mark, name in table.items() if mark in user_agent), "")
        for table in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, names)) or user_agent[:40]


class NewPasswordView(PasswordResetFromKeyView):
    """Choose a password by a link in mail. The browser is then known, so that it signs in although strangers guess."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        known_browsers.remember_browser(self.request, response, self.reset_user)
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
    """Refuse at once: no thread waits for a slot to check a password."""
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
