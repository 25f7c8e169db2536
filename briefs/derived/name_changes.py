"""Find the public pages that a changed vocabulary row would touch, and how they read before and after.

A change is given as two rows: the stored one (None for a new entry) and an unsaved one with the proposed values. If only
the second has `merged_into`, the change is a merge.
"""

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched
from typing import Any, Final, cast

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from briefs import checks
from briefs.checks import TermData
from briefs.checks.texts import fold_for_names
from briefs.citations.works import is_publication
from briefs.content import SIDES, Content, Side
from briefs.database.bulk_writes import insert_rows
from briefs.models.derived import EditionTerm, SearchEntry
from briefs.models.edition import Edition
from briefs.models.site import NameChange
from briefs.models.vocabulary import Author, Keyword, Source, Term, Vocabulary
from briefs.public_brief import PublicNames
from briefs.rendering import text
from briefs.search import ParsedQuery, get_store
from briefs.search.query import QueryTerm, build_phrase

from . import build, term_occurrences
from .public_brief import load_names
from .term_occurrences import TERM_COLUMNS, Glossary, TermRows, build_glossary_entries, fetch_term_rows

MAX_EDITIONS_READ: Final = 300
"""Editions whose text is searched for a term. If there are more candidates, the term counts as occurring."""
_BATCH: Final = 25
_MARK_BATCH: Final = 500
_TOKEN: Final = re.compile(r"[a-z0-9\u00c0-\u024f]+|[^\W_]")
_KINDS: Final[tuple[type[Vocabulary], ...]] = (Author, Keyword, Source, Term)
_NEW_ID: Final = 2**62
"""Placeholder id of a new term."""
_LIST_SEPARATORS: Final[dict[Side, str]] = {"zh": "、", "en": ", "}
_UNCOMPARED_COLUMNS: Final = frozenset({"id", "slug", "merged_into_id"})

type Mark = tuple[int, int, str]
"""Start, end, and the rendering in the other language that readers see."""
type Tokens = tuple[str, ...]


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


def changes_public_pages(
    before: Vocabulary | None, after: Vocabulary, *, used: Collection[int] | None = None
) -> bool:
    """Return whether storing the row would change what readers see, now or when a scheduled edition goes live.

    `used`: ids of `build.find_used_ids`, if many rows are asked about.
    """
    if before is not None:
        if not is_changed_for_readers(before, after):
            return False
        if build.is_used_in_editions(before) if used is None else before.pk in used:
            return True
        if (heir := before.merged_into) and not isinstance(after, Term):
            return build.is_used_in_editions(build.resolve_merged(type(after), {heir.pk})[heir.pk])
    if not isinstance(after, Term) or not _is_in_any_text(before, after):
        return False
    candidates = list(_find_candidates(before, after)[: MAX_EDITIONS_READ + 1])
    return len(candidates) > MAX_EDITIONS_READ or any(_compare_editions(before, after, candidates))


def is_changed_for_readers(before: Vocabulary, after: Vocabulary) -> bool:
    columns = (field.attname for field in after._meta.concrete_fields)
    return build.get_merged_into_id(before) != build.get_merged_into_id(after) or any(
        getattr(before, name) != getattr(after, name)
        for name in columns
        if name not in after.desk_columns | _UNCOMPARED_COLUMNS
    )


def find_page_changes(
    before: Vocabulary | None, after: Vocabulary, *, limit: int
) -> tuple[list[PageChange], int, bool]:
    """Return up to `limit` pages with changed lines, the number of such pages, and whether editions were left unread."""
    candidates = list(_find_candidates(before, after)[: MAX_EDITIONS_READ + 1])
    found = list(_compare_editions(before, after, candidates[:MAX_EDITIONS_READ]))
    shown = [page.edition.pk for page in found[:limit]]
    pages = list(_compare_editions(before, after, shown, with_all_terms=True))
    return pages, len(found), len(candidates) > MAX_EDITIONS_READ


