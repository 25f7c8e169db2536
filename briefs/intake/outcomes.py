"""What becomes of each digest of each file."""

from dataclasses import dataclass, field
from pathlib import PurePath

from ..addresses import article_key
from ..content import sha256
from ..documents.types import Caution, DocumentRefused, ParsedDocument, Reading


@dataclass(frozen=True, slots=True)
class Outcome:
    """The line that a person reads about one digest."""

    file: str
    index: int
    status: str
    brief: int | None = None
    parsed: ParsedDocument | None = None
    cautions: tuple[Caution, ...] = ()
    refusal: DocumentRefused | None = None


@dataclass(slots=True)
class Item:
    """One parsed digest on its way in, with what tells it apart."""

    file: str
    data: bytes
    reading: Reading
    parsed: ParsedDocument
    cautions: list[Caution] = field(default_factory=list)

    @property
    def base(self) -> str:
        return PurePath(self.file).name[:255]

    @property
    def lines(self) -> str:
        return self.reading.lines_sha256

    @property
    def url_key(self) -> str:
        return article_key(self.parsed.url) if self.parsed.url else ""

    @property
    def article(self) -> str:
        """What names the article: its address, else source, date and first author. Empty when nothing does."""
        if key := self.url_key:
            return sha256(["url", key])
        parsed = self.parsed
        parts = [
            (parsed.source or "").casefold(),
            parsed.date.iso if parsed.date else "",
            parsed.authors[0].casefold() if parsed.authors else "",
        ]
        return sha256(["facts", *parts]) if any(parts) else ""

    def keys(self) -> set[tuple[str, ...]]:
        """By which an earlier document may be the same, or of the same article or name."""
        keys = {("lines", self.lines), ("name", self.base, str(self.reading.index))}
        return keys | ({("article", self.article)} if self.article else set())

    def outcome(self, status: str, brief: int | None = None) -> Outcome:
        return Outcome(self.file, self.reading.index, status, brief, self.parsed, tuple(self.cautions))

    def refused(self, refusal: DocumentRefused) -> Outcome:
        return Outcome(self.file, self.reading.index, "refused", refusal=refusal)
