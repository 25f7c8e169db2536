"""Parameters of the API, declared once, and its queries for editions in their declared shape."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, Self
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.db.models import Max, Q, Subquery
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from msgspec import Struct

from briefs.content import hash_json
from briefs.derived import name_changes
from briefs.derived.brief_shape import CHANGES, Brief, Change, Relabelled
from briefs.derived.shape_builder import (
    API_PATH,
    MAX_SHAPES,
    EditionRows,
    ShapeRow,
    build_shapes,
    prepare_shapes,
)
from briefs.models.edition import Edition
from briefs.models.site import NameChange, SiteVersion
from briefs.public.list_pages import ListPosition, build_beyond_condition
from briefs.public.search_queries import SearchParams

from .api_responses import Problem

MAX_LIMIT: Final = 100
MAX_QUERY_LENGTH: Final = 200
"""Characters. Longer ones do not fit into the request line that common servers take."""
DEFAULT_LIMIT: Final = 20
BRIEF_FIELDS: Final = ("status", *(field.encode_name for field in msgspec.structs.fields(Brief)))
_EARLIEST: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST: Final = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
_SLUG: Final = {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,80}$"}
_MONTH_OR_DAY: Final = (
    "(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
)
_LEAP_YEAR: Final = "(19|20)(0[48]|[2468][048]|[13579][26])|2000"
_DATE: Final = {
    "type": "string",
    "pattern": f"^((19|20)[0-9]{{2}}(-({_MONTH_OR_DAY}))?|({_LEAP_YEAR})-02-29)$",
}
_CURSOR: Final = {"type": "string", "pattern": "^(s[0-9a-f]{1,15}|(0|-?[0-9a-f]{5,15})-[0-9a-f]{1,15})$"}
"""A cursor's time is 0 or has at least five digits, so that a month such as 2026-11 is no cursor."""
_CHANGE_CURSOR: Final = re.compile(
    "([0-9a-f]{8})-((?:0|-?[0-9a-f]{5,15})-[0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII
)
"""Generation, position among the changes of editions, position among those of names."""
_IDS: Final = {
    "type": "array",
    "items": {"type": "integer", "minimum": 1, "maximum": 2**53},
    "minItems": 1,
    "maxItems": MAX_LIMIT,
}
_MOMENTS: Final = "a time such as 2026-01-01T00:00:00Z or a day such as 2026-01-01"
_TIME: Final = {
    "type": "string",
    "anyOf": [{"format": "date-time", "pattern": "T"}, {"format": "date", "pattern": "^[0-9-]+$"}],
}


class Parameter(NamedTuple):
    description: str
    schema: Mapping[str, Any]
    example: str = ""


SEARCH_FILTERS: Final = {
    "q": Parameter(
        "Words to search for in both languages, as on the search page. Limited like searches there.",
        {"type": "string", "maxLength": MAX_QUERY_LENGTH},
        "chip exports",
    ),
    "keyword": Parameter("Slug of a keyword.", _SLUG, "technology"),
    "source": Parameter("Slug of a source.", _SLUG, "foreign-policy"),
    "author": Parameter("Slug of an author.", _SLUG),
    "year": Parameter("Year of the article.", {"type": "string", "pattern": "^(19|20)[0-9]{2}$"}, "2025"),
    "from": Parameter("The article is from this day, month or year, or later.", _DATE, "2025-06"),
    "to": Parameter("The article is from this day, month or year, or earlier.", _DATE, "2025-06-30"),
}
LIST_PARAMETERS: Final = {
    **SEARCH_FILTERS,
    "updated_since": Parameter(
        "Only briefs whose present edition became public, or came back, at this time or later. A page may then have"
        " fewer briefs than `limit`. To keep a copy, follow `changes` instead.",
        _TIME,
        "2026-01-01T00:00:00Z",
    ),
    "fields": Parameter(
        f"Names of fields, separated by commas; the others are left out: {', '.join(BRIEF_FIELDS)}.",
        {"type": "array", "items": {"type": "string", "enum": list(BRIEF_FIELDS)}, "minItems": 1},
        "id,slug,headline",
    ),
    "limit": Parameter(
        f"Greatest number of briefs, at most {MAX_LIMIT}; {DEFAULT_LIMIT} without it.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    "cursor": Parameter("Place in the list, from `next`.", _CURSOR),
}  # fmt: skip
CHANGE_PARAMETERS: Final = {
    "since": Parameter(
        "The `cursor` of the page before, or a time. Without it, from the beginning. Answers 410 if the database is not"
        " the one that gave the cursor: delete your copy and begin without `since`.",
        {**_TIME, "anyOf": [*_TIME["anyOf"], {"pattern": f"^{_CHANGE_CURSOR.pattern}$"}]},
        "2026-01-01T00:00:00Z",
    ),
    "ids": Parameter(
        f"Up to {MAX_LIMIT} ids of briefs: the latest change of each that readers ever found, in the order of their ids."
        " No other parameter but `fields` may be given, and there is no `cursor`.",
        _IDS,
        "12,15",
    ),
    "fields": LIST_PARAMETERS["fields"],
    "limit": LIST_PARAMETERS["limit"]._replace(
        description=f"Greatest number of changes, at most {MAX_LIMIT}; {DEFAULT_LIMIT} without it."
    ),
}

MANIFEST_PARAMETERS: Final = {
    "after": Parameter("Only briefs with a greater id.", {"type": "integer", "minimum": 0, "maximum": 2**53}),
    "limit": LIST_PARAMETERS["limit"]._replace(
        description=f"Greatest number of briefs; {MAX_SHAPES} without it.",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_SHAPES, "default": MAX_SHAPES},
    ),
}


