"""Find the names that a query has, and resolve merged ones. The index of editions holds only the ids of their names.

All names are kept in the process under the site version, so a renamed or merged row is found as it is now.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from django.db import connection
from django.db.models import Value

from briefs.content import Side
from briefs.database.guards import VERSION_TABLE
from briefs.models.prepared import prepare
from briefs.models.vocabulary import Author, Keyword, Source, Term, Vocabulary, follow_merges

from .analysis import analyse
from .query import Phrase, tokenise_phrase
from .search_documents import NO_SUCH_FACET

type FacetKind = Literal["keyword", "source", "author"]

FACET_LETTERS: Final[Mapping[FacetKind, str]] = {"keyword": "k", "source": "s", "author": "a"}
"""First letter of the facets of each kind."""
_TABLES: Final[tuple[type[Vocabulary], ...]] = (Keyword, Author, Source, Term)
_YEAR: Final = re.compile(r"(?:1[5-9]|20)\d\d$")


class Name(NamedTuple):
    """A row of the vocabulary. `kind`: keyword, author, source or term."""

    kind: str
    pk: int
    slug: str
    zh: str
    en: str
    merged_into_id: int | None

    @property
    def facet(self) -> str:
        return f"{self.kind[0]}{self.pk}"

    def label(self, side: Side) -> str:
        return (self.zh or self.en) if side == "zh" else (self.en or self.zh)


class NameIndex:
    """All names: by facet (`k3`, `a7`, `s1`, `t2`), by slug, and by the tokens of their labels."""

    def __init__(self, rows: Iterable[Sequence[Any]] = ()) -> None:
        every: dict[str, dict[int, Name]] = {}
        for name in (Name(*row) for row in rows):
            every.setdefault(name.kind, {})[name.pk] = name
        self.names: dict[str, Name] = {}
        self._by_slug: dict[tuple[str, str], str] = {}
        self._heirs: dict[str, str] = {}
        self._families: dict[str, list[str]] = {}
        for name in (name for of_kind in every.values() for name in of_kind.values()):
            heir = follow_merges(every[name.kind], name.pk).facet
            self._by_slug[name.kind, name.slug] = heir
            if not name.merged_into_id:
                self.names[heir] = name
            if heir != name.facet:
                self._heirs[name.facet] = heir
                self._families.setdefault(heir, [heir]).append(name.facet)
        self._labels: list[tuple[str, str]] = []
        self._places: dict[str, list[int]] = defaultdict(list)
        """Places in `_labels` of each token, and of each word that differs from its stem, for `word*`."""
        for facet, name in self.names.items():
            for label in {name.zh, name.en} if name.kind in FACET_LETTERS else ():
                tokens, words = analyse(label)
                for token in {*tokens, *words}:
                    self._places[token].append(len(self._labels))
                self._labels.append((facet, label))
        self._tokens = sorted(self._places)
        self._find_facets = lru_cache(500)(self._list_facets)

    def list_family(self, facet: str) -> Sequence[str]:
        """Return the facet and those merged into it. Nothing if it is merged itself."""
        return () if facet in self._heirs else self._families.get(facet, [facet])

    def resolve(self, facet: str) -> str:
        """Return the facet, or that which it was merged into."""
        return self._heirs.get(facet, facet)

    def resolve_all(self, facets: str) -> str:
        """Resolve the facets in lines of one edition each. Two that were merged are one."""
        if self._heirs.keys().isdisjoint(facets.split()):
            return facets
        lines = (dict.fromkeys(map(self.resolve, line.split())) for line in facets.split("\n"))
        return "\n".join(map(" ".join, lines))

    def find_slug(self, kind: FacetKind, slug: str) -> str:
        return self._by_slug.get((kind, slug), NO_SUCH_FACET)

    def find_facets(self, phrases: tuple[Phrase, ...], kind: str = "") -> Sequence[str]:
        """Return the facets of all names, or those of one kind, that have one of the phrases, with those merged into them."""
        return self._find_facets(phrases, kind)

    def _list_facets(self, phrases: tuple[Phrase, ...], kind: str) -> Sequence[str]:
        found = {facet for phrase in phrases for facet in self._match(phrase) if facet.startswith(kind[:1])}
        if not kind:  # a year finds the articles of that year
            found |= {
                f"y{phrase[0].text}" for phrase in phrases if len(phrase) == 1 and _YEAR.match(phrase[0].text)
            }
        return [one for facet in sorted(found) for one in self.list_family(facet)]

    def _match(self, phrase: Phrase) -> Iterator[str]:
        tokens, is_open = tokenise_phrase(phrase)
        if is_open and len(phrase) == 1:
            tokens[-1] = phrase[-1].text  # the words as written have places too
        *closed, last = tokens
        places = {place for token in self.complete(last, is_open) for place in self._places[token]}
        places = places.intersection(*(self._places.get(token, ()) for token in closed))
        for place in places:
            facet, label = self._labels[place]
            if not closed or _has_phrase(analyse(label)[0], closed, last, is_open):
                yield facet

    def complete(self, start: str, is_open: bool) -> Iterator[str]:
        """Yield the token, or those that begin so."""
        if not is_open:
            yield from [start] if start in self._places else []
            return
        for at in range(bisect_left(self._tokens, start), len(self._tokens)):
            if not self._tokens[at].startswith(start):
                return
            yield self._tokens[at]


NO_NAMES: Final = NameIndex()


def load_name_index() -> NameIndex:
    """Return the index of all names. One query, and one more after a public change."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        return NameIndex(_select_names())  # the triggers wait for the commit
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT token FROM {VERSION_TABLE} WHERE id = 1")
        (token,) = cursor.fetchone() or ("",)
    return _build_index(token) if token else NameIndex(_select_names())


@lru_cache(maxsize=1)
def _build_index(token: str) -> NameIndex:
    return NameIndex(_select_names())


def _has_phrase(tokens: Sequence[str], closed: Sequence[str], last: str, is_open: bool) -> bool:
    """Return whether the tokens `closed` and then `last` stand there in a row."""
    n = len(closed)
    return any(
        tokens[at : at + n] == closed
        and (tokens[at + n].startswith(last) if is_open else tokens[at + n] == last)
        for at in range(len(tokens) - n)
    )


@prepare()
def _select_names() -> Any:
    first, *others = (
        kind._default_manager.order_by().values_list(
            Value(kind._meta.model_name), "pk", "slug", *kind.label_columns, "merged_into"
        )
        for kind in _TABLES
    )
    return first.union(*others, all=True).order_by()
