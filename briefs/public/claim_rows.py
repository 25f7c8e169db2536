"""Lists of briefs: each row shows what a brief says, when, and who says it.

Rows are rendered with f-strings: a template took five times as long, and a page has twenty of them.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import NamedTuple

from django.utils import translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.public_brief import PublicBrief
from briefs.publications.published import PublicItem
from briefs.rendering import cards, text
from briefs.rendering.text import KeyLine
from briefs.search.highlighting import TextSpan, highlight_spans
from briefs.text import date_format, paths
from briefs.text.scripts import split_sentences

from . import brief_answers
from .editions import ListedBrief
from .responses import ListView


class Claim(NamedTuple):
    """A row of a list. Texts are plain, or HTML if they are a SafeString."""

    brief: PublicBrief
    lines: Mapping[Side, KeyLine]
    headlines: Mapping[Side, str]
    note: str = ""
    """HTML below the names, in the language of the page."""


def build_claim(brief: PublicBrief, number: int = 0, note: str = "") -> Claim:
    """Return the row of a brief with this point, else with its key line."""
    content = replace(brief.content, key_point=number) if number else brief.content
    lines = {side: text.find_key_line(content, side) for side in SIDES}
    return Claim(brief, lines, {side: brief.headline(side) for side in SIDES}, note)


def render_list_by_publication(rows: Iterable[ListedBrief], view: ListView, *, heading: str) -> SafeString:
    """Render rows with the day of publication. Headlines come first, and the year stands between rows where it changes."""
    labels = _build_labels(view)
    parts: list[str] = []
    year = 0
    for _, _, brief in rows:
        if year != (year := brief.published_day.year):
            parts.append(_render_year(str(year), view.language))
        date = cards.render_fold_date(brief.published_day, view.language)
        parts.append(_render_row(build_claim(brief), date, view, labels, cards.render_facts, is_entry=True))
    return _join(parts, heading)


def render_list_by_article_date(
    rows: Iterable[ListedBrief],
    view: ListView,
    *,
    heading: str = "",
    by_year: bool = False,
    topic: Mapping[Side, str] | None = None,
) -> SafeString:
    """Render rows with the date of the article. `by_year`: its year stands between rows where it changes.

    `topic`: labels of a topic. Each brief then shows the point that names the topic, if one does.
    """
    briefs = [row.brief for row in rows]
    numbers = [text.find_point_naming(brief.content, topic) if topic else 0 for brief in briefs]
    return render_claims(map(build_claim, briefs, numbers), view, heading=heading, by_year=by_year)


def render_claims(
    claims: Iterable[Claim], view: ListView, *, heading: str = "", by_year: bool = False
) -> SafeString:
    """Render rows with the date of the article, whose year stands on its own line, or between rows."""
    labels = _build_labels(view)
    rows = []
    year = ""
    for claim in claims:
        if by_year and year != (year := claim.brief.facts.date[:4]) and year:  # undated ones are last
            rows.append(_render_year(year, view.language))
        date = cards.render_article_date(
            claim.brief, view.language, on_two_lines=not by_year, without_year=by_year
        )
        fold = f'<p class="onfold">{date}</p>'
        by = cards.render_authors_and_source
        rows.append(_render_row(claim, fold, view, labels, by, is_entry=not view.has_points))
    return _join(rows, heading)


def render_issue_items(items: Iterable[PublicItem], view: ListView) -> SafeString:
    """Render the briefs of an issue, numbered. A correction newer than the issue is marked; a withdrawn brief is its notice."""
    labels, rows = _build_labels(view), []
    for number, item in enumerate(items, 1):
        fold = f'<p class="onfold"><b>{number}</b></p>'
        if item.withdrawn_at:
            rows.append(_render_withdrawn(item, item.withdrawn_at, fold, view))
        else:
            claim = build_claim(item.brief, note=_render_correction_mark(item, view.language))
            rows.append(_render_row(claim, fold, view, labels, cards.render_facts, is_entry=True))
    return _join(rows, "")


def _render_correction_mark(item: PublicItem, language: Side) -> str:
    if not item.corrected_at:
        return ""
    day = cards.render_day(item.corrected_at.date().isoformat(), language)
    words = escape(gettext("Corrected since, on %(date)s")) % {"date": day}
    url = escape(paths.changes(language, item.brief.slug))
    return f'<span class="corrected"><a href="{url}">{words}</a></span>'


def _render_withdrawn(item: PublicItem, withdrawn_at: dt.datetime, fold: str, view: ListView) -> str:
    """Render headline and notice, in each language of the view."""
    notices = brief_answers.build_withdrawal_notices(item, withdrawn_at, view.language)
    halves = []
    for side, notice in zip(view.sides, notices, strict=False):
        url, headline = escape(paths.brief(side, item.brief.slug)), escape(item.brief.headline(side))
        halves.append(
            f'<h3><a href="{url}">{headline}</a></h3>\n<p class="correction"><strong>{escape(notice["heading"])}</strong> '
            f"{escape(notice['sentence'])}</p>"
        )
    if not view.is_both:
        return f'<article class="claim entry">\n{halves[0]}\n{fold}\n</article>'
    other = LANGUAGE_TAGS[paths.OTHER_SIDE[view.language]]
    return (
        f'<article class="claim entry both">\n{fold}\n<div class="half">\n{halves[0]}\n</div>\n'
        f'<div class="half" lang="{other}">\n{halves[1]}\n</div>\n</article>'
    )


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


class _Labels(NamedTuple):
    """Translated labels of a row."""

    point: str
    summary: str


type _Labelled = Mapping[Side, _Labels]
type _ByLine = Callable[[PublicBrief, Side], str]


def _build_labels(view: ListView) -> _Labelled:
    labels = {}
    for side in view.sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            labels[side] = _Labels(escape(gettext("Point %(n)s")), escape(gettext("Summary")))
    return labels


def _render_row(
    claim: Claim, date: str, view: ListView, labels: _Labelled, by: _ByLine, *, is_entry: bool
) -> str:
    """Render a row. An entry has its headline first; other rows have it after the names. `by`: renders who says it."""
    kinds = f"claim{' entry' if is_entry else ''}{' both' if view.is_both else ''}"
    start = f'<article class="{kinds}" data-published="{claim.brief.published_utc}">'
    head, body = _render_side(claim, view.language, view, labels, by, is_entry=is_entry)
    if not view.is_both:
        return "\n".join(filter(None, (start, head, date, body, "</article>")))
    other = paths.OTHER_SIDE[view.language]
    with translation.override(paths.LANGUAGE_CODES[other]):
        twin = _render_side(claim._replace(note=""), other, view, labels, by, is_entry=is_entry)
    return "\n".join(
        [
            f'{start}\n{date}\n<div class="half">\n{head}\n{body}\n</div>',
            f'<div class="half" lang="{LANGUAGE_TAGS[other]}">\n{"\n".join(twin)}\n</div>\n</article>',
        ]
    )


def _render_side(
    claim: Claim, side: Side, view: ListView, labels: _Labelled, by: _ByLine, *, is_entry: bool
) -> tuple[str, str]:
    """Return the headline of an entry, and the rest of the row in one language."""
    url = escape(paths.brief(side, claim.brief.slug))
    headline = f'<h3><a href="{url}">{conditional_escape(claim.headlines[side])}</a></h3>'
    parts = [
        _render_point(claim.lines[side], url, labels[side]) if view.has_points else "",
        f'<div class="says">\n<p class="by">{by(claim.brief, side)}</p>',
        "" if is_entry else headline,
        f'<p class="note">{claim.note}</p>' if claim.note else "",
        "</div>",
    ]
    return headline if is_entry else "", "\n".join(filter(None, parts))


def _render_point(line: KeyLine, url: str, labels: _Labels) -> str:
    """Render what is said, with the address of the point or of the summary. `url` must be escaped."""
    if not line.words:
        return ""
    anchor, label = (
        (f"b{line.number}", labels.point % {"n": line.number}) if line.number else ("summary", labels.summary)
    )
    return (
        f'<p class="point">{conditional_escape(line.words)} '
        f'<a class="no" href="{url}#{anchor}" aria-label="{label}">{line.number or "¶"}</a></p>'
    )


def _render_year(year: str, language: Side) -> str:
    label = date_format.format_year(year, language)
    return f'<p class="year-mark" id="y{year}"><time datetime="{year}">{label}</time></p>'


def _join(rows: Sequence[str], heading: str) -> SafeString:
    """Join rows below their heading, if any; empty if there are none."""
    head = text.render_partial("briefs/_list_heading.html", heading=heading) if rows and heading else ""
    return mark_safe("\n".join(filter(None, (head, *rows))))  # noqa: S308 escaped piece by piece
