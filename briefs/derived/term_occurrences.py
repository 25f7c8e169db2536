"""Find the glossary terms in an edition and build the marks and explanations that its pages show.

These derived rows depend on the frozen content and the current glossary, so a changed term rebuilds them and not the
renderings.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.utils import translation
from django.utils.html import escape

from .. import checks, rendering
from ..checks import TermData, chinese
from ..content import SIDES, Content
from ..database.bulk_insert import insert_rows
from ..models.derived import EditionTerm, Gloss, Rendering
from ..models.edition import Edition
from ..models.vocabulary import Term
from ..rendering import term_marks
from ..text import paths
from .glossary_cache import TermRows, build_glossary_entries, fetch_term_rows

MAX_TERMS_SEARCHED = 10
"""Largest number of terms searched for. With more, every edition counts as affected."""

type RenderedHtml = dict[tuple[int, str], str]
"""HTML by edition id and view."""

type TermPlaces = dict[int, list[Any]]
"""`EditionTerm.places` by term id."""


class Glossary:
    """The current unmerged terms, or those of `rows`."""

    def __init__(self, rows: TermRows | None = None) -> None:
        self.terms, self._ids, self._context = _build_glossary(fetch_term_rows() if rows is None else rows)

    def find_terms(self, content: Content) -> term_marks.TermOccurrences:
        """Return the occurrences of all terms whose counterpart is in the same pair."""
        if not self.terms:
            return {}
        texts = {side: dict(term_marks.list_texts(content, side)) for side in SIDES}
        numbers = [number for number in texts["zh"] if number in texts["en"]]
        pairs = [(texts["zh"][number], texts["en"][number]) for number in numbers]
        return {
            (number, side): [(self._ids[term], start, end) for term, start, end in places]
            for number, by_side in zip(numbers, checks.find_term_spans(pairs, self._context), strict=True)
            for side, places in by_side.items()
            if places
        }


@lru_cache(maxsize=4)
def _build_glossary(
    rows: TermRows,
) -> tuple[dict[int, dict[str, str]], dict[TermData, int], checks.CheckContext]:
    """Return the labels of terms by id, the lowest id of each distinct term, and the context of the checks."""
    entries = build_glossary_entries(rows)
    shown = {entry.pk: {"slug": entry.slug, "zh": entry.term.zh, "en": entry.term.en} for entry in entries}
    ids = {entry.term: entry.pk for entry in reversed(entries)}
    terms = tuple(entry.term for entry in entries)
    return shown, ids, checks.CheckContext(terms=terms, mainland_wordings=chinese.load_default_wordings())


def add_glosses(editions: Sequence[Edition], hashes: dict[int, str], html: RenderedHtml) -> None:
    """Add the glosses of editions that have none. `hashes` are their content hashes by id."""
    glossary = Glossary()
    glosses: list[tuple[Any, ...]] = []
    uses: list[tuple[Any, ...]] = []
    for edition in editions:
        content = edition.frozen_content
        occurrences = glossary.find_terms(content)
        pages = _build_pages(
            content,
            {view: html.get((edition.pk, view), "") for view in rendering.READING_VIEWS},
            occurrences,
            glossary,
        )
        made_of = (hashes[edition.pk], rendering.VERSION)
        glosses.append((edition.pk, *pages.values(), collect_shown_labels(occurrences, glossary), *made_of))
        uses += [
            (edition.pk, pk, places, edition.published_at)
            for pk, places in group_places_by_term(content, occurrences).items()
        ]
    insert_rows(Gloss, ("edition_id", *term_marks.PAGE_SIDES, "labels", "content_hash", "version"), glosses)
    insert_rows(EditionTerm, ("edition_id", "term_id", "places", "published_at"), uses)


def group_places_by_term(content: Content, occurrences: term_marks.TermOccurrences) -> TermPlaces:
    """Group the occurrences by term in the format of `EditionTerm.places`."""
    places: TermPlaces = {}
    for number in (0, *(b.number for b in content.bullets)):
        for which, side in enumerate(SIDES):
            for term, start, end in occurrences.get((number, side), ()):
                rows = places.setdefault(term, [])
                if not rows or rows[-1][0] != number:
                    rows.append([number, [], []])
                rows[-1][which + 1].append([start, end])
    return places


def collect_shown_labels(occurrences: term_marks.TermOccurrences, glossary: Glossary) -> list[list[str]]:
    """Return slug and labels of the terms shown, to detect stale glosses."""
    ids = sorted({term for places in occurrences.values() for term, _, _ in places})
    return [[row["slug"], row["zh"], row["en"]] for row in (glossary.terms[pk] for pk in ids)]


def rebuild_existing_glosses(editions: Sequence[int]) -> None:
    """Rebuild the glosses of editions that have one. Others are left to `build`."""
    known = dict(Gloss.objects.filter(edition__in=editions).values_list("edition_id", "content_hash"))
    rendered = Rendering.objects.filter(edition__in=known).values_list("edition_id", "view", "html")
    html = {(pk, view): text for pk, view, text in rendered}
    Gloss.objects.filter(edition__in=known).delete()
    EditionTerm.objects.filter(edition__in=known).delete()
    add_glosses(list(Edition.objects.filter(pk__in=known)), known, html)


def find_affected_editions(terms: Sequence[Term], editions: Sequence[int]) -> set[int]:
    """Return the editions that contain, contained or may contain one of the terms: a superset."""
    if len(terms) > MAX_TERMS_SEARCHED:
        return set(editions)
    used = EditionTerm.objects.filter(term__in=terms, edition__in=editions)
    return {*used.values_list("edition_id", flat=True), *_editions_containing(terms, editions)}


def _editions_containing(terms: Iterable[Term], editions: Sequence[int]) -> Iterable[int]:
    looks = {escape(look) for term in terms for form in _forms(term) for look in _search_stems(form)}
    if not looks:
        return []
    wanted = Q()
    for look in sorted(looks):
        wanted |= Q(html__icontains=look)
    rows = Rendering.objects.filter(wanted, view="parallel", edition__in=editions)
    return rows.values_list("edition_id", flat=True)


def _forms(term: Term) -> set[str]:
    return {term.zh, term.en, *term.also_zh, *term.also_en, *term.safe_zh, *term.safe_en} - {""}


def _search_stems(form: str) -> set[str]:
    """Return the longest part that every spelling of a form contains: without hyphen, plural s, 臺 or 台."""
    stem = form[:-1] if form.isascii() and form.endswith("s") else form
    parts = [
        part for part in stem.replace("臺", "台").replace("-", " ").replace("台", " ").split(" ") if part
    ]
    return {max(parts, key=len)} if parts else {"台", "臺"}


def _build_pages(
    content: Content, html: dict[str, str], occurrences: term_marks.TermOccurrences, glossary: Glossary
) -> dict[str, Any]:
    made = {}
    for name, sides in term_marks.PAGE_SIDES.items():
        text = html[name] if len(sides) == 1 else rendering.select_order(html["parallel"], sides[0])
        with translation.override(paths.LANGUAGE_CODES[sides[0]]):
            made[name] = term_marks.build_page_gloss(content, text, sides, occurrences, glossary.terms)
    return made
