"""Build template contexts for brief pages from editions that were already fetched."""

import datetime as dt
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape, unescape
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from .. import rendering
from ..content import LANGUAGE_TAGS, Side
from ..models.edition import ChangeKind, WithdrawalKind
from ..rendering import cards, head_tags, term_marks, text
from ..text import date_format, paths
from .editions import EditionHistoryLine, PublicEdition

DEFAULT_ABOUT_TEXT: dict[Side, str] = {
    "zh": "本站由小型編輯團隊閱讀外交政策文章，每篇寫成一則雙語文摘：原文作者、出處與日期，一段摘要，"
    "以及逐點對齊的要點。\n\n每則文摘的中文與英文各經另一位編輯審閱，核定後才發布；更正與更新列於該篇的更新紀錄。"
    "引用時請註明原文作者與出處。",
    "en": "A small team of editors reads writing on foreign policy and digests each article in Chinese and "
    "in English: who wrote it, where and when, a summary, and bullets aligned point by point.\n\n"
    "A second editor reviews each language before a brief is published; corrections and updates are listed "
    "in its edition history. When you cite, name the original author and outlet.",
}

MAX_RELATED = 4
_COLON: dict[Side, str] = {"zh": "：", "en": ": "}


def build_brief_context(
    edition: PublicEdition,
    history: list[EditionHistoryLine],
    neighbour_lines: Mapping[int, str],
    language: Side,
    view: rendering.ReadingView,
) -> dict[str, str]:
    card, html = edition.card, edition.html
    if view == "parallel":
        html = rendering.select_order(html, language)
    lines = [build_history_line(row, language) for row in history]
    notices = _collect_notices(edition, lines)
    gloss = edition.gloss or {"marks": (), "html": ""}
    return _headline_context(edition, language) | {
        "content": mark_safe(term_marks.link_terms(html, gloss["marks"])),  # noqa: S308 stored escaped
        "terms": mark_safe(gloss["html"]),  # noqa: S308 stored escaped
        "source": mark_safe(edition.source),  # noqa: S308 stored escaped
        "byline": mark_safe(edition.credit),  # noqa: S308 stored escaped
        "posted": find_posted_line(card, lines, language),
        "head": _insert_site_url(edition.head),
        "cite": _insert_site_url(edition.cite),
        "description": edition.gist,
        "notices": text.render_partial("briefs/_notices.html", **notices) if any(notices.values()) else "",
        "history": _render_history(lines, language),
        "beside": _render_neighbours(edition, neighbour_lines, language),
        "citation": edition.attribution,
        "zh_url": paths.brief("zh", card["slug"]),
        "en_url": paths.brief("en", card["slug"]),
        "parallel": paths.parallel(language, card["slug"]),
        "report": paths.report(language, card["slug"]),
    }


def _collect_notices(edition: PublicEdition, lines: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "unconfirmed": edition.urgent and not edition.confirmed_at,
        "source_withdrew": edition.card["source_withdrew"],
        "corrections": [row for row in lines if row["note"]],
    }


def render_notice_lines(edition: PublicEdition, lines: list[dict[str, str]]) -> list[str]:
    """Return the notices above the text as plain lines."""
    html = text.render_partial("briefs/_notices.html", **_collect_notices(edition, lines), is_plain=True)
    return [" ".join(unescape(strip_tags(part)).split()) for part in html.split("</p>") if part.strip()]


def find_posted_line(card: Mapping[str, Any], lines: list[dict[str, str]], language: Side) -> SafeString:
    """Return the line of the brief's own dates. `lines` are those of its history."""
    change = next((row for row in lines if row["note"]), {"iso": "", "change": ""})
    return _render_posted_line(card["published"], change["iso"], change["change"], language)


@lru_cache(maxsize=1024)
def _render_posted_line(published: str, changed: str, kind: str, language: Side) -> SafeString:
    """Render the days of publication and of the last change that is not minor, `kind` being its `ChangeKind`.

    The page's language must be the active one. Briefs published on one day share the line.
    """
    posted = cards.render_posted_date(published, language)
    if not changed:
        return posted
    sentence = {
        ChangeKind.CORRECTION: gettext("%(posted)s, corrected %(date)s"),
        ChangeKind.UPDATE: gettext("%(posted)s, updated %(date)s"),
    }.get(ChangeKind(kind), gettext("%(posted)s, editor’s note added %(date)s"))
    words = escape(sentence) % {"posted": posted, "date": cards.render_day(changed, language)}
    return mark_safe(words)  # noqa: S308 every part is escaped


def _render_history(lines: list[dict[str, str]], language: Side) -> str:
    return _render_history_lines(tuple((row["iso"], row["date"], row["words"]) for row in lines), language)


