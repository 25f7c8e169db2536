"""The open corpus: all listed briefs as JSON Lines, and their aligned pairs as TMX, written piece by piece.

Both files read `BATCH` editions at a time by id, so that memory does not grow with the corpus. `now` is the time at which a
file begins.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec
from django.conf import settings
from django.db.models import Count, Max
from django.utils import timezone

from briefs.content import LANGUAGE_TAGS, SIDES
from briefs.models.edition import Edition
from briefs.models.prepared import prepare
from briefs.models.site import SiteVersion

from . import shape_builder

BATCH: Final = 100
_FORMAT: Final = 1
"""Version of the files, part of their ETag."""

_PAIR_COLUMNS: Final = ("pk", "brief_id", "number", "slug", "published_at", "content")
_TMX_START: Final = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
<header creationtool="digest" creationtoolversion={version} segtype="block" o-tmf="digest" adminlang="en" srclang="*all*" datatype="plaintext">
<prop type="x-site">{site}</prop>
<prop type="x-licence">{licence}</prop>
<prop type="x-date">{date}</prop>
</header>
<body>
"""
_TMX_END: Final = "</body>\n</tmx>\n"


class Pair(NamedTuple):
    """One text in both languages. `part`: `headline`, `summary`, or `b` with the number of the bullet."""

    part: str
    zh: str
    en: str


class CorpusFile(NamedTuple):
    size: int
    sha256: str
    entries: int
    """Pairs of the TMX file, briefs of the JSON Lines file."""


def write_json_lines(now: dt.datetime) -> Iterator[bytes]:
    """Yield one brief per line in its declared shape (`brief_shape`), by rising id."""
    encoder = msgspec.json.Encoder()
    for rows in _list_batches(partial(_shapes, now)):
        yield encoder.encode_lines(shape_builder.build_shapes(rows))


def write_tmx(now: dt.datetime) -> Iterator[bytes]:
    """Yield a TMX 1.4b file of the pairs that have both languages."""
    yield _TMX_START.format(
        version=quoteattr(str(_FORMAT)),
        site=escape(settings.SITE_URL),
        licence=escape(settings.DIGEST_LICENCE),
        date=timezone.localdate(now),
    ).encode()
    for rows in _list_batches(partial(_contents, now)):
        yield "".join([_write_units(*row) for row in rows]).encode()
    yield _TMX_END.encode()


WRITERS: Final = {"jsonl": write_json_lines, "tmx": write_tmx}
"""Writer by file extension."""
_ENTRY_MARKS: Final = {"jsonl": b"\n", "tmx": b"<tu "}


@lru_cache(maxsize=len(WRITERS))
def describe_file(extension: str, etag: str) -> CorpusFile:
    """Describe a file by writing it. Cached for each state of the corpus (`etag`)."""
    size, digest, entries = 0, hashlib.sha256(), 0
    for part in WRITERS[extension](timezone.now()):
        size += len(part)
        digest.update(part)
        entries += part.count(_ENTRY_MARKS[extension])
    return CorpusFile(size, digest.hexdigest(), entries)


def compute_etag(now: dt.datetime) -> str:
    """Return the ETag of the files without writing them, from the date, the site version and the listed editions."""
    listed = Edition.objects.listed(now).aggregate(Count("pk"), Max("pk"), Max("live_from"))
    versions = list(SiteVersion.objects.values_list("token", flat=True))
    made_of = (
        _FORMAT,
        settings.VERSION,
        settings.SITE_URL,
        settings.DIGEST_LICENCE,
        timezone.localdate(now),
        versions,
        sorted(listed.items()),
    )
    return f'"{hashlib.sha256(repr(made_of).encode()).hexdigest()[:24]}"'


def list_pairs(content: dict[str, Any]) -> list[Pair]:
    """Return the pairs of a stored content that have both languages: headline, summary and bullets."""
    pairs = [
        Pair(part, *(content.get(f"{part}_{side}", "") for side in SIDES)) for part in ("headline", "summary")
    ]
    pairs += [
        Pair(f"b{b['number']}", *(b.get(f"text_{side}", "") for side in SIDES)) for b in content["bullets"]
    ]
    return [pair for pair in pairs if pair.zh and pair.en]


type _Fetch = Callable[[int], list[Any]]
"""Return the rows of the next editions after an id."""


def _list_batches(fetch: _Fetch) -> Iterator[list[Any]]:
    last = 0
    while rows := fetch(last):
        yield rows
        last = rows[-1][0]


def _next_batch(now: dt.datetime, last: int) -> shape_builder.EditionRows:
    return Edition.objects.listed(now).filter(pk__gt=last).order_by("pk")[:BATCH]


_shapes = shape_builder.prepare_shapes(_next_batch, int)


@prepare(dt.datetime, int)
def _contents(now: dt.datetime, last: int) -> shape_builder.EditionRows:
    return _next_batch(now, last).values_list(*_PAIR_COLUMNS)


def _write_units(
    pk: int, brief: int, number: int, slug: str, published_at: dt.datetime, content: dict[str, Any]
) -> str:
    """Return the translation units of an edition. A unit keeps its id in every edition."""
    props = "".join(
        f'<prop type="x-{name}">{value}</prop>'
        for name, value in (
            ("brief", brief),
            ("slug", slug),
            ("edition", number),
            ("published", published_at.astimezone(dt.UTC).date()),
        )
    )
    return "".join(
        [
            f'<tu tuid="{brief}.{pair.part}">{props}{_write_variant("zh", pair.zh)}{_write_variant("en", pair.en)}</tu>\n'
            for pair in list_pairs(content)
        ]
    )


def _write_variant(side: Any, text: str) -> str:
    return f'<tuv xml:lang="{LANGUAGE_TAGS[side]}"><seg>{escape(text)}</seg></tuv>'
