"""What a page shows of the editions it was given: plain values for the templates."""

import datetime as dt
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from .. import rendering
from ..content import LANG, Side
from ..models.edition import ChangeKind, WithdrawalKind
from ..rendering import cards, term_marks, text
from ..text import dates, paths
from . import list_presenter
from .editions import Found, Line, Listing

ABOUT: dict[Side, str] = {
    "zh": "本站由小型編輯團隊閱讀外交政策文章，每篇寫成一則雙語文摘：原文作者、出處與日期，一段摘要，"
    "以及逐點對齊的要點。\n\n每則文摘的中文與英文各經另一位編輯審閱，核定後才發布；更正與更新列於該篇的更新紀錄。"
    "引用時請註明原文作者與出處。",
    "en": "A small team of editors reads writing on foreign policy and digests each article in Chinese and "
    "in English: who wrote it, where and when, a summary, and bullets aligned point by point.\n\n"
    "A second editor reviews each language before a brief is published; corrections and updates are listed "
    "in its edition history. When you cite, name the original author and outlet.",
}

SHOWN_RELATED = 4
_COLON: dict[Side, str] = {"zh": "：", "en": ": "}


def listed(listing: Listing, page: Side) -> dict[str, str]:
    """Entries under their months. The newest of all leads with its whole summary."""
    lead = cards.entry(listing.lead, page, lead=True) if listing.lead else ""
    return {
        "robots": "" if listing.newest else list_presenter.NOINDEX,
        "entries": list_presenter.by_publication(listing.rows, page, lead=lead),
        "paging": list_presenter.paging(listing, paths.home(page), newest=listing.newest, page=page),
    }


def read(
    found: Found, history: list[Line], beside: Mapping[int, str], page: Side, view: rendering.View
) -> dict[str, str]:
    card, html = found.card, found.html
    if view == "parallel":
        html = rendering.order(html, page)
    lines = [line(row, page) for row in history]
    notices: dict[str, Any] = {
        "unconfirmed": found.urgent and not found.confirmed_at,
        "source_withdrew": card["source_withdrew"],
        "corrections": [row for row in lines if row["note"]],
    }
    gloss = found.gloss or {"marks": (), "html": ""}
    return _head(found, page) | {
        "content": mark_safe(term_marks.marked(html, gloss["marks"])),  # noqa: S308 stored escaped
        "terms": mark_safe(gloss["html"]),  # noqa: S308 stored escaped
        "source": mark_safe(found.source),  # noqa: S308 stored escaped
        "byline": mark_safe(found.credit),  # noqa: S308 stored escaped
        "head": _sited(found.head),
        "cite": _sited(found.cite),
        "description": found.gist,
        "notices": _part("briefs/_notices.html", **notices) if any(notices.values()) else "",
        "history": _history(lines, page),
        "beside": _beside(found, beside, page),
        "citation": citation(card, page),
        "zh_url": paths.brief("zh", card["slug"]),
        "en_url": paths.brief("en", card["slug"]),
        "parallel": paths.parallel(page, card["slug"]),
        "report": paths.report(page, card["slug"]),
    }


def citation(card: Mapping[str, Any], page: Side) -> str:
    """One line that says where a copied bullet is from; its address is put behind it."""
    published = dates.day(dt.date.fromisoformat(card["published"]), page)
    headline, site = card[f"headline_{page}"], settings.DIGEST_SITE_NAME[page]
    return (
        f"〈{headline}〉，《{site}》，{published}，"
        if page == "zh"
        else f"“{headline},” {site}, {published}, "
    )


def _history(lines: list[dict[str, str]], page: Side) -> str:
    """Most briefs have one edition, and their history one line."""
    if len(lines) == 1:
        return _first_only(lines[0]["iso"], page)
    return _part("briefs/_history.html", history=lines)


@lru_cache(maxsize=1024)
def _first_only(iso: str, page: Side) -> str:
    line = {
        "iso": iso,
        "date": dates.day(dt.date.fromisoformat(iso), page),
        "words": gettext("First published"),
    }
    return _part("briefs/_history.html", history=[line])


def _beside(found: Found, lines: Mapping[int, str], page: Side) -> str:
    """The brief before, the one after, and what goes with this one; each only while it is public."""
    near = [lines[brief] for brief in found.related or () if brief in lines and brief != found.brief_id]
    sides = {
        name: lines.get(brief or 0, "") for name, brief in (("newer", found.newer), ("older", found.older))
    }
    if not near and not any(sides.values()):
        return ""
    parts = [_aside(name, [line], page) for name, line in sides.items() if line]
    if near:
        parts.insert(0, _aside("related", near[:SHOWN_RELATED], page))
    return mark_safe("\n".join(parts))  # noqa: S308 stored escaped


def _aside(name: str, lines: list[str], page: Side) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<section class="related {name}" aria-labelledby="{name}"><h2 id="{name}">{_heading(name, page)}</h2><ul>{items}</ul></section>'


@cache
def _heading(name: str, page: Side) -> str:
    """In the language of the page, which is the one that is active."""
    words = {
        "related": gettext("Related briefs"),
        "newer": gettext("Next brief"),
        "older": gettext("Previous brief"),
    }
    return words[name]


def withdrawn(found: Found, at: dt.datetime, page: Side) -> dict[str, Any]:
    """The notice, in both languages: that of the page first."""
    other = paths.OTHER[page]
    return _head(found, page) | {
        "notices": [_notice(found, at, side) for side in (page, other)],
        "source_and_date": cards.source_and_date(found.card, page),
    }


def _head(found: Found, page: Side) -> dict[str, str]:
    card = found.card
    return {
        "headline": card[f"headline_{page}"],
        "twin_headline": card[f"headline_{paths.OTHER[page]}"],
    }


def _sited(html: str) -> SafeString:
    """With the site's own host where it is left open."""
    return mark_safe(html.replace(paths.SITE, settings.SITE_URL))  # noqa: S308 stored escaped


def _notice(found: Found, at: dt.datetime, side: Side) -> dict[str, str]:
    reason = found.withdrawn_reason_zh if side == "zh" else found.withdrawn_reason_en
    date = dates.day(timezone.localdate(at), side)
    with translation.override(paths.CODE[side]):
        sentence = gettext("This brief was withdrawn on %(date)s. Reason: %(reason)s")
        return {
            "lang": LANG[side],
            "heading": gettext("Withdrawn"),
            "sentence": sentence % {"date": date, "reason": reason},
            "kind": str(WithdrawalKind(found.withdrawn_kind).label),
        }


def _part(template: str, **context: Any) -> str:
    return mark_safe(text.squeeze(render_to_string(template, context)))  # noqa: S308 escaped by the template


def line(row: Line, page: Side) -> dict[str, str]:
    """One line of the edition history; `note` is empty for what needs no line of its own above the text."""
    date = timezone.localdate(row.live_from)
    said = {"iso": date.isoformat(), "date": dates.day(date, page), "note": ""}
    if row.first:
        return said | {"words": gettext("First published")}
    if row.minor:
        return said | {"words": gettext("Minor change")}
    kind = str(ChangeKind(row.kind or ChangeKind.UPDATE).label)
    note = row.note_zh if page == "zh" else row.note_en
    return said | {"kind": kind, "note": note, "words": f"{kind}{_COLON[page]}{note}"}
