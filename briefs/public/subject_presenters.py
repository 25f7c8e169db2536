"""Build template contexts of topics, authors, sources, terms, indexes and the archive."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from string import ascii_uppercase
from typing import Any

from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext

from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.rendering import cards, text
from briefs.rendering.text import KeyLine
from briefs.search.highlighting import highlight_spans
from briefs.text import date_format, paths
from briefs.text.person_names import NameOrder, find_name_order
from briefs.text.scripts import detect_language_code, fold_accents

from . import brief_answers, claim_rows
from .editions import KeysetPage, ListedBrief, build_year_key
from .responses import ListView
from .subject_queries import (
    MAX_COUNTED_BRIEFS,
    ArchiveMonth,
    CountedSubject,
    StartHere,
    Subject,
    SubjectFacets,
    SubjectKind,
    TermUse,
    source_site_url,
    subject_label,
    twin_label,
)

# Build the template context of a topic, author or source page. A keyword's page is its topic.

_KIND_LABELS = {
    "keywords": gettext_lazy("Topic"),
    "authors": gettext_lazy("Author"),
    "sources": gettext_lazy("Source"),
}
_NAME_LISTS = {
    "authors": (gettext_lazy("Authors"), 4),
    "sources": (gettext_lazy("Sources"), 3),
    "terms": (gettext_lazy("Key terms"), 4),
    "keywords": (gettext_lazy("Topics"), 12),
}
"""Heading of each list of names, and how many it shows: beside the head of the page there is room for few."""


def build_topic_context(
    subject: Subject,
    kind: SubjectKind,
    view: ListView,
    *,
    timeline: KeysetPage[ListedBrief],
    years: Sequence[int],
    facets: SubjectFacets | None,
    start_here: Sequence[StartHere],
) -> dict[str, Any]:
    """Build the context. Only the first page of the timeline has facets, introduction and recommended briefs."""
    language = view.language
    intro = subject.intro(language) if facets else ""
    labels: dict[Side, str] = {"zh": subject.zh, "en": subject.en}
    list_url = paths.subject(language, kind.name, subject.slug)
    frame = {
        "kind": str(_KIND_LABELS[kind.name]),
        "plain": subject_label(subject, language),
        "header": _render_header(subject, kind, view, facets),
        "site_link": _render_site_link(source_site_url(subject)),
        "start": _render_start_here(start_here, view),
        "entries": claim_rows.render_list_by_article_date(
            timeline.rows, view, by_year=True, topic=labels if kind.name == "keywords" else None
        ),
        "beside": _render_names(facets, kind, language) if facets else mark_safe(""),
        "years": _link_years(years, timeline, list_url, view),
        **brief_answers.build_paging_context(timeline, list_url, view),
    }
    return frame | ({"description": text.extract_gist(intro, language)} if intro else {})


def _link_years(
    years: Sequence[int], timeline: KeysetPage[ListedBrief], list_url: str, view: ListView
) -> list[tuple[int, str]]:
    """Return each year with its address: its place on the first page, else the page that begins with it."""
    on_page = set() if timeline.query_string else {row.time.year for row in timeline.rows}
    return [
        (
            year,
            f"#y{year}"
            if year in on_page
            else paths.with_query(list_url, f"before={build_year_key(year)}", view.show, view.rows),
        )
        for year in years
        if len(years) > 1
    ]


def format_brief_count(brief_count: int) -> str:
    if brief_count > MAX_COUNTED_BRIEFS:
        return gettext("More than %(n)s briefs") % {"n": MAX_COUNTED_BRIEFS}
    return ngettext("%(n)s brief", "%(n)s briefs", brief_count) % {"n": brief_count}


def _render_header(
    subject: Subject, kind: SubjectKind, view: ListView, facets: SubjectFacets | None
) -> SafeString:
    language = view.language
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
                "count": format_brief_count(facets.brief_count) if facets and facets.brief_count else "",
                "paragraphs": text.split_paragraphs(subject.intro(side)) if facets else (),
            }
    return text.render_partial(
        "briefs/_topic_header.html",
        is_both=view.is_both,
        own=sides[language],
        twin=sides[other],
        heading=text.mark_language(subject_label(subject, language), language),
        twin_heading=twin and text.mark_language(twin, other),
    )


def _render_site_link(url: str) -> SafeString:
    link = '<a class="out" href="{}" rel="external">{}</a>'
    return format_html(link, url, gettext("Its own site")) if url else mark_safe("")


def _render_start_here(chosen: Sequence[StartHere], view: ListView) -> SafeString:
    language, other = view.language, paths.OTHER_SIDE[view.language]
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
    context = {"rows": rows, "twin_lang": LANGUAGE_TAGS[other], "is_both": view.is_both}
    return text.render_partial("briefs/_topic_start.html", **context) if rows else mark_safe("")


def _render_names(facets: SubjectFacets, kind: SubjectKind, language: Side) -> SafeString:
    """Render who writes, where, and key terms beside the head, and the other keywords after the list."""
    sections = [
        {
            "id": name,
            "heading": gettext("Often with it") if name == kind.name else heading,
            "rows": [build_name_row(row, name, language) for row in facets.names[name][:count]],
            "is_after": name == "keywords",
        }
        for name, (heading, count) in _NAME_LISTS.items()
        if name in facets.names
    ]
    is_partial = facets.brief_count > MAX_COUNTED_BRIEFS
    return text.render_partial("briefs/_topic_names.html", sections=sections, is_partial=is_partial)


_PLURAL_LABELS = {
    "keywords": gettext_lazy("Topics"),
    "authors": gettext_lazy("Authors"),
    "sources": gettext_lazy("Sources"),
    "terms": gettext_lazy("Glossary"),
}


def build_index_context(rows: Iterable[CountedSubject], kind: str, language: Side) -> dict[str, Any]:
    """Build the context of an index, sorted by label: Latin names alphabetically, then Chinese ones by strokes.

    Authors are sorted by family name. Chinese labels are sorted by their Big5 bytes, which is the order of strokes.
    """
    ordered = sorted(rows, key=lambda row: _sort_key(row, language))
    groups = groupby(ordered, key=lambda row: _initial(row, language) if kind == "authors" else "")
    return {
        "heading": str(_PLURAL_LABELS[kind]),
        "kind": kind,
        "groups": [
            {"initial": initial, "rows": [_index_row(row, kind, language) for row in group]}
            for initial, group in groups
        ],
    }


def build_term_context(
    term: Subject,
    accepted_renderings: dict[Side, list[str]],
    use_list: KeysetPage[TermUse],
    view: ListView,
    brief_count: int,
) -> dict[str, Any]:
    language = view.language
    here = paths.subject(language, "terms", term.slug)
    return brief_answers.build_paging_context(use_list, here, view) | {
        "kind": gettext("Term"),
        "kind_url": f"{paths.home(language)}terms/",
        "heading": text.mark_language(subject_label(term, language), language),
        "plain": subject_label(term, language),
        "twin": text.mark_language(twin_label(term, language), language),
        "also": [
            (LANGUAGE_TAGS[side], accepted_renderings[side])
            for side in (language, paths.OTHER_SIDE[language])
            if accepted_renderings[side]
        ],
        "entries": claim_rows.render_claims(
            [_build_use(used, language) for used in use_list.rows],
            view,
            heading=format_brief_count(brief_count),
        ),
    }


def build_archive_context(months: Sequence[ArchiveMonth], language: Side) -> dict[str, Any]:
    """Build the context of the archive: years, newest first, each with its months."""
    years: dict[int, list[ArchiveMonth]] = {}
    for row in months:
        years.setdefault(row.month // 100, []).append(row)
    return {
        "years": [
            {
                "label": date_format.format_year(year, language),
                "url": f"{paths.home(language)}archive/{year}/",
                "n": sum(row.brief_count for row in rows),
                "months": _month_links(rows, language),
            }
            for year, rows in years.items()
        ]
    }


def build_period_context(
    brief_list: KeysetPage[ListedBrief],
    months: Sequence[ArchiveMonth],
    heading: str,
    path: str,
    view: ListView,
) -> dict[str, Any]:
    """Return the context of a year or month page, with the months of its year in the margin."""
    year, language = months[0].month // 100, view.language
    shown = [row for row in months if path in (month_path(row.month), f"archive/{year}/")]
    count = format_brief_count(sum(row.brief_count for row in shown))
    return {
        "kind": gettext("Archive"),
        "kind_url": f"{paths.home(language)}archive/",
        "heading": heading,
        "plain": heading,
        "margin": text.render_partial(
            "briefs/_month_list.html",
            heading=date_format.format_year(year, language),
            url=f"{paths.home(language)}archive/{year}/",
            months=_month_links(months, language, current_path=path),
        ),
        "entries": claim_rows.render_list_by_article_date(brief_list.rows, view, heading=count),
        **brief_answers.build_paging_context(brief_list, f"{paths.home(language)}{path}", view),
    }


def month_path(key: int) -> str:
    return f"archive/{key // 100}/{key % 100:02}/"


def _month_links(
    rows: Iterable[ArchiveMonth], language: Side, current_path: str = ""
) -> list[dict[str, Any]]:
    """Return links to the months. Articles dated only to a year appear on the year's page."""
    return [
        {
            "label": f"{row.month % 100}月"
            if language == "zh"
            else date_format.ENGLISH_MONTHS[row.month % 100 - 1],
            "is_here": current_path == month_path(row.month),
            "url": f"{paths.home(language)}{month_path(row.month)}",
            "n": row.brief_count,
        }
        for row in rows
        if row.month % 100
    ]