def read_parameters(request: HttpRequest, allowed: Collection[str]) -> dict[str, str]:
    """Return the parameters. Raise Problem for one that is unknown or repeated."""
    for name in request.GET:
        if name not in allowed:
            known = f" There are {', '.join(allowed)}." if allowed else ""
            shown = name if re.fullmatch("[a-z_]{1,20}", name) else ""
            raise Problem(HTTPStatus.BAD_REQUEST, f"Unknown parameter.{known}", parameter=shown)
        if len(request.GET.getlist(name)) > 1:
            raise _wrong_value(name, "Expected once.")
    return request.GET.dict()


def build_next_url(path: str, values: Mapping[str, str], **position: str) -> str | None:
    """Return the address of the page from a position on; None without one."""
    if not any(position.values()):
        return None
    return f"{settings.SITE_URL}{API_PATH}{path}?{urlencode({**values, **position})}"


def read_search(values: Mapping[str, str]) -> SearchParams:
    """Return the search, newest first by default. Raise Problem for a wrong value (the search page ignores it)."""
    asked = SearchParams.from_query(
        {name: values[name] for name in SEARCH_FILTERS if name in values} | {"order": "newest"}
    )
    understood = asked.to_parameters()
    if len(values.get("q", "")) > MAX_QUERY_LENGTH:
        raise _wrong_value("q", f"Expected at most {MAX_QUERY_LENGTH} characters.")
    for name in SEARCH_FILTERS.keys() & values.keys() - {"q"}:
        description, schema, example = SEARCH_FILTERS[name]
        if name not in understood or not re.search(schema["pattern"], values[name], re.ASCII):
            raise _wrong_value(
                name, f"Not understood. {description}" + (f" Example: {example}." if example else "")
            )
    return asked


def read_limit(values: Mapping[str, str], schema: Mapping[str, Any] = LIST_PARAMETERS["limit"].schema) -> int:
    return read_number(values, "limit", schema)


def read_number(values: Mapping[str, str], name: str, schema: Mapping[str, Any]) -> int:
    text, least, most = values.get(name, str(schema.get("default", 0))), schema["minimum"], schema["maximum"]
    if not re.fullmatch("[0-9]{1,16}", text, re.ASCII) or not least <= int(text) <= most:
        raise _wrong_value(name, f"Expected a number from {least} to {most}.")
    return int(text)


def read_ids(values: Mapping[str, str]) -> list[int]:
    """Return the ids of briefs to look up; none if the parameter is not given."""
    if "ids" not in values:
        return []
    if not values.keys() <= {"ids", "fields"}:
        raise _wrong_value("ids", "Expected alone, or with `fields`.")
    ids, one = values["ids"].split(","), _IDS["items"]
    if len(ids) > MAX_LIMIT:
        raise _wrong_value("ids", f"Expected at most {MAX_LIMIT} ids.")
    return sorted({read_number({"ids": text}, "ids", one) for text in ids})  # type: ignore[arg-type]


def read_fields(values: Mapping[str, str]) -> Sequence[str]:
    """Return the chosen fields; none means all."""
    chosen = values["fields"].split(",") if "fields" in values else []
    if any(name not in BRIEF_FIELDS for name in chosen):
        raise _wrong_value("fields", f"Expected names among {', '.join(BRIEF_FIELDS)}.")
    return chosen


def read_time(values: Mapping[str, str], name: str) -> dt.datetime | None:
    """Return a moment from ISO: a time with an offset, or a day, which begins at midnight UTC."""
    if name not in values:
        return None
    text = values[name].upper().replace(" ", "+")  # a `+` that was not escaped
    try:
        moment = parse_datetime(text) if "T" in text else None
        if day := None if "T" in text else parse_date(text):
            moment = dt.datetime.combine(day, dt.time(), dt.UTC)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wrong_value(name, f"Expected {_MOMENTS}.")
    return min(max(moment, _EARLIEST), _LATEST).astimezone(dt.UTC)


