"""Build template contexts of topics, authors, sources, terms, indexes and the archive."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import escape
from itertools import groupby
from string import ascii_uppercase
from typing import Any

from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from briefs.bilingual.rendering import cards, text
from briefs.bilingual.rendering.text import KeyLine
from briefs.bilingual.text import date_format, detect_language_code, fold_accents, paths
from briefs.bilingual.text.person_names import NameOrder, find_name_order
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.derived.search import highlight_spans

from . import brief_answers, list_rows
from .editions import KeysetPage, ListedBrief, build_year_key
from .list_rows import Row, RowSide
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
    "terms": (gettext_lazy("Key terms"), 4),
    "sources": (gettext_lazy("Sources"), 3),
    "keywords": (gettext_lazy("Topics"), 12),
}
"""Heading of each list of names, and how many it shows."""


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
    is_topic = kind.name == "keywords"
    beside = subject.pk if is_topic else 0
    points = [text.find_point_naming(row.brief.content, labels) if is_topic else 0 for row in timeline.rows]
    frame = {
        "kind": str(_KIND_LABELS[kind.name]),
        "plain": subject_label(subject, language),
        "header": list_rows.render_head(view, partial(_build_head, subject, kind, view, facets)),
        "site_link": _render_site_link(source_site_url(subject)),
        "start": list_rows.render_rows(
            [
                list_rows.build_row(
                    chosen.brief,
                    view,
                    list_rows.render_number(n),
                    beside=beside,
                    lines={side: KeyLine(0, chosen.reasons[side]) for side in SIDES},
                )
                for n, chosen in enumerate(start_here, 1)
            ],
            view,
            heading=gettext("Start here"),
            remark=gettext("chosen by the editors"),
            is_marked=False,
        ),
        "entries": list_rows.render_rows(
            [
                list_rows.build_row_by_article_date(row.brief, view, point=point, beside=beside)
                for row, point in zip(timeline.rows, points, strict=True)
            ],
            view,
            heading=pgettext("briefs of a topic", "Timeline"),
            remark=gettext("by date of the article, newest first"),
        ),
        "names": _render_names(facets, kind, language) if facets else "",
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
            else paths.with_query(list_url, f"before={build_year_key(year)}", view.show),
        )
        for year in years
        if len(years) > 1
    ]


def format_brief_count(brief_count: int) -> str:
    if brief_count > MAX_COUNTED_BRIEFS:
        return gettext("More than %(n)s briefs") % {"n": MAX_COUNTED_BRIEFS}
    return ngettext("%(n)s brief", "%(n)s briefs", brief_count) % {"n": brief_count}


def _build_head(
    subject: Subject, kind: SubjectKind, view: ListView, facets: SubjectFacets | None, side: Side
) -> RowSide:
    """Build a side of the head: name, number of briefs and introduction."""
    topic = _link_kind(kind.name, str(_KIND_LABELS[kind.name]), side)
    if facets and not facets.is_small:
        topic += cards.COMMA[side] + format_brief_count(facets.brief_count)
    paragraphs = text.split_paragraphs(subject.intro(side)) if facets else ()
    intro = format_html_join("\n", '<p class="intro">{}</p>', ([words] for words in paragraphs))
    return RowSide("", _render_label(subject, view, side), topic, note=intro)


def _render_label(subject: Subject, view: ListView, side: Side) -> SafeString:
    """Render a name. One with a single form stands across the fold only if both languages are shown in full."""
    label = subject_label(subject, side) if side in view.sides else twin_label(subject, view.language)
    return text.mark_language(label, side) if label else mark_safe("")


def _link_kind(path: str, label: str, side: Side) -> str:
    """Render the link from the head of a page to the index that has it."""
    return f'<a href="{paths.home(side)}{path}/">{escape(label)}</a>'


def _render_site_link(url: str) -> SafeString:
    link = '<a class="out" href="{}" rel="external">{}</a>'
    return format_html(link, url, gettext("Its own site")) if url else mark_safe("")


def _render_names(facets: SubjectFacets, kind: SubjectKind, language: Side) -> SafeString:
    """Render who writes, where, key terms and other keywords, in two columns."""
    sections = [
        {
            "id": name,
            "heading": gettext("Often with it") if name == kind.name else heading,
            "rows": [build_name_row(row, name, language) for row in facets.names[name][:count]],
        }
        for name, (heading, count) in _NAME_LISTS.items()
        if name in facets.names
    ]
    half = (len(sections) + 1) // 2
    return text.render_partial(
        "briefs/_topic_names.html",
        columns=[sections[:half], sections[half:]],
        has_counts=not facets.is_small,
        is_partial=facets.brief_count > MAX_COUNTED_BRIEFS,
    )


_PLURAL_LABELS = {
    "keywords": gettext_lazy("Topics"),
    "authors": gettext_lazy("Authors"),
    "sources": gettext_lazy("Sources"),
    "terms": gettext_lazy("Glossary"),
}


def build_index_context(rows: Iterable[CountedSubject], kind: str, view: ListView) -> dict[str, Any]:
    """Build the context of an index, sorted by label: Latin names alphabetically, then Chinese ones by strokes.

    Authors are sorted by family name. Chinese labels are sorted by their Big5 bytes, which is the order of strokes.
    """
    language = view.language
    ordered = sorted(rows, key=lambda row: _sort_key(row, language))
    groups = groupby(ordered, key=lambda row: _initial(row, language) if kind == "authors" else "")
    return {
        "heading": str(_PLURAL_LABELS[kind]),
        "head": list_rows.render_head(view, lambda _: RowSide("", str(_PLURAL_LABELS[kind]))),
        "list_view": view,
        "link": "" if view.is_both else list_rows.OTHER_LINK,
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

    def build_head(side: Side) -> RowSide:
        topic = _link_kind("terms", gettext("Glossary"), side)
        words = cards.LIST_SEPARATOR[side].join(accepted_renderings[side])
        also = escape(gettext("Also: %(words)s")) % {"words": escape(words)} if words else ""
        return RowSide("", _render_label(term, view, side), topic, note=also)

    return brief_answers.build_paging_context(use_list, here, view) | {
        "kind": gettext("Term"),
        "plain": subject_label(term, language),
        "header": list_rows.render_head(view, build_head),
        "entries": list_rows.render_rows(
            [_build_use(used, view) for used in use_list.rows],
            view,
            heading=format_brief_count(brief_count),
        ),
    }


def build_archive_context(months: Sequence[ArchiveMonth], view: ListView) -> dict[str, Any]:
    """Build the context of the archive: years, newest first, each with its months in the languages shown in full."""
    years: dict[int, list[ArchiveMonth]] = {}
    for row in months:
        years.setdefault(row.month // 100, []).append(row)
    return {
        "list_view": view,
        "head": list_rows.render_head(view, lambda _: RowSide("", gettext("Archive"))),
        "years": [
            {
                "n": sum(row.brief_count for row in rows),
                "sides": [
                    {
                        "lang": LANGUAGE_TAGS[side],
                        "label": date_format.format_year(year, side),
                        "url": f"{paths.home(side)}archive/{year}/",
                        "link": "" if side in view.sides else list_rows.OTHER_LINK,
                        "months": _month_links(rows, side) if side in view.sides else (),
                    }
                    for side in view.both_sides
                ],
            }
            for year, rows in years.items()
        ],
    }


def build_period_context(
    brief_list: KeysetPage[ListedBrief],
    months: Sequence[ArchiveMonth],
    headings: Mapping[Side, str],
    path: str,
    view: ListView,
) -> dict[str, Any]:
    """Return the context of a year or month page, with the months of its year."""
    year, language = months[0].month // 100, view.language
    shown = [row for row in months if path in (month_path(row.month), f"archive/{year}/")]
    rows = [list_rows.build_row_by_article_date(row.brief, view)._replace(year="") for row in brief_list.rows]
    return {
        "kind": gettext("Archive"),
        "plain": headings[language],
        "header": list_rows.render_head(
            view, lambda side: RowSide("", headings[side], _link_kind("archive", gettext("Archive"), side))
        ),
        "months": text.render_partial(
            "briefs/_month_list.html",
            heading=date_format.format_year(year, language),
            url=f"{paths.home(language)}archive/{year}/",
            months=_month_links(months, language, current_path=path),
        ),
        "entries": list_rows.render_rows(
            rows, view, heading=format_brief_count(sum(row.brief_count for row in shown))
        ),
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
    other, twin = paths.OTHER_SIDE[language], twin_label(row, language)
    return {
        "url": paths.subject(language, kind, row.slug),
        "label": text.mark_language(subject_label(row, language), language),
        "twin": twin and text.mark_language(twin, other),
        "twin_url": paths.subject(other, kind, row.slug),
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


def _build_use(use: TermUse, view: ListView) -> Row:
    """Return the row of a brief that uses a term: the first point, else the sentence, in which the term occurs."""
    brief, language = use.brief, view.language
    words = {side: dict(text.list_texts(brief.content, side)) for side in view.sides}
    places = {number: dict(zip(SIDES, spans, strict=True)) for number, *spans in use.places}
    points = [number for number in places if number and words[language].get(number)]
    lines, notes = {}, {}
    for side in view.sides:
        if points:
            number, *others = points
            marked = highlight_spans(words[side].get(number, ""), [places[number][side]])
            lines[side] = KeyLine(number, marked)
            if others:
                with translation.override(paths.LANGUAGE_CODES[side]):
                    links = list_rows.render_point_links(others, paths.brief(side, brief.slug), side)
                    notes[side] = escape(gettext("Also in %(places)s")) % {"places": links}
            continue
        spans = places.get(0, {}).get(side, [])
        sentence = list_rows.highlight_sentence(words[side].get(0, ""), [spans], side)[1]
        lines[side] = KeyLine(0, sentence or text.find_key_line(brief.content, side).words)
    date = cards.render_article_date(brief, language, form="two lines")
    by = cards.render_authors_and_source
    return list_rows.build_row(brief, view, date, by=by, lines=lines, notes=notes)
