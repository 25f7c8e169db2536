"""Forms of the sign-in pages. Passwords and codes are checked behind the throttle."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, cast

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ...accounts import known_browsers, promised_turns, sign_in_log, throttle
from ...accounts.account_mail import queue_password_reset
from ...accounts.second_factor import accept_code_once, decrypt
from ...client_address import get_client_address
from ...models import Person
from ...models.accounts import SignInEvent


@contextmanager
def throttled(request: HttpRequest, username: str, *, is_code: bool = False) -> Iterator[None]:
    """Check a password or a code inside. Raise ValidationError while attempts are paused."""
    browser = "" if is_code else known_browsers.find_browser(request, username)
    purpose: Literal["code", "password"] = "code" if is_code else "password"
    attempt = throttle.Attempt(username, get_client_address(request), browser, purpose)
    with _explained_pause(request, username), promised_turns.checked_attempt(request, attempt):
        yield


@contextmanager
def _explained_pause(request: HttpRequest, username: str) -> Iterator[None]:
    try:
        yield
    except throttle.Paused as paused:
        sign_in_log.note_pause(username, request)
        n = max(1, math.ceil((paused.until - timezone.now()).total_seconds()))
        sentence = ngettext(
            "Too many attempts. Try again in %(n)s second.",
            "Too many attempts. Try again in %(n)s seconds.",
            n,
        )
        raise ValidationError(sentence % {"n": n}) from paused


class SignInForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = gettext_lazy("Username")
        self.fields["login"].widget.attrs.update(autofocus=True, placeholder="")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def _clean_with_password(self, credentials: dict[str, Any]) -> dict[str, Any]:
        with throttled(self.request, credentials["username"]):
            values: dict[str, Any] = super()._clean_with_password(credentials)
            if not cast(Person, self.user).is_staff:
                raise ValidationError(_("Wrong name or password."))
            return values


class ReauthenticationForm(account.ReauthenticateForm):
    def clean_password(self) -> str:
        with throttled(context.request, self.user.username):
            return str(super().clean_password())


class _CodeField:
    """Name the field of the code, and let phones show digits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]  # type: ignore[attr-defined]
        field.label = gettext_lazy("Code")
        field.widget.attrs.update(placeholder="", inputmode="numeric", autofocus=True)


class _CodeForm(_CodeField):
    """Accept a code of an app or a recovery code, each once, behind the throttle.

    django-allauth remembers used codes in the cache; here the database does, since a cache may be away.
    """

    user: Person
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        with throttled(context.request, self.user.username, is_code=True):
            for authenticator in Authenticator.objects.filter(user=self.user).order_by("-type"):
                if self._fits(authenticator, code):
                    self.authenticator = authenticator
                    return code
            sign_in_log.record_wrong_code(self.user, context.request)
            raise ValidationError(_("Wrong code."))

    def _fits(self, authenticator: Authenticator, code: str) -> bool:
        if authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return bool(authenticator.wrap().validate_code(code))
        if authenticator.type != Authenticator.Type.TOTP:
            return False
        secret = decrypt(authenticator.data["secret"])
        return validate_totp_code(secret, code) and accept_code_once(self.user, code)


class CodeForm(_CodeForm, mfa.AuthenticateForm):
    pass


class CodeReauthenticationForm(_CodeForm, mfa.ReauthenticateForm):
    pass


class AppActivationForm(_CodeField, totp.ActivateTOTPForm):
    def clean_code(self) -> str:
        with throttled(context.request, self.user.username, is_code=True):
            code = str(super().clean_code())
            accept_code_once(self.user, code)  # so that it does not sign in as well
            return code


class PasskeyForm(webauthn.AddWebAuthnForm):
    """Add a passkey. It proves the person by fingerprint or PIN, so that it signs in alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("Name of the device")
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].widget = forms.CheckboxInput(attrs={"hidden": True})


class PasswordResetForm(account.ResetPasswordForm):
    """Ask for a link to a new password. Answer and cost are the same for every address."""

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
