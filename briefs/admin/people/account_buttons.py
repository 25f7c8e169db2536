"""What the page of a person offers beside the form: an invitation, signing out, removing second factors."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ...accounts import account_actions
from ...accounts.account_actions import SignInSetup
from ...models import Person
from ...workflow import Refused
from ..common.access import person_of
from ..common.brief_pages import render_page
from .leaving import count_assigned_parts, has_left
from .person_access import get_changeable_person


def build_account_section(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Return the context of the section below the form. A constant number of queries."""
    now, me = timezone.now(), person_of(request)
    return {
        "person": person,
        "setup": SignInSetup.load(person, now=now),
        "is_own": person.pk == me.pk,
        "has_left": has_left(person),
        "may_sign_in": person.is_active and person.is_staff,
        "may_reset": me.is_superuser,
        "open_parts": count_assigned_parts(person),
    }


@require_POST
def send_password_link(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_changeable_person(request, pk)
    try:
        account_actions.send_password_link(person, by=person_of(request), now=timezone.now(), request=request)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, describe_password_link(person))
    return redirect("admin:briefs_person_change", pk)


def describe_password_link(person: Person) -> str:
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    if person.has_usable_password():
        text = ngettext(
            "A link to a new password goes to %(address)s; it works for %(n)s day.",
            "A link to a new password goes to %(address)s; it works for %(n)s days.",
            days,
        )
    else:
        text = ngettext(
            "An invitation goes to %(address)s; the link works for %(n)s day.",
            "An invitation goes to %(address)s; the link works for %(n)s days.",
            days,
        )
    return text % {"address": person.email, "n": days}


def sign_out_everywhere(request: HttpRequest, pk: int) -> HttpResponse:
    person, me = get_changeable_person(request, pk), person_of(request)
    if person.pk == me.pk:
        return redirect("mfa_index")
    if request.method == "POST":
        n = account_actions.sign_out_everywhere(person, by=me, request=request)
        text = ngettext(
            "%(name)s is signed out: %(n)s session ended.", "%(name)s is signed out: %(n)s sessions ended.", n
        )
        messages.success(request, text % {"name": person, "n": n})
        return redirect("admin:briefs_person_change", pk)
    question = _("End all sessions of %(name)s? The password still works. What was not saved may be lost.")
    return _render_question(request, person, _("Sign out everywhere"), question)


def remove_second_factors(request: HttpRequest, pk: int) -> HttpResponse:
    person, me = get_changeable_person(request, pk), person_of(request)
    if not me.is_superuser:
        raise PermissionDenied
    if person.pk == me.pk:
        return redirect("mfa_index")
    if request.method == "POST":
        if account_actions.reset_second_factors(person, by=me, now=timezone.now(), request=request):
            text = _("The second factors of %(name)s are removed. %(name)s is signed out and gets a mail.")
            messages.success(request, text % {"name": person})
        else:
            messages.info(request, _("%(name)s has no second factor.") % {"name": person})
        return redirect("admin:briefs_person_change", pk)
    question = _(
        "Remove the app, the passkeys and the recovery codes of %(name)s? Do this only after you have spoken to the"
        " person: until a new second factor is added, the password alone signs in."
    )
    return _render_question(request, person, _("Remove second factors"), question)


def _render_question(request: HttpRequest, person: Person, title: str, question: str) -> HttpResponse:
    return render_page(
        request,
        "people/confirm",
        title=title,
        subtitle=str(person),
        opts=Person._meta,
        person=person,
        question=question % {"name": person},
    )
