"""Build the derived rows of editions: renderings, cards, author and keyword rows, and search index entries.

Derived rows can be rebuilt at any time and are written only here (terms in `term_occurrences`, related briefs in
`related_briefs`). A rendering depends only on the frozen content; a card also on the current vocabulary labels. Both
store the hash of their content and the version of the markup.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from .. import rendering
from ..content import Content, Facts, Side, hash_json
from ..database.bulk_insert import insert_rows
from ..facts import SCALAR_FACTS, Fact, FactKind
from ..models.derived import (
    UNDATED,
    Card,
    EditionAuthor,
    EditionKeyword,
    EditionPicture,
    EditionTerm,
    Face,
    Gloss,
    Related,
    Rendering,
)
from ..models.edition import Edition
from ..models.vocabulary import Author, Keyword, Source, Term, Vocabulary
from ..rendering import ReadingView, cards
from ..search import indexing
from ..text import date_format
from ..text.article_urls import is_safe_link, write_host_in_ascii
from . import related_briefs, term_occurrences

BATCH = 1000

type VocabularyById = dict[int, Vocabulary]


def content_hash(edition: Edition) -> str:
    """Compute `Content.hash_all()` from the edition's columns."""
    return hash_json({"zh": edition.hash_zh, "en": edition.hash_en, "facts": edition.hash_facts})


def rebuild_derived_rows(editions: Iterable[Edition]) -> None:
    """Rebuild all derived rows, 1,000 editions at a time, with a constant number of queries for each batch."""
    for batch in batched(editions, BATCH):
        with transaction.atomic():
            _delete_derived_rows(
                (Rendering, EditionPicture, *_CARD_TABLES, Gloss, EditionTerm, Related), batch
            )
            _add_derived_rows(batch)


def build_derived_rows(edition: Edition) -> None:
    """Build all derived rows of an edition added in this transaction. It must have none yet."""
    _add_derived_rows([edition])


class UnstoredRows(NamedTuple):
    """What the rows of an edition would hold: the data of its card, its faces by language, the HTML of one view."""

    card: dict[str, Any]
    faces: dict[Side, dict[str, str]]
    html: str


def build_without_storing(pk: int, view: ReadingView) -> UnstoredRows:
    """Build what the page of an edition needs. For pages whose rows are missing, which readers must see anyway."""
    edition = Edition.objects.only("slug", "published_at", "live_from", "content").get(pk=pk)
    content = edition.frozen_content
    card = build_card_data(edition, content, load_vocabulary([edition]))
    return UnstoredRows(card, cards.build_faces(card), rendering.render_fragment(content, view, edition.slug))


def _add_derived_rows(editions: Sequence[Edition]) -> None:
    names = load_vocabulary(editions)
    html = _add_renderings(editions)
    _add_cards(editions, names)
    term_occurrences.add_glosses(editions, {edition.pk: content_hash(edition) for edition in editions}, html)
    related_briefs.add_related_briefs(
        editions, {edition.pk: _related_labels(edition, names) for edition in editions}
    )


def _delete_derived_rows(tables: Iterable[type[Model]], editions: Iterable[Edition]) -> None:
    ids = [edition.pk for edition in editions]
    for table in tables:
        table._default_manager.filter(edition__in=ids).delete()


def rebuild_labels(kind: type[Vocabulary], editions: Sequence[int]) -> None:
    """Rebuild the derived rows that show names of this kind. `label_propagation` chooses the editions."""
    if kind is Term:
        term_occurrences.rebuild_existing_glosses(editions)
    else:
        _rebuild_cards(Edition.objects.filter(pk__in=editions))


def is_used_in_editions(row: Vocabulary) -> bool:
    """Return whether any edition uses this row or one merged into it: past, public or scheduled."""
    kind = type(row)
    return find_edition_ids_using(kind, list(find_family_ids(kind, row.pk))).exists()


