"""What follows when a vocabulary row that editions use is changed or merged: their lists, and where terms are in texts."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from itertools import batched
from typing import Any, Final, cast

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTransform

from briefs.bilingual.checks import TermData, fold_for_names
from briefs.bilingual.rendering import terms
from briefs.content import SIDES, Content
from briefs.derived.search import ParsedQuery, QueryTerm, build_phrase, get_store
from briefs.models.bulk_writes import insert_rows
from briefs.models.derived import EditionTerm, SearchEntry
from briefs.models.edition import Edition
from briefs.models.site import NameChange
from briefs.models.vocabulary import Author, Keyword, Source, Term, Vocabulary

from . import build, term_occurrences
from .term_occurrences import Glossary

_MARK_BATCH: Final = 500
_KINDS: Final[tuple[type[Vocabulary], ...]] = (Author, Keyword, Source, Term)
_UNCOMPARED_COLUMNS: Final = frozenset({"id", "slug", "merged_into_id"})


def is_changed_for_readers(before: Vocabulary, after: Vocabulary) -> bool:
    columns = (field.attname for field in after._meta.concrete_fields)
    return build.get_merged_into_id(before) != build.get_merged_into_id(after) or any(
        getattr(before, name) != getattr(after, name)
        for name in columns
        if name not in after.desk_columns | _UNCOMPARED_COLUMNS
    )


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
        for number, words in terms.list_texts(content, side)
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
    lists = (getattr(term, name) for name in term_occurrences.FORM_COLUMNS)
    return {term.zh, term.en, *(form for forms in lists for form in forms)} - {""}


def _join_forms(terms: Iterable[TermData]) -> set[str]:
    return {form for term in terms for form in _list_forms(term)}


def _fold(text: str) -> str:
    """Fold what a term may be written with."""
    folded = fold_for_names(text).lower()
    return folded.rstrip("s") or folded
