"""Find the public pages that a changed vocabulary row would touch, and how they read before and after.

A change is two rows: the stored one, or None for a new entry, and an unsaved one with the values proposed. An empty
`merged_into` of the first and a filled one of the second is a merge.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from ..citations.works import is_publication
from ..content import SIDES, Content, Facts, Side
from ..models.derived import SearchEntry
from ..models.edition import Edition
from ..models.vocabulary import Term, Vocabulary
from ..rendering import term_marks
from ..search import ParsedQuery, get_store
from ..search.query import QueryTerm, build_phrase
from . import build
from .glossary_cache import TERM_COLUMNS, TermRows, fetch_term_rows
from .term_occurrences import Glossary

DESK_COLUMNS: Final = frozenset({"country", "aliases", "note"})
"""Columns that no public page shows or depends on."""
MAX_EDITIONS_READ: Final = 300
"""Editions whose text is searched for a term. If there are more candidates, the term counts as occurring."""
_BATCH: Final = 25
_NEW_ID: Final = 2**62
"""Stands in for the id of a new term."""
_LIST_SEPARATORS: Final[dict[Side, str]] = {"zh": "、", "en": ", "}
_UNCOMPARED_COLUMNS: Final = frozenset({"id", "slug", "merged_into_id"})

type Mark = tuple[int, int, str]
"""Start, end, and the rendering in the other language that readers see."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of a page before and after. `place`: authors, source, keywords, citation, summary or `b4`."""

    place: str
    side: Side
    before: str
    after: str
    marks_before: Sequence[Mark] = ()
    marks_after: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class PageChange:
    edition: Edition
    lines: Sequence[LineChange]


def changes_public_pages(before: Vocabulary | None, after: Vocabulary) -> bool:
    """Return whether storing the row would change what readers see, now or when a scheduled edition goes live."""
    if before is not None and is_changed_for_readers(before, after):
        if build.is_used_in_editions(before):
            return True
        if (heir := before.merged_into) and not isinstance(after, Term):
            return build.is_used_in_editions(build.resolve_merged(type(after), {heir.pk})[heir.pk])
    if not isinstance(after, Term):
        return False
    candidates = _find_candidates(before, after)
    first = list(candidates[: MAX_EDITIONS_READ + 1])
    return len(first) > MAX_EDITIONS_READ or any(_compare_editions(before, after, first))


def is_changed_for_readers(before: Vocabulary, after: Vocabulary) -> bool:
    columns = (field.attname for field in after._meta.concrete_fields)
    return build.get_merged_into_id(before) != build.get_merged_into_id(after) or any(
        getattr(before, name) != getattr(after, name)
        for name in columns
        if name not in DESK_COLUMNS | _UNCOMPARED_COLUMNS
    )


def find_page_changes(
    before: Vocabulary | None, after: Vocabulary, *, limit: int
) -> tuple[list[PageChange], int, bool]:
    """Return up to `limit` pages with other lines, the number of such pages, and whether there are more."""
    candidates = list(_find_candidates(before, after)[: MAX_EDITIONS_READ + 1])
    found = list(_compare_editions(before, after, candidates[:MAX_EDITIONS_READ]))
    return found[:limit], len(found), len(candidates) > MAX_EDITIONS_READ


def _find_candidates(before: Vocabulary | None, after: Vocabulary) -> QuerySet[Any, int]:
    """Return the ids of the public and scheduled editions that may change, the newest first."""
    kind = type(after)
    ids: list[int] = []
    if before is not None:
        ids += build.find_family_ids(kind, before.pk)
        if heir := before.merged_into:
            ids.append(build.resolve_merged(kind, {heir.pk})[heir.pk].pk)
    touched = Q(pk__in=build.find_edition_ids_using(kind, ids))
    if isinstance(after, Term) and build.get_merged_into_id(after) is None:
        touched |= Q(pk__in=_find_editions_with_forms(after))
    standing = Q(live_until=None) | Q(live_until__gt=timezone.now())
    rows = Edition.objects.uncancelled().filter(standing, touched)
    return rows.order_by("-published_at", "-pk").values_list("pk", flat=True)


