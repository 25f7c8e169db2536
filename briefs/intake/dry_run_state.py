"""State of a dry run. Later documents see the briefs that earlier ones would have created."""

from dataclasses import dataclass, field

from .outcomes import ImportItem


@dataclass(slots=True)
class DryRunState:
    """The documents already processed by a dry run or a rehearsal. Takes some hundred bytes per document.

    A rehearsal uses `created_briefs`: its briefs exist until it ends. A dry run undoes each group at once, so
    it recognizes earlier documents by the other sets.
    """

    created_briefs: set[int] = field(default_factory=set)
    _lines_hashes: set[str] = field(default_factory=set)
    _names: set[tuple[str, int]] = field(default_factory=set)
    _document_keys: set[tuple[str, int, str]] = field(default_factory=set)
    _articles: dict[str, str] = field(default_factory=dict)

    def add_item(self, item: ImportItem, status: str, brief: int | None) -> None:
        if status == "created" and brief is not None:
            self.created_briefs.add(brief)
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
