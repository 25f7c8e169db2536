"""The row of every list: both languages across the fold, and on the fold what orders the list.

Rows are rendered with f-strings: a template took five times as long, and a page has twenty of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Final, Literal, NamedTuple

from django.utils import translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from briefs.bilingual.public_brief import PublicBrief
from briefs.bilingual.rendering import cards, text
from briefs.bilingual.rendering.text import KeyLine
from briefs.bilingual.text import date_format, paths, split_sentences
from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.derived.search import TextSpan, highlight_spans

from .responses import ListView

OTHER_LINK: Final = mark_safe('tabindex="-1"')
"""Attribute of a link across the fold where the page is in one language: the keyboard meets each link once."""


class RowSide(NamedTuple):
    """A row in one language. Headline and claim are plain, or HTML if they are a SafeString; the rest is HTML."""

    url: str
    headline: str
    topic: str = ""
    by: str = ""
    claim: str = ""
    note: str = ""


type RowKind = Literal["", "now", "lead", "subject"]
"""A brief, the current issue, the lead of the home page, or the head of a page."""

_ELEMENTS: Final[Mapping[RowKind, tuple[str, str]]] = {
    "": ("article", "h3"),
    "now": ("header", "h2"),
    "lead": ("article", "h2"),
    "subject": ("header", "h1"),
}
"""Element and heading of each kind of row."""


class Row(NamedTuple):
    """`fold`: HTML. `year`: stands between rows where it changes. `published_at`: for the mark of new briefs."""

    sides: Mapping[Side, RowSide]
    fold: str = ""
    year: str = ""
    published_at: str = ""
    kind: RowKind = ""


def build_row(
    brief: PublicBrief,
    view: ListView,
    fold: str = "",
    *,
    by: Callable[[PublicBrief, Side], str] = cards.render_facts,
    point: int = 0,
    beside: int = 0,
    lines: Mapping[Side, KeyLine] | None = None,
    headlines: Mapping[Side, str] | None = None,
    notes: Mapping[Side, str] | None = None,
) -> Row:
    """Return the row of a brief: its key line, or the point or lines that the page chose, with the address of the point.

    `by` renders who says it. `beside`: a keyword whose page this is.
    """
    sides: dict[Side, RowSide] = {}
    content = replace(brief.content, key_point=point) if point else brief.content
    for side in SIDES:
        url = paths.brief(side, brief.slug)
        headline = headlines[side] if headlines else brief.headline(side)
        if side not in view.sides:
            sides[side] = RowSide(url, headline)
            continue
        line = lines[side] if lines else text.find_key_line(content, side)
        claim = conditional_escape(line.words)
        if claim and line.number and (point or lines):
            claim = mark_safe(f"{claim} {_render_point_link(line.number, url, side)}")  # noqa: S308 escaped
        sides[side] = RowSide(
            url,
            headline,
            _render_topic(brief, side, beside),
            by(brief, side),
            claim,
            (notes or {}).get(side, ""),
        )
    return Row(sides, fold, published_at=brief.published_utc)


def build_row_by_posting(brief: PublicBrief, view: ListView) -> Row:
    """Return a row with the day of publication on the fold."""
    row = build_row(brief, view, cards.render_posted_day(brief.published_day, view.language))
    return row._replace(year=str(brief.published_day.year))


def build_row_by_article_date(brief: PublicBrief, view: ListView, *, point: int = 0, beside: int = 0) -> Row:
    """Return a row with the day of the article on the fold, for a list that names the year once."""
    date = cards.render_article_date(brief, view.language, form="day")
    row = build_row(brief, view, date, by=cards.render_authors_and_source, point=point, beside=beside)
    return row._replace(year=brief.facts.date[:4])


def render_rows(
    rows: Iterable[Row], view: ListView, *, heading: str = "", remark: str = "", is_marked: bool = True
) -> SafeString:
    """Render rows below their heading; empty if there are none. `is_marked`: the heading explains the mark of new briefs."""
    parts: list[str] = []
    year = ""
    for row in rows:
        if year != row.year and row.year:  # articles without a date are last
            parts.append(_render_year(row.year, view.language))
        year = row.year
        parts.append(_render_row(row, view))
    if parts and heading:
        head = {"heading": heading, "remark": remark, "is_marked": is_marked}
        parts.insert(0, text.render_partial("briefs/_list_heading.html", **head))
    return mark_safe("\n".join(parts))  # noqa: S308 escaped piece by piece


def build_sides(view: ListView, build: Callable[[Side], RowSide]) -> dict[Side, RowSide]:
    """Build both sides, each with its language active. In one language the other side keeps its headline alone."""
    sides = {}
    for side in SIDES:
        with translation.override(paths.LANGUAGE_CODES[side]):
            full = build(side)
        sides[side] = full if side in view.sides else RowSide(full.url, full.headline)
    return sides


def render_head(view: ListView, build: Callable[[Side], RowSide]) -> SafeString:
    """Render the head of a page in the form of a row."""
    return render_rows([Row(build_sides(view, build), kind="subject")], view)


def render_number(number: int) -> str:
    """Render the number of a row for the fold."""
    return f"<b>{number}</b>"


def highlight_sentence(words: str, spans: Sequence[Sequence[TextSpan]], side: Side) -> tuple[int, SafeString]:
    """Return how many rows of spans the best sentence of a text has, and this sentence with the spans marked."""
    flat, at = words.replace("\n", " "), 0
    best = (0, mark_safe(""))
    for sentence in split_sentences(words, side):
        at = flat.index(sentence, at)
        end = at + len(sentence)
        inside = [[(a - at, b - at) for a, b in row if at <= a and b <= end] for row in spans]
        if (held := sum(map(bool, inside))) > best[0]:
            best = held, highlight_spans(sentence, inside)
        at = end
    return best


def render_point_links(numbers: Sequence[int], url: str, language: Side) -> str:
    """Render "points 3, 5", each number a link. `url`: the address of the brief."""
    links = cards.LIST_SEPARATOR[language].join(f'<a href="{escape(url)}#b{n}">{n}</a>' for n in numbers)
    return escape(ngettext("point %(n)s", "points %(n)s", len(numbers))) % {"n": links}


def _render_topic(brief: PublicBrief, side: Side, beside: int) -> str:
    """Render the first keyword, as a link to its page; not the keyword whose page this is."""
    keyword = next((keyword for keyword in brief.keywords if keyword.pk != beside), None)
    return cards.render_keyword(keyword, side) if keyword else ""


def _render_point_link(number: int, url: str, side: Side) -> str:
    with translation.override(paths.LANGUAGE_CODES[side]):
        label = escape(gettext("Point %(n)s")) % {"n": number}
    return f'<a class="no" href="{escape(url)}#b{number}" aria-label="{label}">{number}</a>'


def _render_row(row: Row, view: ListView) -> str:
    other, (element, heading) = paths.OTHER_SIDE[view.language], _ELEMENTS[row.kind]
    published = f' data-published="{row.published_at}"' if row.published_at else ""
    lines = [
        f'<{element} class="{f"row {row.kind}".rstrip()}"{published}>',
        f'<p class="onfold">{row.fold}</p>' if row.fold else "",
        _render_side(row.sides[view.language], heading),
        f'<div class="far" lang="{LANGUAGE_TAGS[other]}">',
        _render_side(row.sides[other], "p", "" if view.is_both else f"{OTHER_LINK} "),
        f"</div>\n</{element}>",
    ]
    return "\n".join(filter(None, lines))


def _render_side(side: RowSide, heading: str, link_attributes: str = "") -> str:
    headline: str = conditional_escape(side.headline)
    if side.url:
        headline = f'<a {link_attributes}href="{escape(side.url)}">{headline}</a>'
    lines = [
        f'<p class="kick">{side.topic}</p>' if side.topic else "",
        f'<{heading} class="hed">{headline}</{heading}>' if side.headline else "",
        f'<p class="by">{side.by}</p>' if side.by else "",
        f'<p class="claim">{conditional_escape(side.claim)}</p>' if side.claim else "",
        f'<div class="note">{side.note}</div>' if side.note else "",
    ]
    return "\n".join(filter(None, lines))


def _render_year(year: str, language: Side) -> str:
    label = date_format.format_year(year, language)
    return f'<p class="year-mark" id="y{year}"><time datetime="{year}">{label}</time></p>'
