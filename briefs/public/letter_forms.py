"""Receive the forms by which readers and guests write to the editors."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import escape
from django.utils.safestring import SafeString

from briefs.publications import letters
from digest.client_address import get_client_address

from .responses import NO_STORE


def read_sender(request: HttpRequest) -> letters.Sender:
    """Return the sender's address and the page origin as the browser reports it."""
    return letters.Sender(
        address=get_client_address(request),
        own_origin=f"{request.scheme}://{request.get_host()}",
        origin=request.headers.get("Origin", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
    )


def receive_form(
    request: HttpRequest,
    target: letters.LetterTarget,
    *,
    fields: Sequence[str],
    bullets: Iterable[int],
    side: str,
    render_form: Callable[..., HttpResponse],
    thanks: str,
) -> HttpResponse:
    """Store the letter and redirect to `thanks`, or return the form with the error and everything typed."""
    typed_values = {name: request.POST.get(name, "") for name in fields}
    numbers = {str(number): number for number in bullets}
    typed = letters.LetterInput(
        text=typed_values["text"],
        name=typed_values["name"],
        email=typed_values.get("email", ""),
        bullet=numbers.get(typed_values["bullet"]),
        side=side,
        honeypot=request.POST.get("website", ""),
        stamp=request.POST.get("authenticity_token", ""),
    )
    try:
        letters.receive(target, typed, read_sender(request))
    except letters.LetterRejected as unsent:
        form = typed_values | {"problem": str(unsent), "about": unsent.about}
        response = render_form(form, status=unsent.status)
        if unsent.retry_after:
            response.headers["Retry-After"] = str(unsent.retry_after)
        return response
    return HttpResponseRedirect(thanks, status=303, headers={"Cache-Control": NO_STORE})


def build_form_context(target: letters.LetterTarget, form: dict[str, Any]) -> dict[str, Any]:
    """Return the form with a new stamp.

    Line ends of the typed text are encoded, so that `strip_indentation` keeps its white space.
    """
    typed = escape(form.get("text", "")).replace("\r\n", "\n").replace("\n", "&#10;")
    return form | {"stamp": letters.build_form_stamp(target), "text": SafeString(typed)}
