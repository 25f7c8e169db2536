"""Glossary terms: locate them in rendered HTML, link them and list their translations."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from django.utils.translation import gettext

from briefs.bilingual.public_brief import PublicName
from briefs.bilingual.text import paths
from briefs.content import LANGUAGE_TAGS, SIDES, Content, Side

from .text import escape_text, split_paragraphs

type TermOccurrences = dict[tuple[int, Side], list[tuple[int, int, int]]]
"""Occurrences by bullet number (0 for the summary) and side: term id, start, end, in text order."""
type TermMark = tuple[int, int, int, str]
"""Start, end, number on the page, gloss (escaped)."""


def list_texts(content: Content, side: Side) -> list[tuple[int, str]]:
    """Return summary (number 0) and bullets as (number, text), without empty ones.

    The summary's paragraphs are separated by a line end.
    """
    rows = [(0, "\n".join(split_paragraphs(content.summary(side))))]
    rows += [(b.number, b.text(side)) for b in content.bullets]
    return [(number, words) for number, words in rows if words]


def mark_terms(
    content: Content,
    html: str,
    sides: Sequence[Side],
    occurrences: TermOccurrences,
    terms: Mapping[int, PublicName],
) -> tuple[str, str]:
    """Return the fragment with its terms linked, and the list of terms; the first of `sides` is the page's language."""
    if not occurrences:
        return html, ""
    numbers: dict[int, int] = {}
    listed: set[tuple[int, Side]] = set()
    marks: list[TermMark] = []
    for number, side, offset, words, at in _locate_paragraphs(content, html, sides):
        for term, start, end in occurrences.get((number, side), ()):
            if (term, side) in listed or not offset <= start < offset + len(words):
                continue
            listed.add((term, side))
            n = numbers.setdefault(term, len(numbers) + 1)
            first = at + len(escape(words[: start - offset]))
            length = len(escape(words[start - offset : end - offset]))
            gloss = terms[term].label(paths.OTHER_SIDE[side])
            marks.append((first, first + length, n, escape(gloss)))
    rows = [(terms[term], n) for term, n in numbers.items()]
    return _link_terms(html, marks), _render_term_list(rows, sides[0]) if rows else ""


def collect_occurrences(places_by_term: Mapping[int, Iterable[Any]]) -> TermOccurrences:
    """Return the occurrences from `EditionTerm.places` by term id."""
    occurrences: TermOccurrences = {}
    for term, places in places_by_term.items():
        for number, *spans_by_side in places:
            for side, spans in zip(SIDES, spans_by_side, strict=True):
                occurrences.setdefault((number, side), []).extend((term, start, end) for start, end in spans)
    return {key: sorted(spans, key=lambda span: span[1]) for key, spans in occurrences.items()}


def _link_terms(html: str, marks: Iterable[Sequence[Any]]) -> str:
    """Return the fragment with its terms linked. `marks` must be in text order."""
    parts: list[str] = []
    at = 0
    for start, end, n, gloss in marks:
        parts += (
            html[at:start],
            f'<a class="term" href="#term-{n}" title="{gloss}">',
            html[start:end],
            "</a>",
        )
        at = end
    parts.append(html[at:])
    return "".join(parts)


def _locate_paragraphs(
    content: Content, html: str, sides: Sequence[Side]
) -> Iterable[tuple[int, Side, int, str, int]]:
    """Yield number, side, offset in its text, text and HTML offset of each paragraph, in page order."""
    at = 0
    for number in (0, *(b.number for b in content.bullets)):
        for side in sides:
            offset = 0
            for words in _paragraphs(content, number, side):
                position = html.find(f">{escape_text(words)}</p>", at)
                if position >= 0:
                    at = position + 1
                    yield number, side, offset, words, at
                offset += len(words) + 1


def _paragraphs(content: Content, number: int, side: Side) -> list[str]:
    if not number:
        return split_paragraphs(content.summary(side))
    return [words for b in content.bullets if b.number == number and (words := b.text(side))]


def _render_term_list(rows: Sequence[tuple[PublicName, int]], side: Side) -> str:
    """Render the terms with their other rendering. A template takes as long as a tenth of the page."""
    other = paths.OTHER_SIDE[side]
    lines = "\n".join(
        f'''<div id="term-{n}">
<dt><a href="{escape(paths.subject(side, "terms", term.slug))}">{escape(term.label(side))}</a></dt>
<dd lang="{LANGUAGE_TAGS[other]}">{escape(term.label(other))}</dd>
</div>'''
        for term, n in rows
    )
    return f"""<section class="terms" aria-labelledby="terms">
<h2 id="terms">{escape(gettext("Terms on this page"))}</h2>
<dl>
{lines}
</dl>
</section>"""
