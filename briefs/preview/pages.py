"""Render preview pages in the public site's layout."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_noop

from .. import letters, rendering
from ..content import Content, Side
from ..derived.public_brief import build_unpublished_brief
from ..public import errors, page_frame
from ..public.letter_forms import build_form_context
from ..rendering import cards
from ..text import date_format, paths
from .links import OpenedPreview

PLACEHOLDER_SLUG = "preview"
"""Slug in rendered links until `_keep_links_in_preview` replaces them with preview addresses."""


def render_closed(language: Side) -> HttpResponse:
    """Render the same page for every invalid token."""
    return errors.render_error(
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
    return page_frame.render(
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
    """Point links between views to the preview.

    Text cannot contain such a link, as its quotes are escaped.
    """
    for side in paths.LANGUAGE_CODES:
        html = html.replace(
            f'href="{paths.brief(side, PLACEHOLDER_SLUG)}', f'href="{preview_path(token, side, side)}'
        )
    return html


def _card_html(content: Content, language: Side) -> dict[str, str]:
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
