"""What becomes of each digest of each file."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath

from ..content import Content, sha256
from ..documents.types import Caution, DocumentRefused, ParsedDocument, Reading
from ..text.article_urls import article_key


@dataclass(frozen=True, slots=True)
class Change:
    """A brief that is there already: as it is, and as the document would make it."""

    brief: int
    version: int
    before: Content
    after: Content


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants of one digest, having seen a rehearsal: that it be `created`, that it have this
    brief `updated`, or that it go `over` what people have edited. Without a brief: one of the same import.
    """

    status: str
    brief: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The line that a person reads about one digest. `read` and `change` are for whoever shows a rehearsal:
    what stands in the document, also when it was refused, and the brief it is another form of.
    """

    file: str
    index: int
    status: str
    brief: int | None = None
    parsed: ParsedDocument | None = None
    cautions: tuple[Caution, ...] = ()
    refusal: DocumentRefused | None = None
    read: ParsedDocument | None = None
    change: Change | None = None
    would: str = ""
    """Of a dry run: the status that it would have."""


@dataclass
class Item:
    """One parsed digest on its way in, with what tells it apart."""

    file: str
    data: bytes
    reading: Reading
    parsed: ParsedDocument
    cautions: list[Caution] = field(default_factory=list)
    choice: Choice | None = None

    @cached_property
    def base(self) -> str:
        return PurePath(self.file).name[:255]

    @property
    def lines(self) -> str:
        return self.reading.lines_sha256

    @cached_property
    def url_key(self) -> str:
        return article_key(self.parsed.url) if self.parsed.url else ""

    @cached_property
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

    @property
    def form(self) -> tuple[str, int, str]:
        """A document with this is another form of the one that had it before, if it names an article."""
        return self.base, self.reading.index, self.article

    def keys(self) -> set[tuple[str, ...]]:
        """By which an earlier document may be the same, or of the same article or name."""
        keys = {("lines", self.lines), ("name", self.base, str(self.reading.index))}
        return keys | ({("article", self.article)} if self.article else set())

    def as_seen(self, status: str, brief: int | None = None, version: int | None = None) -> None:
        """Raise DocumentRefused where the desk is no longer as it was when the person chose."""
        seen = self.choice
        if seen is None or seen == Choice(status, brief, version):
            return
        if seen.status != status or seen.brief is not None:
            raise DocumentRefused(None, "changed-meanwhile")

    def outcome(self, status: str, brief: int | None = None, change: Change | None = None) -> Outcome:
        cautions = tuple(self.cautions)
        return Outcome(
            self.file, self.reading.index, status, brief, self.parsed, cautions, None, self.parsed, change
        )

    def refused(self, refusal: DocumentRefused, change: Change | None = None) -> Outcome:
        cautions = tuple(self.cautions) if change else ()
        return Outcome(
            self.file, self.reading.index, "refused", None, None, cautions, refusal, self.parsed, change
        )
