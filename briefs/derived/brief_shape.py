"""The declared shape in which the API, the corpus and exports give public briefs to machines, and its queries.

The OpenAPI schemas are made from these classes, so docstrings and descriptions are read by users of the API.
A new field may be added at any time; no field changes its meaning or goes away within a version of the API.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from msgspec import Meta, Struct

from briefs import content
from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.text import paths
from briefs.content import SIDES, Marker, hash_json
from briefs.facts import SCALAR_FACTS, Fact, FactKind
from briefs.models.derived import EditionTerm
from briefs.models.edition import ChangeKind, Edition
from briefs.models.prepared import PreparedQuery, prepare

from .public_brief import BRIEF_COLUMNS, build_briefs

# The shape.

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


# Build the declared shape of public briefs: one query for the names and one for the terms, for any number of editions.

type EditionRows = QuerySet[Edition, Any]

MAX_SHAPES: Final = 500
"""Most briefs that one call of `build_shapes` builds."""

API_PATH: Final = "/api/v1/"


class ShapeRow(NamedTuple):
    """The columns from which a shape is built."""

    pk: int
    brief_id: int
    number: int
    withdrawn_at: dt.datetime | None
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    correction: dict[str, str] | None
    slug: str
    published_at: dt.datetime
    live_from: dt.datetime
    content: dict[str, Any]

    @property
    def brief_columns(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in BRIEF_COLUMNS)


def prepare_shapes(
    build: Callable[..., EditionRows], *argument_types: type, **options: Any
) -> Callable[..., list[ShapeRow]]:
    """Return a function of now and of values of `argument_types` that runs a prepared query.

    `build` takes the same and returns `listed(now)` or `found(now)`, filtered and ordered. `options`: of `PreparedQuery`.
    """

    def select(now: dt.datetime, *values: Any) -> EditionRows:
        editions: EditionRows = build(now, *values).annotate(correction=_select_correction(now))
        return editions.values_list(*ShapeRow._fields)

    query = PreparedQuery(select, dt.datetime, *argument_types, **options)
    return lambda *arguments: [ShapeRow(*row) for row in query(*arguments)]


def _select_correction(now: dt.datetime) -> Subquery:
    """Select the newest change note, also of an earlier edition, as in the history on a brief's page."""
    past = Edition.objects.uncancelled().filter(brief=OuterRef("brief"), live_from__lte=now)
    noted = (
        past.filter(removed_at=None)
        .exclude(change_kind__in=("", ChangeKind.SMALL_REPAIR))
        .order_by("-live_from")
    )
    note = JSONObject(at="live_from", kind="change_kind", zh="change_note_zh", en="change_note_en")
    return Subquery(noted.values(note=note)[:1])


def build_shapes(rows: Sequence[ShapeRow]) -> list[FoundBrief]:
    """Build the shapes of rows, in their order."""
    terms = _load_terms([row.pk for row in rows if not row.withdrawn_at])
    briefs = build_briefs([row.brief_columns for row in rows])
    return [
        add_hash(
            _build_withdrawn(row, brief, row.withdrawn_at)
            if row.withdrawn_at
            else _build_brief(row, brief, terms.get(row.pk, []))
        )
        for row, brief in zip(rows, briefs, strict=True)
    ]


def add_hash[S: Struct](shape: S) -> S:
    """Return the brief or issue with the hash of its other fields."""
    values = msgspec.to_builtins(shape)
    del values["hash"]
    return msgspec.structs.replace(shape, hash=hash_json(values))


def _load_terms(editions: Sequence[int]) -> dict[int, list[Name]]:
    found: dict[int, list[Name]] = {}
    for pk, *name in _terms_of(*editions) if editions else ():
        found.setdefault(pk, []).append(Name(*name))
    return found


@prepare(ids=MAX_SHAPES)
def _terms_of(*editions: int) -> QuerySet[Any, Any]:
    rows = EditionTerm.objects.filter(edition__in=editions).order_by("term__slug")
    return rows.values_list("edition_id", "term__slug", "term__zh", "term__en")


def _build_brief(row: ShapeRow, brief: PublicBrief, terms: list[Name]) -> Brief:
    return Brief(
        id=row.brief_id,
        slug=brief.slug,
        edition=row.number,
        published=row.published_at,
        updated=brief.updated_at,
        correction=_build_correction(row.correction) if row.correction else None,
        headline=Texts(*map(brief.headline, SIDES)),
        summary=Texts(*map(brief.summary, SIDES)),
        bullets=[
            Bullet(b.number, b.text_zh, b.text_en, b.level_zh, b.level_en, b.marker_zh, b.marker_en)
            for b in brief.content.bullets
        ],
        key_point=brief.content.key_point or None,
        article=_build_article(brief),
        picture=_build_picture(brief.content),
        keywords=[_build_name(name) for name in brief.keywords],
        terms=terms,
        urls=build_urls(brief.slug),
        licence=settings.DIGEST_LICENCE,
    )


def _build_correction(values: Mapping[str, str]) -> Correction:
    at = dt.datetime.fromisoformat(values["at"])  # in UTC; on SQLite without the offset
    at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    return Correction(at, values["kind"], Texts(values["zh"], values["en"]))  # type: ignore[arg-type]


def _build_withdrawn(row: ShapeRow, brief: PublicBrief, withdrawn_at: dt.datetime) -> WithdrawnBrief:
    reason = Texts(row.withdrawn_reason_zh, row.withdrawn_reason_en)
    return WithdrawnBrief(
        id=row.brief_id,
        slug=brief.slug,
        edition=row.number,
        published=row.published_at,
        withdrawn=Withdrawal(withdrawn_at, row.withdrawn_kind, reason),  # type: ignore[arg-type]
        headline=Texts(*map(brief.headline, SIDES)),
        urls=build_urls(brief.slug),
    )


def _build_article(brief: PublicBrief) -> Any:
    authors = [
        Author(name.slug, name.zh, name.en, Texts(name.affiliation_zh, name.affiliation_en))
        for name in brief.authors
    ]
    source = _build_name(brief.source) if brief.source else None
    return Article(source=source, authors=authors, **brief.shown_facts)


def _build_name(name: PublicName) -> Name:
    return Name(name.slug, name.zh, name.en)


def _build_picture(shown: content.Content) -> Picture | None:
    if not (picture := shown.facts.picture):
        return None
    file = f"{paths.PICTURES_PATH}{picture.key}-{picture.width}.jpg"
    alt = Texts(shown.picture_alt_zh, shown.picture_alt_en)
    return Picture(
        f"{settings.SITE_URL}{file}", picture.width, picture.height, alt, picture.credit, picture.licence
    )


def build_urls(slug: str) -> Urls:
    pages = (*(paths.brief(side, slug) for side in SIDES), paths.parallel("zh", slug))
    return Urls(*(f"{settings.SITE_URL}{path}" for path in (*pages, f"{API_PATH}briefs/{slug}")))
