"""Build the declared shape of public briefs: one query for the names and one for the terms, for any number of editions."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from msgspec import Struct

from briefs import content
from briefs.bilingual.public_brief import PublicBrief, PublicName
from briefs.bilingual.text import paths
from briefs.content import SIDES, hash_json
from briefs.models.derived import EditionTerm
from briefs.models.edition import ChangeKind, Edition
from briefs.models.prepared import PreparedQuery, prepare

from .brief_shape import (
    Article,
    Author,
    Brief,
    Bullet,
    Correction,
    FoundBrief,
    Name,
    Picture,
    Texts,
    Urls,
    Withdrawal,
    WithdrawnBrief,
)
from .public_brief import BRIEF_COLUMNS, build_briefs

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