def read_cursor[P](values: Mapping[str, str], parse: Callable[[str], P]) -> P | None:
    """Return the position that `cursor` encodes, if it is given. Raise Problem for a cursor of another list."""
    if (text := values.get("cursor")) is None:
        return None
    if not re.search(_CURSOR["pattern"], text, re.ASCII) or text.endswith("\n"):
        raise _wrong_value("cursor", "Not a cursor.")
    try:
        return parse(text)
    except (Http404, ValueError):
        detail = "The cursor is of another list."
        raise Problem(HTTPStatus.NOT_FOUND, detail, parameter="cursor") from None


def parse_search_cursor(text: str) -> int:
    """Return the result number that the cursor of a search encodes. Raise ValueError for one of a list."""
    return int(text.removeprefix("s"), 16)


def _wrong_value(name: str, detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail, parameter=name)


SETTLING: Final = dt.timedelta(minutes=1)
"""Changes older than this have all been committed."""


class ChangePage(Struct):
    """Changes of briefs, oldest first, then those of names. `cursor` is the next `since`, also if there are no changes.

    `more`: read on now.
    """

    changes: Sequence[Change | Relabelled]
    cursor: str
    more: bool


class ManifestEntry(Struct):
    """What a mirror has of a brief if it is complete. A withdrawn brief is its notice."""

    id: int
    edition: int
    status: Literal["public", "withdrawn"]
    hash: str


class Manifest(Struct):
    """Every brief that readers find now, by rising id. `next` is the address of the next page, null on the last."""

    briefs: list[ManifestEntry]
    next: str | None


class ChangePosition(NamedTuple):
    """How far somebody has read. `names` is a `NameChange.position`."""

    edition: ListPosition = ListPosition(_EARLIEST, 0)
    names: int = 0


class _Newest(NamedTuple):
    """Generation of the database as cursors have it, and the position of the newest change."""

    generation: str
    position: ChangePosition

    @classmethod
    def read(cls, now: dt.datetime) -> Self:
        newest = Edition.objects.changed(_EARLIEST, now).reverse()[:1]
        names_now = NameChange.objects.filter(position__isnull=False).order_by("-position")[:1]
        row = SiteVersion.objects.filter(pk=1).values_list(
            "generation",
            Subquery(newest.values("changed_at")),  # type: ignore[misc]
            Subquery(newest.values("pk")),
            Subquery(names_now.values("position")),
        )
        generation, at, pk, names = row.first() or ("", None, 0, 0)
        # The settings and the version that an answer depends on: with others, no change tells of the difference.
        parts = (generation, settings.VERSION, settings.SITE_URL, settings.DIGEST_LICENCE)
        edition = ListPosition(at, pk) if at else ChangePosition().edition
        return cls(hash_json(parts)[:8], ChangePosition(edition, names or 0))

    def read_since(self, values: Mapping[str, str]) -> ChangePosition:
        """Return the position after which to list changes, from a cursor or a time.

        Raise Problem (410) for a cursor of another generation, or ahead of every change: rows were taken away.
        """
        text = values.get("since", "")
        if "since" not in values:
            return ChangePosition()
        if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}(?!-)", text):
            time = read_time(values, "since") or _EARLIEST
            earlier = NameChange.objects.filter(at__lt=time).aggregate(Max("position"))
            edition = min(ListPosition(time, 0), self.position.edition)
            return ChangePosition(edition, earlier["position__max"] or 0)
        if not (parts := _CHANGE_CURSOR.fullmatch(text)):
            raise _wrong_value("since", f"Expected a cursor, {_MOMENTS}.")
        if parts[1] == self.generation:
            position = ChangePosition(ListPosition.parse(parts[2]), int(parts[3], 16))
            if position.edition <= self.position.edition and position.names <= self.position.names:
                return position
        detail = (
            "This cursor is of another state of the database. Delete your copy, and begin without `since`."
        )
        raise Problem(HTTPStatus.GONE, detail, parameter="since")

    def build_cursor(self, position: ChangePosition) -> str:
        return f"{self.generation}-{position.edition}-{position.names:x}"


def fetch_newest(
    now: dt.datetime, limit: int, *, since: dt.datetime | None, position: ListPosition | None
) -> list[ShapeRow]:
    """Return up to `limit` listed editions below a position of the list, newest first."""
    values = [*([since] if since else []), *(position or ())]
    return _newest_query(limit, since is not None, position is not None)(now, *values)


