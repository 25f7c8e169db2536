"""Preview views: show a revision to a guest and receive the guest's remarks."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from .. import images, letters, rendering
from ..content import Side
from ..public.responses import read_sender
from ..rendering.cover import PICTURE_TYPES
from . import links, pages
from .links import OpenedPreview

REMARK_FIELDS = ("name", "bullet", "text")


def front(request: HttpRequest, opened: OpenedPreview, token: str, language: Side) -> HttpResponse:
    """Show the view in the browser's language, at the address that the editor shared."""
    return _answer(request, opened, token, language, language)


def single(request: HttpRequest, opened: OpenedPreview, token: str, language: Side) -> HttpResponse:
    return _answer(request, opened, token, language, language)


def parallel(request: HttpRequest, opened: OpenedPreview, token: str, language: Side) -> HttpResponse:
    return _answer(request, opened, token, language, "parallel")


def picture(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, name: str
) -> HttpResponse:
    """Return a file of the revision's cover. Other pictures get the closed page."""
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    shown = opened.content.facts.picture
    if shown is None or images.picture_key_from_file_name(name) != shown.key:
        return pages.render_closed(language)
    try:
        data = images.read(name)
    except FileNotFoundError:
        return pages.render_closed(language)
    return HttpResponse(data, content_type=PICTURE_TYPES[name.rpartition(".")[2]])


def _answer(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, view: rendering.ReadingView
) -> HttpResponse:
    if request.method == "POST":
        return _receive_remark(request, opened, token, language, view)
    if request.method == "GET":
        links.count_opening(opened, timezone.now())
    form = _empty_form(opened) | {"sent": "sent" in request.GET}
    return pages.render_preview(opened, token, language, view, form)


def _receive_remark(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, view: rendering.ReadingView
) -> HttpResponse:
    """Store the remark and redirect to the thank-you page, or show the page again with the error and the
    input.
    """
    given = {name: request.POST.get(name, "") for name in (*REMARK_FIELDS, "website", "stamp")}
    numbers = {str(bullet.number): bullet.number for bullet in opened.content.bullets}
    typed = letters.LetterInput(
        text=given["text"],
        name=given["name"],
        bullet=numbers.get(given["bullet"]),
        side="" if view == "parallel" else language,
        honeypot=given["website"],
        stamp=given["stamp"],
    )
    try:
        letters.receive(_letter_place(opened), typed, read_sender(request))
    except letters.LetterRejected as unsent:
        form = _empty_form(opened) | {name: given[name] for name in REMARK_FIELDS} | {"problem": str(unsent)}
        response = pages.render_preview(opened, token, language, view, form, status=unsent.status)
        if unsent.retry_after:
            response.headers["Retry-After"] = str(unsent.retry_after)
        return response
    return HttpResponseRedirect(f"{pages.preview_path(token, language, view)}?sent=1#remark", status=303)


def _empty_form(opened: OpenedPreview) -> dict[str, Any]:
    return {"stamp": letters.build_form_stamp(_letter_place(opened))}


def _letter_place(opened: OpenedPreview) -> letters.LetterTarget:
    return letters.LetterTarget(brief=opened.brief_id, link=opened.link_id)
