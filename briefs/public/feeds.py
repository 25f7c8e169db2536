"""The newest briefs in one language as Atom, with their full text."""

import datetime as dt
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from .. import rendering
from ..content import LANG, Side
from ..rendering import paths, text
from . import editions

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(request: HttpRequest, page: Side) -> HttpResponse:
    now = timezone.now()
    entries = [_entry(entry, page) for entry in editions.feed(page, now)]
    midnight = now.replace(hour=0, minute=0, second=0)
    context = {
        "lang": LANG[page],
        "site": settings.DIGEST_SITE_NAME[page],
        "home": f"{settings.SITE_URL}{paths.home(page)}",
        "icon": f"{settings.SITE_URL}{settings.STATIC_URL}briefs/mark.svg",
        "updated": max((entry["updated"] for entry in entries), default=_rfc3339(midnight)),
        "entries": entries,
    }
    body = _NOT_XML.sub("", render_to_string("briefs/feed.atom", context))
    return HttpResponse(body, content_type="application/atom+xml; charset=utf-8")


def _entry(entry: editions.Entry, page: Side) -> dict[str, Any]:
    card = entry.card
    return {
        "url": f"{settings.SITE_URL}{paths.brief(page, card['slug'])}",
        "title": card[f"headline_{page}"],
        "published": _rfc3339(entry.published_at),
        "updated": _rfc3339(entry.live_from),
        "summary": " ".join(text.paragraphs(card[f"gist_{page}"])),
        "content": f"<p>{card['html'][page]['byline']}</p>\n{rendering.bare(entry.html)}",
        "keywords": [(keyword["slug"], keyword[page]) for keyword in card["keywords"]],
    }


def _rfc3339(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
