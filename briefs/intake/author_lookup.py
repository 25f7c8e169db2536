"""Match the authors of a document to rows. A new author who may exist in another spelling is reported."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ..content import Byline
from ..documents.types import Caution
from ..facts import AFFILIATION_LIMIT
from ..models import Author
from ..text.name_similarity import are_similar_names
from ..text.person_names import split_person_name
from ..text.scripts import count_han
from .author_names import AuthorName, read_author

MAX_SUGGESTIONS: Final = 3
NAME_POINTS: Final = "‧·．・•"
"""Signs between the parts of a foreign name in Chinese, which is then a transliteration."""


class KnownAuthor(NamedTuple):
    """An author's row with its name in Latin letters and its Chinese name, either of which may be empty."""

    pk: int
    latin: str
    chinese: str

    def __str__(self) -> str:
        return f"{self.latin} {self.chinese}".strip()


type RowsByName = dict[str, list[KnownAuthor]]


class AuthorLookup:
    """Look up authors by name during an import. Read once, then extended by new authors."""

    def __init__(self) -> None:
        self._rows_by_name: RowsByName = {}
        self._undone_rows_by_name: RowsByName = {}

    def clear_cache(self, *, keep_reported: bool) -> None:
        """Drop the cached rows. With `keep_reported`, remember them, so that a dry run reports what an import would."""
        known = {**self._undone_rows_by_name, **self._rows_by_name}
        self._rows_by_name, self._undone_rows_by_name = {}, known if keep_reported else {}

    def find_or_create_bylines(self, texts: tuple[str, ...], cautions: list[Caution]) -> tuple[Byline, ...]:
        """Return an author with title and affiliation for each text, without duplicates."""
        if not self._rows_by_name:
            self._rows_by_name = _load_rows_by_name()
        bylines: dict[int, Byline] = {}
        for text in texts:
            author = read_author(text)
            row = _find(self._rows_by_name, text, author)
            known = row or _find(self._undone_rows_by_name, text, author)
            cautions += self._report_new(text, author) if known is None else _report_other_name(author, known)
            row = row or self._create(author)
            affiliations = (
                author.affiliation_zh[:AFFILIATION_LIMIT],
                author.affiliation_en[:AFFILIATION_LIMIT],
            )
            bylines.setdefault(row.pk, Byline(row.pk, *affiliations))
        return tuple(bylines.values())

    def _create(self, author: AuthorName) -> KnownAuthor:
        values: dict[str, Any] = {"name": author.name[:200], **split_person_name(author.name)}
        if author.name_zh:
            kind = Author.ChineseName.TRANSLITERATION if _is_transliteration(author.name_zh) else ""
            values |= {"name_zh": author.name_zh[:100], "name_zh_kind": kind}
        row = _describe(Author.make(**values))
        for name in filter(None, (author.name, author.name_zh)):
            self._rows_by_name.setdefault(name.casefold(), []).append(row)
        return row

    def _report_new(self, text: str, author: AuthorName) -> Iterator[Caution]:
        if author.name_zh and not _is_transliteration(author.name_zh):
            told = {"text": text, "name": author.name, "name_zh": author.name_zh}
            yield Caution(None, "author-two-names", told)
        if near := self._find_similar(author):
            names = {"text": author.name, "near_en": ", ".join(near), "near_zh": "、".join(near)}
            yield Caution(None, "author-similar", names)

    def _find_similar(self, author: AuthorName) -> list[str]:
        """Return the authors whose name is alike, or equal with another name in the other script."""
        mine = [name for name in (author.name, author.name_zh) if name]
        every = {**self._undone_rows_by_name, **self._rows_by_name}
        found = {
            str(row): None
            for key, rows in every.items()
            if any(are_similar_names(name, key) for name in mine)
            for row in rows
        }
        return list(found)[:MAX_SUGGESTIONS]


def _find(rows_by_name: RowsByName, text: str, author: AuthorName) -> KnownAuthor | None:
    """Return the oldest row with this name. If both have a name in the other script, it must be the same."""
    for key, other in ((author.name, author.name_zh), (author.name_zh, author.name), (text, "")):
        for row in rows_by_name.get(key.casefold(), ()):
            known = row.latin if count_han(key) else row.chinese
            if not (other and known) or known.casefold() == other.casefold():
                return row
    return None


def _report_other_name(author: AuthorName, row: KnownAuthor) -> Iterator[Caution]:
    if author.name_zh and not (row.latin and row.chinese):
        missing = author.name if row.chinese else author.name_zh
        yield Caution(None, "author-other-name", {"text": missing, "known": str(row)})


def _is_transliteration(name_zh: str) -> bool:
    return any(point in name_zh for point in NAME_POINTS)


def _load_rows_by_name() -> RowsByName:
    """Map every name of every author to the rows that have it, the oldest first, merged ones last."""
    rows = Author.objects.in_bulk()
    found: RowsByName = defaultdict(list)
    for row in sorted(rows.values(), key=lambda row: (row.merged_into_id is not None, row.pk)):
        heir = row
        while heir.merged_into_id:
            heir = rows[heir.merged_into_id]
        for name in {row.name.casefold(), row.name_zh.casefold()} - {""}:
            found[name].append(_describe(heir))
    return dict(found)


def _describe(row: Author) -> KnownAuthor:
    latin = "" if count_han(row.name) else row.name
    return KnownAuthor(row.pk, latin, row.name_zh or ("" if latin else row.name))
