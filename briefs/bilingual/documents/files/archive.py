"""Read the entries of a zip within limits.

Declared sizes are checked first, because that is cheap, but they are not trusted: the unpacked bytes are counted.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from briefs.bilingual.documents.types import DocumentRefused

ARCHIVE_SIZE_LIMIT = 10 * 1024 * 1024
ARCHIVE_ENTRY_LIMIT = 2_000
ARCHIVE_UNPACKED_LIMIT = 50 * 1024 * 1024
READ_SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of all parts that are read. Pictures are counted but not kept."""
COMPRESSION_RATIO_LIMIT = 100
RATIO_CHECKED_FROM = 1024 * 1024
"""Bytes. Smaller entries are harmless at any compression ratio."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Limits in bytes: the zip itself, all its entries unpacked, the unpacked entries that are kept."""

    file: int = ARCHIVE_SIZE_LIMIT
    unpacked: int = ARCHIVE_UNPACKED_LIMIT
    kept: int = READ_SIZE_LIMIT


DEFAULT_LIMITS = ArchiveLimits()

_END, _CENTRAL, _LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_END_FORM, _CENTRAL_FORM, _LOCAL_FORM = (
    struct.Struct(form) for form in ("<4s4H2LH", "<4s6H3L5H2L", "<4s5H3L2H")
)
_CHUNK = 256 * 1024
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x2041
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One file as described in the zip's directory."""

    name: str
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int


def build_damaged_refusal() -> DocumentRefused:
    return DocumentRefused(None, "word-damaged")


def _build_too_large_refusal(limits: ArchiveLimits) -> DocumentRefused:
    return DocumentRefused(None, "archive-too-large", {"limit": f"{limits.unpacked // 1024 // 1024} MB"})


def read_zip_directory(data: bytes, limits: ArchiveLimits = DEFAULT_LIMITS) -> dict[str, ZipEntry]:
    """Return the entries by name. Refuse too many entries, duplicate names, overlap, encryption and
    zip64.
    """
    if len(data) > limits.file:
        raise DocumentRefused(None, "too-large", {"limit": f"{limits.file // 1024 // 1024} MB"})
    end = data.rfind(_END, max(0, len(data) - 65_557))
    if end < 0 or end + _END_FORM.size > len(data):
        raise build_damaged_refusal()
    _, disk, first_disk, here, count, size, offset, _ = _END_FORM.unpack_from(data, end)
    if count > ARCHIVE_ENTRY_LIMIT:
        raise DocumentRefused(None, "archive-too-many", {"limit": ARCHIVE_ENTRY_LIMIT})
    if disk or first_disk or here != count or offset + size != end:
        raise build_damaged_refusal()
    entries: dict[str, ZipEntry] = {}
    for entry in _read_central_directory(data, offset, end, count):
        name = entry.name.casefold()
        if name in entries:
            raise build_damaged_refusal()
        entries[name] = entry
    _check_entry_limits(list(entries.values()), offset, limits)
    return {entry.name: entry for entry in entries.values()}


def _read_central_directory(data: bytes, at: int, end: int, count: int) -> Iterator[ZipEntry]:
    for _ in range(count):
        if at + _CENTRAL_FORM.size > end or data[at : at + 4] != _CENTRAL:
            raise build_damaged_refusal()
        fields = _CENTRAL_FORM.unpack_from(data, at)
        flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
        name_size, extra, comment, offset = *fields[10:13], fields[16]
        at += _CENTRAL_FORM.size
        raw = data[at : at + name_size]
        at += name_size + extra + comment
        yield ZipEntry(
            raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace"),
            flags, method, crc, packed, size, offset,
        )  # fmt: skip
    if at != end:
        raise build_damaged_refusal()


def _check_entry_limits(entries: list[ZipEntry], directory_at: int, limits: ArchiveLimits) -> None:
    if any(entry.flags & _ENCRYPTED for entry in entries):
        raise DocumentRefused(None, "word-encrypted")
    if sum(entry.size for entry in entries) > limits.unpacked:
        raise _build_too_large_refusal(limits)
    for entry in entries:
        if entry.size > RATIO_CHECKED_FROM and entry.size > COMPRESSION_RATIO_LIMIT * entry.packed_size:
            raise _build_too_large_refusal(limits)
    reached = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < reached or entry.method not in (_STORED, _DEFLATED):
            raise build_damaged_refusal()
        reached = entry.offset + _LOCAL_FORM.size + entry.packed_size
    if reached > directory_at:
        raise build_damaged_refusal()


def unpack_parts(
    data: bytes,
    entries: dict[str, ZipEntry],
    is_needed: Callable[[str], bool],
    check_beginning: Callable[[str, bytes], None],
    limits: ArchiveLimits = DEFAULT_LIMITS,
) -> dict[str, bytes]:
    """Unpack the needed parts, by name. The bytes of every entry count; `check_beginning` may refuse an entry by its
    first bytes.
    """
    parts: dict[str, bytes] = {}
    total = read_size = 0
    for name, entry in entries.items():
        chunks: list[bytes] = []
        crc = size = 0
        for chunk in _chunks(data, entry):
            if not size:
                check_beginning(name, chunk[:4096])
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if total + size > limits.unpacked or (
                size > RATIO_CHECKED_FROM and size > COMPRESSION_RATIO_LIMIT * entry.packed_size
            ):
                raise _build_too_large_refusal(limits)
            if is_needed(name):
                read_size += len(chunk)
                chunks.append(chunk)
            if read_size > limits.kept:
                raise _build_too_large_refusal(limits)
        if crc != entry.crc or size != entry.size:
            raise build_damaged_refusal()
        total += size
        if is_needed(name):
            parts[name] = b"".join(chunks)
    return parts


def read_beginning(data: bytes, entry: ZipEntry, limit: int) -> bytes:
    """Return at most `limit` bytes from the start of an entry."""
    return next(_chunks(data, entry), b"")[:limit]


def _chunks(data: bytes, entry: ZipEntry) -> Iterator[bytes]:
    if data[entry.offset : entry.offset + 4] != _LOCAL:
        raise build_damaged_refusal()
    try:
        fields = _LOCAL_FORM.unpack_from(data, entry.offset)
    except struct.error:
        raise build_damaged_refusal() from None
    start = entry.offset + _LOCAL_FORM.size + fields[9] + fields[10]
    packed = memoryview(data)[start : start + entry.packed_size]
    if len(packed) != entry.packed_size:
        raise build_damaged_refusal()
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
        raise build_damaged_refusal() from None
