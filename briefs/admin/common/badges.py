"""Render badges for a brief's editorial state and its public state, and links to its public pages."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ...content import LANGUAGE_TAGS, SIDES
from ...models import Brief, Edition, State
from ...text import paths
from ...text.article_urls import find_original
from ...workflow.rules.four_eyes import SignOffStatuses
from ...workflow.rules.transitions import format_time


@dataclass(frozen=True, slots=True)
class Badge:
    """A short label. `tone` (plain, going, good, warn or bad) sets a colour in addition to the text."""

    text: str
    tone: str = "plain"

    def __str__(self) -> str:
        """Return safe HTML, since templates and `format_html` both call `str()`."""
        return format_html('<span class="badge {}">{}</span>', self.tone, self.text)


def desk_badge(brief: Brief, statuses: SignOffStatuses | None) -> Badge:
    sides = list(statuses.values()) if statuses else []
    if brief.state in (State.DRAFT, State.IN_REVIEW) and any(side.rejected_by for side in sides):
        return Badge(_("Changes requested"), "warn")
    if brief.state == State.IN_REVIEW:
        ready = bool(sides) and all(side.is_signed for side in sides)
        return Badge(_("Ready for approval"), "good") if ready else Badge(_("In review"), "going")
    if brief.state == State.DRAFT:
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
        if edition.urgent and not edition.confirmed_by_id:
            badges.append(Badge(_("Urgent, awaiting confirmation"), "bad"))
    return list(dict.fromkeys(badges))


def _current_edition_badge(brief: Brief, edition: Edition) -> Badge:
    if edition.removed_at:
        return Badge(_("Removed"), "bad")
    if edition.withdrawn_at:
        return Badge(_("Withdrawn"), "bad")
    if brief.state == State.APPROVED:
        return Badge(_("Live"), "good")
    return Badge(_("Live, being revised"), "good")


def render_badges(badges: Sequence[Badge]) -> SafeString:
    return format_html_join(" ", "{}", ((str(badge),) for badge in badges))


def render_public_links(editions: Sequence[Edition], now: dt.datetime) -> SafeString:
    """Render links to the public pages in both languages, or nothing if the brief is not listed."""
    live = next((e for e in editions if e.is_public(now) and not (e.withdrawn_at or e.removed_at)), None)
    if live is None:
        return SafeString()
    links = (
        (paths.brief(side, live.slug), LANGUAGE_TAGS[side], paths.NATIVE_LANGUAGE_NAMES[side])
        for side in SIDES
    )
    return format_html(
        '<span class="public-links">{} {}</span>',
        _("Public page:"),
        format_html_join(" / ", '<a href="{}" lang="{}">{}</a>', links),
    )


def render_original_link(url: str, doi: str) -> SafeString:
    """Return a link that opens the article in a new tab, or nothing without an address."""
    original = find_original(url, doi)
    if not original:
        return SafeString("")
    link = '<a class="original" href="{}" target="_blank" rel="noopener">{}<span aria-hidden="true"> ↗</span></a>'
    return format_html(link, original, _("Read the original"))
