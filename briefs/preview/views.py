"""Preview views: show a revision to a guest and receive the guest's remarks."""

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone

from .. import images, rendering
from ..content import Side
from ..public.letter_forms import receive_letter
from ..rendering.cover import PICTURE_TYPES
from . import links, pages
from .links import OpenedPreview

REMARK_FIELDS = ("name", "bullet", "text")


def show(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, *, is_parallel: bool = False
) -> HttpResponse:
    """Show the revision in one language or in parallel, or receive a remark sent from this page."""
    view: rendering.ReadingView = "parallel" if is_parallel else language
    if request.method == "POST":
        return _receive_remark(request, opened, token, language, view)
    if request.method == "GET":
        links.count_opening(opened, timezone.now())
    return pages.render_preview(opened, token, language, view, {"sent": "sent" in request.GET})


def _receive_remark(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, view: rendering.ReadingView
) -> HttpResponse:
    """Store the remark and redirect to the thank-you page, or show the page again."""
    rejected = receive_letter(
        request,
        opened.letter_target,
        fields=REMARK_FIELDS,
        bullets=[bullet.number for bullet in opened.content.bullets],
        side="" if view == "parallel" else language,
        render_form=partial(pages.render_preview, opened, token, language, view),
    )
    address = f"{pages.preview_path(token, language, view)}?sent=1#remark"
    return rejected or HttpResponseRedirect(address, status=303)


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
