"""Read public editions in their declared shape: two queries for any number of editions."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from ..content import hash_json
from ..database.prepared_query import PreparedQuery
from ..facts import SCALAR_FACTS
from ..models.derived import EditionTerm
from ..models.edition import Edition
from ..text import paths
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

type EditionRows = QuerySet[Edition, Any]

API_PATH: Final = "/api/v1/"
_ARTICLE_FACTS: Final = tuple(name for name, fact in SCALAR_FACTS.items() if fact.is_public)


class ShapeRow(NamedTuple):
    """The columns from which a shape is built."""

    pk: int
    brief_id: int
    number: int
    slug: str
    published_at: dt.datetime
    live_from: dt.datetime
    withdrawn_at: dt.datetime | None
    withdrawn_kind: str
    withdrawn_reason_zh: str
    withdrawn_reason_en: str
    hash_zh: str
    hash_en: str
    hash_facts: str
    content: dict[str, Any]
    correction: dict[str, str] | None
    card: dict[str, Any]


class ShapeQuery:
    """A prepared query for `ShapeRow`.

    `build` takes now and values of `argument_types`, and returns `listed(now)` or `found(now)`, filtered and ordered.
    """

    def __init__(self, build: Callable[..., EditionRows], *argument_types: type) -> None:
        columns = (*ShapeRow._fields[:-1], "card__data")

        def select(now: dt.datetime, *values: Any) -> EditionRows:
            editions: EditionRows = build(now, *values).annotate(correction=_select_correction(now))
            return editions.values_list(*columns)

        self._query = PreparedQuery(select, dt.datetime, *argument_types)

    def __call__(self, now: dt.datetime, *values: Any) -> list[ShapeRow]:
        return [ShapeRow(*row) for row in self._query(now, *values)]


def _select_correction(now: dt.datetime) -> Subquery:
    """Select the newest change note. Earlier editions count, as in the history of a brief's page."""
    past = Edition.objects.uncancelled().filter(brief=OuterRef("brief"), live_from__lte=now)
    noted = past.filter(removed_at=None, minor=False).exclude(change_kind="").order_by("-live_from")
    note = JSONObject(at="live_from", kind="change_kind", zh="change_note_zh", en="change_note_en")
    return Subquery(noted.values(note=note)[:1])


def build_shapes(rows: Sequence[ShapeRow]) -> list[FoundBrief]:
    """Build the shapes of rows, in their order. One query for the terms."""
    terms = _load_terms([row.pk for row in rows if not row.withdrawn_at])
    return [
        _build_withdrawn(row, row.withdrawn_at)
        if row.withdrawn_at
        else _build_brief(row, terms.get(row.pk, []))
        for row in rows
    ]


def _load_terms(editions: Sequence[int]) -> dict[int, list[Name]]:
    if not editions:
        return {}
    padded = pad_ids(editions)
    found: dict[int, list[Name]] = {}
    for pk, *name in _term_query(len(padded))(*padded):
        found.setdefault(pk, []).append(Name(*name))
    return found


@lru_cache(maxsize=8)
def _term_query(size: int) -> PreparedQuery:
    def build(*editions: int) -> QuerySet[Any, Any]:
        rows = EditionTerm.objects.filter(edition__in=editions).order_by("term__slug")
        return rows.values_list("edition_id", "term__slug", "term__zh", "term__en")

    return PreparedQuery(build, *[int] * size)


def pad_ids[T](ids: Sequence[T]) -> list[T]:
    """Repeat the last id up to the next prepared number, so that few queries are compiled."""
    size = next(size for size in (1, 20, 100) if len(ids) <= size)
    return [*ids, *[ids[-1]] * (size - len(ids))]


def _build_brief(row: ShapeRow, terms: list[Name]) -> Brief:
    content, card = row.content, row.card
    return Brief(
        id=row.brief_id,
        slug=row.slug,
        edition=row.number,
        published=row.published_at,
        updated=row.live_from,
        correction=_build_correction(row.correction) if row.correction else None,
        headline=_texts(content, "headline"),
        summary=_texts(content, "summary"),
        bullets=[_build_bullet(bullet) for bullet in content["bullets"]],
        article=_build_article(card),
        picture=_build_picture(content),
        keywords=[_name(keyword) for keyword in card["keywords"]],
        terms=terms,
        urls=_build_urls(row.slug),
        licence=settings.DIGEST_LICENCE,
        hash=hash_json({"zh": row.hash_zh, "en": row.hash_en, "facts": row.hash_facts}),
    )


def _build_correction(values: Mapping[str, str]) -> Correction:
    at = dt.datetime.fromisoformat(values["at"])  # in UTC; SQLite leaves the offset out
    at = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    return Correction(at, values["kind"], Texts(values["zh"], values["en"]))  # type: ignore[arg-type]


def _build_withdrawn(row: ShapeRow, withdrawn_at: dt.datetime) -> WithdrawnBrief:
    reason = Texts(row.withdrawn_reason_zh, row.withdrawn_reason_en)
    return WithdrawnBrief(
        id=row.brief_id,
        slug=row.slug,
        edition=row.number,
        published=row.published_at,
        withdrawn=Withdrawal(withdrawn_at, row.withdrawn_kind, reason),  # type: ignore[arg-type]
        headline=_texts(row.content, "headline"),
        urls=_build_urls(row.slug),
    )


def _texts(values: Mapping[str, Any], name: str) -> Texts:
    return Texts(values.get(f"{name}_zh", ""), values.get(f"{name}_en", ""))


def _build_bullet(values: Mapping[str, Any]) -> Bullet:
    get = values.get
    return Bullet(
        values["number"],
        get("text_zh", ""),
        get("text_en", ""),
        get("level_zh", 0),
        get("level_en", 0),
        get("marker_zh", "bullet"),
        get("marker_en", "bullet"),
    )


def _build_article(card: Mapping[str, Any]) -> Any:
    authors = [
        Author(author["slug"], author["zh"], author["en"], _texts(author, "affiliation"))
        for author in card["authors"]
    ]
    facts = {name: card[name] for name in _ARTICLE_FACTS if name in card}
    return Article(source=_name(card["source"]) if card["source"] else None, authors=authors, **facts)


def _name(values: Mapping[str, str]) -> Name:
    return Name(values["slug"], values["zh"], values["en"])


def _build_picture(content: Mapping[str, Any]) -> Picture | None:
    picture = content["facts"].get("picture")
    if not picture:
        return None
    file = f"{paths.PICTURES_PATH}{picture['key']}-{picture['width']}.jpg"
    return Picture(
        f"{settings.SITE_URL}{file}",
        picture["width"],
        picture["height"],
        _texts(content, "picture_alt"),
        picture.get("credit", ""),
        picture.get("licence", ""),
    )


def _build_urls(slug: str) -> Urls:
    site = settings.SITE_URL
    return Urls(
        f"{site}{paths.brief('zh', slug)}",
        f"{site}{paths.brief('en', slug)}",
        f"{site}{paths.parallel('zh', slug)}",
        f"{site}{API_PATH}briefs/{slug}",
    )