def _find_candidates(before: Vocabulary | None, after: Vocabulary) -> QuerySet[Any, int]:
    """Return the ids of the public and scheduled editions that may change, the newest first."""
    kind = type(after)
    ids: list[int] = []
    if before is not None:
        ids += build.find_family_ids(kind, before.pk)
        if heir := before.merged_into:
            ids.append(build.resolve_merged(kind, {heir.pk})[heir.pk].pk)
    touched = Q(pk__in=build.find_edition_ids_using(kind, ids))
    if isinstance(after, Term):
        touched |= _build_term_condition(before, after)
    standing = Q(live_until=None) | Q(live_until__gt=timezone.now())
    rows = Edition.objects.uncancelled().filter(standing, touched)
    return rows.order_by("-published_at", "-pk").values_list("pk", flat=True)


def _compare_editions(
    before: Vocabulary | None, after: Vocabulary, ids: Sequence[int], *, with_all_terms: bool = False
) -> Iterator[PageChange]:
    """Yield the editions with changed lines, in the order of `ids`.

    Unless `with_all_terms`, only terms that overlap the changed one are compared, which is four times as fast.
    """
    if not ids:
        return
    glossaries = (
        _load_glossaries(before, after, with_all_terms=with_all_terms) if isinstance(after, Term) else None
    )
    for batch in batched(ids, _BATCH):
        rows = Edition.objects.only("slug", "content").in_bulk(batch)
        editions = [rows[pk] for pk in batch if pk in rows]
        if glossaries:
            changes = [_compare_terms(edition.frozen_content, *glossaries) for edition in editions]
        else:
            contents = [edition.frozen_content for edition in editions]
            both = zip(load_names(contents), load_names(contents, changed=after), strict=True)
            changes = [_compare_names(old, new) for old, new in both]
        for edition, lines in zip(editions, changes, strict=True):
            if lines:
                yield PageChange(edition, lines)


# Names


def _compare_names(old: PublicNames, new: PublicNames) -> list[LineChange]:
    before, after = _name_lines(old), _name_lines(new)
    return [
        LineChange(place, side, before[place, side], after[place, side])
        for place, side in before
        if before[place, side] != after[place, side]
    ]


def _name_lines(names: PublicNames) -> dict[tuple[str, Side], str]:
    source = names.source
    lines: dict[tuple[str, Side], str] = {}
    for side in SIDES:
        lines["authors", side] = _LIST_SEPARATORS[side].join(name.label(side) for name in names.authors)
        name = source.label(side) if source else ""
        lines["source", side] = f"《{name}》" if side == "zh" and source and is_publication(source) else name
        lines["keywords", side] = _LIST_SEPARATORS[side].join(name.label(side) for name in names.keywords)
    cited = [", ".join(filter(None, (author.family, author.given, author.own))) for author in names.authors]
    lines["citation", "en"] = "; ".join(cited)
    return lines


# Terms


def _build_term_condition(before: Vocabulary | None, after: Term) -> Q:
    """Match, by the search index, a superset of the editions whose marked terms may change.

    Every mark needs an English rendering in one of the texts. Any other form may hide the mark of a term whose form it
    overlaps, or no longer hide it.
    """
    terms = _list_terms(before, after)
    english = {form for term in terms for form in (*checks.list_renderings(term, "en"), *term.approved("en"))}
    found = Q(pk__in=_find_editions_with(english))
    if others := _find_overlapping_terms(fetch_term_rows(), terms):
        forms, other_forms = (_join_forms(some) for some in (terms, others.values()))
        found |= Q(Q(pk__in=_find_editions_with(forms)), Q(pk__in=_find_editions_with(other_forms)))
    return found


def _list_terms(*rows: Vocabulary | None) -> list[TermData]:
    """Return the data of the unmerged terms among the rows."""
    shown = (row for row in rows if row is not None and build.get_merged_into_id(row) is None)
    return [TermData.from_mapping(vars(row)) for row in shown]


def _is_in_any_text(before: Vocabulary | None, after: Term) -> bool:
    """Return whether the search index has any form of the term (0.3 ms). Most new terms of a sheet are in no text."""
    if not (match := _build_match(_join_forms(_list_terms(before, after)))):
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({match[0]})", match[1])
        return bool(cursor.fetchone()[0])