def _find_editions_with_forms(term: Term) -> QuerySet[Any, Any]:
    """Find the editions whose text has a rendering, by the search index: a superset of what the checks find."""
    forms = (term.zh, term.en, *term.also_zh, *term.also_en, *term.avoid_zh, *term.avoid_en)
    ways = tuple(phrase for form in forms if (phrase := build_phrase(form)))
    if not ways:
        return SearchEntry.objects.none().values("edition")
    sql, values = get_store().build_match_sql(ParsedQuery(terms=(QueryTerm(ways),)))
    return SearchEntry.objects.filter(place__in=RawSQL(sql, values)).values("edition")  # noqa: S611


def _compare_editions(
    before: Vocabulary | None, after: Vocabulary, ids: Sequence[int]
) -> Iterator[PageChange]:
    """Yield the editions with other lines, in the order of their ids."""
    glossaries = _load_glossaries(before, after) if isinstance(after, Term) else None
    for batch in batched(ids, _BATCH):
        rows = Edition.objects.only("slug", "content").in_bulk(batch)
        editions = [rows[pk] for pk in batch if pk in rows]
        if glossaries:
            changes = [_compare_terms(edition.frozen_content, *glossaries) for edition in editions]
        else:
            facts = [edition.frozen_content.facts for edition in editions]
            old, new = build.ResolvedVocabulary(facts), build.ResolvedVocabulary(facts, changed=after)
            changes = [_compare_names(one, old, new) for one in facts]
        for edition, lines in zip(editions, changes, strict=True):
            if lines:
                yield PageChange(edition, lines)


# Names


def _compare_names(
    facts: Facts, old: build.ResolvedVocabulary, new: build.ResolvedVocabulary
) -> list[LineChange]:
    before, after = _name_lines(facts, old), _name_lines(facts, new)
    return [
        LineChange(place, side, before[place, side], after[place, side])
        for place, side in before
        if before[place, side] != after[place, side]
    ]


def _name_lines(facts: Facts, names: build.ResolvedVocabulary) -> dict[tuple[str, Side], str]:
    authors, keywords = list(names.authors_of(facts).values()), list(names.keywords_of(facts).values())
    source = build.build_source_data(names.source_of(facts))
    lines: dict[tuple[str, Side], str] = {}
    for side in SIDES:
        lines["authors", side] = _LIST_SEPARATORS[side].join(row[side] for row in authors)
        name = source[side] if source else ""
        lines["source", side] = f"《{name}》" if side == "zh" and source and is_publication(source) else name
        lines["keywords", side] = _LIST_SEPARATORS[side].join(row[side] for row in keywords)
    cited = [", ".join(filter(None, (a["family"], a["given"], a["own"]))) for a in authors]
    lines["citation", "en"] = "; ".join(cited)
    return lines


# Terms


def _load_glossaries(before: Vocabulary | None, after: Term) -> tuple[Glossary, Glossary]:
    """Return the glossary as it is, and as it would be."""
    rows = fetch_term_rows()
    pk = _NEW_ID if before is None else before.pk
    others = [row for row in rows if row[0] != pk]
    if build.get_merged_into_id(after) is None:
        values = [getattr(after, name) for name in TERM_COLUMNS]
        cells = (value if isinstance(value, str) else json.dumps(value) for value in values)
        others.append((pk, after.slug, *cells))
    changed: TermRows = tuple(sorted(others, key=lambda row: row[0]))
    return Glossary(rows), Glossary(changed)


def _compare_terms(content: Content, old: Glossary, new: Glossary) -> list[LineChange]:
    texts = {side: dict(term_marks.list_texts(content, side)) for side in SIDES}
    before, after = _marks_by_text(content, old), _marks_by_text(content, new)
    return [
        LineChange(
            f"b{number}" if number else "summary",
            side,
            texts[side][number],
            texts[side][number],
            before.get((number, side), ()),
            after.get((number, side), ()),
        )
        for number, side in sorted({*before, *after}, key=lambda at: (at[0], SIDES.index(at[1])))
        if before.get((number, side)) != after.get((number, side))
    ]


def _marks_by_text(content: Content, glossary: Glossary) -> dict[tuple[int, Side], list[Mark]]:
    """Return the marked places of each text, with what the mark says."""
    return {
        (number, side): [
            (start, end, glossary.terms[term]["en" if side == "zh" else "zh"]) for term, start, end in places
        ]
        for (number, side), places in glossary.find_terms(content).items()
    }