def build_name_row(row: CountedSubject, kind: str, language: Side) -> dict[str, Any]:
    return {
        "url": paths.subject(language, kind, row.slug),
        "label": text.mark_language(subject_label(row, language), language),
        "twin": text.mark_language(twin_label(row, language), language),
        "n": row.brief_count,
    }


def _index_row(row: CountedSubject, kind: str, language: Side) -> dict[str, Any]:
    """Return a line of an index. An author's family name comes first: Chilukuri, Vivek; Liu He."""
    words = subject_label(row, language)
    is_inverted = kind == "authors" and row.given and words == row.en
    if is_inverted and find_name_order(words, row.family, row.given, "") is NameOrder.GIVEN_FIRST:
        words = f"{row.family}, {row.given}"
    return build_name_row(row, kind, language) | {"label": text.mark_language(words, language)}


def _initial(row: CountedSubject, language: Side) -> str:
    """Return the heading of an author's group: first letter of the family name without accent, 中文, or #."""
    if _is_chinese(subject_label(row, language)):
        return "中文"
    letter = fold_accents(row.family or subject_label(row, language))[:1].upper()
    return letter if letter in ascii_uppercase else "#"


def _sort_key(row: CountedSubject, language: Side) -> tuple[Any, ...]:
    words = subject_label(row, language)
    if _is_chinese(words):
        return True, words.encode("cp950", "replace"), words
    return False, fold_accents(row.family or words), words.casefold()


