"""A zip's bytes → its entries, each bounded before it is unpacked and counted while it is.

Nothing is extracted to a disk, so no name can point anywhere. Declared sizes are checked first, because that
costs nothing, and then not believed: what comes out is counted.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from briefs.documents.types import DocumentRefused

PACKED_LIMIT = 10 * 1024 * 1024
ENTRY_LIMIT = 2_000
UNPACKED_LIMIT = 50 * 1024 * 1024
KEPT_LIMIT = 16 * 1024 * 1024
"""Of all parts that are read; pictures are counted and let go."""
RATIO_LIMIT = 100
RATIO_FROM = 1024 * 1024
"""Bytes. A smaller entry costs nothing, however well it was packed."""

_END, _CENTRAL, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_END_FORM, _CENTRAL_FORM, _LOCAL_FORM = (
    struct.Struct(form) for form in ("<4s4H2LH", "<4s6H3L5H2L", "<4s5H3L2H")
)
_CHUNK = 256 * 1024
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x2041
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Entry:
    """What the zip's directory says of one file in it."""

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def damaged() -> DocumentRefused:
    return DocumentRefused(None, "word-damaged")


def _too_much() -> DocumentRefused:
    return DocumentRefused(None, "archive-too-large", {"limit": f"{UNPACKED_LIMIT // 1024 // 1024} MB"})


def directory(data: bytes) -> dict[str, Entry]:
    """The entries by name. Refuses too many, two of one name, overlapping or encrypted ones, and zip64."""
    if len(data) > PACKED_LIMIT:
        raise DocumentRefused(None, "too-large", {"limit": f"{PACKED_LIMIT // 1024 // 1024} MB"})
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or end + _END_FORM.size > len(data):
        raise damaged()
    _, disk, first_disk, here, count, size, offset, _ = _END_FORM.unpack_from(data, end)
    if count > ENTRY_LIMIT:
        raise DocumentRefused(None, "archive-too-many", {"limit": ENTRY_LIMIT})
    if disk or first_disk or here != count or offset + size != end:
        raise damaged()
    found: dict[str, Entry] = {}
    for entry in _central(data, offset, end, count):
        name = entry.name.casefold()
        if name in found:
            raise damaged()
        found[name] = entry
    _bound(list(found.values()), offset)
    return {entry.name: entry for entry in found.values()}


def _central(data: bytes, at: int, end: int, count: int) -> Iterator[Entry]:
    for _ in range(count):
        if at + _CENTRAL_FORM.size > end or data[at : at + 4] != _CENTRAL:
            raise damaged()
        fields = _CENTRAL_FORM.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_size, extra, comment, offset = *fields[10:13], fields[16]
        at += _CENTRAL_FORM.size
        raw = data[at : at + name_size]
        at += name_size + extra + comment
        yield Entry(
            raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace"),
            flags, method, crc, packed, size, offset,
        )  # fmt: skip
    if at != end:
        raise damaged()


def _bound(entries: list[Entry], directory_at: int) -> None:
    if any(entry.flags & _ENCRYPTED for entry in entries):
        raise DocumentRefused(None, "word-encrypted")
    if sum(entry.size for entry in entries) > UNPACKED_LIMIT:
        raise _too_much()
    for entry in entries:
        if entry.size > RATIO_FROM and entry.size > RATIO_LIMIT * entry.packed:
            raise _too_much()
    reached = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < reached or entry.method not in (_STORED, _DEFLATED):
            raise damaged()
        reached = entry.offset + _LOCAL_FORM.size + entry.packed
    if reached > directory_at:
        raise damaged()


def unpack(
    data: bytes, entries: dict[str, Entry], wanted: Callable[[str], bool], look: Callable[[str, bytes], None]
) -> dict[str, bytes]:
    """The wanted parts. Every entry is counted; `look` sees the beginning of each, and may refuse."""
    kept: dict[str, bytes] = {}
    total = held = 0
    for name, entry in entries.items():
        chunks: list[bytes] = []
        crc = size = 0
        for chunk in _chunks(data, entry):
            if not size:
                look(name, chunk[:4096])
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if total + size > UNPACKED_LIMIT or (size > RATIO_FROM and size > RATIO_LIMIT * entry.packed):
                raise _too_much()
            if wanted(name):
                held += len(chunk)
                chunks.append(chunk)
            if held > KEPT_LIMIT:
                raise _too_much()
        if crc != entry.crc or size != entry.size:
            raise damaged()
        total += size
        if wanted(name):
            kept[name] = b"".join(chunks)
    return kept


def peek(data: bytes, entry: Entry, limit: int = 4096) -> bytes:
    """The beginning of an entry."""
    return next(_chunks(data, entry), b"")[:limit]


def _chunks(data: bytes, entry: Entry) -> Iterator[bytes]:
    if data[entry.offset : entry.offset + 4] != _LOCAL:
        raise damaged()
    try:
        fields = _LOCAL_FORM.unpack_from(data, entry.offset)
    except struct.error:
        raise damaged() from None
    start = entry.offset + _LOCAL_FORM.size + fields[9] + fields[10]
    packed = memoryview(data)[start : start + entry.packed]
    if len(packed) != entry.packed:
        raise damaged()
    if entry.method == _STORED:
        for at in range(0, len(packed), _CHUNK):
            yield bytes(packed[at : at + _CHUNK])
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    rest: bytes | memoryview = packed
    try:
        while rest and not inflate.eof:
            yield inflate.decompress(rest, _CHUNK)
            rest = inflate.unconsumed_tail
    except zlib.error:
        raise damaged() from None
