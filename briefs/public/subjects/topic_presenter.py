"""Build the template context of a topic, author or source page. A keyword's page is its topic."""

from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext

from ...content import LANGUAGE_TAGS, Side
from ...rendering import cards, text
from ...text import paths
from .. import list_presenter
from ..editions import ListedBrief
from ..keyset import KeysetPage
from .subject_queries import (
    MAX_COUNTED_BRIEFS,
    StartHere,
    Subject,
    SubjectFacets,
    SubjectKind,
    source_site_url,
    subject_label,
    twin_label,
)

MAX_NAMES_SHOWN = 12
MAX_TERMS_SHOWN = 8
_KIND_LABELS = {
    "keywords": gettext_lazy("Topic"),
    "authors": gettext_lazy("Author"),
    "sources": gettext_lazy("Source"),
}
_NAME_HEADINGS = {
    "authors": gettext_lazy("Authors"),
    "sources": gettext_lazy("Sources"),
    "keywords": gettext_lazy("Topics"),
}


def build_topic_context(
    subject: Subject,
    kind: SubjectKind,
    language: Side,
    *,
    timeline: KeysetPage[ListedBrief],
    facets: SubjectFacets | None,
    start_here: Sequence[StartHere],
    follow: SafeString,
) -> dict[str, Any]:
    """Return the context. Only the first page of the timeline has `facets`, introduction and recommended briefs."""
    intro = subject.intro(language) if facets else ""
    entries = [cards.render_timeline_entry(row.brief, language) for row in timeline.rows]
    frame = {
        "kind": str(_KIND_LABELS[kind.name]),
        "plain": subject_label(subject, language),
        "header": _render_header(subject, kind, language, facets),
        "follow": follow,
        "site_link": _render_site_link(source_site_url(subject)),
        "start": _render_start_here(start_here, language),
        "entries": mark_safe("\n".join(entries)),  # noqa: S308 escaped by the template
        "beside": _render_names(facets, kind, language) if facets else mark_safe(""),
        **list_presenter.build_paging_context(timeline, paths.subject(language, kind.name, subject.slug)),
    }
    return frame | ({"description": text.extract_gist(intro, language)} if intro else {})


def format_brief_count(brief_count: int) -> str:
    if brief_count > MAX_COUNTED_BRIEFS:
        return gettext("More than %(n)s briefs") % {"n": MAX_COUNTED_BRIEFS}
    return ngettext("%(n)s brief", "%(n)s briefs", brief_count) % {"n": brief_count}


def _render_header(
    subject: Subject, kind: SubjectKind, language: Side, facets: SubjectFacets | None
) -> SafeString:
    other, twin = paths.OTHER_SIDE[language], twin_label(subject, language)
    sides = {}
    for side in (language, other):
        with translation.override(paths.LANGUAGE_CODES[side]):
            sides[side] = {
                "lang": LANGUAGE_TAGS[side],
                "kind": str(_KIND_LABELS[kind.name]),
                "index": f"{paths.home(side)}{kind.name}/",
                "url": paths.subject(side, kind.name, subject.slug),
                "comma": cards.COMMA[side],
                "count": format_brief_count(facets.brief_count) if facets else "",
                "paragraphs": text.split_paragraphs(subject.intro(side)) if facets else (),
            }
    return text.render_partial(
        "briefs/_topic_header.html",
        own=sides[language],
        twin=sides[other],
        heading=cards.mark_language(subject_label(subject, language), language),
        twin_heading=twin and cards.mark_language(twin, other),
    )


def _render_site_link(url: str) -> SafeString:
    link = '<a class="out" href="{}" rel="external">{}</a>'
    return format_html(link, url, gettext("Its own site")) if url else mark_safe("")


def _render_start_here(chosen: Sequence[StartHere], language: Side) -> SafeString:
    other = paths.OTHER_SIDE[language]
    rows = [
        {
            "url": paths.brief(language, brief.slug),
            "headline": brief.headlines[language],
            "reason": brief.reasons[language],
            "twin_url": paths.brief(other, brief.slug),
            "twin": brief.headlines[other],
            "twin_reason": brief.reasons[other],
        }
        for brief in chosen
    ]
    context = {"rows": rows, "twin_lang": LANGUAGE_TAGS[other]}
    return text.render_partial("briefs/_topic_start.html", **context) if rows else mark_safe("")


def _render_names(facets: SubjectFacets, kind: SubjectKind, language: Side) -> SafeString:
    names = {
        name: rows[: MAX_TERMS_SHOWN if name == "terms" else MAX_NAMES_SHOWN]
        for name, rows in facets.names.items()
    }
    other = paths.OTHER_SIDE[language]
    terms = [
        {
            "label": subject_label(row, language),
            "url": paths.subject(language, "terms", row.slug),
            "twin": subject_label(row, other),
            "twin_url": paths.subject(other, "terms", row.slug),
            "n": row.brief_count,
        }
        for row in names.get("terms", ())
    ]
    sections = [
        {
            "id": name,
            "heading": gettext("Often with it") if name == kind.name else heading,
            "rows": [
                {
                    "url": paths.subject(language, name, row.slug),
                    "label": cards.mark_language(subject_label(row, language), language),
                    "n": row.brief_count,
                }
                for row in names[name]
            ],
        }
        for name, heading in _NAME_HEADINGS.items()
        if name in names
    ]
    context: dict[str, Any] = {
        "terms": terms,
        "twin_lang": LANGUAGE_TAGS[other],
        "columns": [part for part in (sections[0::2], sections[1::2]) if part],
        "is_partial": facets.brief_count > MAX_COUNTED_BRIEFS,
    }
    return text.render_partial("briefs/_topic_names.html", **context)
