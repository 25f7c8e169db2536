"""A place in a list of briefs, as an opaque key in an address: its moment (or the article's day) and its id."""

import datetime as dt
import re
from typing import NamedTuple, Self, TypedDict

from django.db.models import Q
from django.http import HttpRequest

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII)  # below 2⁶⁰: no database overflows


class MalformedKey(ValueError):
    """Not a key of ours."""


class PageKeys(TypedDict):
    """What an address asks for: what is older than a place, or newer. Neither on a list's first page."""

    before: str | None
    after: str | None


def read_page_keys(request: HttpRequest) -> PageKeys:
    return {"before": request.GET.get("before"), "after": request.GET.get("after")}


def format_query_string(keys: PageKeys) -> str:
    """Keys as an address has them; only such as were parsed."""
    return next((f"?{name}={key}" for name, key in keys.items() if key is not None), "")


class ListPosition(NamedTuple):
    published_at: dt.datetime
    id: int

    @classmethod
    def parse(cls, key: str) -> Self:
        """Raises Malformed."""
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
        """Said so that the index on (at, pk) can be entered here, not walked from its head."""
        return Q(**{f"{time_column}__lte": self.published_at}) & (
            Q(**{f"{time_column}__lt": self.published_at}) | Q(**{f"{id_column}__lt": self.id})
        )

    def newer_condition(self, time_column: str = "published_at", id_column: str = "pk") -> Q:
        return Q(**{f"{time_column}__gte": self.published_at}) & (
            Q(**{f"{time_column}__gt": self.published_at}) | Q(**{f"{id_column}__gt": self.id})
        )
