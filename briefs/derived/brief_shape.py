"""The declared shape in which the API, the corpus and exports give public briefs to machines.

The OpenAPI schemas are made from these classes, so docstrings and descriptions are read by users of the API.
A new field may be added at any time; no field changes its meaning or goes away within a version of the API.
"""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from briefs.content import Marker
from briefs.facts import SCALAR_FACTS, Fact, FactKind

type Moment = Annotated[dt.datetime, Meta(tz=True)]
"""With `tz`, msgspec describes it as `date-time`."""
type Hash = Annotated[
    str,
    Meta(
        description="SHA-256 of this object without `hash`, as JSON in UTF-8 with sorted keys and no spaces."
    ),
]
type Level = Annotated[int, Meta(ge=0, le=2)]
type WithdrawalReason = Literal["our_error", "rights", "duplicate", "other"]


class Texts(Struct, frozen=True):
    """A text in Traditional Chinese and in English."""

    zh: str
    en: str


class Name(Struct, frozen=True):
    """A keyword, source or term with its present names. The slug never changes."""

    slug: str
    zh: str
    en: str


class Author(Struct, frozen=True):
    """An author of the article. `en` is the name as printed. The affiliation is that at the time of the article."""

    slug: str
    zh: str
    en: str
    affiliation: Texts


class Bullet(Struct, frozen=True):
    """The same point in both languages. A text is empty if the point is in one language only."""

    number: Annotated[int, Meta(ge=1, description="Unique in its brief and never reused: #b4 in addresses.")]
    zh: str
    en: str
    level_zh: Level = 0
    level_en: Level = 0
    marker_zh: Marker = "bullet"
    marker_en: Marker = "bullet"


class Picture(Struct, frozen=True):
    """The cover picture. Its licence is its own."""

    url: str
    width: int
    height: int
    alt: Texts
    credit: str
    licence: str


class Correction(Struct, frozen=True):
    """The latest change that readers are told of."""

    at: Moment
    kind: Literal["correction", "update", "editors_note"]
    note: Texts


class Withdrawal(Struct, frozen=True):
    at: Moment
    kind: WithdrawalReason
    reason: Texts


class Urls(Struct, frozen=True):
    """Addresses of the brief: its pages, and the brief in this API."""

    zh: str
    en: str
    parallel: str
    api: str


def _fact_field(name: str, fact: Fact) -> tuple[str, Any, Any]:
    """Return the field of a fact that one value states. An unknown value is empty."""
    if fact.kind is FactKind.FLAG:
        return name, Annotated[bool, Meta(description=fact.label)], False
    kind = Literal["", *fact.choices] if fact.choices else str
    return name, Annotated[kind, Meta(description=fact.label)], ""


Article = msgspec.defstruct(
    "Article",
    [
        ("source", Name | None),
        ("authors", list[Author]),
        *(_fact_field(name, fact) for name, fact in SCALAR_FACTS.items() if fact.is_public),
    ],
    frozen=True,
    namespace={
        "__doc__": "The digested article. `date` is ISO, cut to its precision: 2025-06-09, 2025-06 or 2025."
    },
)


class Brief(Struct, frozen=True, kw_only=True, tag_field="status", tag="public"):
    """A brief as readers see it now, in both languages."""

    id: int
    slug: str
    edition: Annotated[int, Meta(ge=1, description="1 is the first edition; a correction is the next.")]
    published: Moment
    updated: Annotated[Moment, Meta(description="When this edition became public.")]
    correction: Correction | None
    headline: Texts
    summary: Texts
    bullets: list[Bullet]
    key_point: Annotated[
        int | None,
        Meta(
            description="Number of the bullet that stands for the brief; null: the last sentence of the summary."
        ),
    ]
    article: Article  # type: ignore[valid-type]
    picture: Picture | None
    keywords: list[Name]
    terms: list[Name]
    urls: Urls
    licence: Annotated[str, Meta(description="Address of the licence; empty: all rights reserved.")]
    hash: Hash = ""


class WithdrawnBrief(Struct, frozen=True, kw_only=True, tag_field="status", tag="withdrawn"):
    """The notice in place of a brief that was withdrawn. Delete its text."""

    id: int
    slug: str
    edition: int
    published: Moment
    withdrawn: Withdrawal
    headline: Texts
    urls: Urls
    hash: Hash = ""


type FoundBrief = Brief | WithdrawnBrief


class BriefChange(Struct, tag_field="kind"):
    """The latest change of an edition. `brief` is its brief as it is now, null if readers no longer find it."""

    id: int
    edition: int
    at: Moment
    brief: FoundBrief | None


class Published(BriefChange, tag="published"):
    """The first edition of a brief became public."""


class Corrected(BriefChange, tag="corrected"):
    """A later edition became public."""


class Withdrawn(BriefChange, tag="withdrawn"):
    """The text was withdrawn: the brief is now a notice."""


class Removed(BriefChange, tag="removed"):
    """The brief was removed: delete it."""


class Reinstated(BriefChange, tag="reinstated"):
    """What was withdrawn or removed came back."""


class Relabelled(Struct, tag_field="kind", tag="relabelled"):
    """An author, source, keyword or term was renamed or merged. `briefs`: ids of the briefs to read again."""

    at: Moment
    briefs: list[int]


type Change = Published | Corrected | Withdrawn | Removed | Reinstated
CHANGES: Final[dict[str, Callable[..., Change]]] = {
    "published": Published,
    "corrected": Corrected,
    "withdrawn": Withdrawn,
    "removed": Removed,
    "reinstated": Reinstated,
}