def fetch_listed(now: dt.datetime, ids: Sequence[int], *, since: dt.datetime | None) -> list[ShapeRow]:
    """Return those of these editions that are listed, in the order of `ids`."""
    by_id = {row.pk: row for row in _listed_rows(now, since or _EARLIEST, *ids)} if ids else {}
    return [by_id[pk] for pk in ids if pk in by_id]


_find_by_slug = prepare_shapes(lambda now, slug: Edition.objects.found(now).filter(slug=slug)[:1], str)


def find_row(slug: str) -> ShapeRow:
    """Return the columns of a brief with a `found` edition. Raise Problem if it was removed, Http404 if unknown."""
    now = timezone.now()
    if rows := _find_by_slug(now, slug):
        return rows[0]
    removed = Edition.objects.gone(now).filter(slug=slug).values_list("removed_at", flat=True).first()
    if removed:
        raise Problem(HTTPStatus.GONE, "This brief was removed. Delete your copy.", removed=removed)
    raise Http404


def build_change_page(values: Mapping[str, str]) -> ChangePage:
    now = timezone.now()
    if ids := read_ids(values):
        editions = Edition.objects.public(now).filter(brief__in=ids)
        return ChangePage(
            _build_changes(sorted(editions.changed(_EARLIEST, now), key=itemgetter(1)), now), "", False
        )
    newest, limit = _Newest.read(now), read_limit(values)
    position = newest.read_since(values)
    at, pk = position.edition
    changed = Edition.objects.changed(at, now - SETTLING).filter(Q(changed_at__gt=at) | Q(pk__gt=pk))
    rows = list(changed[: limit + 1])
    names = list(NameChange.objects.filter(position__gt=position.names).order_by("position")[: limit + 1])
    has_more = len(rows) + len(names) > limit
    page, names = rows[:limit], names[: limit - len(rows[:limit])]
    briefs = name_changes.find_briefs_with_names(names, now)
    renamings = [Relabelled(name.at, sorted(briefs[name.pk])) for name in names if briefs[name.pk]]
    last = ChangePosition(
        ListPosition(page[-1][-1], page[-1][0]) if page else position.edition,
        names[-1].position or 0 if names else position.names,
    )
    return ChangePage([*_build_changes(page, now), *renamings], newest.build_cursor(last), has_more)


def _build_changes(rows: Sequence[tuple[Any, ...]], now: dt.datetime) -> list[Change]:
    found = _found_rows(now, *{row[1] for row in rows}) if rows else []
    by_id = {brief.id: brief for brief in build_shapes(found)}
    return [CHANGES[kind](brief, number, at, by_id.get(brief)) for _, brief, number, kind, at in rows]


def build_manifest(after: int, limit: int) -> tuple[list[ManifestEntry], bool]:
    """Return the entries of up to `limit` briefs with a greater id than `after`, and whether there are more."""
    rows = _manifest_query(limit + 1)(timezone.now(), after)
    entries = [
        ManifestEntry(shape.id, shape.edition, "withdrawn" if row.withdrawn_at else "public", shape.hash)
        for row, shape in zip(rows, build_shapes(rows[:limit]), strict=False)
    ]
    return entries, len(rows) > limit


@lru_cache(maxsize=64)
def _newest_query(limit: int, has_since: bool, has_position: bool) -> Callable[..., list[ShapeRow]]:
    def build(now: dt.datetime, *values: Any) -> EditionRows:
        editions = _listed(now, values[0] if has_since else None)
        if has_position:
            editions = editions.filter(build_beyond_condition("lt", *values[-2:]))
        return editions.order_by("-published_at", "-pk")[:limit]

    return prepare_shapes(build, *[dt.datetime] * has_since, *[dt.datetime, int] * has_position)


@lru_cache(maxsize=16)
def _manifest_query(limit: int) -> Callable[..., list[ShapeRow]]:
    return prepare_shapes(
        lambda now, after: Edition.objects.found(now).filter(brief__gt=after).order_by("brief_id")[:limit],
        int,
    )


def _listed(now: dt.datetime, since: dt.datetime | None) -> EditionRows:
    listed: EditionRows = Edition.objects.listed(now)
    return listed.filter(Q(live_from__gte=since) | Q(reinstated_at__gte=since)) if since else listed


_listed_rows = prepare_shapes(
    lambda now, since, *ids: _listed(now, since).filter(pk__in=ids), dt.datetime, ids=MAX_SHAPES
)
_found_rows = prepare_shapes(
    lambda now, *briefs: Edition.objects.found(now).filter(brief__in=briefs), ids=MAX_SHAPES
)