def find_family_ids(kind: type[Vocabulary], pk: int) -> set[int]:
    """Return the ids of the entry and of all entries merged into it, directly or not."""
    found, new = {pk}, {pk}
    while new:
        new = set(kind._default_manager.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def find_edition_ids_using(kind: type[Vocabulary], rows: Iterable[int]) -> QuerySet[Any, int]:
    """Return the ids of editions that use one of these rows: past, public or scheduled."""
    tables: dict[type[Vocabulary], QuerySet[Any]] = {
        Source: Card.objects.filter(source__in=rows),
        Author: EditionAuthor.objects.filter(author__in=rows),
        Keyword: EditionKeyword.objects.filter(keyword__in=rows),
        Term: EditionTerm.objects.filter(term__in=rows),
    }
    return tables[kind].values_list("edition_id", flat=True)


def _add_renderings(editions: Sequence[Edition]) -> term_occurrences.RenderedHtml:
    """Store renderings and picture keys. Return the HTML by edition id and view."""
    html: term_occurrences.RenderedHtml = {
        (edition.pk, view): rendering.render_fragment(edition.frozen_content, view, edition.slug)
        for edition in editions
        for view in rendering.READING_VIEWS
    }
    marks = {edition.pk: content_hash(edition) for edition in editions}
    insert_rows(
        Rendering,
        ("edition_id", "view", "html", "content_hash", "version"),
        [(pk, view, text, marks[pk], rendering.VERSION) for (pk, view), text in html.items()],
    )
    keys = [(edition.pk, get_picture_key(edition.frozen_content)) for edition in editions]
    insert_rows(EditionPicture, ("edition_id", "key"), [(pk, key) for pk, key in keys if key])
    return html


def get_picture_key(content: Content) -> str:
    return content.facts.picture.key if content.facts.picture else ""


_CARD_TABLES: tuple[type[Model], ...] = (Card, Face, EditionAuthor, EditionKeyword)
_FACE_COLUMNS = (
    "entry",
    "timeline_entry",
    "byline",
    "credit",
    "source",
    "gist",
    "head",
    "cite",
    "attribution",
)


def _rebuild_cards(editions: Iterable[Edition]) -> None:
    editions = list(editions)
    _delete_derived_rows(_CARD_TABLES, editions)
    _add_cards(editions, load_vocabulary(editions))


def _add_cards(editions: Sequence[Edition], names: "ResolvedVocabulary") -> None:
    made = [_build_card(edition, edition.frozen_content, names) for edition in editions]
    columns = [field.attname for field in Card._meta.concrete_fields]
    insert_rows(Card, columns, [[getattr(card, column) for column in columns] for card in made])
    faces = [(card.pk, page, html) for card in made for page, html in cards.build_faces(card.data).items()]
    insert_rows(
        Face,
        ("edition_id", "page", *_FACE_COLUMNS),
        [(pk, page, *map(html.get, _FACE_COLUMNS)) for pk, page, html in faces],
    )
    places = ("position", "published_at", "article_date")
    insert_rows(
        EditionAuthor, ("edition_id", "author_id", *places), _ordered_label_rows(editions, names.authors_of)
    )
    insert_rows(
        EditionKeyword,
        ("edition_id", "keyword_id", *places),
        _ordered_label_rows(editions, names.keywords_of),
    )
    index_editions(editions, names)


def index_editions(editions: Sequence[Edition], names: "ResolvedVocabulary | None" = None) -> None:
    """Put the editions that are not past into the search index. `names`: their vocabulary, if it is loaded."""
    names = names or load_vocabulary(editions)
    entries = [build_search_entry(edition, edition.frozen_content, names) for edition in editions]
    indexing.put(entries, timezone.now())


def load_vocabulary(editions: Iterable[Edition]) -> "ResolvedVocabulary":
    return ResolvedVocabulary([edition.frozen_content.facts for edition in editions])


def _related_labels(edition: Edition, names: "ResolvedVocabulary") -> related_briefs.EditionLabelIds:
    source = names.source_of(edition.frozen_content.facts)
    return list(names.keywords_of(edition.frozen_content.facts)), source.pk if source else None


def _ordered_label_rows(
    editions: Iterable[Edition], label_ids: Callable[[Facts], Iterable[int]]
) -> Iterator[tuple[int, int, int, dt.datetime, dt.date]]:
    for edition in editions:
        facts = edition.frozen_content.facts
        for n, pk in enumerate(label_ids(facts)):
            yield edition.pk, pk, n, edition.published_at, _article_day(facts)


def _article_day(facts: Facts) -> dt.date:
    return date_format.parse_first_day(facts.date) or UNDATED


class ResolvedVocabulary:
    """The vocabulary rows that some facts use, with merged rows replaced by the rows they were merged into.

    `changed`: an unsaved row that stands in for the stored row with its id, to show what a change would do.
    """

    def __init__(self, facts: Sequence[Facts], *, changed: Vocabulary | None = None) -> None:
        self._sources = resolve_merged(Source, {f.source for f in facts if f.source}, changed)
        self._authors = resolve_merged(Author, {a.author for f in facts for a in f.authors}, changed)
        self._keywords = resolve_merged(Keyword, {k for f in facts for k in f.keywords}, changed)

    def source_of(self, facts: Facts) -> Vocabulary | None:
        return self._sources.get(facts.source or 0)

    def authors_of(self, facts: Facts) -> dict[int, dict[str, Any]]:
        """Return the authors by id in the document's order. Merged authors appear once."""
        found: dict[int, dict[str, Any]] = {}
        for line in facts.authors:
            if row := self._authors.get(line.author):
                affiliations = {
                    "affiliation_zh": line.affiliation_zh,
                    "affiliation_en": line.affiliation_en,
                }
                found.setdefault(row.pk, _label_data(row) | _citation_name_parts(row) | affiliations)
        return found

    def keywords_of(self, facts: Facts) -> dict[int, dict[str, Any]]:
        rows = [row for pk in facts.keywords if (row := self._keywords.get(pk))]
        return {row.pk: _label_data(row) for row in rows}


def _label_data(row: Vocabulary) -> dict[str, Any]:
    return {"slug": row.slug, "zh": row.label("zh"), "en": row.label("en")}


def _citation_name_parts(row: Vocabulary) -> dict[str, str]:
    """Return the name parts for citations. Chinese names that are transliterations are left out."""
    if not isinstance(row, Author):
        return {}
    own = row.name_zh if row.name_zh_kind == Author.ChineseName.OWN else ""
    return {"family": row.family, "given": row.given, "own": own}


def build_source_data(row: Vocabulary | None) -> dict[str, Any] | None:
    return _label_data(row) | {"kind": row.kind} if isinstance(row, Source) else None


def resolve_merged(
    kind: type[Vocabulary], ids: set[int], changed: Vocabulary | None = None
) -> VocabularyById:
    """Return for each id the row it was merged into, or its own. One query, and one for each step of a merge chain.

    `changed` is as in `ResolvedVocabulary`.
    """
    rows: VocabularyById = {}
    wanted = ids
    while wanted:
        rows |= kind._default_manager.in_bulk(wanted)
        if type(changed) is kind and changed.pk in rows:
            rows[changed.pk] = changed
        wanted = {into for row in rows.values() if (into := get_merged_into_id(row))} - rows.keys()
    current: VocabularyById = {}
    for pk in ids & rows.keys():
        row, seen = rows[pk], {pk}
        while (into := get_merged_into_id(row)) and into not in seen:
            row = rows[into]
            seen.add(into)
        current[pk] = row
    return current


def get_merged_into_id(row: Vocabulary) -> int | None:
    return getattr(row, "merged_into_id", None)


def _build_card(edition: Edition, content: Content, names: ResolvedVocabulary) -> Card:
    source = names.source_of(content.facts)
    return Card(
        edition=edition,
        source_id=source.pk if source else None,
        article_date=_article_day(content.facts),
        article_month=date_format.build_month_key(content.facts.date),
        published_at=edition.published_at,
        data=build_card_data(edition, content, names),
        content_hash=content_hash(edition),
        version=rendering.VERSION,
    )


def build_search_entry(edition: Edition, content: Content, names: ResolvedVocabulary) -> indexing.IndexEntry:
    facts = content.facts
    source = names.source_of(facts)
    authors, keywords = names.authors_of(facts), names.keywords_of(facts)
    ids = [
        *(f"k{pk}" for pk in keywords),
        *(f"a{pk}" for pk in authors),
        *([f"s{source.pk}"] if source else []),
    ]
    naming = indexing.IndexedLabels(
        list(authors.values()), [_label_data(source)] if source else [], list(keywords.values()), ids
    )
    return indexing.IndexEntry(
        edition, content, naming, content_hash(edition), date_format.parse_first_day(facts.date)
    )


def build_unpublished_card(content: Content, slug: str, published: dt.datetime) -> dict[str, Any]:
    """Build the card data of unpublished content, with its `html` by language."""
    data = build_card_data(
        Edition(slug=slug, published_at=published), content, ResolvedVocabulary([content.facts])
    )
    return data | {"html": cards.build_faces(data, linked=False)}


def build_card_data(edition: Edition, content: Content, names: ResolvedVocabulary) -> dict[str, Any]:
    """Build a card's data without HTML. `rendering.cards` describes the format."""
    facts = content.facts
    return {
        "slug": edition.slug,
        "published": timezone.localdate(edition.published_at).isoformat(),
        "published_at": _format_utc(edition.published_at),
        "updated_at": _format_utc(edition.live_from or edition.published_at),
        "headline_zh": content.headline_zh,
        "headline_en": content.headline_en,
        "gist_zh": content.summary_zh,
        "gist_en": content.summary_en,
        "source": build_source_data(names.source_of(facts)),
        "authors": list(names.authors_of(facts).values()),
        "keywords": list(names.keywords_of(facts).values()),
        **{
            name: _safe_value(fact, getattr(facts, name))
            for name, fact in SCALAR_FACTS.items()
            if fact.is_public
        },
    }


def _safe_value(fact: Fact, value: str | bool) -> str | bool:
    if fact.kind is FactKind.LINK:
        return write_host_in_ascii(str(value)) if is_safe_link(str(value)) else ""
    return value


def _format_utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
