"""Build the template context of a results page: hits, counts and filters."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from ...content import LANGUAGE_TAGS, Side
from ...rendering.cards import LIST_SEPARATOR
from ...rendering.text import render_partial
from ...search.name_filters import NO_SUCH_FACET
from ...search.query import has_quotation
from ...text import date_format, paths
from ...text.scripts import detect_language_code
from ..list_presenter import format_year
from ..page_frame import TITLE_SEPARATOR
from .search_hits import render_hit
from .search_params import SearchParams
from .search_queries import SearchResults

KIND_LABELS = {
    "brief": gettext_lazy("Brief"),
    "term": gettext_lazy("Term"),
    "keyword": gettext_lazy("Keyword"),
    "author": gettext_lazy("Author"),
    "source": gettext_lazy("Source"),
}
"""What a suggested or similar name leads to, by the kind of page."""


def build_results_context(params: SearchParams, results: SearchResults, language: Side) -> dict[str, Any]:
    answers = [render_hit(hit, results.query, language) for hit in results.hits]
    here = paths.search(language)
    is_all = results.next_page is None and params.is_first_page
    return {
        "asking": f"{params.query_text}{TITLE_SEPARATOR[language]}" if params.query_text else "",
        "typed": params.query_text,
        "kept": _hidden_inputs(params),
        "found": render_partial(
            "briefs/_search_summary.html",
            asked=params,
            has_quotation=has_quotation(params.query_text),
            home=paths.home(language),
            count=_count_text(results, sum(answer.matching_bullets for answer in answers), is_all=is_all),
            chips=[
                {"label": label, "url": f"{here}{params.without_filter(kind)}"}
                for kind, label in _filter_chips(params, results, language)
            ],
            spellings=results.query.spellings if results.count else (),
            cut=results.query.is_truncated,
            rescue=_rescue_context(results, language),
            nothing=not results.count and not params.is_empty,
        ),
        "term": _render_term(results, language),
        "facets": render_partial(
            "briefs/_search_facets.html",
            asked=params,
            facets=list(_facet_groups(params, results, language)),
            orders=_order_links(params, language) if params.query_text and results.count else [],
        )
        if not params.is_empty
        else "",
        "answers": mark_safe("".join(answer.html for answer in answers)),  # noqa: S308 HTML each
        "paging": render_partial(
            "briefs/_search_paging.html",
            newer=f"{here}{results.previous_page}" if results.previous_page else "",
            older=f"{here}{results.next_page}" if results.next_page else "",
            all_newest=f"{here}{replace(params.first_page(), newest_first=True)}"
            if results.is_truncated
            else "",
        ),
    }


def _hidden_inputs(params: SearchParams) -> SafeString:
    """Render hidden inputs for parameters that have no visible form field."""
    values = [
        (name, value)
        for name, value in params.first_page().to_parameters().items()
        if name not in ("q", "from", "to")
    ]
    return format_html_join("\n", '<input type="hidden" name="{}" value="{}">', values)


def _rescue_context(results: SearchResults, language: Side) -> dict[str, Any] | None:
    if not (rescue := results.rescue):
        return None
    joint = LIST_SEPARATOR[language]
    return {
        "corrections": rescue.corrections,
        "words": joint.join(rescue.words) if len(rescue.words) > 1 or not rescue.left_out else "",
        "left_out": joint.join(rescue.left_out),
        "day": date_format.format_day(rescue.article_day, language) if rescue.article_day else "",
    }


def _render_term(results: SearchResults, language: Side) -> SafeString:
    """Render the card of the glossary term that the query names: each side in its own language, ours first."""
    if not results.term:
        return mark_safe("")
    term, slug = results.term.term, results.term.slug
    sides = [
        {
            "lang": LANGUAGE_TAGS[side],
            "url": paths.subject(side, "terms", slug),
            "label": term.approved(side)[0],
            "also": LIST_SEPARATOR[side].join(term.approved(side)[1:]),
        }
        for side in (language, paths.OTHER_SIDE[language])
    ]
    return render_partial("briefs/_search_term.html", sides=sides)


def _count_text(results: SearchResults, matching_bullets: int, *, is_all: bool) -> str:
    n = results.count
    if results.count_is_lower_bound:
        return gettext("More than %(n)s briefs") % {"n": f"{n:,}"}
    if results.count_is_estimate:
        return gettext("About %(n)s results") % {"n": n}
    briefs = ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n}
    if not (is_all and matching_bullets):
        return briefs
    bullets = ngettext("%(m)s matching bullet", "%(m)s matching bullets", matching_bullets) % {
        "m": matching_bullets
    }
    return gettext("%(briefs)s, %(bullets)s") % {"briefs": briefs, "bullets": bullets}


def _filter_chips(params: SearchParams, results: SearchResults, language: Side) -> Iterator[tuple[str, str]]:
    for kind, slug in params.filter_slugs.items():
        name = results.names_by_facet.get(results.filter_facets.get(kind, NO_SUCH_FACET))
        yield kind, name.label(language) if name else slug
    if params.year:
        yield "year", format_year(params.year, language)
    if params.since or params.until:
        since, until = (
            date_format.format_day(day, language) if day else "…" for day in (params.since, params.until)
        )
        yield "dates", f"{since}–{until}"


def _facet_groups(params: SearchParams, results: SearchResults, language: Side) -> Iterator[dict[str, Any]]:
    titles = {
        "keyword": gettext("Topics"),
        "source": gettext("Source"),
        "author": gettext("Author"),
        "year": pgettext("filter", "Date"),
    }
    for kind, title in titles.items():
        values = []
        for facet, n in results.facets.get(kind, ()):
            if kind == "year":
                label, slug = format_year(facet[1:], language), facet[1:]
            elif name := results.names_by_facet.get(facet):
                label, slug = name.label(language), name.slug
            else:
                continue
            url = escape(f"{paths.search(language)}{params.with_filter(kind, slug)}")
            values.append(
                f'<li><a href="{url}" rel="nofollow" lang="{detect_language_code(label)}">{escape(label)}</a>\n'
                f'<span class="n">{n}</span></li>'
            )
        if values or kind == "year":
            html = mark_safe("\n".join(values))  # noqa: S308 escaped one by one
            yield {"id": kind, "title": title, "values": html}


def _order_links(params: SearchParams, language: Side) -> list[dict[str, Any]]:
    words = {False: gettext("Best match"), True: gettext("Newest first")}
    return [
        {
            "label": label,
            "url": f"{paths.search(language)}{replace(params.first_page(), newest_first=newest)}",
            "current": params.newest_first == newest,
        }
        for newest, label in words.items()
    ]
