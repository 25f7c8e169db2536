"""Lists of subscribers as rows of a sheet: an existing list is taken over with the day of each consent, and written again."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import batched
from typing import Final, Literal, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs.models import Event, Person
from briefs.models.mailings import MAX_NAME_LENGTH, MailSide, Subscriber

from . import departures, subscribers
from .subscribers import AddressRejected, fold_address, format_address

type Kind = Literal["new", "known", "left", "erased", "wrong"]

COLUMNS: Final = ("address", "name", "language", "consent")
ENDED: Final = "left"
"""Stands for the day of consent of whoever has left."""
_HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "address": (
        "email address",
        "email",
        "e-mail",
        "mail",
        "address",
        "電子郵件",
        "電子郵件地址",
        "信箱",
        "地址",
    ),
    "name": ("name", "full name", "first name", "姓名", "名字"),
    "language": ("language", "語言"),
    "consent": (
        "consent",
        "date of consent",
        "confirm time",
        "optin time",
        "created at",
        "start date",
        "date",
        "同意日期",
        "訂閱日期",
    ),
}
"""Headings by column, the best one first: of our own export, Mailchimp, Ghost and Substack, and as people write them."""
_SET_IF_ENDED: Final = frozenset(
    {"left", "bounced", "unsub time", "clean time", "deleted at", "email disabled"}
)
_FALSE_IF_ENDED: Final = frozenset({"subscribed to emails"})
_FALSE: Final = frozenset({"", "false", "no", "0"})
_DAY: Final = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?:日|[T ].*)?")
_SIDES: Final = {
    "zh": MailSide.ZH,
    "中文": MailSide.ZH,
    "chinese": MailSide.ZH,
    "en": MailSide.EN,
    "英文": MailSide.EN,
    "english": MailSide.EN,
    "both": MailSide.BOTH,
    "中英文": MailSide.BOTH,
    "中英對照": MailSide.BOTH,
    "zh+en": MailSide.BOTH,
}
REASONS: Final[dict[str, str | Promise]] = {
    "address": _("This is no e-mail address."),
    "language": _("The language must be zh, en or both."),
    "consent": _("The day of consent must be a past day such as 2025-06-09 or 2025/6/9."),
    "twice": _("This address stands in the list twice."),
}


class ListRow(NamedTuple):
    """A row as the list has it. `consent` is ENDED for whoever has left."""

    number: int
    address: str
    language: str
    consent: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """A row of the list. `kind`: what an import does with it; only new rows are stored. `fault`: a key of REASONS."""

    number: int
    address: str
    side: str = ""
    consent: str = ""
    name: str = ""
    kind: Kind = "wrong"
    fault: str = ""


def guess_columns(headings: Sequence[str]) -> dict[str, int | None]:
    """Return the position of each of COLUMNS in the headings; None for one that is missing."""
    folded = [_fold_heading(heading) for heading in headings]
    return {
        column: next((folded.index(name) for name in names if name in folded), None)
        for column, names in _HEADINGS.items()
    }


def _fold_heading(heading: str) -> str:
    return " ".join(heading.lower().replace("_", " ").split())


def read_rows(
    headings: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    columns: Mapping[str, int | None],
    side: MailSide,
) -> Iterator[ListRow]:
    """Yield the rows by the positions of COLUMNS. `side`: the language of rows that name none."""
    folded = [_fold_heading(heading) for heading in headings]
    for number, cells in rows:
        cell = {name: "" if at is None else cells[at].strip() for name, at in columns.items()}
        consent = ENDED if _has_ended(folded, cells) else cell["consent"]
        yield ListRow(number, cell["address"], cell["language"] or side, consent, cell["name"])


def _has_ended(headings: Sequence[str], cells: Sequence[str]) -> bool:
    """Return whether a row says that its reader left, complained, or that mail came back."""
    for heading, cell in zip(headings, cells, strict=True):
        is_false = cell.strip().lower() in _FALSE
        if (heading in _SET_IF_ENDED and not is_false) or (heading in _FALSE_IF_ENDED and is_false):
            return True
    return False


def plan_import(rows: Iterable[ListRow], now: dt.datetime) -> list[ListedAddress]:
    """Decide what an import would do. Two queries for each 500 rows."""
    planned, addresses = [], set[str]()
    for row in rows:
        read = _read_row(row, now)
        if not read.fault and read.address in addresses:
            read = replace(read, fault="twice")
        if not read.fault:  # a wrong row hides no right one
            addresses.add(read.address)
        planned.append(read)
    times = departures.read()
    states = _load_states({row.address for row in planned if not row.fault})
    return [
        row if row.fault or row.consent == ENDED else replace(row, kind=_judge(row.address, states, times))
        for row in planned
    ]


def _read_row(row: ListRow, now: dt.datetime) -> ListedAddress:
    name = "".join(filter(str.isprintable, " ".join(row.name.split())))[:MAX_NAME_LENGTH]
    try:
        address = fold_address(row.address)
    except AddressRejected:
        return ListedAddress(row.number, row.address, row.language, row.consent, name, fault="address")
    side = _SIDES.get(row.language.strip().lower())
    if side is None:
        return ListedAddress(row.number, address, row.language, row.consent, name, fault="language")
    if row.consent == ENDED:
        return ListedAddress(row.number, address, side, row.consent, name, kind="left")
    day = _read_day(row.consent.strip())
    if day is None or not dt.date(1990, 1, 1) <= day <= timezone.localdate(now):
        return ListedAddress(row.number, address, side, row.consent, name, fault="consent")
    return ListedAddress(row.number, address, side, day.isoformat(), name)


def _read_day(text: str) -> dt.date | None:
    """Return the day of `2025/1/5`, `2025-01-05 08:30` or `2025-01-04T23:10:00.000Z`, in the site's zone."""
    with suppress(ValueError):
        moment = dt.datetime.fromisoformat(text)
        return timezone.localdate(moment) if moment.tzinfo else moment.date()
    with suppress(ValueError):
        if match := _DAY.fullmatch(text):
            return dt.date(*map(int, match.groups()))
    return None


