"""What checks read and return: settings and vocabulary of a run, findings, repairs and edits. No database rows."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from briefs.content import Side

FindingField = Literal["headline", "summary", "bullet", "source", "authors", "date", "url", "picture"]
Span = tuple[int, int]
MessageValues = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in one text.

    If the text differs from `expected`, the whole repair is refused.
    """

    bullet: int | None
    field: FindingField
    side: Side
    start: int
    end: int
    expected: str
    replacement: str

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Repair:
    """A one-click repair. Without edits, an offer of another action, such as adding a glossary term."""

    code: str
    values: MessageValues = dataclasses.field(default_factory=dict)
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark of a check on a text.

    `bullet`: the bullet's number, not its position; None for headline, summary and facts.
    `side`: empty if the finding is about both languages. `span`: start and end in the text of `side`.
    """

    code: str
    field: FindingField
    bullet: int | None = None
    side: Side | Literal[""] = ""
    span: Span | None = None
    values: MessageValues = dataclasses.field(default_factory=dict)
    repair: Repair | None = None

    @property
    def check_name(self) -> str:
        """Return the part of the code before the dot, which a dismissal may name."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class _HashedOnce:
    """Keeps its hash. A glossary is the key of several caches, and to hash its terms took a third of their search."""

    _hash: int = dataclasses.field(default=0, init=False, repr=False, compare=False)

    def _compute_hash(self) -> int:
        if not self._hash:
            values = (getattr(self, f.name) for f in fields(self) if f.compare)
            object.__setattr__(self, "_hash", hash(tuple(values)))
        return self._hash


@dataclass(frozen=True, slots=True)
class TermData(_HashedOnce):
    """One glossary concept. An avoided rendering still counts as a mention of the concept."""

    zh: str = ""
    en: str = ""
    also_zh: tuple[str, ...] = ()
    also_en: tuple[str, ...] = ()
    avoid_zh: tuple[str, ...] = ()
    avoid_en: tuple[str, ...] = ()
    safe_zh: tuple[str, ...] = ()
    safe_en: tuple[str, ...] = ()

    __hash__ = _HashedOnce._compute_hash

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Build from a mapping with the field names of `models.Term`, ignoring unknown keys."""
        values: dict[str, Any] = {}
        for name in (f.name for f in fields(cls) if f.name in data):
            values[name] = data[name] if isinstance(data[name], str) else tuple(data[name])
        return cls(**values)

    def approved(self, side: Side) -> tuple[str, ...]:
        """Return the preferred rendering (may be empty), followed by the accepted ones."""
        return (self.zh, *self.also_zh) if side == "zh" else (self.en, *self.also_en)

    def renderings(self, side: Side) -> tuple[str, ...]:
        """Return every rendering of the concept on one side. Chinese may also use the English ones."""
        forms = (*self.approved("en"), *self.avoid_en)
        if side == "zh":
            forms = (*self.approved("zh"), *self.avoid_zh, *forms)
        return tuple(form for form in forms if form)


@dataclass(frozen=True, slots=True)
class MainlandWording:
    """A mainland wording, its renderings in Taiwan, and safe words that contain the same characters."""

    avoid_zh: str
    use_zh: tuple[str, ...]
    safe: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Build from a row of `mainland.json`."""
        return cls(data["avoid_zh"], tuple(data["use_zh"]), tuple(data.get("safe", ())))


@dataclass(frozen=True, slots=True)
class CheckContext(_HashedOnce):
    """Settings and vocabulary for a run of the checks.

    `names`: names of authors and sources, in either script. `source_addresses`: the sites of the sources.
    `undecided_authors`: ids and names of authors of whom it is not known whether the family name stands first.
    `ratio_band`: range of Chinese characters per English word; the site's own from 300 pairs on.
    `quote_limit`: how many quoted words a brief may have in one language; 0 for no limit.
    """

    terms: tuple[TermData, ...] = ()
    mainland_wordings: tuple[MainlandWording, ...] = ()
    names: tuple[str, ...] = ()
    source_addresses: tuple[str, ...] = ()
    undecided_authors: tuple[tuple[int, str], ...] = ()
    ratio_band: tuple[float, float] = (1.0, 2.45)
    quote_limit: int = 0

    __hash__ = _HashedOnce._compute_hash
