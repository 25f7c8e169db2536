"""Subscribing by mail, and the page behind the link of a mail. Without cookie, account or script.

No page shows an address. Only a POST changes anything, since scanners of mail follow every link.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from briefs.bilingual.text import paths
from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import SIDES, Side
from briefs.models.mailings import MailSide
from briefs.publications import subscribers
from briefs.publications.letters import LETTER_ERROR_MESSAGES
from briefs.publications.subscribers import OpenedLink

from . import responses
from .letter_forms import read_sender
from .responses import NO_STORE, accepts_chinese

_ERRORS: Final[dict[str, str | Promise]] = {
    "address": gettext_lazy("This is not an e-mail address that we can write to. Correct it."),
    "side": gettext_lazy("Choose a language."),
    "elsewhere": LETTER_ERROR_MESSAGES["elsewhere"],
    "often": gettext_lazy("Too many addresses came from here. Please try again later."),
}
_STATUS: Final = {"elsewhere": 403, "often": 429}
_NOTICES: Final[dict[str, str | Promise]] = {
    "sent": gettext_lazy(
        "Check your email and press the button to confirm. Not there after an hour? Check spam."
    ),
    "erased": gettext_lazy("Everything about you is deleted."),
    "confirmed": gettext_lazy("Thank you. The next issue comes by mail."),
    "changed": gettext_lazy("Saved."),
}
SIDE_LABELS: Final = (
    (MailSide.ZH, "中文"),
    (MailSide.EN, "English"),
    (MailSide.BOTH, gettext_lazy("Both languages")),
)


def subscribe(request: HttpRequest, language: Side) -> HttpResponse:
    if request.method == "POST":
        return _receive_request(request, language)
    return _render_request(request, language, side=language)


def _receive_request(request: HttpRequest, language: Side) -> HttpResponse:
    """Store the request. The answer is the same for every address."""
    sender, typed, side = read_sender(request), request.POST.get("email", ""), request.POST.get("side", "")
    fault = "" if sender.is_same_origin() else "elsewhere"
    if not fault:
        try:
            address = subscribers.fold_address(typed)
            if side in MailSide.values:
                subscribers.ask(address, MailSide(side), client=sender.address, now=timezone.now())
            else:
                fault = "side"
        except subscribers.AddressRejected:
            fault = "address"
        except subscribers.AskedTooOften:
            fault = "often"
    if fault:
        return _render_request(request, language, side=side, typed=typed, fault=fault)
    return _see_other(f"{paths.home(language)}subscribe/?done=sent")


def _render_request(
    request: HttpRequest, language: Side, *, side: str, typed: str = "", fault: str = ""
) -> HttpResponse:
    response = responses.render(
        "public/subscribe.html",
        language,
        "subscribe/",
        status=_STATUS.get(fault, 422) if fault else 200,
        here=f"{paths.home(language)}subscribe/",
        notice=_NOTICES.get(request.GET.get("done", "")) if request.method != "POST" else None,
        typed=typed,
        problem=_ERRORS.get(fault),
        about=fault,
        sides=_mark_side(side),
    )
    if fault == "often":
        response.headers["Retry-After"] = str(subscribers.AskedTooOften.retry_after)
    return _make_private(response)


def _mark_side(chosen: str) -> list[tuple[str, str | Promise, bool]]:
    return [(value, label, value == chosen) for value, label in SIDE_LABELS]


def link(request: HttpRequest, token: str) -> HttpResponse:
    opened = subscribers.open_link(token, timezone.now())
    language = _choose_language(request, opened)
    with translation.override(LANGUAGE_CODES[language]):
        if opened is None:
            return _render_dead_link(language, 404)
        if request.method == "POST":
            return _act(request, token, opened, language)
        return _render_link(request, opened, language)


def _choose_language(request: HttpRequest, opened: OpenedLink | None) -> Side:
    """Return the language of `?language=`, else the subscriber's, else the browser's."""
    row = opened.subscriber if opened else None
    for side in SIDES:
        if request.GET.get("language") == side or (
            row and row.side == side and "language" not in request.GET
        ):
            return side
    return "zh" if accepts_chinese(request.headers.get("Accept-Language", "")) else "en"


def _act(request: HttpRequest, token: str, opened: OpenedLink, language: Side) -> HttpResponse:
    """Do what the reader pressed. One-click unsubscription comes from mail services, without a browser (RFC 8058)."""
    now, row = timezone.now(), opened.subscriber
    here = f"{request.path}?language={language}"
    if request.POST.get("List-Unsubscribe") == "One-Click":
        if row:
            subscribers.leave(row, now)
        return _make_private(
            HttpResponse(_("You get no more mail."), content_type="text/plain; charset=utf-8")
        )
    if row is None or opened.is_expired:
        return _render_dead_link(language, 410)
    act, side = request.POST.get("act"), request.POST.get("side", "")
    if act == "confirm" and (subscribers.confirm(token, now) or opened.is_reading):
        return _see_other(f"{here}&done=confirmed")
    if act == "change" and opened.is_reading and side in MailSide.values:
        subscribers.change_side(row, MailSide(side))
        return _see_other(f"{here}&done=changed")
    if act == "leave" and row.confirmed_at:
        subscribers.leave(row, now)
        return _see_other(here)
    if act == "erase":
        subscribers.erase(row, now)
        return _see_other(f"{paths.home(language)}subscribe/?done=erased")
    return _render_dead_link(language, 410)


def _render_link(request: HttpRequest, opened: OpenedLink, language: Side) -> HttpResponse:
    row = opened.subscriber
    if row is None or opened.is_expired or not (opened.confirms or row.confirmed_at):
        return _render_dead_link(language, 410)
    sides = _mark_side(opened.confirms or row.side)
    response = responses.render(
        "public/link.html",
        language,
        "",
        confirms=opened.confirms,
        is_reading=opened.is_reading,
        notice=_NOTICES.get(request.GET.get("done", "")) if opened.is_reading else None,
        sides=sides,
        chosen=next(label for _value, label, is_chosen in sides if is_chosen),
        zh_url="?language=zh",
        en_url="?language=en",
        twin_url=f"?language={paths.OTHER_SIDE[language]}",
    )
    return _make_private(response)


def _render_dead_link(language: Side, status: int) -> HttpResponse:
    heading, advice = _DEAD[status]
    next_page = ("subscribe/", gettext_noop("Subscribe by e-mail"))
    return _make_private(responses.render_error(language, status, heading, advice, next_page=next_page))


_DEAD: Final = {
    404: (
        gettext_noop("We do not know this link"),
        gettext_noop(
            "Perhaps it was cut off: copy the whole address from the mail. To subscribe, to change your subscription or to"
            " end it, enter your address again; the mail that we send then has a new link."
        ),
    ),
    410: (
        gettext_noop("This link has expired or was used"),
        gettext_noop(
            "Use the link in our newest mail. If you have none, enter your address again; the mail that we send then has a"
            " new link. If you never asked for our mail, do nothing."
        ),
    ),
}


def _see_other(target: str) -> HttpResponse:
    return _make_private(HttpResponseRedirect(target, status=303))


def _make_private(response: Any) -> HttpResponse:
    """Keep the answer out of caches and search engines, and its address out of requests to other sites."""
    response.headers["Cache-Control"] = NO_STORE
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    answer: HttpResponse = response
    return answer
