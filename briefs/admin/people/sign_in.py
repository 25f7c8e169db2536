"""The sign-in page of the desk, behind the throttle."""

import math
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...accounts import known_browsers, sign_in_log, throttle
from ...client_address import get_client_address


class SignInForm(AdminAuthenticationForm):
    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not (username and password and self.request):
            return super().clean()
        browser = known_browsers.find_browser(self.request, username)
        attempt = throttle.Attempt(username, get_client_address(self.request), browser)
        now = timezone.now()
        try:
            with throttle.checked_attempt(attempt, now=now):
                return super().clean()
        except throttle.Paused as paused:
            sign_in_log.note_pause(username, self.request)
            n = math.ceil((paused.until - now).total_seconds())
            sentence = ngettext(
                "Too many attempts. Try again in %(n)s second.",
                "Too many attempts. Try again in %(n)s seconds.",
                n,
            )
            raise ValidationError(sentence % {"n": n}) from paused


def build_busy_response() -> HttpResponse:
    """Refuse at once: no thread waits for a slot to check a password."""
    text = _("Too many people are signing in at this moment. Try again in a few seconds.")
    headers = {"Retry-After": "3"}
    return HttpResponse(f"{text}\n", status=503, content_type="text/plain; charset=utf-8", headers=headers)