def _is_chinese(words: str) -> bool:
    return detect_language_code(words) == LANGUAGE_TAGS["zh"]


def _build_use(use: TermUse, language: Side) -> claim_rows.Claim:
    """Return the row of a brief that uses a term: the first point, else the sentence, in which the term occurs."""
    brief = use.brief
    words = {side: dict(text.list_texts(brief.content, side)) for side in SIDES}
    places = {number: dict(zip(SIDES, spans, strict=True)) for number, *spans in use.places}
    points = [number for number in places if number and words[language].get(number)]
    claim = claim_rows.build_claim(brief)
    if points:
        number, *others = points
        lines = {
            side: KeyLine(number, highlight_spans(words[side].get(number, ""), [places[number][side]]))
            for side in SIDES
        }
        links = claim_rows.render_point_links(others, paths.brief(language, brief.slug), language)
        note = escape(gettext("Also in %(places)s")) % {"places": links} if others else ""
        return claim._replace(lines=lines, note=note)
    sentences = {
        side: claim_rows.highlight_sentence(words[side].get(0, ""), [spans], side)[1]
        for side, spans in places.get(0, {}).items()
    }
    return claim._replace(
        lines={s: KeyLine(0, sentences.get(s) or line.words) for s, line in claim.lines.items()}
    )
