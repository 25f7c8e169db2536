"""Lists of subscribers as rows of a sheet: an existing list is taken over with the day of each consent, and written again."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Final, Literal

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from briefs.models import Event, Person
from briefs.models.mailings import MailSide, Subscriber

from . import departures, subscribers
from .subscribers import AddressRejected, fold_address, format_address

type Kind = Literal["new", "known", "left", "erased", "wrong"]

COLUMNS: Final = ("address", "language", "consent")
END_COLUMNS: Final = ("left", "bounced")
"""Columns of an exported list. Who has a day in one of them is not taken."""
ENDED: Final = "left"
"""Stands for the day of consent of whoever has left."""
_HEADINGS: Final = {
    "address": 0,
    "email": 0,
    "e-mail": 0,
    "mail": 0,
    "地址": 0,
    "電子郵件": 0,
    "信箱": 0,
    "language": 1,
    "語言": 1,
    "consent": 2,
    "date of consent": 2,
    "date": 2,
    "同意日期": 2,
    "訂閱日期": 2,
}
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
    "consent": _("The day of consent must be a past day such as 2025-06-09."),
    "twice": _("This address stands in the list twice."),
}


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """A row of the list. `kind`: what an import does with it; only new rows are stored. `fault`: a key of REASONS."""

    number: int
    address: str
    side: str = ""
    consent: str = ""
    kind: Kind = "wrong"
    fault: str = ""


def find_columns(headings: Sequence[str]) -> list[int]:
    """Return the position of address, language and consent in the headings; -1 for one that is missing."""
    known = [_HEADINGS.get(heading.strip().lower(), -1) for heading in headings]
    return [known.index(n) if n in known else -1 for n in range(len(COLUMNS))]


def plan_import(rows: Iterable[tuple[int, str, str, str]], now: dt.datetime) -> list[ListedAddress]:
    """Decide what an import of rows (number, address, language, consent) would do. Two queries for each 500 rows."""
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


def _read_row(row: tuple[int, str, str, str], now: dt.datetime) -> ListedAddress:
    number, typed, language, consent = row
    try:
        address = fold_address(typed)
    except AddressRejected:
        return ListedAddress(number, typed, language, consent, fault="address")
    side = _SIDES.get(language.strip().lower())
    if side is None:
        return ListedAddress(number, address, language, consent, fault="language")
    if consent == ENDED:
        return ListedAddress(number, address, side, consent, kind="left")
    try:
        day = dt.date.fromisoformat(consent.strip())
    except ValueError:
        day = dt.date.max
    if not dt.date(1990, 1, 1) <= day <= timezone.localdate(now):
        return ListedAddress(number, address, side, consent, fault="consent")
    return ListedAddress(number, address, side, day.isoformat())


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


def import_list(
    rows: Iterable[tuple[int, str, str, str]], now: dt.datetime, *, by: Person
) -> list[ListedAddress]:
    """Store the new rows, confirmed at the day of consent, and return what became of all."""
    with transaction.atomic():
        planned = plan_import(rows, now)
        new = [
            Subscriber(
                address=row.address,
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
            update_fields=["side", "confirmed_at"],
        )
        record("import_subscribers", len(new), by=by, now=now)
    return planned


def export_rows(rows: Iterable[Subscriber]) -> Iterator[list[str]]:
    """Yield the headings and a row for each subscriber. An import takes the sheet again."""
    yield [*COLUMNS, *END_COLUMNS, "last mail"]
    for row in rows:
        times = (row.confirmed_at, row.left_at, row.bounced_at, row.last_mailed_at)
        days = [timezone.localtime(at).date().isoformat() if at else "" for at in times]
        yield [format_address(row.address), row.side, *days]


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
