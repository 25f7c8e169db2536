"""Upload the cover picture of a brief, set it in the draft, and serve picture files on the desk."""

from typing import Any, Final

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse

from ... import content, images, policy, workflow
from ...images import PictureRefused
from ...models import Brief, Person, Picture
from ...rendering.cover import PICTURE_TYPES
from ..common.access import require_role
from ..common.brief_pages import get_brief_or_404
from . import saving
from .draft_form import PICTURE_FIELDS, Draft

PICTURE_URL_PREFIX: Final = "/admin/briefs/brief/picture/"
"""URL prefix of picture files on the desk."""


def urls(wrap: Any) -> list[URLPattern]:
    return [
        path("add/picture/", wrap(upload_picture), name="briefs_brief_add_picture"),
        path("picture/<str:name>", wrap(serve_picture_file), name="briefs_brief_picture_file"),
        path("<int:pk>/picture/", wrap(upload_picture), name="briefs_brief_picture"),
    ]


def upload_picture(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Store an uploaded picture and save the draft with it.

    For the JavaScript client (`Accept: application/json`) only store the picture and return its key; the page
    saves it with the rest of the form.
    """
    person = require_role(request, "edit" if pk else "import")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    brief = get_brief_or_404(pk) if pk else None
    if request.headers.get("Accept") == "application/json":
        return _upload_as_json(request, person)
    if "draft" not in request.POST:
        return HttpResponseBadRequest()
    draft = saving.read_draft(request, pk)
    _set_draft_picture(request, draft, person, brief)
    if brief is None:
        return saving.create_brief(request, draft)
    refusal = saving.save_draft(request, brief, draft, quiet=True)
    return refusal or redirect(reverse("admin:briefs_brief_change", args=[brief.pk]) + "#picture")


def _set_draft_picture(request: HttpRequest, draft: Draft, person: Person, brief: Brief | None) -> None:
    """Set or remove the draft's picture.

    A refused picture adds a message and the text is still saved; a new one resets the focus point.
    """
    if "picture_remove" in request.POST:
        draft.fields["picture"] = ""
    elif brief is None or policy.is_allowed(person, "edit", brief):
        try:
            row = _store_uploaded_picture(request, person)
        except PictureRefused as refused:
            messages.error(request, str(refused))
        else:
            if draft.fields["picture"] != row.key:
                draft.fields |= dict.fromkeys(PICTURE_FIELDS[3:], "")
            draft.fields["picture"] = row.key


def _upload_as_json(request: HttpRequest, person: Person) -> HttpResponse:
    try:
        row = _store_uploaded_picture(request, person)
    except PictureRefused as refused:
        return JsonResponse({"reasons": [{"about": "picture", "text": str(refused)}]}, status=409)
    url = reverse("admin:briefs_brief_picture_file", args=[row.key])  # serves the smallest file
    return JsonResponse({"picture": row.key, "url": url})


def _store_uploaded_picture(request: HttpRequest, person: Person) -> Picture:
    found = request.FILES.get("picture_file")
    if found is None:
        raise PictureRefused("none")
    images.check_size(found.size or 0)
    return workflow.store_picture(found.read(), by=person)


def serve_picture_file(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a picture by file name, or the smallest file by the picture's key."""
    require_role(request)
    row = get_object_or_404(Picture, pk=images.picture_key_from_file_name(name) or name)
    if name == row.key:
        name = images.picture_file_name(row.key, content.Picture(row.key, row.width).widths[0], "jpg")
    try:
        data = images.read(name)
    except FileNotFoundError as error:
        raise Http404 from error
    return HttpResponse(data, content_type=PICTURE_TYPES[name.rpartition(".")[2]])
