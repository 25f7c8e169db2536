"""Forms of the sign-in pages. Passwords and codes are checked behind the throttle."""

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Literal, cast

from allauth.account import forms as account
from allauth.account.internal.userkit import get_user_by_username
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs.models import Person
from briefs.models.people import SignInEvent
from briefs.operations.accounts import queue_password_reset, sessions, sign_in_log, throttle
from briefs.operations.accounts.second_factor import accept_code_once, find_missing_keys, use_code
from digest.client_address import get_client_address

PAUSED: Final = "paused"
"""Error code of an attempt that was refused without a check."""
_MISSING_KEY: Final = gettext_lazy(
    "No code can be checked: the site lacks the secret key %(key)s, with which your second factor was stored."
    " Tell the person who runs the server."
)


@contextmanager
def throttled(
    request: HttpRequest,
    username: str,
    purpose: Literal["password", "password with code", "code"] = "password",
) -> Iterator[None]:
    """Context in which to check a password or a code. Raise ValidationError while attempts are paused."""
    browser = sessions.find_browser(request, username)
    attempt = throttle.Attempt(username, get_client_address(request), browser, purpose)
    checked = throttle.checked_attempt(attempt, now=timezone.now())
    with _explained_pause(request, username), checked as uses_up_allowance:
        try:
            yield
        except ValidationError:
            if uses_up_allowance:
                sign_in_log.report_guessing(username, request)
            raise


@contextmanager
def _explained_pause(request: HttpRequest, username: str) -> Iterator[None]:
    try:
        yield
    except throttle.Paused as paused:
        sign_in_log.note_pause(username, request)
        raise ValidationError(_describe_pause(paused.until - timezone.now()), PAUSED) from paused


def _describe_pause(left: dt.timedelta) -> str:
    seconds = max(1, math.ceil(left.total_seconds()))
    if seconds <= 120:
        n, sentence = seconds, ngettext(
            "Too many attempts. Try again in %(n)s second.",
            "Too many attempts. Try again in %(n)s seconds.",
            seconds,
        )  # fmt: skip
    else:
        n = math.ceil(seconds / 60)
        sentence = ngettext(
            "Too many attempts. Try again in %(n)s minute.",
            "Too many attempts. Try again in %(n)s minutes.",
            n,
        )
    return sentence % {"n": n}


class SignInForm(account.LoginForm):
    """Ask for name and password and, while strangers' attempts at the account are paused, also for a code.

    During a pause only a password with a valid code is checked. A wrong code gets the same answer as a missing one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = gettext_lazy("Username")
        self.fields["login"].widget.attrs.update(autofocus=True, placeholder="")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["code"] = forms.CharField(
            label=gettext_lazy("Code"),
            required=False,
            max_length=20,
            widget=forms.HiddenInput(),
            help_text=gettext_lazy(
                "You need not wait if you enter your password with a code of your authenticator app or a recovery code, "
                "log in with a passkey, or choose a new password by mail."
            ),
        )

    def _clean_with_password(self, credentials: dict[str, Any]) -> dict[str, Any]:
        self.factor, self.proves_factor = self._use_code(credentials["username"])
        purpose: Literal["password with code", "password"] = (
            "password with code" if self.factor else "password"
        )
        try:
            with throttled(self.request, credentials["username"], purpose):
                values: dict[str, Any] = super()._clean_with_password(credentials)
                if not cast(Person, self.user).is_staff:
                    raise ValidationError(_("Wrong name or password."))
                return values
        except ValidationError as error:
            if getattr(error, "code", "") == PAUSED:
                self.fields["code"].widget = forms.TextInput({"autocomplete": "one-time-code"})
            raise

    def _use_code(self, username: str) -> tuple[Authenticator | None, bool]:
        """Use up a valid code. Return its factor, and whether the code also counts as the second factor of the session.

        Strangers need no password to send codes for an account. So after five wrong codes in an hour, from any address, a
        valid code only allows the password to be checked, and the next page asks for another code.
        """
        code, address = self.cleaned_data.get("code"), get_client_address(self.request)
        if not code:
            return None, False
        by_all = throttle.Attempt(username, address, purpose="sent codes")
        by_address = throttle.Attempt(username, address, purpose="sent code")
        now, is_within_limit = timezone.now(), True
        try:
            throttle.count_attempt(by_all, now=now)
        except throttle.Paused:
            is_within_limit = False
        with suppress(throttle.Paused, LookupError), throttle.checked_attempt(by_address, now=now):
            factor = use_code(get_user_by_username(username), code)
            if is_within_limit:
                throttle.forgive(by_all)
            return factor, is_within_limit
        return None, False

    def _login_with_password(
        self, request: HttpRequest, redirect_url: str | None, credentials: dict[str, Any]
    ) -> HttpResponse:
        if self.factor and self.proves_factor:
            self._login.state = {"stages": {AuthenticateStage.key: {"handled": True}}}
            post_authentication(request, self.factor)
        response: HttpResponse = super()._login_with_password(request, redirect_url, credentials)
        return response


class ReauthenticationForm(account.ReauthenticateForm):
    def clean_password(self) -> str:
        with throttled(context.request, self.user.username):
            return str(super().clean_password())


class _CodeField:
    """A field for a code, for which phones show a keypad."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]  # type: ignore[attr-defined]
        field.label = gettext_lazy("Code")
        field.widget.attrs.update(placeholder="", inputmode="numeric", autofocus=True)


class _CodeForm(_CodeField):
    """Accept a code of an app or a recovery code, each once and within the throttle."""

    user: Person
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        with throttled(context.request, self.user.username, "code"):
            try:
                self.authenticator = use_code(self.user, code)
            except LookupError as error:
                sign_in_log.record_wrong_code(self.user, context.request)
                n, missing = find_missing_keys(user=self.user)
                sentence = _MISSING_KEY % {"key": missing or "?"} if n else _("Wrong code.")
                raise ValidationError(sentence) from error
            return code


class CodeForm(_CodeForm, mfa.AuthenticateForm):
    pass


class CodeReauthenticationForm(_CodeForm, mfa.ReauthenticateForm):
    pass


class AppActivationForm(_CodeField, totp.ActivateTOTPForm):
    def clean_code(self) -> str:
        with throttled(context.request, self.user.username, "code"):
            code = str(super().clean_code())
            accept_code_once(self.user, code)  # so that the code cannot also sign in
            return code


class PasskeyForm(webauthn.AddWebAuthnForm):
    """Add a passkey. It checks fingerprint or PIN, so that it signs in without a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("Name of the device")
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].widget = forms.CheckboxInput(attrs={"hidden": True})


class PasswordResetForm(account.ResetPasswordForm):
    """Ask for a link to a new password. Answer and response time are the same for every e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = gettext_lazy("E-mail address")
        self.fields["email"].widget.attrs.update(placeholder="", autofocus=True)

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        address = get_client_address(context.request)
        with _explained_pause(context.request, email):
            throttle.count_attempt(throttle.Attempt(email, address, purpose="reset"), now=timezone.now())
        return email

    @transaction.atomic
    def save(self, request: HttpRequest, **_options: Any) -> str:
        email = str(self.cleaned_data["email"])
        sign_in_log.record(
            SignInEvent.Kind.ACCOUNT, username=email, request=request, detail="asked for a new password"
        )
        for person in Person.objects.filter(email__iexact=email, is_active=True, is_staff=True):
            queue_password_reset(person, now=timezone.now())
        return email
