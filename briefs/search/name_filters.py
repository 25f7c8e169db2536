"""What facets are called, which facet an address means, and how the house says what others say differently."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from ..content import Side
from ..models.vocabulary import Author, Keyword, Source, Term, Vocabulary

type FacetKind = Literal["keyword", "source", "author"]

FACET_LETTERS: Final[Mapping[FacetKind, str]] = {"keyword": "k", "source": "s", "author": "a"}
"""With the letter that a facet of this kind begins with."""
_MODELS: Final[Mapping[FacetKind, type[Vocabulary]]] = {
    "keyword": Keyword,
    "source": Source,
    "author": Author,
}
_COLUMNS: Final[Mapping[FacetKind, str]] = {
    "keyword": "label_zh, label_en",
    "source": "name_zh, name",
    "author": "name_zh, name",
}
NO_SUCH_FACET: Final = "-"
"""A facet that no edition has."""


class FacetName(NamedTuple):
    facet: str
    slug: str
    zh: str
    en: str

    def label(self, side: Side) -> str:
        return (self.zh or self.en) if side == "zh" else (self.en or self.zh)


def fetch_names(facets: Collection[str]) -> dict[str, FacetName]:
    """One query for all of them."""
    wanted = {
        kind: [int(facet[1:]) for facet in facets if facet[0] == letter]
        for kind, letter in FACET_LETTERS.items()
    }
    parts = [_select(kind, f"id IN ({', '.join(['%s'] * len(ids))})") for kind, ids in wanted.items() if ids]
    rows = _fetch(parts, [pk for ids in wanted.values() for pk in ids])
    return {name.facet: name for name in rows}


def fetch_all_names() -> list[FacetName]:
    """All names there are, hidden ones too: to be shown only once something listed was found by them."""
    return _fetch([_select(kind, "merged_into_id IS NULL") for kind in FACET_LETTERS], [])


def find_facets(chosen: Mapping[FacetKind, str]) -> dict[FacetKind, str]:
    """Slugs → facets, a merged entry standing as the one it was merged into. One query, and one more a step of a merge."""
    found = dict.fromkeys(chosen, NO_SUCH_FACET)
    asked: dict[FacetKind, tuple[str, str | int]] = {kind: ("slug", slug) for kind, slug in chosen.items()}
    while asked:
        rows = {kind: (pk, into) for kind, pk, into in _fetch_merge_targets(asked)}
        found |= {kind: f"{FACET_LETTERS[kind]}{pk}" for kind, (pk, _) in rows.items()}
        asked = {kind: ("id", into) for kind, (_, into) in rows.items() if into}
    return found


def _fetch_merge_targets(
    values_by_kind: Mapping[FacetKind, tuple[str, str | int]],
) -> list[tuple[FacetKind, int, int | None]]:
    """The rows by a column's value, and what each was merged into."""
    parts = [
        f"SELECT '{kind}', id, merged_into_id FROM {_MODELS[kind]._meta.db_table} WHERE {column} = %s"
        for kind, (column, _) in values_by_kind.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [value for _, value in values_by_kind.values()])
        return list(cursor.fetchall())


def select_avoided_renderings() -> QuerySet[Term, Any]:
    """Both sides of each term: the preferred rendering, and those to avoid."""
    terms = Term.objects.filter(~Q(avoid_zh=[]) | ~Q(avoid_en=[]), merged_into=None)
    return terms.order_by("pk").values_list("zh", "en", "avoid_zh", "avoid_en")


def build_spelling_pairs(rows: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    """(rendering to avoid, preferred one), of rows of the glossary."""
    return [
        (avoided, preferred)
        for zh, en, avoid_zh, avoid_en in rows
        for preferred, others in ((zh, avoid_zh), (en, avoid_en))
        for avoided in others
    ]


def _select(kind: FacetKind, where: str) -> str:
    table = _MODELS[kind]._meta.db_table
    return f"SELECT '{FACET_LETTERS[kind]}', id, slug, {_COLUMNS[kind]} FROM {table} WHERE {where}"


def _fetch(parts: Sequence[str], values: Sequence[Any]) -> list[FacetName]:
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return [FacetName(f"{letter}{pk}", *words) for letter, pk, *words in cursor.fetchall()]
