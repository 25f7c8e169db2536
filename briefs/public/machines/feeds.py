"""Atom and JSON Feed of the newest briefs, of all or of one keyword or source, with full text.

Withdrawn briefs are left out. An edition that is not minor moves the update date; its change note is shown above the
text.
"""

import datetime as dt
import json
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.urls.converters import StringConverter
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ... import rendering
from ...content import LANGUAGE_TAGS, Side
from ...rendering import text
from ...text import paths
from .. import brief_presenter, editions, page_frame
from ..subjects import subject_queries

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMAT_NAMES = {"atom": "Atom", "json": "JSON Feed"}
_CONTENT_TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}


class FeedFormatConverter(StringConverter):
    regex = "|".join(_CONTENT_TYPES)
    values = tuple(_CONTENT_TYPES)


def feed(
    request: HttpRequest, language: Side, feed_format: str, kind: str = "", slug: str = ""
) -> HttpResponse:
    now = timezone.now()
    subject = subject_queries.find_subject(subject_queries.SUBJECT_KINDS[kind], slug, now) if kind else None
    if subject and subject.slug != slug:
        return HttpResponsePermanentRedirect(
            f"{paths.subject(language, kind, subject.slug)}feed.{feed_format}"
        )
    values = _build_feed(language, now, kind, subject, f"feed.{feed_format}")
    body = _render_atom(values) if feed_format == "atom" else _render_json(values)
    return HttpResponse(body, content_type=f"{_CONTENT_TYPES[feed_format]}; charset=utf-8")


def build_feed_links(language: Side, kind: str, slug: str, label: str) -> dict[str, SafeString]:
    """Return feed links for the head and the body of a keyword or source page; empty for other kinds."""
    if kind not in ("keywords", "sources"):
        return {"feeds": mark_safe(""), "follow": mark_safe("")}
    here = paths.subject(language, kind, slug)
    heads = [
        (_CONTENT_TYPES[end], f"{label} · {name}", f"{here}feed.{end}") for end, name in _FORMAT_NAMES.items()
    ]
    line = '<link rel="alternate" type="{}" title="{}" href="{}">'
    return {
        "feeds": format_html_join("\n", line, heads),
        "follow": format_html(
            '<p class="meta follow">{} {}</p>',
            gettext("Subscribe:"),
            format_html_join(
                " ",
                '<a href="{}">{}</a>',
                [(f"{here}feed.{end}", name) for end, name in _FORMAT_NAMES.items()],
            ),
        ),
    }


def _build_feed(
    language: Side, now: dt.datetime, kind: str, subject: subject_queries.Subject | None, file: str
) -> dict[str, Any]:
    found = editions.list_feed_entries(language, now, kind=kind, subject=subject.pk if subject else 0)
    changes = editions.list_major_changes([entry.brief_id for entry in found], now)
    entries = [_build_entry(entry, changes.get(entry.brief_id, []), language) for entry in found]
    site, home = settings.DIGEST_SITE_NAME[language], f"{settings.SITE_URL}{paths.home(language)}"
    own = f"{settings.SITE_URL}{paths.subject(language, kind, subject.slug)}" if subject else home
    name = subject_queries.subject_label(subject, language) if subject else ""
    midnight = now.replace(hour=0, minute=0, second=0)
    return {
        "lang": LANGUAGE_TAGS[language],
        "site": site,
        "title": f"{name}{page_frame.TITLE_SEPARATOR[language]}{site}" if subject else site,
        "subtitle": gettext("Bilingual briefs of writing on foreign policy"),
        "site_home": home,
        "home": own,
        "address": f"{own}{file}",
        "icon": f"{settings.SITE_URL}{settings.STATIC_URL}briefs/mark.svg",
        "updated": max((entry["updated"] for entry in entries), default=_format_rfc3339(midnight)),
        "entries": entries,
    }


def _build_entry(
    entry: editions.FeedEntry, changes: list[editions.EditionHistoryLine], language: Side
) -> dict[str, Any]:
    card = entry.card
    notices = {
        "lines": [
            brief_presenter.build_history_line(change, language) for change in changes if change.note_zh
        ],
        "source_withdrew": card["source_withdrew"],
    }
    said = render_to_string("briefs/_feed_notices.html", notices) if any(notices.values()) else ""
    return {
        "url": f"{settings.SITE_URL}{paths.brief(language, card['slug'])}",
        "title": card[f"headline_{language}"],
        "published": _format_rfc3339(entry.published_at),
        "updated": _format_rfc3339(changes[0].live_from if changes else entry.published_at),
        "summary": " ".join(text.split_paragraphs(card[f"gist_{language}"])),
        "content": text.strip_indentation(
            f"<p>{entry.byline}</p>\n{said}{rendering.strip_cover_and_links(entry.html)}"
        ),
        "keywords": [(keyword["slug"], keyword[language]) for keyword in card["keywords"]],
        "original": card["url"],
        "image": f"{settings.SITE_URL}{paths.card(language, card['slug'])}",
    }


def _render_atom(values: dict[str, Any]) -> str:
    return _NOT_XML.sub("", render_to_string("briefs/feed.atom", values))


def _render_json(values: dict[str, Any]) -> str:
    """Return the feed as JSON Feed 1.1."""
    author = {"name": values["site"], "url": values["site_home"]}
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": values["title"],
        "description": values["subtitle"],
        "home_page_url": values["home"],
        "feed_url": values["address"],
        "icon": values["icon"],
        "language": values["lang"],
        "authors": [author],
        "items": [_build_json_item(entry, values["lang"]) for entry in values["entries"]],
    }
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":"))


def _build_json_item(entry: dict[str, Any], lang: str) -> dict[str, Any]:
    item = {
        "id": entry["url"],
        "url": entry["url"],
        "external_url": entry["original"],
        "title": entry["title"],
        "content_html": entry["content"],
        "summary": entry["summary"],
        "image": entry["image"],
        "date_published": entry["published"],
        "date_modified": entry["updated"],
        "tags": [label for _, label in entry["keywords"]],
        "language": lang,
    }
    return {name: value for name, value in item.items() if value}


def _format_rfc3339(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