@lru_cache(maxsize=1024)
def _render_history_lines(lines: tuple[tuple[str, str, str], ...], language: Side) -> str:
    """Cache the history. Most briefs have one edition, so briefs published on one day share theirs."""
    return text.render_partial("briefs/_edition_history.html", history=lines)


def _render_neighbours(edition: PublicEdition, neighbour_lines: Mapping[int, str], language: Side) -> str:
    """Render the links to related, newer and older briefs, skipping any that are not listed."""
    adjacent = {"newer": edition.newer or 0, "older": edition.older or 0}
    sections = {
        "related": [
            neighbour_lines[brief]
            for brief in edition.related or ()
            if brief in neighbour_lines and brief != edition.brief_id
        ][:MAX_RELATED],
        **{name: [neighbour_lines[brief]] for name, brief in adjacent.items() if brief in neighbour_lines},
    }
    parts = [_render_neighbour_section(name, lines, language) for name, lines in sections.items() if lines]
    return mark_safe("\n".join(parts))  # noqa: S308 stored escaped


def _render_neighbour_section(name: str, lines: list[str], language: Side) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<section class="related {name}" aria-labelledby="{name}"><h2 id="{name}">{_heading(name, language)}</h2><ul>{items}</ul></section>'


@cache
def _heading(name: str, language: Side) -> str:
    """Return the translated heading. The page's language must be the active one."""
    words = {
        "related": gettext("Related briefs"),
        "newer": gettext("Next brief"),
        "older": gettext("Previous brief"),
    }
    return words[name]


def build_withdrawn_context(
    edition: PublicEdition, withdrawn_at: dt.datetime, language: Side
) -> dict[str, Any]:
    """Return the withdrawal notice in both languages, the page's own first."""
    card, notices = edition.card, build_withdrawal_notices(edition, withdrawn_at, language)
    title = f"{notices[0]['heading']}{_COLON[language]}{card[f'headline_{language}']}"
    head = head_tags.render_withdrawn_head_tags(card, language, title, notices[0]["sentence"])
    return _headline_context(edition, language) | {
        "notices": notices,
        "source_and_date": cards.render_source_and_date(card, language),
        "head": _insert_site_url(head),
        "description": notices[0]["sentence"],
    }


def build_withdrawal_notices(
    edition: PublicEdition, withdrawn_at: dt.datetime, language: Side
) -> list[dict[str, str]]:
    """Return the notice in both languages, the page's own first."""
    sides = (language, paths.OTHER_SIDE[language])
    return [_withdrawal_notice(edition, withdrawn_at, side) for side in sides]


def _headline_context(edition: PublicEdition, language: Side) -> dict[str, str]:
    card = edition.card
    return {
        "headline": card[f"headline_{language}"],
        "twin_headline": card[f"headline_{paths.OTHER_SIDE[language]}"],
    }


def _insert_site_url(html: str) -> SafeString:
    """Replace the site placeholder with the site's own URL."""
    return mark_safe(html.replace(paths.SITE_PLACEHOLDER, settings.SITE_URL))  # noqa: S308 stored escaped


def _withdrawal_notice(edition: PublicEdition, withdrawn_at: dt.datetime, side: Side) -> dict[str, str]:
    reason = edition.withdrawn_reason_zh if side == "zh" else edition.withdrawn_reason_en
    date = date_format.format_day(timezone.localdate(withdrawn_at), side)
    with translation.override(paths.LANGUAGE_CODES[side]):
        sentence = gettext("This brief was withdrawn on %(date)s. Reason: %(reason)s")
        return {
            "lang": LANGUAGE_TAGS[side],
            "heading": gettext("Withdrawn"),
            "sentence": sentence % {"date": date, "reason": reason},
            "kind": str(WithdrawalKind(edition.withdrawn_kind).label),
        }


def build_history_line(edition: EditionHistoryLine, language: Side) -> dict[str, str]:
    """Return one line of the edition history. `note` is empty if no notice is shown above the text."""
    date = timezone.localdate(edition.live_from)
    said = {"iso": date.isoformat(), "date": date_format.format_day(date, language), "note": ""}
    if edition.is_first:
        return said | {"words": gettext("First published")}
    if edition.minor:
        return said | {"words": gettext("Minor change")}
    change = ChangeKind(edition.kind or ChangeKind.UPDATE)
    kind, note = str(change.label), edition.note_zh if language == "zh" else edition.note_en
    return said | {
        "kind": kind,
        "change": change.value,
        "note": note,
        "words": f"{kind}{_COLON[language]}{note}",
    }
