"""Upload the cover picture, and preview the working copy as a public page."""

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from briefs import content, images, workflow
from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import get_brief_or_404
from briefs.bilingual import rendering
from briefs.bilingual.rendering import cards
from briefs.bilingual.rendering.views import PICTURE_TYPES
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, Content, Side
from briefs.derived import build_unpublished_brief
from briefs.images import PictureRefused
from briefs.models import Brief, Person, Picture
from briefs.workflow import policy

from . import saving
from .draft_form import PICTURE_FIELDS, Draft

# Upload the cover picture of a brief, set it in the draft, and serve picture files on the desk.

PICTURE_URL_PREFIX: Final = "/admin/briefs/brief/picture/"
"""URL prefix of picture files on the desk."""


def urls(wrap: Any) -> list[URLPattern]:
    return [
        path("add/picture/", wrap(upload_picture), name="briefs_brief_add_picture"),
        path("picture/<str:name>", wrap(serve_picture_file), name="briefs_brief_picture_file"),
        path("<int:pk>/picture/", wrap(upload_picture), name="briefs_brief_picture"),
    ]


@require_POST
def upload_picture(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Store an uploaded picture and save the draft with it.

    For the JavaScript client (`Accept: application/json`) only store the picture and return its key; the page
    saves it with the rest of the form.
    """
    person = require_role(request, "edit" if pk else "import")
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
    return workflow.editing.store_picture(found.read(), by=person)


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


# Preview the stored working copy as a public page, in Chinese, English or both side by side.

PREVIEW_SLUG: Final = "preview"
"""Placeholder for the public slug; links with it are removed from the preview."""


def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Render the preview.

    `?view=` is zh, en or parallel; `?page=` is the first language of the parallel view.
    """
    require_role(request)
    brief = get_brief_or_404(pk)
    view = request.GET.get("view", "")
    if view not in rendering.READING_VIEWS:
        view = "parallel"
    language = _choose_language(request, view)
    with translation.override(paths.LANGUAGE_CODES[language]):
        response = TemplateResponse(
            request, "admin/briefs/editor/preview.html", _context(brief, view, language)
        )
        response.render()
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _choose_language(request: HttpRequest, view: str) -> Side:
    if view in paths.LANGUAGE_CODES:
        return "zh" if view == "zh" else "en"
    asked = request.GET.get("page") or ("en" if get_language() == "en" else "zh")
    return "en" if asked == "en" else "zh"


def _context(brief: Brief, view: Any, language: Side) -> dict[str, Any]:
    content = workflow.load_working_copy(brief)
    other = paths.OTHER_SIDE[language]
    html = rendering.render_fragment(
        content, view, language, PREVIEW_SLUG, pictures_url=PICTURE_URL_PREFIX, has_links=False
    )
    here = reverse("admin:briefs_brief_preview", args=[brief.pk])
    return {
        "lang": LANGUAGE_TAGS[language],
        "twin_lang": LANGUAGE_TAGS[other],
        "site": settings.DIGEST_SITE_NAME[language],
        "twin_site": settings.DIGEST_SITE_NAME[other],
        "twin_name": paths.NATIVE_LANGUAGE_NAMES[other],
        "home": paths.home(language),
        "joint": "｜" if language == "zh" else " · ",
        "brief": brief,
        "view": view,
        "back": reverse("admin:briefs_brief_change", args=[brief.pk]),
        "headline": content.headline(language),
        "twin_headline": content.headline(other),
        "content": mark_safe(html),  # noqa: S308 escaped by the fragment
        "zh_url": f"{here}?view=zh",
        "en_url": f"{here}?view=en",
        "parallel": f"{here}?view=parallel&page={language}",
        "twin_url": f"{here}?view=parallel&page={other}" if view == "parallel" else f"{here}?view={other}",
    } | _build_card_context(content, language)


def _build_card_context(content: Content, language: Side) -> dict[str, Any]:
    """Return byline and source box without links, since a name has a page only if a listed brief has the name."""
    brief = build_unpublished_brief(content, PREVIEW_SLUG)
    return {
        "byline": cards.render_credit(brief, language, linked=False),
        "source": cards.render_source_box(brief, language),
    }
