"""Pages of topics, authors, sources and terms. A keyword's page is its topic."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from briefs.bilingual.rendering import cards, terms, text
from briefs.bilingual.rendering.text import KeyLine
from briefs.bilingual.text import paths
from briefs.bilingual.text.article_urls import is_safe_link, write_host_in_ascii
from briefs.content import SIDES, Side
from briefs.derived.search import highlight_spans
from briefs.models.vocabulary import Term

from . import brief_answers, corrections, editions, feeds, list_rows, responses, subject_queries
from .editions import ListedBrief
from .index_views import build_name_row
from .list_pages import KeysetPage, PageKey, build_year_key, read_page_key
from .list_rows import Row, RowSide
from .responses import ListView
from .subject_queries import (
    MAX_COUNTED_BRIEFS,
    SUBJECT_KINDS,
    Subject,
    SubjectFacets,
    SubjectKind,
    TermUse,
    subject_label,
    twin_label,
)

_NAME_LISTS = {
    "authors": (gettext_lazy("Authors"), 4),
    "terms": (gettext_lazy("Key terms"), 4),
    "sources": (gettext_lazy("Sources"), 3),
    "keywords": (gettext_lazy("Topics"), 12),
}
"""Heading of each list of names, and how many it shows."""


def subject(request: HttpRequest, language: Side, kind: str, slug: str) -> HttpResponse:
    now, of = timezone.now(), SUBJECT_KINDS[kind]
    row = subject_queries.find_subject(of, slug, now)
    if row.slug != slug:
        return HttpResponsePermanentRedirect(paths.subject(language, kind, row.slug))
    view, key = ListView.read(request, language), read_page_key(request)
    page, words = (_build_term if kind == "terms" else _build_topic)(row, of, view, now, key)
    plain, path = subject_label(row, language), f"{kind}/{slug}/"
    words |= brief_answers.build_paging_context(page, paths.subject(language, kind, slug), view)
    is_list = bool(page.rows or key.side)
    if not is_list:  # all its briefs were withdrawn
        rows = editions.list_withdrawn(of.found_editions(now, row.pk))
        notices = [corrections.build_entry_sides(corrections.build_withdrawal(row), view) for row in rows]
        words |= {"withdrawn": notices, "paging": "", "robots": brief_answers.NOINDEX}
    return responses.render(
        "briefs/topic.html",
        language,
        path,
        query_string=page.query_string,
        list_view=view if is_list else None,
        menu_entry=kind,
        kind=str(of.label),
        plain=plain,
        **feeds.build_feed_links(feeds.FeedScope(language, path, name=plain)),
        **words,
    )


type _Page = tuple[KeysetPage[Any], dict[str, Any]]
"""The list of a subject's page, and the context of its template."""


def _build_topic(
    subject: Subject, kind: SubjectKind, view: ListView, now: dt.datetime, key: PageKey
) -> _Page:
    """Only the first page of the timeline has facets, introduction and recommended briefs."""
    timeline = subject_queries.list_timeline(kind, subject, now, key)
    facets = None if key.side else subject_queries.count_facets(kind, subject, now)
    has_start = facets is not None and not facets.is_small
    start_here = subject_queries.list_start_here(kind, subject, now) if has_start else ()
    intro = subject.intro(view.language) if facets else ""
    labels: dict[Side, str] = {"zh": subject.zh, "en": subject.en}
    is_topic = kind.name == "keywords"
    beside = subject.pk if is_topic else 0
    points = [text.find_point_naming(row.brief.content, labels) if is_topic else 0 for row in timeline.rows]
    frame = {
        "header": list_rows.render_head(view, partial(_build_head, subject, kind, view, facets)),
        "site_link": _render_site_link(subject.url),
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
        "names": _render_names(facets, kind, view.language) if facets else "",
        "years": _link_years(
            subject_queries.list_years(kind, subject, now), timeline, f"{kind.name}/{subject.slug}/", view
        ),
    }
    return timeline, frame | ({"description": text.extract_gist(intro, view.language)} if intro else {})


def _link_years(
    years: Sequence[int], timeline: KeysetPage[ListedBrief], path: str, view: ListView
) -> list[tuple[int, str]]:
    """Return each year with its address: its place on the first page, else the page that begins with it."""
    on_page = set() if timeline.query_string else {row.time.year for row in timeline.rows}
    return [
        (
            year,
            f"#y{year}"
            if year in on_page
            else paths.with_query(
                f"{paths.home(view.language)}{path}", f"before={build_year_key(year)}", view.show
            ),
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
    topic = link_kind(kind.name, str(kind.label), side)
    if facets and not facets.is_small:
        topic += cards.COMMA[side] + format_brief_count(facets.brief_count)
    paragraphs = text.split_paragraphs(subject.intro(side)) if facets else ()
    intro = format_html_join("\n", '<p class="intro">{}</p>', ([words] for words in paragraphs))
    return RowSide("", _render_label(subject, view, side), topic, note=intro)


def _render_label(subject: Subject, view: ListView, side: Side) -> SafeString:
    """Render a name. One with a single form stands across the fold only if both languages are shown in full."""
    label = subject_label(subject, side) if side in view.sides else twin_label(subject, view.language)
    return text.mark_language(label, side) if label else mark_safe("")


def link_kind(path: str, label: str, side: Side) -> str:
    """Render the link from the head of a page to the index that has it."""
    return f'<a href="{paths.home(side)}{path}/">{escape(label)}</a>'


def _render_site_link(url: str) -> SafeString:
    """Render the link to an outlet; empty if its URL is not safe."""
    if not is_safe_link(url):
        return mark_safe("")
    link = '<a class="out" href="{}" rel="external">{}</a>'
    return format_html(link, write_host_in_ascii(url), gettext("Its own site"))


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


def _build_term(term: Subject, kind: SubjectKind, view: ListView, now: dt.datetime, key: PageKey) -> _Page:
    uses = subject_queries.list_term_uses(term, now, key)
    zh, en = Term.objects.values_list("also_zh", "also_en").get(pk=term.pk)
    renderings = {"zh": zh, "en": en}  # accepted besides the preferred one

    def build_head(side: Side) -> RowSide:
        topic = link_kind("terms", gettext("Glossary"), side)
        words = cards.LIST_SEPARATOR[side].join(renderings[side])
        also = escape(gettext("Also: %(words)s")) % {"words": escape(words)} if words else ""
        return RowSide("", _render_label(term, view, side), topic, note=also)

    count = format_brief_count(subject_queries.count_term_uses(term, now))
    rows = [_build_use(used, view) for used in uses.rows]
    return uses, {
        "header": list_rows.render_head(view, build_head),
        "entries": list_rows.render_rows(rows, view, heading=count),
    }


def _build_use(use: TermUse, view: ListView) -> Row:
    """Return the row of a brief that uses a term: the first point, else the sentence, in which the term occurs."""
    brief, language = use.brief, view.language
    words = {side: dict(terms.list_texts(brief.content, side)) for side in view.sides}
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