def _load_states(addresses: set[str]) -> dict[str, Kind]:
    states: dict[str, Kind] = {}
    for some in batched(sorted(addresses), 500):
        rows = Subscriber.objects.filter(address__in=some).values_list("address", "confirmed_at", "left_at")
        for address, confirmed_at, left_at in rows:
            states[address] = "left" if left_at else "known" if confirmed_at else "new"
    return states


def _judge(address: str, states: dict[str, Kind], times: dict[tuple[str, str], dt.datetime]) -> Kind:
    """Return the kind. Who left stays so, and who was erased is not stored again, unless they subscribed themselves since."""
    if (state := states.get(address)) in ("known", "left"):
        return state
    if departures.find_time(times, "erased", address):
        return "erased"
    return "left" if departures.find_time(times, "left", address) else "new"


def import_list(rows: Iterable[ListRow], now: dt.datetime, *, by: Person) -> list[ListedAddress]:
    """Store the new rows, confirmed at the day of consent, and return what became of all."""
    with transaction.atomic():
        planned = plan_import(rows, now)
        new = [
            Subscriber(
                address=row.address,
                name=row.name,
                side=row.side,
                created_at=now,
                confirmed_at=timezone.make_aware(dt.datetime.fromisoformat(row.consent)),
            )
            for row in planned
            if row.kind == "new"
        ]
        Subscriber.objects.bulk_create(
            new,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["address"],
            update_fields=["name", "side", "confirmed_at"],
        )
        record("import_subscribers", len(new), by=by, now=now)
    return planned


def export_rows(rows: Iterable[Subscriber]) -> Iterator[list[str]]:
    """Yield the headings and a row for each subscriber. An import takes the sheet again."""
    yield [*COLUMNS, "left", "bounced", "last mail"]
    for row in rows:
        times = (row.confirmed_at, row.left_at, row.bounced_at, row.last_mailed_at)
        days = [timezone.localtime(at).date().isoformat() if at else "" for at in times]
        yield [format_address(row.address), row.name, row.side, *days]


def erase(subscriber: Subscriber, now: dt.datetime, *, by: Person) -> None:
    """Delete the address for an administrator."""
    with transaction.atomic():
        subscribers.erase(subscriber, now)
        record("erase_subscriber", 1, by=by, now=now)


EVENTS_ABOUT: Final = "subscribers"
"""`Event.about` of what administrators did with addresses."""


def record(verb: str, number: int, *, by: Person, now: dt.datetime) -> None:
    """Record what an administrator did with so many addresses, but none of them."""
    Event.objects.create(about=EVENTS_ABOUT, verb=verb, by=by, at=now, note=str(number))
