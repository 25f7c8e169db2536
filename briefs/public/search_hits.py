"""Render a search hit as a row: the point or sentence that holds most of the query, and what else the brief holds."""

from collections.abc import Iterator, Mapping, Sequence, Set
from html import escape
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.rendering import cards, text
from briefs.bilingual.rendering.cards import LIST_SEPARATOR
from briefs.bilingual.rendering.text import KeyLine
from briefs.bilingual.text import paths
from briefs.content import SIDES, Side
from briefs.derived.search import ParsedQuery, Phrase, TextSpan, find_spans, highlight_spans

from . import list_rows
from .list_rows import Row
from .responses import ListView
from .search_queries import SearchHit

type MatchSpans = list[list[TextSpan]]
type PartSpans = Mapping[tuple[str, Side], MatchSpans]
"""Match spans of headline and summary on each side."""


class Answer(NamedTuple):
    row: Row
    matching_bullets: int
    """Number of matching bullets in the brief, shown or not."""


def build_answer(hit: SearchHit, query: ParsedQuery, number: int, view: ListView) -> Answer:
    """Build the row of a hit. `number`: its position by rank; 0 for a list by day of publication."""
    phrases, content, language = query.highlighted_phrases, hit.content, view.language
    matches = _find_matching_bullets(content.get("bullets", ()), phrases)
    spans = {
        (part, side): find_spans(content.get(f"{part}_{side}", ""), phrases)
        for part in ("headline", "summary")
        for side in SIDES
    }
    lines = _choose_lines(hit, matches, spans, language)
    headlines = {
        side: highlight_spans(content.get(f"headline_{side}", ""), spans["headline", side]) for side in SIDES
    }
    notes = {}
    for side in view.sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            notes[side] = _render_reason(hit, query, spans, matches, lines[language].number, side)
    posted = hit.brief.published_day
    fold = list_rows.render_number(number) if number else cards.render_posted_day(posted, language)
    row = list_rows.build_row(hit.brief, view, fold, lines=lines, headlines=headlines, notes=notes)
    return Answer(row, len(matches))


def _choose_lines(
    hit: SearchHit, matches: Sequence["BulletMatch"], spans: PartSpans, language: Side
) -> dict[Side, KeyLine]:
    """Return the point that holds most of the query, unless a sentence of the summary holds more; else the key line."""
    sentences = {
        side: list_rows.highlight_sentence(
            hit.content.get(f"summary_{side}", ""), spans["summary", side], side
        )
        for side in SIDES
        if any(spans["summary", side])
    }
    best = max((held for held, _ in sentences.values()), default=0)
    readable = [match for match in matches if match[2].get(f"text_{language}")]
    if readable and (match := max(readable, key=lambda match: (match[0], -match[1])))[0] >= best:
        _, _, bullet, places = match
        return {
            side: KeyLine(bullet["number"], highlight_spans(bullet.get(f"text_{side}", ""), places[side]))
            for side in SIDES
        }
    lines = {side: text.find_key_line(hit.brief.content, side) for side in SIDES}
    return {
        side: KeyLine(0, sentences[side][1]) if sentences.get(side, (0,))[0] else line
        for side, line in lines.items()
    }


def _render_reason(
    hit: SearchHit,
    query: ParsedQuery,
    spans: PartSpans,
    matches: Sequence["BulletMatch"],
    shown: int,
    language: Side,
) -> str:
    """Render why the brief matches: other texts that contain words of the query, and names that contain the others.

    `shown`: number of the point in the row, 0 for the summary. Nothing is said if that is all.
    """
    places = [
        f"<b>{escape(label)}</b>"
        for part, label in (("headline", gettext("headline")), ("summary", gettext("summary")))
        if any(any(spans[part, side]) for side in SIDES)
    ]
    if numbers := [bullet["number"] for _, _, bullet, _ in matches]:
        url = paths.brief(language, hit.brief.slug)
        places.append(list_rows.render_point_links(numbers, url, language))
    span_lists = [*spans.values(), *(by_side[side] for *_, by_side in matches for side in SIDES)]
    seen = {n for row in span_lists for n, places_of in enumerate(row) if places_of}
    named = dict.fromkeys(_name_reasons(hit.brief, query, seen, language))
    if not places and len(named) == 1:
        return escape(gettext("Matches only the %(reason)s")) % {"reason": next(iter(named))}
    if len(places) == 1 and not named and numbers == [shown] * bool(shown):
        return ""
    said = LIST_SEPARATOR[language].join([*places, *named])
    return escape(gettext("Matches: %(places)s")) % {"places": said} if said else ""


def _name_reasons(brief: PublicBrief, query: ParsedQuery, seen: Set[int], language: Side) -> Iterator[str]:
    """Yield names, as HTML, that contain a query term which the text lacks. `seen`: indexes of phrases in the text."""
    at = 0
    for term in query.required_terms:
        if not term.field:
            in_text = not seen.isdisjoint(range(at, at := at + len(term.alternatives)))
            if in_text:
                continue
        for kind, label, names in _list_names(brief):
            for name in names if term.field in ("", kind) else ():
                if any(any(find_spans(name.label(side), term.alternatives)) for side in SIDES):
                    shown = text.mark_language(name.label(language), language)
                    yield escape(gettext("%(kind)s “%(name)s”")) % {"kind": escape(label), "name": shown}


def _list_names(brief: PublicBrief) -> Iterator[tuple[str, str, Sequence[PublicName]]]:
    yield "keyword", gettext("Keyword").lower(), brief.keywords
    yield "author", gettext("Author").lower(), brief.authors
    yield "source", gettext("Source").lower(), [brief.source] if brief.source else []


type BulletMatch = tuple[int, int, Mapping[str, Any], dict[Side, MatchSpans]]
"""Number of matching phrases in one language, position, bullet, match spans per side."""


def _find_matching_bullets(
    bullets: Sequence[Mapping[str, Any]], phrases: Sequence[Phrase]
) -> list[BulletMatch]:
    matches = []
    for n, bullet in enumerate(bullets) if phrases else ():
        places: dict[Side, MatchSpans] = {
            side: find_spans(bullet.get(f"text_{side}", ""), phrases) for side in SIDES
        }
        if has := max(sum(map(bool, places[side])) for side in SIDES):
            matches.append((has, n, bullet, places))
    return matches


KIND_LABELS = {
    "brief": gettext_lazy("Brief"),
    "term": gettext_lazy("Term"),
    "keyword": gettext_lazy("Keyword"),
    "author": gettext_lazy("Author"),
    "source": gettext_lazy("Source"),
}
"""What a suggested or similar name leads to, by the kind of page."""
