"""Parsed digests to be stored, the outcome of each, and the state of a dry run."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

from briefs.bilingual.documents import Caution, DocumentRefused, ParsedDocument, ParseResult
from briefs.bilingual.text.article_urls import build_article_key
from briefs.content import hash_json


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The result for one digest of one file."""

    file: str
    index: int
    status: str
    brief: int | None = None
    parsed: ParsedDocument | None = None
    cautions: tuple[Caution, ...] = ()
    refusal: DocumentRefused | None = None
    dry_run_status: str = ""
    """The status that the digest would have had without the dry run."""


@dataclass
class ImportItem:
    """One parsed digest with the keys that identify it."""

    file: str
    data: bytes
    parse_result: ParseResult
    parsed: ParsedDocument
    cautions: list[Caution] = field(default_factory=list)

    @cached_property
    def file_name(self) -> str:
        return PurePath(self.file).name[:255]

    @property
    def lines_hash(self) -> str:
        return self.parse_result.lines_sha256

    @cached_property
    def url_key(self) -> str:
        return build_article_key(self.parsed.facts.get("url", ""))

    @cached_property
    def article_hash(self) -> str:
        """Hash the article's address, else its source, date and first author. Empty if all are missing."""
        if key := self.url_key:
            return hash_json(["url", key])
        parsed = self.parsed
        parts = [
            (parsed.source or "").casefold(),
            parsed.date.iso if parsed.date else "",
            parsed.authors[0].casefold() if parsed.authors else "",
        ]
        return hash_json(["facts", *parts]) if any(parts) else ""

    @property
    def document_key(self) -> tuple[str, int, str]:
        """Return the key that a newer form of a document shares with the earlier one, if the document names an
        article.
        """
        return self.file_name, self.parse_result.index, self.article_hash

    def identity_keys(self) -> set[tuple[str, ...]]:
        """Return the keys of which two documents share one if they may be the same, or of one article or file name."""
        keys = {("lines", self.lines_hash), ("name", self.file_name, str(self.parse_result.index))}
        return keys | ({("article", self.article_hash)} if self.article_hash else set())

    def build_outcome(self, status: str, brief: int | None = None) -> ImportOutcome:
        index = self.parse_result.index
        return ImportOutcome(self.file, index, status, brief, self.parsed, tuple(self.cautions))

    def build_refused_outcome(self, refusal: DocumentRefused) -> ImportOutcome:
        return ImportOutcome(self.file, self.parse_result.index, "refused", refusal=refusal)


@dataclass(slots=True)
class DryRunState:
    """The documents already processed by a dry run, so that later ones are recognized although their briefs were undone.

    Some hundred bytes per document.
    """

    _lines_hashes: set[str] = field(default_factory=set)
    _names: set[tuple[str, int]] = field(default_factory=set)
    _document_keys: set[tuple[str, int, str]] = field(default_factory=set)
    _articles: dict[str, str] = field(default_factory=dict)

    def add_item(self, item: ImportItem) -> None:
        self._lines_hashes.add(item.lines_hash)
        self._names.add((item.file_name, item.parse_result.index))
        if item.article_hash:
            self._document_keys.add(item.document_key)
            self._articles.setdefault(item.article_hash, item.file_name)

    def has_lines_hash(self, item: ImportItem) -> bool:
        return item.lines_hash in self._lines_hashes

    def has_document_key(self, item: ImportItem) -> bool:
        return item.document_key in self._document_keys

    def has_file_name(self, item: ImportItem) -> bool:
        return (item.file_name, item.parse_result.index) in self._names

    def find_file_of_article(self, item: ImportItem) -> str:
        """Return the first file of this import with the same article, or an empty string."""
        return self._articles.get(item.article_hash, "")
