"""Helpers for pages of one brief: loading, badges, links, read-only bullets, numbers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from briefs.bilingual.text import paths
from briefs.bilingual.text.article_urls import find_original
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Marker, Side
from briefs.models import Brief, Edition, IssueEdition, State
from briefs.workflow.acts import get_past
from briefs.workflow.editions import find_scheduled_edition
from briefs.workflow.rules import BriefFacts
from briefs.workflow.rules.local_times import format_time

# Render badges for a brief's editorial state and its public state, and links to its public pages.


@dataclass(frozen=True, slots=True)
class Badge:
    """A short label. `tone` (plain, going, good, warn or bad) sets a colour in addition to the text."""

    text: str
    tone: str = "plain"

    def __str__(self) -> str:
        """Return safe HTML, since templates and `format_html` both call `str()`."""
        return format_html('<span class="badge {}">{}</span>', self.tone, self.text)


def desk_badge(facts: BriefFacts) -> Badge:
    brief = facts.brief
    if brief.state == State.IN_REVIEW:
        if not facts.signing.open_leaves:
            return Badge(_("Ready for approval"), "good")
        return Badge(_("In review"), "going")
    if brief.state == State.DRAFT:
        if brief.returned_at:
            return Badge(_("Changes requested"), "warn")
        return Badge(_("Planned")) if brief.is_planned else Badge(_("Draft"))
    if brief.state == State.APPROVED:
        return Badge(_("Approved"), "good")
    return Badge(_("Discarded"))


def public_badges(brief: Brief, editions: Sequence[Edition], now: dt.datetime) -> list[Badge]:
    """Return the badges for the public state.

    A brief that is not and will not be public has none; a public one may also have a scheduled edition.
    """
    badges = []
    for edition in editions:
        if edition.is_cancelled:
            continue
        if edition.live_from > now:
            badges.append(Badge(_("Scheduled %(time)s") % {"time": format_time(edition.live_from)}, "going"))
        elif edition.is_public(now):
            badges.append(_current_edition_badge(brief, edition))
    return list(dict.fromkeys(badges))


def _current_edition_badge(brief: Brief, edition: Edition) -> Badge:
    if edition.removed_at:
        return Badge(_("Removed"), "bad")
    if edition.withdrawn_at:
        return Badge(_("Withdrawn"), "bad")
    if brief.state == State.APPROVED:
        return Badge(_("Live"), "good")
    return Badge(_("Live, being revised"), "good")


def list_public_pages(editions: Sequence[Edition | IssueEdition], now: dt.datetime) -> list[tuple[str, Side]]:
    """Return address and language of the public pages of a brief or an issue; none if it is not listed."""
    live = next((edition for edition in editions if edition.is_public(now)), None)
    if live is None or live.withdrawn_at or getattr(live, "removed_at", None):
        return []
    if isinstance(live, IssueEdition):
        return [(paths.issue(side, live.issue_number), side) for side in SIDES]
    return [(paths.brief(side, live.slug), side) for side in SIDES]


def render_public_links(editions: Sequence[Edition | IssueEdition], now: dt.datetime) -> SafeString:
    """Render links to the public pages in both languages, or nothing if there are none."""
    pages = list_public_pages(editions, now)
    links = ((url, LANGUAGE_TAGS[side], paths.NATIVE_LANGUAGE_NAMES[side]) for url, side in pages)
    html = '<span class="public-links">{} {}</span>'
    joined = format_html_join(" / ", '<a href="{}" lang="{}">{}</a>', links)
    return format_html(html, _("Public page:"), joined) if pages else SafeString()


def render_original_link(url: str, doi: str) -> SafeString:
    """Return a link that opens the article in a new tab, or nothing without an address."""
    original = find_original(url, doi)
    if not original:
        return SafeString("")
    link = '<a class="original" href="{}" target="_blank" rel="noopener">{}<span aria-hidden="true"> ↗</span></a>'
    return format_html(link, original, _("Read the original"))


def site_context(request: HttpRequest, **values: Any) -> dict[str, Any]:
    opts = Brief._meta
    return {**admin.site.each_context(request), "opts": opts, "zone": settings.TIME_ZONE, **values}


def render_page(request: HttpRequest, name: str, *, status: int = 200, **values: Any) -> TemplateResponse:
    """Render `admin/briefs/<name>.html`, or with `<name>#<partial>` a part of it, as a page of the desk.

    A page without a breadcrumb between the desk and itself has `opts=None`.
    """
    template = "admin/briefs/{}.html{}{}".format(*name.partition("#"))
    return TemplateResponse(request, template, site_context(request, **values), status=status)


def render_brief_subpage(request: HttpRequest, name: str, brief: Brief, **values: Any) -> TemplateResponse:
    """Render a page about one brief, with a link back to the brief and one to the article."""
    original = render_original_link(brief.article_url, brief.article_doi)
    url = reverse("admin:briefs_brief_change", args=[brief.pk])
    return render_page(
        request, name, brief=brief, parent_url=url, subtitle=str(brief), original=original, **values
    )


def wants_json(request: HttpRequest) -> bool:
    """Return whether the request comes from the page's JavaScript rather than from a plain form."""
    return request.accepts("application/json") and not request.accepts("text/html")


