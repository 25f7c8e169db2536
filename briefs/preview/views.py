"""The views of the token door: what the guest reads, and what the guest sends back."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from .. import images, letters, rendering
from ..content import Side
from ..public.responses import sender
from ..rendering.cover import TYPES
from . import links, pages
from .links import Opened

FIELDS = ("name", "bullet", "text")


def front(request: HttpRequest, opened: Opened, token: str, page: Side) -> HttpResponse:
    """The address that the editor gave: the language that the browser takes."""
    return _answer(request, opened, token, page, page)


def single(request: HttpRequest, opened: Opened, token: str, page: Side) -> HttpResponse:
    return _answer(request, opened, token, page, page)


def parallel(request: HttpRequest, opened: Opened, token: str, page: Side) -> HttpResponse:
    return _answer(request, opened, token, page, "parallel")


def picture(request: HttpRequest, opened: Opened, token: str, page: Side, name: str) -> HttpResponse:
    """A file of the cover that the revision shows, and of no other; it ends with the link."""
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    shown = opened.content.facts.picture
    if shown is None or images.key_in(name) != shown.key:
        return pages.gone(page)
    try:
        data = images.read(name)
    except FileNotFoundError:
        return pages.gone(page)
    return HttpResponse(data, content_type=TYPES[name.rpartition(".")[2]])


def _answer(
    request: HttpRequest, opened: Opened, token: str, page: Side, view: rendering.View
) -> HttpResponse:
    if request.method == "POST":
        return _received(request, opened, token, page, view)
    if request.method == "GET":
        links.count(opened, timezone.now())
    form = _form(opened) | {"sent": "sent" in request.GET}
    return pages.shown(opened, token, page, view, form)


def _received(
    request: HttpRequest, opened: Opened, token: str, page: Side, view: rendering.View
) -> HttpResponse:
    """Stored and thanked by a page of its own address; or the same page with the reason and all that was typed."""
    given = {name: request.POST.get(name, "") for name in (*FIELDS, "website", "stamp")}
    numbers = {str(bullet.number): bullet.number for bullet in opened.content.bullets}
    typed = letters.Typed(
        text=given["text"],
        name=given["name"],
        bullet=numbers.get(given["bullet"]),
        side="" if view == "parallel" else page,
        trap=given["website"],
        stamp=given["stamp"],
    )
    try:
        letters.receive(_place(opened), typed, sender(request))
    except letters.Unsent as unsent:
        form = _form(opened) | {name: given[name] for name in FIELDS} | {"problem": str(unsent)}
        response = pages.shown(opened, token, page, view, form, status=unsent.status)
        if unsent.retry_after:
            response.headers["Retry-After"] = str(unsent.retry_after)
        return response
    return HttpResponseRedirect(f"{pages.address(token, page, view)}?sent=1#remark", status=303)


def _form(opened: Opened) -> dict[str, Any]:
    return {"stamp": letters.stamp(_place(opened))}


def _place(opened: Opened) -> letters.Place:
    return letters.Place(brief=opened.brief, link=opened.link)
