"""The pages of the token door, in the public site's look."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from .. import letters, rendering
from ..content import LANG, Content, Side
from ..derived import build
from ..public import page_frame
from ..text import dates, paths
from .links import Opened

SLUG = "preview"
"""Stands where a public address would be, until `_at_home` puts the preview's own there."""


def gone(page: Side) -> HttpResponse:
    """For every token that opens nothing, whatever the reason: both languages, that of the page first."""
    sides = []
    for side in (page, paths.OTHER[page]):
        with translation.override(paths.CODE[side]):
            sides.append(
                {
                    "lang": LANG[side],
                    "heading": gettext("This preview is closed"),
                    "advice": gettext("The link has expired or was revoked. Ask the editor for a new one."),
                    "home": paths.home(side),
                    "link": gettext("See the newest briefs"),
                }
            )
    heading = sides[0]["heading"]
    return page_frame.render(
        "briefs/missing.html", page, "", status=404, number=404, sides=sides, heading=heading
    )


def shown(
    opened: Opened, token: str, page: Side, view: rendering.View, remark: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """One revision in one view. `remark` is the form: see `views`."""
    content, other = opened.content, paths.OTHER[page]
    html = rendering.fragment(content, view, SLUG, pictures=f"/preview/{token}/picture/")
    if view == "parallel":
        html = rendering.order(html, page)
    here, there = (address(token, side, view) for side in (page, other))
    no_headline = gettext("No headline yet")
    return page_frame.render(
        "briefs/preview.html",
        page,
        "",
        status=status,
        view=view,
        twin_url=there,
        zh_url=address(token, "zh", "zh"),
        en_url=address(token, "en", "en"),
        parallel=address(token, page, "parallel"),
        headline=content.headline(page) or no_headline,
        twin_headline=content.headline(other) or no_headline,
        content=mark_safe(_at_home(html, token)),  # noqa: S308 escaped by the fragment
        until=_moment(opened.expires_at, page),
        source_withdrew=content.facts.source_withdrew,
        remark=remark | {"here": here, "choices": letters.choices(content, page), "text": _typed(remark)},
        **_card(content, page),
    )


def address(token: str, page: Side, view: rendering.View) -> str:
    return f"/preview/{token}/{paths.CODE[page]}/{'parallel/' if view == 'parallel' else ''}"


def _typed(remark: dict[str, Any]) -> str:
    """What was typed, in a form in which no line of it is squeezed."""
    text = escape(remark.get("text", "")).replace("\r\n", "\n")
    return mark_safe(text.replace("\n", "&#10;"))  # noqa: S308 escaped


def _at_home(html: str, token: str) -> str:
    """Links from one view to another stay in the preview. Text cannot hold such a link: its quotes are escaped."""
    for side in paths.CODE:
        html = html.replace(f'href="{paths.brief(side, SLUG)}', f'href="{address(token, side, side)}')
    return html


def _card(content: Content, page: Side) -> dict[str, str]:
    """Byline and source box, as the card of an edition has them; of a byline only a whole sentence."""
    html = build.card_of(content, SLUG, timezone.now())["html"][page]
    byline = html["byline"] if content.facts.source and content.facts.date else ""
    return {"byline": mark_safe(byline), "source": mark_safe(html["source"])}  # noqa: S308 escaped by the card


def _moment(at: dt.datetime, page: Side) -> str:
    local = timezone.localtime(at)
    return f"{dates.day(local.date(), page)} {local:%H:%M} ({settings.TIME_ZONE})"
