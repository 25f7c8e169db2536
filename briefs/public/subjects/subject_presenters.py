"""What the pages of subjects, terms and months show: plain values for their templates."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy, ngettext

from ...content import LANG, SIDES, Side
from ...rendering import cards, term_marks
from ...text import dates, paths
from ...text.scripts import lang_of
from .. import list_presenter
from ..editions import Row
from ..keyset import Sheet
from .subject_queries import KINDS, MANY, Counted, Dated, Kind, Month, Subject, Used, label, twin

_ONE = {
    "keywords": gettext_lazy("Keyword"),
    "authors": gettext_lazy("Author"),
    "sources": gettext_lazy("Source"),
    "terms": gettext_lazy("Term"),
}
_ALL = {
    "keywords": gettext_lazy("Keywords"),
    "authors": gettext_lazy("Authors"),
    "sources": gettext_lazy("Sources"),
    "terms": gettext_lazy("Glossary"),
}


def index(rows: Iterable[Counted], kind: str, page: Side) -> dict[str, Any]:
    """By their labels: in English by the alphabet, in Chinese by strokes, as Big5 has them."""
    ordered = sorted(rows, key=lambda row: _order(row, page))
    return {
        "heading": str(_ALL[kind]),
        "kind": kind,
        "rows": [_row(row, kind, page) for row in ordered],
    }


def subject(
    found: Subject, kind: Kind, page: Side, *, sheet: Sheet[Row], newest: bool, n: int, often: Sequence[Counted], site: str
) -> dict[str, str]:  # fmt: skip
    here = paths.subject(page, kind.name, found.slug)
    margin = {
        "heading": gettext("Often with it") if kind.name == "keywords" else gettext("Keywords"),
        "rows": [_row(row, "keywords", page) for row in often],
        "site": site,
    }
    return _frame(found, kind, page, n=n, newest=newest) | {
        "margin": list_presenter.part("briefs/_often.html", twin_lang=LANG[paths.OTHER[page]], **margin)
        if often or site
        else "",
        "entries": list_presenter.by_publication(sheet.rows, page),
        "paging": list_presenter.paging(sheet, here, newest=newest, page=page),
    }


def term(
    found: Subject, also: dict[Side, list[str]], sheet: Sheet[Used], page: Side, *, newest: bool, n: int
) -> dict[str, Any]:
    here = paths.subject(page, "terms", found.slug)
    return _frame(found, KINDS["terms"], page, n=n, newest=newest) | {
        "twin": cards.run(twin(found, page), page),
        "also": [(LANG[side], also[side]) for side in (page, paths.OTHER[page]) if also[side]],
        "uses": [_use(used, page) for used in sheet.rows],
        "paging": list_presenter.paging(sheet, here, newest=newest, page=page),
    }


def archive(months: Sequence[Month], page: Side) -> dict[str, Any]:
    """Years, the newest first, each with its months."""
    years: dict[int, list[Month]] = {}
    for row in months:
        years.setdefault(row.month // 100, []).append(row)
    return {
        "years": [
            {
                "label": list_presenter.year(year, page),
                "url": f"{paths.home(page)}archive/{year}/",
                "n": sum(row.n for row in rows),
                "months": _months(rows, page),
            }
            for year, rows in years.items()
        ]
    }


def period(
    sheet: Sheet[Dated], months: Sequence[Month], heading: str, path: str, page: Side, *, newest: bool
) -> dict[str, str]:
    """A year or a month, with the months of its year beside it."""
    year = months[0].month // 100
    shown = [row for row in months if path in (month_path(row.month), f"archive/{year}/")]
    margin = {
        "heading": list_presenter.year(year, page),
        "url": f"{paths.home(page)}archive/{year}/",
        "months": _months(months, page, here=path),
    }
    return {
        "kind": gettext("Archive"),
        "kind_url": f"{paths.home(page)}archive/",
        "heading": heading,
        "plain": heading,
        "twin": "",
        "count": _count(sum(row.n for row in shown)),
        "robots": "" if newest else list_presenter.NOINDEX,
        "margin": list_presenter.part("briefs/_months.html", **margin),
        "entries": list_presenter.by_article(sheet.rows, page),
        "paging": list_presenter.paging(sheet, f"{paths.home(page)}{path}", newest=newest, page=page),
    }


def month_path(key: int) -> str:
    return f"archive/{key // 100}/{key % 100:02}/"


def _months(rows: Iterable[Month], page: Side, here: str = "") -> list[dict[str, Any]]:
    """Of one year, which is said above them. What is dated to a year alone stands on the page of the year."""
    return [
        {
            "label": f"{row.month % 100}月" if page == "zh" else dates.MONTHS[row.month % 100 - 1],
            "is_here": here == month_path(row.month),
            "url": f"{paths.home(page)}{month_path(row.month)}",
            "n": row.n,
        }
        for row in rows
        if row.month % 100
    ]


def _frame(found: Subject, kind: Kind, page: Side, *, n: int, newest: bool) -> dict[str, Any]:
    return {
        "kind": str(_ONE[kind.name]),
        "kind_url": f"{paths.home(page)}{kind.name}/",
        "heading": cards.run(label(found, page), page),
        "twin": _twin(found, page),
        "count": _count(n),
        "robots": "" if newest else list_presenter.NOINDEX,
        "plain": label(found, page),
    }


def _count(n: int) -> str:
    if n > MANY:
        return gettext("More than %(n)s briefs") % {"n": MANY}
    return ngettext("%(n)s brief", "%(n)s briefs", n) % {"n": n}


def _row(row: Counted, kind: str, page: Side) -> dict[str, Any]:
    return {
        "url": paths.subject(page, kind, row.slug),
        "label": cards.run(label(row, page), page),
        "twin": cards.run(twin(row, page), page),
        "n": row.n,
    }


def _twin(found: Subject, page: Side) -> str:
    words = twin(found, page)
    return format_html('<p class="twin-headline">{}</p>', cards.run(words, page)) if words else ""


def _order(row: Counted, page: Side) -> tuple[Any, ...]:
    words = label(row, page)
    latin = (row.family or words).casefold(), words.casefold()
    if page == "en":
        return latin
    is_han = lang_of(words) == LANG["zh"]
    return (is_han, words.encode("cp950", "replace"), words) if is_han else (is_han, *latin)


def _use(used: Used, page: Side) -> dict[str, Any]:
    """One brief in which a term stands, with each pair that has it."""
    card, other = used.card, paths.OTHER[page]
    words = {side: dict(term_marks.texts(used.content, side)) for side in SIDES}
    parallel = paths.parallel(page, card["slug"])
    return {
        "headline": card[f"headline_{page}"],
        "url": paths.brief(page, card["slug"]),
        "twin": card[f"headline_{other}"],
        "twin_url": paths.brief(other, card["slug"]),
        "by": cards.by(card, page),
        "pairs": [
            {
                "number": number or gettext("Summary"),
                "label": gettext("Bullet %(n)s") % {"n": number} if number else gettext("Summary"),
                "url": f"{parallel}#b{number}" if number else f"{parallel}#summary",
                "sides": [
                    {
                        "lang": LANG[side],
                        "text": term_marks.highlighted(
                            words[side].get(number, ""), zh if side == "zh" else en
                        ),
                        "lacuna": gettext("Not in the Chinese")
                        if side == "zh"
                        else gettext("Not in the English"),
                    }
                    for side in (page, other)
                ],
            }
            for number, zh, en in used.places
        ],
    }
