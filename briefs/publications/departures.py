"""The file of departures: keyed hashes of addresses that left or were erased, kept outside the database.

A restored backup is older than the newest departures. `subscribers.repeat_departures` reads this file after a restore,
before any mail is sent. A line is a kind, a hash and a time; a line that a crash cut off is passed over.
"""

import datetime as dt
import logging
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Final, Literal

from django.conf import settings

log = logging.getLogger(__name__)

type Kind = Literal["left", "erased"]

_LINE: Final = re.compile(r"(left|erased) ([0-9a-f]{64}) (\S+)")
_SALT: Final = b"digest departures"


def get_path() -> Path:
    return Path(str(settings.DEPARTURES_FILE))


def append(kind: Kind, address: str, now: dt.datetime) -> None:
    """Append a departure and wait until the disk has it.

    A departure is not refused if that fails: the line is logged, so that a person can append it.
    """
    line = f"{kind} {next(hash_address(address))} {now.astimezone(dt.UTC).isoformat()}"
    try:
        _write(get_path(), line)
    except OSError as error:
        log.error("DEPARTURES_FILE cannot be written: %s. Append this line to it: %s", error.strerror, line)


def hash_address(address: str) -> Iterator[str]:
    """Yield the hash of the address by the secret key, then those by its fallbacks."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        key = sha256(_SALT + secret.encode()).digest()
        yield digest(key, address.encode(), "sha256").hex()


def read() -> dict[tuple[str, str], dt.datetime]:
    """Return the newest time of each kind and hash. Empty if there is no file."""
    times: dict[tuple[str, str], dt.datetime] = {}
    path = get_path()
    if not path.exists():
        return times
    with path.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if not (match := _LINE.fullmatch(line.rstrip("\n"))):
                continue
            with suppress(ValueError):
                at = dt.datetime.fromisoformat(match[3])
                key = (match[1], match[2])
                times[key] = max(at, times.get(key, at))
    return times


def find_time(times: dict[tuple[str, str], dt.datetime], kind: Kind, address: str) -> dt.datetime | None:
    """Return when the address left or was erased, by the file that `read` returned."""
    return max((at for one in hash_address(address) if (at := times.get((kind, one)))), default=None)


def find_fault() -> str:
    """Return why the file cannot be written; empty if it can. Create nothing."""
    path = get_path()
    place = path if path.exists() else path.parent
    if not place.exists():
        return f"{place} does not exist"
    return "" if os.access(place, os.W_OK) else f"{place} cannot be written"


def is_empty() -> bool:
    path = get_path()
    return not path.exists() or not path.stat().st_size


def _write(path: Path, line: str) -> None:
    """Write the line at once, after a line end if a crash cut off the last one."""
    is_new = not path.exists()
    file = _open(path)
    try:
        size = os.fstat(file).st_size
        start = "" if not size or os.pread(file, 1, size - 1) == b"\n" else "\n"
        os.write(file, f"{start}{line}\n".encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
