"""Pages of keywords, authors, sources and terms, their indexes, and the archive by month of the article."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import escape
from itertools import groupby
from string import ascii_uppercase
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from briefs.bilingual.rendering import cards, terms, text
from briefs.bilingual.rendering.text import KeyLine
from briefs.bilingual.text import date_format, detect_language_code, fold_accents, paths
from briefs.bilingual.text.article_urls import is_safe_link, write_host_in_ascii
from briefs.bilingual.text.person_names import NameOrder, find_name_order
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.derived.search import highlight_spans
from briefs.models.vocabulary import Term

from . import brief_answers, corrections, editions, feeds, list_rows, responses, subject_queries
from .editions import KeysetPage, ListedBrief, PageKey, build_year_key, read_page_key
from .list_rows import Row, RowSide
from .responses import ListView
from .subject_queries import (
    MAX_COUNTED_BRIEFS,
    SUBJECT_KINDS,
    ArchiveMonth,
    CountedSubject,
    Subject,
    SubjectFacets,
    SubjectKind,
    TermUse,
    subject_label,
    twin_label,
)

# A topic, author, source or term. A keyword's page is its topic.

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
    topic = _link_kind(kind.name, str(kind.label), side)
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
        topic = _link_kind("terms", gettext("Glossary"), side)
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


# Indexes.


def index(request: HttpRequest, language: Side, kind: str) -> HttpResponse:
    """Show the names of a kind by label: Latin names alphabetically, then Chinese ones by strokes.

    Authors are sorted by family name. Chinese labels are sorted by their Big5 bytes, which is the order of strokes.
    """
    of, view = SUBJECT_KINDS[kind], ListView.read(request, language)
    rows = subject_queries.list_subjects(of, timezone.now())
    ordered = sorted(rows, key=lambda row: _sort_key(row, language))
    groups = groupby(ordered, key=lambda row: _initial(row, language) if kind == "authors" else "")
    return responses.render(
        "briefs/subject_index.html",
        language,
        f"{kind}/",
        menu_entry=kind,
        heading=str(of.plural),
        head=list_rows.render_head(view, lambda _: RowSide("", str(of.plural))),
        list_view=view,
        link="" if view.is_both else list_rows.OTHER_LINK,
        groups=[
            {"initial": initial, "rows": [_index_row(row, kind, language) for row in group]}
            for initial, group in groups
        ],
    )


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


# The archive.


def archive(request: HttpRequest, language: Side) -> HttpResponse:
    """Show the years, newest first, each with its months in the languages shown in full."""
    view = ListView.read(request, language)
    years = groupby(subject_queries.list_months(timezone.now()), key=lambda row: row.month // 100)
    return responses.render(
        "briefs/archive.html",
        language,
        "archive/",
        list_view=view,
        head=list_rows.render_head(view, lambda _: RowSide("", gettext("Archive"))),
        years=[_build_year(year, list(rows), view) for year, rows in years],
    )


def _build_year(year: int, rows: Sequence[ArchiveMonth], view: ListView) -> dict[str, Any]:
    sides = [
        {
            "lang": LANGUAGE_TAGS[side],
            "label": date_format.format_year(year, side),
            "url": f"{paths.home(side)}archive/{year}/",
            "link": "" if side in view.sides else list_rows.OTHER_LINK,
            "months": _month_links(rows, side) if side in view.sides else (),
        }
        for side in view.both_sides
    ]
    return {"n": sum(row.brief_count for row in rows), "sides": sides}


def year(request: HttpRequest, language: Side, year: int) -> HttpResponse:
    now = timezone.now()
    months = subject_queries.list_months(now, year)
    if not months:
        raise Http404
    page = subject_queries.list_briefs_of_year(year, now, read_page_key(request))
    headings = {side: date_format.format_year(year, side) for side in SIDES}
    return _render_period(page, months, headings, f"archive/{year}/", ListView.read(request, language))


def month(request: HttpRequest, language: Side, year: int, month: str) -> HttpResponse:
    now, number = timezone.now(), int(month)
    months = subject_queries.list_months(now, year)
    if not any(row.month == year * 100 + number for row in months) or not number:
        raise Http404
    path = month_path(year * 100 + number)
    if month != f"{number:02}":
        return HttpResponsePermanentRedirect(f"{paths.home(language)}{path}")
    page = subject_queries.list_briefs_of_month(year, number, now, read_page_key(request))
    headings = {side: date_format.format_month(dt.date(year, number, 1), side) for side in SIDES}
    return _render_period(page, months, headings, path, ListView.read(request, language))


def _render_period(
    page: KeysetPage[ListedBrief],
    months: Sequence[ArchiveMonth],
    headings: Mapping[Side, str],
    path: str,
    view: ListView,
) -> HttpResponse:
    """Render the page of a year or month, with the months of its year."""
    year, language = months[0].month // 100, view.language
    shown = [row for row in months if path in (month_path(row.month), f"archive/{year}/")]
    rows = [list_rows.build_row_by_article_date(row.brief, view)._replace(year="") for row in page.rows]
    return responses.render(
        "briefs/archive_period.html",
        language,
        path,
        query_string=page.query_string,
        list_view=view,
        kind=gettext("Archive"),
        plain=headings[language],
        header=list_rows.render_head(
            view, lambda side: RowSide("", headings[side], _link_kind("archive", gettext("Archive"), side))
        ),
        months=text.render_partial(
            "briefs/_month_list.html",
            heading=date_format.format_year(year, language),
            url=f"{paths.home(language)}archive/{year}/",
            months=_month_links(months, language, current_path=path),
        ),
        entries=list_rows.render_rows(
            rows, view, heading=format_brief_count(sum(row.brief_count for row in shown))
        ),
        **brief_answers.build_paging_context(page, f"{paths.home(language)}{path}", view),
    )


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