def _find_overlapping_terms(rows: TermRows, terms: Iterable[TermData]) -> dict[int, TermData]:
    """Return the terms, by id, with a form that may overlap a form of `terms` in a text."""
    own = {form for term in terms for form in _tokenise_forms(term)}
    return {
        entry.pk: entry.term
        for entry in build_glossary_entries(rows)
        if any(_may_overlap(one, other) for one in own for other in _tokenise_forms(entry.term))
    }


def _may_overlap(one: Tokens, other: Tokens) -> bool:
    """Return whether one form contains the other, or ends as the other begins."""
    if not set(one).intersection(other):
        return False
    short, long = sorted((one, other), key=len)
    return any(
        short[max(0, -at) : len(long) - at] == long[max(0, at) : at + len(short)]
        for at in range(1 - len(short), len(long))
    )


@lru_cache(maxsize=4096)
def _tokenise_forms(term: TermData) -> frozenset[Tokens]:
    """Return each form as its words, without a plural s, and its Chinese characters."""
    texts = (fold_for_names(form).lower().replace("臺", "台") for form in _list_forms(term))
    return frozenset(tuple(t.rstrip("s") or t for t in _TOKEN.findall(text)) for text in texts)


def _load_glossaries(
    before: Vocabulary | None, after: Term, *, with_all_terms: bool
) -> tuple[Glossary, Glossary]:
    """Return the glossary before and after the change."""
    rows = fetch_term_rows()
    pk = _NEW_ID if before is None else before.pk
    if not with_all_terms:
        kept = {pk, *_find_overlapping_terms(rows, _list_terms(before, after))}
        rows = tuple(row for row in rows if row[0] in kept)
    others = [row for row in rows if row[0] != pk]
    if build.get_merged_into_id(after) is None:
        values = [getattr(after, name) for name in TERM_COLUMNS]
        cells = (value if isinstance(value, str) else json.dumps(value) for value in values)
        others.append((pk, after.slug, *cells))
    changed: TermRows = tuple(sorted(others, key=lambda row: row[0]))
    return Glossary(rows), Glossary(changed)


def _compare_terms(content: Content, old: Glossary, new: Glossary) -> list[LineChange]:
    texts = {side: dict(text.list_texts(content, side)) for side in SIDES}
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
    """Return the marked spans of each text, with the text that readers see at each mark."""
    return {
        (number, side): [
            (start, end, glossary.terms[term].label("en" if side == "zh" else "zh"))
            for term, start, end in places
        ]
        for (number, side), places in glossary.find_terms(content).items()
    }


# What follows a change


def move_in_lists(*rows: Vocabulary) -> None:
    """Put editions into the lists that they belong to after rows, all of one kind, were merged or unmerged.

    Call in the transaction of that. A renamed author, source or keyword needs nothing: lists have ids.
    """
    kind = type(rows[0])
    if kind is Term:
        find_terms_again(cast("Sequence[Term]", rows))
        return
    used = build.find_edition_ids_using(kind, [row.pk for row in rows])
    for batch in batched(used, build.BATCH):
        editions = list(
            Edition.objects.filter(pk__in=batch)
            .only("published_at")
            .annotate(facts=KeyTransform("facts", "content"))
        )
        for edition in editions:
            edition.content = {"facts": edition.facts}  # type: ignore[attr-defined] # the texts are not needed
        build.rebuild_lists(kind, editions)


