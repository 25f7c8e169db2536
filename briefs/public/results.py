"""Answers as the page shows them: pairs of bullets with the hits marked, filters with their counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from ..content import LANG, SIDES, Side
from ..rendering import cards, dates, paths, text
from ..search.marking import Span, marked, spans
from ..search.naming import NOTHING
from ..search.query import Phrase
from .asked import Asked
from .finding import Answers, Hit

BULLETS: Final = 3
"""Of one brief."""

type Places = list[list[Span]]


def page_of(asked: Asked, found: Answers, page: Side) -> dict[str, Any]:
    phrases = found.query.marked
    briefs = [_brief(hit, phrases, page) for hit in found.hits]
    here = paths.search(page)
    return {
        "asked": asked,
        "here": here,
        "kept": {
            name: value
            for name, value in asked.first().parameters().items()
            if name not in ("q", "from", "to")
        },
        "briefs": briefs,
        "count": _count(
            found,
            sum(brief["matching"] for brief in briefs),
            is_all=found.next is None and asked.is_first_page,
        ),
        "chips": [
            {"label": label, "url": f"{here}{asked.without(kind)}"}
            for kind, label in _chips(asked, found, page)
        ],
        "facets": list(_facets(asked, found, page)),
        "orders": _orders(asked, page) if asked.typed and found.count else [],
        "previous": f"{here}{found.previous}" if found.previous else "",
        "next": f"{here}{found.next}" if found.next else "",
        "all_newest": f"{here}{replace(asked.first(), is_newest=True)}" if found.ends else "",
        "spellings": found.query.spellings if found.count else (),
        "cut": found.query.cut,
        "guess": {"link": _link(f"{here}{Asked(found.guess)}", found.guess)} if found.guess else None,
        "nothing": not found.count and not asked.is_empty,
    }


def _link(url: str, words: str) -> SafeString:
    return format_html('<a href="{}" lang="{}">{}</a>', url, text.lang_of(words), words)


def _brief(hit: Hit, phrases: Sequence[Phrase], page: Side) -> dict[str, Any]:
    other = paths.OTHER[page]
    content = hit.content
    url = paths.parallel(page, hit.slug)
    rows = _matching(content.get("bullets", ()), phrases)
    shown = sorted(sorted(rows, key=lambda row: (-row[0], row[1]))[:BULLETS], key=lambda row: row[1])
    pairs = [
        _pair(str(bullet["number"]), f"{url}#b{bullet['number']}", bullet, "text", places, page)
        for _, _, bullet, places in shown
    ]
    if not pairs:
        pairs = [_summary(content, phrases, url, page)]
    return {
        "url": paths.brief(page, hit.slug),
        "headline": _marked(content.get(f"headline_{page}", ""), phrases),
        "twin_url": paths.brief(other, hit.slug),
        "twin": _marked(content.get(f"headline_{other}", ""), phrases),
        "meta": cards.facts(hit.card, page),
        "pairs": pairs,
        "matching": len(rows),
        "more": len(rows) - len(shown),
        "more_url": url,
    }


type Match = tuple[int, int, Mapping[str, Any], dict[Side, Places]]
"""How many of the phrases it has, its position, the bullet, where they stand on each side."""


def _matching(bullets: Sequence[Mapping[str, Any]], phrases: Sequence[Phrase]) -> list[Match]:
    found = []
    for n, bullet in enumerate(bullets) if phrases else ():
        places: dict[Side, Places] = {side: spans(bullet.get(f"text_{side}", ""), phrases) for side in SIDES}
        if has := sum(bool(zh or en) for zh, en in zip(places["zh"], places["en"], strict=True)):
            found.append((has, n, bullet, places))
    return found


def _pair(
    number: str, url: str, texts: Mapping[str, Any], name: str, places: Mapping[Side, Places], page: Side
) -> dict[str, Any]:
    return {
        "number": number,
        "url": url,
        "label": gettext("Bullet %(n)s, side by side") % {"n": number} if number.isdecimal() else number,
        "sides": [
            {
                "lang": LANG[side],
                "html": marked(said, places[side]) if (said := texts.get(f"{name}_{side}", "")) else "",
            }
            for side in (page, paths.OTHER[page])
        ],
    }


def _summary(content: Mapping[str, Any], phrases: Sequence[Phrase], url: str, page: Side) -> dict[str, Any]:
    """In place of bullets: of each language the paragraph that has most of the words, else its first sentences."""
    texts: dict[str, str] = {}
    places: dict[Side, Places] = {}
    for side in SIDES:
        blocks = text.paragraphs(content.get(f"summary_{side}", ""))
        best = max(blocks, key=lambda block: sum(map(bool, spans(block, phrases))), default="")
        if not any(spans(best, phrases)):
            best = text.gist(best, side)
        texts[f"summary_{side}"], places[side] = best, spans(best, phrases)
    return _pair(gettext("Summary"), f"{url}#summary", texts, "summary", places, page)


def _marked(words: str, phrases: Sequence[Phrase]) -> str:
    return marked(words, spans(words, phrases))


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
            url = f"{paths.search(page)}{asked.narrowed(kind, slug)}"
            values.append({"label": label, "lang": text.lang_of(label), "url": url, "n": n})
        if values:
            yield {"id": kind, "title": title, "values": values}


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