def json_response(values: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(values, status=status, json_dumps_params={"ensure_ascii": False})


def download_response(name: str, data: bytes, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=content_type, headers=headers)


def get_brief_or_404(pk: int) -> Brief:
    """Load the brief with related rows, so that reading its content needs no further queries."""
    briefs = Brief.objects.select_related("source", "updated_by", "assigned_to", "picture")
    return get_object_or_404(briefs.prefetch_related("bullets", "bylines", "labels"), pk=pk)


def describe_done(verb: str) -> str:
    """Return a sentence that says what the verb did."""
    return capfirst(pgettext("act", "%(did)s.") % {"did": get_past(verb)})


def add_done_message(request: HttpRequest, verb: str) -> None:
    messages.success(request, describe_done(verb))


def parse_int_or_zero(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def read_number(data: QueryDict, name: str) -> int:
    """Return a submitted number, or 0 if it is missing or not a number."""
    return parse_int_or_zero(data.get(name, ""))


def paginate_by_id[Row: Model](rows: QuerySet[Row], request: HttpRequest, size: int) -> tuple[list[Row], int]:
    """Return the rows older than `?before`, newest first, and the id at which the next page begins, or 0."""
    if before := read_number(request.GET, "before"):
        rows = rows.filter(pk__lt=before)
    shown = list(rows[: size + 1])
    return shown[:size], shown[size - 1].pk if len(shown) > size else 0


def warn_of_scheduled_edition(request: HttpRequest, brief: Brief, now: dt.datetime) -> None:
    if edition := find_scheduled_edition(brief, now):
        told = _("The edition scheduled for %(time)s stays scheduled, with the text that was approved.")
        messages.warning(request, told % {"time": format_time(edition.live_from)})


BULLET_STRUCTURES: Final = tuple(f"{level}-{marker}" for level in range(3) for marker in ("bullet", "number"))


def structure_label(value: str) -> str:
    """Return the label of a structure, the same in every language: `1.`, `› •` (indented)."""
    level, marker = parse_structure(value)
    return f"{'›' * level} {'1.' if marker == 'number' else '•'}".strip()


def bullet_structure_label(bullet: Bullet, side: Side) -> str:
    return structure_label(f"{bullet.level(side)}-{bullet.marker(side)}")


def parse_structure(value: str) -> tuple[int, Marker]:
    """Parse level and marker.

    Unknown values get level -1, which the workflow refuses with the bullet's number.
    """
    level, _, marker = value.partition("-")
    return (int(level), cast(Marker, marker)) if value in BULLET_STRUCTURES else (-1, "bullet")
