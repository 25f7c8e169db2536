"""Opaque keys for list positions in addresses: publication time (or article day) and id."""

import datetime as dt
import re
from typing import Any, Literal, NamedTuple, Self

from django.db.models import Q
from django.http import Http404, HttpRequest

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_KEY = re.compile(
    r"(-?[0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII
)  # below 2⁶⁰, so that no database integer overflows; negative before 1970


type PageSide = Literal["", "before", "after"]


class MalformedKey(Http404):
    """The key does not have the format of `ListPosition`."""


class PageKey(NamedTuple):
    """Requested page: older than (`before`) or newer than (`after`) a list position, or the first page."""

    side: PageSide = ""
    position: str = ""


def read_page_key(request: HttpRequest) -> PageKey:
    sides: tuple[PageSide, ...] = ("before", "after")
    return next((PageKey(side, request.GET[side]) for side in sides if side in request.GET), PageKey())


def build_beyond_condition(
    comparison: Literal["lt", "gt"],
    time: Any,
    pk: Any,
    time_column: str = "published_at",
    id_column: str = "pk",
) -> Q:
    """Select rows below or above a position.

    The redundant first condition lets the database seek in the (time, id) index.
    """
    return Q(**{f"{time_column}__{comparison}e": time}) & (
        Q(**{f"{time_column}__{comparison}": time}) | Q(**{f"{id_column}__{comparison}": pk})
    )


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


OLDEST_KEY = str(ListPosition(dt.datetime.min.replace(tzinfo=dt.UTC), 0))
"""Key before every row, also those of articles from before 1970."""
