"""Helpers shared by several brief pages: loading, read-only bullets, bullet structures, numbers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from ...content import SIDES, Bullet, Content, Marker, Side
from ...models import Brief
from ...rendering.nesting import NestedPosition, nest
from ...workflow.editions import find_scheduled_edition
from ...workflow.rules.transitions import format_time


def site_context(request: HttpRequest, **values: Any) -> dict[str, Any]:
    opts = Brief._meta
    return {**admin.site.each_context(request), "opts": opts, "zone": settings.TIME_ZONE, **values}


def get_brief_or_404(pk: int) -> Brief:
    """Load the brief with related rows, so that reading its content needs no further queries."""
    briefs = Brief.objects.select_related("source", "updated_by", "assigned_to", "picture")
    brief = briefs.prefetch_related("bullets", "bylines", "labels").filter(pk=pk).first()
    if brief is None:
        raise Http404
    return brief


def get_bare_brief_or_404(pk: int) -> Brief:
    """Load the brief without related rows, for a POST that redirects."""
    brief = Brief.objects.filter(pk=pk).first()
    if brief is None:
        raise Http404
    return brief


@dataclass(slots=True)
class ReadOnlyBullet:
    """A bullet with its public marker and nesting level on each side."""

    bullet: Bullet
    zh: NestedPosition
    en: NestedPosition


def build_read_only_bullets(content: Content) -> list[ReadOnlyBullet]:
    places = {side: _bullet_positions(content, side) for side in SIDES}
    return [ReadOnlyBullet(b, places["zh"][b.number], places["en"][b.number]) for b in content.bullets]


def _bullet_positions(content: Content, side: Side) -> dict[int, NestedPosition]:
    """Return positions by bullet number, counting only the bullets that have text on this side."""
    rows = [b for b in content.bullets if b.text(side)]
    places, _closing = nest((b.level(side), b.marker(side)) for b in rows)
    found = {b.number: place for b, place in zip(rows, places, strict=True)}
    return {b.number: found.get(b.number, NestedPosition("", 0, 0)) for b in content.bullets}


def parse_int_or_zero(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def warn_of_scheduled_edition(request: HttpRequest, brief: Brief, now: dt.datetime) -> None:
    if edition := find_scheduled_edition(brief, now):
        told = _("The edition scheduled for %(time)s stays scheduled, with the text that was approved.")
        messages.warning(request, told % {"time": format_time(edition.live_from)})


BULLET_STRUCTURES: Final = tuple(f"{level}-{marker}" for level in range(3) for marker in ("bullet", "number"))


def structure_label(value: str) -> str:
    """Show the indent and the marker, the same in every language: `1.`, `› •`."""
    level, marker = parse_structure(value)
    return f"{'›' * level} {'1.' if marker == 'number' else '•'}".strip()


def parse_structure(value: str) -> tuple[int, Marker]:
    """Parse level and marker.

    Unknown values get level -1, which the workflow refuses with the bullet's number.
    """
    level, _, marker = value.partition("-")
    return (int(level), cast(Marker, marker)) if value in BULLET_STRUCTURES else (-1, "bullet")