def find_terms_again(rows: Iterable[Term]) -> None:
    """Store where the terms are after these rows were added, changed, merged or unmerged. Call in that transaction.

    `rows` are the terms as they were and as they are. Only pairs that have one of their forms are read again: in these
    they may also hide the marks of other terms, or no longer hide them. Past editions are not searched.

    Mirrors are told of briefs that gain or lose a term: the triggers record only the row that was changed.
    """
    rows = list(rows)
    briefs: set[int] = set()
    terms = [TermData.from_mapping(vars(row)) for row in rows]
    used = EditionTerm.objects.filter(term__in=[row.pk for row in rows]).values("edition")
    touched = Edition.objects.filter(Q(pk__in=used) | Q(pk__in=_find_editions_with(_join_forms(terms))))
    glossary, needles = Glossary(), {_fold(form) for form in _join_forms(terms)}
    for batch in batched(touched.order_by().values_list("pk", flat=True), _MARK_BATCH):
        stored: dict[int, term_occurrences.TermPlaces] = {pk: {} for pk in batch}
        for pk, term, places in EditionTerm.objects.filter(edition__in=batch).values_list(
            "edition", "term", "places"
        ):
            stored[pk][term] = places
        gone: dict[int, list[int]] = {}
        new = []
        for edition in Edition.objects.filter(pk__in=batch).only("brief", "content", "published_at"):
            old = stored[edition.pk]
            found = _find_places_again(edition.frozen_content, glossary, needles, old)
            if old.keys() != found.keys():
                briefs.add(edition.brief_id)
            for term in {term for term in (*old, *found) if old.get(term) != found.get(term)}:
                if term in old:
                    gone.setdefault(term, []).append(edition.pk)
                if term in found:
                    new.append((edition.pk, term, found[term], edition.published_at))
        for term, editions in gone.items():
            EditionTerm.objects.filter(term=term, edition__in=editions).delete()
        insert_rows(EditionTerm, ("edition_id", *build.COLUMNS[EditionTerm]), new)
    if briefs:
        NameChange.objects.create(kind="term", row=rows[-1].pk, briefs=sorted(briefs))


def find_briefs_with_names(changes: Collection[NameChange], now: dt.datetime) -> dict[int, set[int]]:
    """Return the ids of the briefs, found by readers at `now`, that show the name of each change, by id of the change.

    A row merged into another is in the lists of that one: more briefs than changed, but none is missing.
    """
    found_briefs = Edition.objects.found(now)
    listed = {pk for change in changes for pk in change.briefs}
    known = set(found_briefs.filter(brief__in=listed).values_list("brief", flat=True)) if listed else set()
    briefs = {change.pk: known.intersection(change.briefs) for change in changes}
    for kind in _KINDS:
        of_kind = [change for change in changes if change.kind == kind._meta.model_name]
        if not of_kind:
            continue
        heirs = build.resolve_merged(kind, {change.row for change in of_kind})
        using = build.find_brief_ids_using(kind, {heir.pk for heir in heirs.values()}, found_briefs)
        for change in of_kind:
            if heir := heirs.get(change.row):
                briefs[change.pk] |= using[heir.pk]
    return briefs


def _find_places_again(
    content: Content, glossary: Glossary, needles: Collection[str], old: term_occurrences.TermPlaces
) -> term_occurrences.TermPlaces:
    """Return all places in the content. Those in pairs without one of the needles are as they were."""
    read = {
        number
        for side in SIDES
        for number, words in text.list_texts(content, side)
        if any(needle in folded for folded in [_fold(words)] for needle in needles)
    }
    made = term_occurrences.group_places_by_term(content, glossary.find_terms(content, read))
    for term, places in old.items():
        kept = [place for place in places if place[0] not in read]
        if kept or term in made:
            made[term] = [*kept, *made.get(term, ())]
    order = {number: n for n, number in enumerate((0, *(b.number for b in content.bullets)))}
    return {term: sorted(places, key=lambda place: order[place[0]]) for term, places in made.items()}


def _find_editions_with(forms: Iterable[str]) -> QuerySet[Any, Any]:
    """Return the ids of the editions in the search index whose text has one of the forms."""
    if not (match := _build_match(forms)):
        return SearchEntry.objects.none().values("edition")
    return SearchEntry.objects.filter(place__in=RawSQL(*match)).values("edition")  # noqa: S611


def _build_match(forms: Iterable[str]) -> tuple[str, list[Any]] | None:
    """Return SQL and values for the index places of texts with one of the forms; None if no form has a word."""
    ways = tuple(phrase for form in sorted(forms) if (phrase := build_phrase(form)))
    return get_store().build_match_sql(ParsedQuery(terms=(QueryTerm(ways),))) if ways else None


def _list_forms(term: TermData) -> set[str]:
    lists = (term.also_zh, term.also_en, term.avoid_zh, term.avoid_en, term.safe_zh, term.safe_en)
    return {term.zh, term.en, *(form for forms in lists for form in forms)} - {""}


def _join_forms(terms: Iterable[TermData]) -> set[str]:
    return {form for term in terms for form in _list_forms(term)}


def _fold(text: str) -> str:
    """Fold what a term may be written with."""
    folded = fold_for_names(text).lower()
    return folded.rstrip("s") or folded
