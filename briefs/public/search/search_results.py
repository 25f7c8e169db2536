"""A page of answers: what was found, how much, and the filters with their counts."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from ...content import Side
from ...search.name_filters import NOTHING
from ...text import dates, paths
from ...text.scripts import lang_of
from ..list_presenter import part
from .search_hits import answer
from .search_params import Asked
from .search_queries import Answers


def page_of(asked: Asked, found: Answers, page: Side) -> dict[str, str | SafeString]:
    answers = [answer(hit, found.query.marked, page) for hit in found.hits]
    here = paths.search(page)
    is_all = found.next is None and asked.is_first_page
    return {
        "asking": f"{asked.typed}{'｜' if page == 'zh' else ' · '}" if asked.typed else "",
        "typed": asked.typed,
        "kept": _kept(asked),
        "found": part(
            "briefs/_found.html",
            asked=asked,
            home=paths.home(page),
            count=_count(found, sum(answer.matching for answer in answers), is_all=is_all),
            chips=[
                {"label": label, "url": f"{here}{asked.without(kind)}"}
                for kind, label in _chips(asked, found, page)
            ],
            orders=_orders(asked, page) if asked.typed and found.count else [],
            spellings=found.query.spellings if found.count else (),
            cut=found.query.cut,
            guess={"link": _link(f"{here}{Asked(found.guess)}", found.guess)} if found.guess else None,
            nothing=not found.count and not asked.is_empty,
        ),
        "facets": part("briefs/_facets.html", asked=asked, facets=list(_facets(asked, found, page))),
        "answers": mark_safe("".join(answer.html for answer in answers)),  # noqa: S308 HTML each
        "paging": part(
            "briefs/_further.html",
            previous=f"{here}{found.previous}" if found.previous else "",
            next=f"{here}{found.next}" if found.next else "",
            all_newest=f"{here}{replace(asked.first(), is_newest=True)}" if found.ends else "",
        ),
    }


def _kept(asked: Asked) -> SafeString:
    """What the form sends besides its own fields."""
    values = [
        (name, value) for name, value in asked.first().parameters().items() if name not in ("q", "from", "to")
    ]
    return format_html_join("\n", '<input type="hidden" name="{}" value="{}">', values)


def _link(url: str, words: str) -> SafeString:
    return format_html('<a href="{}" lang="{}">{}</a>', url, lang_of(words), words)


def _count(found: Answers, matching: int, *, is_all: bool) -> str:
    n = found.count
    if found.more:
        return gettext("More than %(n)s briefs") % {"n": f"{n:,}"}
    if found.about:
        return gettext("About %(n)s results") % {"n": n}
    briefs = ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n}
    if not (is_all and matching):
        return briefs
    bullets = ngettext("%(m)s matching bullet", "%(m)s matching bullets", matching) % {"m": matching}
    return gettext("%(briefs)s, %(bullets)s") % {"briefs": briefs, "bullets": bullets}


def _chips(asked: Asked, found: Answers, page: Side) -> Iterator[tuple[str, str]]:
    for kind, slug in asked.chosen.items():
        name = found.named.get(found.chosen.get(kind, NOTHING))
        yield kind, name.label(page) if name else slug
    if asked.year:
        yield "year", _year(asked.year, page)
    if asked.since or asked.until:
        since, until = (dates.day(day, page) if day else "…" for day in (asked.since, asked.until))
        yield "dates", f"{since}–{until}"


def _facets(asked: Asked, found: Answers, page: Side) -> Iterator[dict[str, Any]]:
    titles = {
        "keyword": gettext("Keywords"),
        "source": gettext("Source"),
        "author": gettext("Author"),
        "year": gettext("Year"),
    }
    for kind, title in titles.items():
        values = []
        for facet, n in found.facets.get(kind, ()):
            if kind == "year":
                label, slug = _year(facet[1:], page), facet[1:]
            elif name := found.named.get(facet):
                label, slug = name.label(page), name.slug
            else:
                continue
            url = escape(f"{paths.search(page)}{asked.narrowed(kind, slug)}")
            values.append(
                f'<li><a href="{url}" rel="nofollow" lang="{lang_of(label)}">{escape(label)}</a>\n'
                f'<span class="n">{n}</span></li>'
            )
        if values:
            html = mark_safe("\n".join(values))  # noqa: S308 escaped one by one
            yield {"id": kind, "title": title, "values": html}


def _orders(asked: Asked, page: Side) -> list[dict[str, Any]]:
    words = {False: gettext("Best match"), True: gettext("Newest first")}
    return [
        {
            "label": label,
            "url": f"{paths.search(page)}{replace(asked.first(), is_newest=newest)}",
            "current": asked.is_newest == newest,
        }
        for newest, label in words.items()
    ]


def _year(year: str, page: Side) -> str:
    return f"{year}年" if page == "zh" else year
