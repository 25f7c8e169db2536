"""Look up names of facets, and facets of slugs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from ..content import Side
from ..database.replica import get_read_connection
from ..models.vocabulary import Author, Keyword, Source, Vocabulary

type FacetKind = Literal["keyword", "source", "author"]

FACET_LETTERS: Final[Mapping[FacetKind, str]] = {"keyword": "k", "source": "s", "author": "a"}
"""First letter of the facets of each kind."""
_MODELS: Final[Mapping[FacetKind, type[Vocabulary]]] = {
    "keyword": Keyword,
    "source": Source,
    "author": Author,
}
NO_SUCH_FACET: Final = "-"
"""Facet that matches no edition."""


class FacetName(NamedTuple):
    facet: str
    slug: str
    zh: str
    en: str

    def label(self, side: Side) -> str:
        return (self.zh or self.en) if side == "zh" else (self.en or self.zh)


def fetch_names(facets: Collection[str]) -> dict[str, FacetName]:
    """Fetch the names by facet. One query."""
    wanted = {
        kind: [int(facet[1:]) for facet in facets if facet[0] == letter]
        for kind, letter in FACET_LETTERS.items()
    }
    parts = [_select(kind, f"id IN ({', '.join(['%s'] * len(ids))})") for kind, ids in wanted.items() if ids]
    rows = _fetch(parts, [pk for ids in wanted.values() for pk in ids])
    return {name.facet: name for name in rows}


def find_facets(chosen: Mapping[FacetKind, str]) -> dict[FacetKind, str]:
    """Return the facets of slugs, with merges resolved. One query, and one for each step of a merge chain."""
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
    """Fetch kind, id and merge target of the rows with these column values."""
    parts = [
        f"SELECT '{kind}', id, merged_into_id FROM {_MODELS[kind]._meta.db_table} WHERE {column} = %s"
        for kind, (column, _) in values_by_kind.items()
    ]
    with get_read_connection().cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [value for _, value in values_by_kind.values()])
        return list(cursor.fetchall())


def _select(kind: FacetKind, where: str) -> str:
    table = _MODELS[kind]._meta.db_table
    columns = "label_zh, label_en" if kind == "keyword" else "name_zh, name"
    return f"SELECT '{FACET_LETTERS[kind]}', id, slug, {columns} FROM {table} WHERE {where}"


def _fetch(parts: Sequence[str], values: Sequence[Any]) -> list[FacetName]:
    if not parts:
        return []
    with get_read_connection().cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return [FacetName(f"{letter}{pk}", *words) for letter, pk, *words in cursor.fetchall()]
