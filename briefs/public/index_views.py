"""Indexes of topics, authors, sources and terms."""

from itertools import groupby
from string import ascii_uppercase
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from briefs.bilingual.rendering import text
from briefs.bilingual.text import detect_language_code, fold_accents, paths
from briefs.bilingual.text.person_names import NameOrder, find_name_order
from briefs.content import LANGUAGE_TAGS, Side

from . import list_rows, responses, subject_queries
from .list_rows import RowSide
from .responses import ListView
from .subject_queries import SUBJECT_KINDS, CountedSubject, subject_label, twin_label


def index(request: HttpRequest, language: Side, kind: str) -> HttpResponse:
    """Show the names of a kind by label: Latin names alphabetically, then Chinese ones by strokes.

    Authors are sorted by family name. Chinese labels are sorted by their Big5 bytes, which is the order of strokes.
    """
    of, view = SUBJECT_KINDS[kind], ListView.read(request, language)
    rows = subject_queries.list_subjects(of, timezone.now())
    ordered = sorted(rows, key=lambda row: _sort_key(row, language))
    groups = groupby(ordered, key=lambda row: _initial(row, language) if kind == "authors" else "")
    return responses.render(
        "briefs/subject_index.html",
        language,
        f"{kind}/",
        menu_entry=kind,
        heading=str(of.plural),
        head=list_rows.render_head(view, lambda _: RowSide("", str(of.plural))),
        list_view=view,
        link="" if view.is_both else list_rows.OTHER_LINK,
        groups=[
            {"initial": initial, "rows": [_index_row(row, kind, language) for row in group]}
            for initial, group in groups
        ],
    )


def build_name_row(row: CountedSubject, kind: str, language: Side) -> dict[str, Any]:
    other, twin = paths.OTHER_SIDE[language], twin_label(row, language)
    return {
        "url": paths.subject(language, kind, row.slug),
        "label": text.mark_language(subject_label(row, language), language),
        "twin": twin and text.mark_language(twin, other),
        "twin_url": paths.subject(other, kind, row.slug),
        "n": row.brief_count,
    }


def _index_row(row: CountedSubject, kind: str, language: Side) -> dict[str, Any]:
    """Return a line of an index. An author's family name comes first: Chilukuri, Vivek; Liu He."""
    words = subject_label(row, language)
    is_inverted = kind == "authors" and row.given and words == row.en
    if is_inverted and find_name_order(words, row.family, row.given, "") is NameOrder.GIVEN_FIRST:
        words = f"{row.family}, {row.given}"
    return build_name_row(row, kind, language) | {"label": text.mark_language(words, language)}


def _initial(row: CountedSubject, language: Side) -> str:
    """Return the heading of an author's group: first letter of the family name without accent, 中文, or #."""
    if _is_chinese(subject_label(row, language)):
        return "中文"
    letter = fold_accents(row.family or subject_label(row, language))[:1].upper()
    return letter if letter in ascii_uppercase else "#"


def _sort_key(row: CountedSubject, language: Side) -> tuple[Any, ...]:
    words = subject_label(row, language)
    if _is_chinese(words):
        return True, words.encode("cp950", "replace"), words
    return False, fold_accents(row.family or words), words.casefold()


def _is_chinese(words: str) -> bool:
    return detect_language_code(words) == LANGUAGE_TAGS["zh"]
