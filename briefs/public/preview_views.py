"""Show a revision to a guest who has a link, and receive the guest's remarks."""

import datetime as dt
from functools import partial, wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path, register_converter
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt

from briefs import images
from briefs.bilingual import rendering
from briefs.bilingual.rendering import cards
from briefs.bilingual.rendering.views import PICTURE_TYPES
from briefs.bilingual.text import date_format, paths
from briefs.bilingual.text.paths import LANGUAGE_CODES
from briefs.content import Content, Side
from briefs.derived import build_unpublished_brief
from briefs.publications import letters, preview_links
from briefs.publications.preview_links import OpenedPreview

from . import responses
from .letter_forms import build_form_context, receive_form
from .responses import LanguageConverter, ViewFunction, accepts_chinese, drop_session, strip_head_body

PLACEHOLDER_SLUG = "preview"
"""Slug in rendered links until `_keep_links_in_preview` replaces them with preview addresses."""


def render_closed(language: Side) -> HttpResponse:
    """Render the same page for every invalid token."""
    return responses.render_error(
        language,
        404,
        gettext_noop("This preview is closed"),
        gettext_noop("The link has expired or was revoked. Ask the editor for a new one."),
    )


def render_preview(
    opened: OpenedPreview,
    token: str,
    language: Side,
    view: rendering.ReadingView,
    form: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a revision in one view. `form` holds the values of the remark form."""
    content, other = opened.content, paths.OTHER_SIDE[language]
    html = rendering.render_fragment(
        content, view, language, PLACEHOLDER_SLUG, pictures_url=f"/preview/{token}/picture/"
    )
    here, there = (preview_path(token, side, view) for side in (language, other))
    no_headline = gettext("No headline yet")
    return responses.render(
        "briefs/preview.html",
        language,
        "",
        status=status,
        view=view,
        twin_url=there,
        zh_url=preview_path(token, "zh", "zh"),
        en_url=preview_path(token, "en", "en"),
        parallel=preview_path(token, language, "parallel"),
        headline=content.headline(language) or no_headline,
        twin_headline=content.headline(other) or no_headline,
        content=mark_safe(_keep_links_in_preview(html, token)),  # noqa: S308 escaped by the fragment
        until=_format_moment(opened.expires_at, language),
        source_withdrew=content.facts.source_withdrew,
        here=here,
        choices=letters.build_bullet_choices(content.bullets, language),
        form=build_form_context(opened.letter_target, form),
        **_card_html(content, language),
    )


def preview_path(token: str, language: Side, view: rendering.ReadingView) -> str:
    return f"/preview/{token}/{paths.LANGUAGE_CODES[language]}/{'parallel/' if view == 'parallel' else ''}"


def _keep_links_in_preview(html: str, token: str) -> str:
    """Replace the addresses of links between views by those of the preview.

    Text cannot contain such a link, as its quotes are escaped.
    """
    for side in paths.LANGUAGE_CODES:
        html = html.replace(
            f'href="{paths.brief(side, PLACEHOLDER_SLUG)}', f'href="{preview_path(token, side, side)}'
        )
    return html


def _card_html(content: Content, language: Side) -> dict[str, Any]:
    """Return byline and source box. The byline is empty unless source and date are known."""
    brief = build_unpublished_brief(content, PLACEHOLDER_SLUG)
    has_byline = content.facts.source and content.facts.date
    return {
        "byline": cards.render_credit(brief, language, linked=False) if has_byline else "",
        "source": cards.render_source_box(brief, language),
    }


def _format_moment(moment: dt.datetime, language: Side) -> str:
    local = timezone.localtime(moment)
    return f"{date_format.format_day(local.date(), language)} {local:%H:%M} ({settings.TIME_ZONE})"


PREVIEW_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def guest_view(view: ViewFunction) -> ViewFunction:
    """Pass the opened preview to the view. An invalid token gets the same response for every method."""

    @wraps(view)
    def serve(request: HttpRequest, token: str, language: Side | None = None, **rest: Any) -> HttpResponse:
        drop_session(request)
        side = language or ("zh" if accepts_chinese(request.headers.get("Accept-Language", "")) else "en")
        opened = preview_links.find(token, timezone.now())
        with translation.override(LANGUAGE_CODES[side]):
            if opened is None:
                response = render_closed(side)
            elif request.method not in ("GET", "HEAD", "POST"):
                response = HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            else:
                response = view(request, opened=opened, token=token, language=side, **rest)
        for name, value in PREVIEW_HEADERS.items():
            response.headers[name] = value
        response._has_been_logged = True  # type: ignore[attr-defined]  # keeps the token out of Django's request log
        return strip_head_body(request, response)

    return csrf_exempt(serve)  # no session to forge; `letters` checks the page's origin


REMARK_FIELDS = ("name", "bullet", "text")


def show(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, *, is_parallel: bool = False
) -> HttpResponse:
    """Show the revision in one language or in parallel, or receive a remark sent from this page."""
    view: rendering.ReadingView = "parallel" if is_parallel else language
    if request.method == "POST":
        return receive_form(
            request,
            opened.letter_target,
            fields=REMARK_FIELDS,
            bullets=[bullet.number for bullet in opened.content.bullets],
            side="" if view == "parallel" else language,
            render_form=partial(render_preview, opened, token, language, view),
            thanks=f"{preview_path(token, language, view)}?sent=1#remark",
        )
    if request.method == "GET":
        preview_links.count_opening(opened, timezone.now())
    return render_preview(opened, token, language, view, {"sent": "sent" in request.GET})


def picture(
    request: HttpRequest, opened: OpenedPreview, token: str, language: Side, name: str
) -> HttpResponse:
    """Return a file of the revision's cover. Other pictures get the closed page."""
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET", "HEAD"])
    shown = opened.content.facts.picture
    if shown is None or images.picture_key_from_file_name(name) != shown.key:
        return render_closed(language)
    try:
        data = images.read(name)
    except FileNotFoundError:
        return render_closed(language)
    return HttpResponse(data, content_type=PICTURE_TYPES[name.rpartition(".")[2]])


register_converter(LanguageConverter, "preview_language")

app_name = "preview"

urlpatterns = [
    path("<str:token>/", guest_view(show), name="front"),
    path("<str:token>/picture/<str:name>", guest_view(picture), name="picture"),
    path("<str:token>/<preview_language:language>/", guest_view(show), name="single"),
    path(
        "<str:token>/<preview_language:language>/parallel/",
        guest_view(show),
        {"is_parallel": True},
        name="parallel",
    ),
]
