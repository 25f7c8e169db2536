"""Opaque keys for list positions in addresses: publication time (or article day) and id."""

import datetime as dt
import re
from typing import NamedTuple, Self, TypedDict

from django.db.models import Q
from django.http import HttpRequest

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = re.compile(
    r"([0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII
)  # below 2⁶⁰, so that no database integer overflows


class MalformedKey(ValueError):
    """The key does not have the format of `ListPosition`."""


class PageKeys(TypedDict):
    """Requested page: `before` is older than a key, `after` newer. Both are None on the first page."""

    before: str | None
    after: str | None


def read_page_keys(request: HttpRequest) -> PageKeys:
    return {"before": request.GET.get("before"), "after": request.GET.get("after")}


def format_query_string(keys: PageKeys) -> str:
    """Return the query string of keys. Pass only keys that were parsed, as they are not escaped."""
    return next((f"?{name}={key}" for name, key in keys.items() if key is not None), "")


class ListPosition(NamedTuple):
    published_at: dt.datetime
    id: int

    @classmethod
    def parse(cls, key: str) -> Self:
        """Raise MalformedKey."""
        parts = _KEY.fullmatch(key)
        try:
            if not parts:
                raise MalformedKey(key)
            return cls(_EPOCH + dt.timedelta(microseconds=int(parts[1], 16)), int(parts[2], 16))
        except OverflowError as error:
            raise MalformedKey(key) from error

    def __str__(self) -> str:
        return f"{(self.published_at - _EPOCH) // dt.timedelta(microseconds=1):x}-{self.id:x}"

    def older_condition(self, time_column: str = "published_at", id_column: str = "pk") -> Q:
        """Select older rows. The redundant first condition lets the database seek in the (time, id) index."""
        return Q(**{f"{time_column}__lte": self.published_at}) & (
            Q(**{f"{time_column}__lt": self.published_at}) | Q(**{f"{id_column}__lt": self.id})
        )

    def newer_condition(self, time_column: str = "published_at", id_column: str = "pk") -> Q:
        return Q(**{f"{time_column}__gte": self.published_at}) & (
            Q(**{f"{time_column}__gt": self.published_at}) | Q(**{f"{id_column}__gt": self.id})
        )
