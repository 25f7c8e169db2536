"""What facets are called, which facet an address means, and how the house says what others say differently."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from ..content import Side
from ..models.vocabulary import Author, Keyword, Source, Term, Vocabulary

type Kind = Literal["keyword", "source", "author"]

KINDS: Final[Mapping[Kind, str]] = {"keyword": "k", "source": "s", "author": "a"}
"""With the letter that a facet of this kind begins with."""
_MODELS: Final[Mapping[Kind, type[Vocabulary]]] = {"keyword": Keyword, "source": Source, "author": Author}
_COLUMNS: Final[Mapping[Kind, str]] = {
    "keyword": "label_zh, label_en",
    "source": "name_zh, name",
    "author": "name_zh, name",
}
NOTHING: Final = "-"
"""A facet that no edition has."""


class Name(NamedTuple):
    facet: str
    slug: str
    zh: str
    en: str

    def label(self, side: Side) -> str:
        return (self.zh or self.en) if side == "zh" else (self.en or self.zh)


def names(facets: Collection[str]) -> dict[str, Name]:
    """One query for all of them."""
    wanted = {
        kind: [int(facet[1:]) for facet in facets if facet[0] == letter] for kind, letter in KINDS.items()
    }
    parts = [_select(kind, f"id IN ({', '.join(['%s'] * len(ids))})") for kind, ids in wanted.items() if ids]
    rows = _fetch(parts, [pk for ids in wanted.values() for pk in ids])
    return {name.facet: name for name in rows}


def everything() -> list[Name]:
    """All names there are, hidden ones too: to be shown only once something listed was found by them."""
    return _fetch([_select(kind, "merged_into_id IS NULL") for kind in KINDS], [])


def facets_of(chosen: Mapping[Kind, str]) -> dict[Kind, str]:
    """Slugs → facets, a merged entry standing as the one it was merged into."""
    return {kind: _facet_of(kind, slug) for kind, slug in chosen.items()}


def _facet_of(kind: Kind, slug: str) -> str:
    model = _MODELS[kind]
    row = model._default_manager.filter(slug=slug).values_list("pk", "merged_into").first()
    while row and row[1]:
        row = model._default_manager.filter(pk=row[1]).values_list("pk", "merged_into").first()
    return f"{KINDS[kind]}{row[0]}" if row else NOTHING


def glossary() -> QuerySet[Term, Any]:
    """Both sides of each term: the preferred rendering, and those to avoid."""
    terms = Term.objects.filter(~Q(avoid_zh=[]) | ~Q(avoid_en=[]), merged_into=None)
    return terms.order_by("pk").values_list("zh", "en", "avoid_zh", "avoid_en")


def spellings(rows: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    """(rendering to avoid, preferred one), of rows of the glossary."""
    return [
        (avoided, preferred)
        for zh, en, avoid_zh, avoid_en in rows
        for preferred, others in ((zh, avoid_zh), (en, avoid_en))
        for avoided in others
    ]


def _select(kind: Kind, where: str) -> str:
    table = _MODELS[kind]._meta.db_table
    return f"SELECT '{KINDS[kind]}', id, slug, {_COLUMNS[kind]} FROM {table} WHERE {where}"


def _fetch(parts: Sequence[str], values: Sequence[Any]) -> list[Name]:
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return [Name(f"{letter}{pk}", *words) for letter, pk, *words in cursor.fetchall()]
