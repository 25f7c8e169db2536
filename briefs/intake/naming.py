"""Names in a document → vocabulary rows. An unknown one is added, and said so."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any, cast

from ..content import Byline
from ..documents.types import Caution, ParsedDocument
from ..models import Author, Keyword, Source
from ..models.vocabulary import Vocabulary
from ..names import parts_of_name

type Index = dict[str, int]


class Names:
    """The vocabulary as an import looks it up: read once, added to as documents bring new names.

    After a rollback `forget` it, since rows that were added are gone.
    """

    def __init__(self) -> None:
        self._indexes: dict[type[Vocabulary], Index] = {}
        self._said: set[tuple[type[Vocabulary], str]] = set()

    def forget(self, *, said: bool = False) -> None:
        """`said`: what has been said of a name stays said, as in an import where its row stays."""
        self._indexes.clear()
        if not said:
            self._said.clear()

    def rows(self, parsed: ParsedDocument, cautions: list[Caution]) -> dict[str, Any]:
        """Source, authors and keywords of a document, as the facts name them."""
        authors = dict.fromkeys(self._author(name) for name in parsed.authors)
        return {
            "source": self._source(parsed.source, cautions) if parsed.source else None,
            "authors": tuple(Byline(pk) for pk in authors),
            "keywords": tuple(dict.fromkeys(self._keyword(label, cautions) for label in parsed.keywords)),
        }

    def _author(self, name: str) -> int:
        index = self._index(Author)
        if (key := name.casefold()) not in index:
            index[key] = Author.make(name=name[:200], **parts_of_name(name)).pk
        return index[key]

    def _source(self, name: str, cautions: list[Caution]) -> int:
        return self._found_or(Source, name, "unknown-source", cautions, lambda: Source.make(name=name[:200]))

    def _keyword(self, label: str, cautions: list[Caution]) -> int:
        column = "label_en" if label.isascii() else "label_zh"
        return self._found_or(
            Keyword, label, "unknown-keyword", cautions, lambda: Keyword.make(**{column: label[:80]})
        )

    def _found_or(
        self,
        kind: type[Vocabulary],
        name: str,
        code: str,
        cautions: list[Caution],
        make: Callable[[], Vocabulary],
    ) -> int:
        index = self._index(kind)
        key = name.casefold()
        if key not in index:
            if (kind, key) not in self._said:
                cautions.append(Caution(None, code, {"text": name, **_near(key, index)}))
                self._said.add((kind, key))
            index[key] = make().pk
        return index[key]

    def _index(self, kind: type[Vocabulary]) -> Index:
        if kind not in self._indexes:
            self._indexes[kind] = _read(kind)
        return self._indexes[kind]


def _read(kind: type[Vocabulary]) -> Index:
    """Every name of every row, leading to the row it was merged into. Where two share one, the older has it."""
    rows = {row.pk: row for row in kind._default_manager.order_by("-pk")}
    index: Index = {}
    for row in sorted(rows.values(), key=lambda row: (row.merged_into_id is None, -row.pk)):
        heir = row
        while heir.merged_into_id:
            heir = rows[heir.merged_into_id]
        index.update({name.casefold(): heir.pk for name in _names(row) if name})
    return index


def _names(row: Vocabulary) -> list[str]:
    if isinstance(row, Keyword):
        return [row.label_zh, row.label_en]
    if isinstance(row, Source):
        return [*row.aliases, row.name_zh, row.name]
    author = cast(Author, row)
    return [author.name_zh, author.name]


def _near(name: str, known: Iterable[str]) -> dict[str, str]:
    """Up to three names that may have been meant, as half a sentence in each language."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return {
        "near_en": f" Did you mean {', '.join(near)}?" if near else "",
        "near_zh": f"您要找的是不是：{'、'.join(near)}？" if near else "",
    }
