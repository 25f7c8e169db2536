"""Lists of briefs: each row shows what a brief says, when, and who says it.

Rows are rendered with f-strings: a template took five times as long, and a page has twenty of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from briefs.content import SIDES, Side
from briefs.public_brief import PublicBrief
from briefs.rendering import cards, text
from briefs.rendering.text import KeyLine
from briefs.search.highlighting import TextSpan, highlight_spans
from briefs.text import date_format, paths
from briefs.text.sentences import split_sentences

from .editions import ListedBrief


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


def render_list_by_publication(rows: Iterable[ListedBrief], language: Side, *, heading: str) -> SafeString:
    """Render rows with the day of publication. Headlines come first, and the year stands between rows where it changes."""
    labels = _Labels.build()
    parts: list[str] = []
    year = 0
    for _, _, brief in rows:
        if year != (year := brief.published_day.year):
            parts.append(_render_year(str(year), language))
        date = cards.render_fold_date(brief.published_day, language)
        parts.append(_render_row(build_claim(brief), date, language, labels, is_entry=True))
    return _join(parts, heading)


def render_list_by_article_date(
    rows: Iterable[ListedBrief],
    language: Side,
    *,
    heading: str = "",
    topic: Mapping[Side, str] | None = None,
) -> SafeString:
    """Render rows with the date of the article.

    `topic`: labels of a topic. Each brief then shows the point that names the topic, if one does.
    """
    briefs = [row.brief for row in rows]
    numbers = [text.find_point_naming(brief.content, topic) if topic else 0 for brief in briefs]
    return render_claims(map(build_claim, briefs, numbers), language, heading=heading)


def render_claims(claims: Iterable[Claim], language: Side, *, heading: str = "") -> SafeString:
    """Render rows with the date of the article, whose year stands on its own line."""
    labels = _Labels.build()
    return _join(
        [
            _render_row(
                claim,
                f'<p class="onfold">{cards.render_article_date(claim.brief, language, on_two_lines=True)}</p>',
                language,
                labels,
            )
            for claim in claims
        ],
        heading,
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

    @classmethod
    def build(cls) -> "_Labels":
        return cls(escape(gettext("Point %(n)s")), escape(gettext("Summary")))


def _render_row(claim: Claim, date: str, language: Side, labels: _Labels, *, is_entry: bool = False) -> str:
    """Render a row. An entry has its headline first; other rows have it after the names."""
    brief, line = claim.brief, claim.lines[language]
    url = escape(paths.brief(language, brief.slug))
    headline = f'<h3><a href="{url}">{conditional_escape(claim.headlines[language])}</a></h3>'
    by = (cards.render_facts if is_entry else cards.render_authors_and_source)(brief, language)
    parts = [
        f'<article class="claim{" entry" if is_entry else ""}" data-published="{brief.published_utc}">',
        headline if is_entry else "",
        date,
        _render_point(line, url, labels),
        f'<div class="says">\n<p class="by">{by}</p>',
        "" if is_entry else headline,
        f'<p class="note">{claim.note}</p>' if claim.note else "",
        "</div>\n</article>",
    ]
    return "\n".join(filter(None, parts))


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
    return (
        f'<p class="year-mark"><time datetime="{year}">{date_format.format_year(year, language)}</time></p>'
    )


def _join(rows: Sequence[str], heading: str) -> SafeString:
    """Join rows below their heading, if any; empty if there are none."""
    head = text.render_partial("briefs/_list_heading.html", heading=heading) if rows and heading else ""
    return mark_safe("\n".join(filter(None, (head, *rows))))  # noqa: S308 escaped piece by piece
