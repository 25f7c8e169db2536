"""The open corpus: all listed briefs as JSON Lines, and their aligned pairs as TMX, written piece by piece; and releases.

A release is the corpus at the end of a month, without the texts that were taken down since. It is made anew from the
editions, which are frozen, each time that it is asked for.

All files read `BATCH` editions at a time by id, so that memory does not grow with the corpus. `now` is the time at which a
file begins.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec
from django.conf import settings
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from briefs.content import LANGUAGE_TAGS, SIDES
from briefs.database.prepared import prepare
from briefs.models.edition import Edition
from briefs.models.site import SiteVersion

from . import brief_shape

BATCH: Final = 100
_FORMAT: Final = 1
"""Version of the files, part of their ETag."""

_PAIR_COLUMNS: Final = ("pk", "brief_id", "number", "slug", "published_at", "content")
_TMX_START: Final = """<?xml version="1.0" encoding="UTF-8"?>
<tmx version="1.4">
<header creationtool="digest" creationtoolversion={version} segtype="block" o-tmf="digest" adminlang="en" srclang="*all*" datatype="plaintext">
<prop type="x-site">{site}</prop>
<prop type="x-licence">{licence}</prop>
</header>
<body>
"""
_TMX_END: Final = "</body>\n</tmx>\n"


class Pair(NamedTuple):
    """One text in both languages. `part`: `headline`, `summary`, or `b` with the number of the bullet."""

    part: str
    zh: str
    en: str


class CorpusSize(NamedTuple):
    briefs: int
    pairs: int


def write_json_lines(now: dt.datetime) -> Iterator[bytes]:
    """Yield one brief per line in its declared shape (`brief_shape`), by rising id."""
    encoder = msgspec.json.Encoder()
    for rows in _list_batches(partial(_shapes, now)):
        yield encoder.encode_lines(brief_shape.build_shapes(rows))


def write_tmx(now: dt.datetime) -> Iterator[bytes]:
    """Yield a TMX 1.4b file of the pairs that have both languages."""
    return _write_tmx(partial(_contents, now))


def _write_tmx(fetch: "_Fetch") -> Iterator[bytes]:
    values = {"site": escape(settings.SITE_URL), "licence": escape(settings.DIGEST_LICENCE)}
    yield _TMX_START.format(version=quoteattr(str(_FORMAT)), **values).encode()
    for rows in _list_batches(fetch):
        yield "".join([_write_units(*row) for row in rows]).encode()
    yield _TMX_END.encode()


WRITERS: Final = {"jsonl": write_json_lines, "tmx": write_tmx}
"""Writer by file extension."""


def count_corpus(now: dt.datetime) -> CorpusSize:
    """Count the listed briefs and their pairs, by reading all of them."""
    briefs = pairs = 0
    for rows in _list_batches(partial(_contents, now)):
        briefs += len(rows)
        pairs += sum(len(list_pairs(row[-1])) for row in rows)
    return CorpusSize(briefs, pairs)


def compute_etag(now: dt.datetime) -> str:
    """Return the ETag of the files without writing them, from the site version and the listed editions."""
    listed = Edition.objects.listed(now).aggregate(Count("pk"), Max("pk"), Max("live_from"))
    versions = list(SiteVersion.objects.values_list("token", flat=True))
    made_of = (
        _FORMAT,
        settings.VERSION,
        settings.SITE_URL,
        settings.DIGEST_LICENCE,
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


def _next_batch(now: dt.datetime, last: int) -> brief_shape.EditionRows:
    return Edition.objects.listed(now).filter(pk__gt=last).order_by("pk")[:BATCH]


_shapes = brief_shape.ShapeQuery(_next_batch, int)


@prepare(dt.datetime, int)
def _contents(now: dt.datetime, last: int) -> brief_shape.EditionRows:
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


# Releases.


class TakenOut(NamedTuple):
    """A brief that is no longer in a release, because it was withdrawn or removed after the release."""

    brief: int
    at: dt.datetime


class ReleaseFile(NamedTuple):
    name: str
    size: int
    sha256: str


class Release(NamedTuple):
    """The corpus at the end of a month. `name` is the month (2026-11), `closed_at` its end in the site's time zone."""

    name: str
    closed_at: dt.datetime

    def list_editions(self, now: dt.datetime) -> brief_shape.EditionRows:
        """Return the editions public at the end of the month that still are, or were replaced by a listed one."""
        shown = Q(pk__in=Edition.objects.listed(now).values("pk")) | Q(
            pk__in=Edition.objects.closed(now).values("pk")
        )
        return Edition.objects.public(self.closed_at).filter(shown).order_by("pk")

    def compute_etag(self, now: dt.datetime) -> str:
        """Return what the files are made of: nothing else changes their bytes, no name, no newer edition."""
        editions = list(self.list_editions(now).values_list("pk", flat=True))
        parts = (_FORMAT, self.name, settings.SITE_URL, settings.DIGEST_LICENCE, editions)
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'

    def list_taken_out(self, now: dt.datetime) -> list[TakenOut]:
        down = Edition.objects.filter(brief=OuterRef("brief"), number__gte=OuterRef("number"))
        down = down.exclude(withdrawn_at=None, removed_at=None).annotate(
            at=Coalesce("removed_at", "withdrawn_at")
        )
        rows = Edition.objects.public(self.closed_at).exclude(pk__in=self.list_editions(now).values("pk"))
        rows = rows.annotate(at=Subquery(down.order_by("-at").values("at")[:1])).filter(  # type: ignore[misc]
            at__gte=self.closed_at
        )
        return [TakenOut(*row) for row in rows.order_by("at", "brief_id").values_list("brief_id", "at")]  # type: ignore[misc]

    def write(self, file_format: str, now: dt.datetime) -> Iterator[bytes]:
        """Yield the file of the pairs. They have no names, which may change: its bytes stay the same."""
        fetch = self._build_fetch(now)
        return _write_tmx(fetch) if file_format == "tmx" else _write_pair_lines(fetch)

    def describe(self, now: dt.datetime) -> tuple[CorpusSize, list[ReleaseFile]]:
        """Return size and checksum of each file, by writing all of them."""
        files, pairs = [], 0
        for file_format in WRITERS:
            size, digest = 0, hashlib.sha256()
            for part in self.write(file_format, now):
                size += len(part)
                pairs += part.count(b"\n") if file_format == "jsonl" else 0
                digest.update(part)
            files.append(ReleaseFile(f"digest-{self.name}.{file_format}", size, digest.hexdigest()))
        return CorpusSize(self.list_editions(now).count(), pairs), files

    def _build_fetch(self, now: dt.datetime) -> _Fetch:
        editions = self.list_editions(now).values_list(*_PAIR_COLUMNS)
        return lambda last: list(editions.filter(pk__gt=last)[:BATCH])


def list_releases(now: dt.datetime) -> list[Release]:
    """Return the releases of all months that are over, from that of the first edition on, newest first."""
    first = Edition.objects.uncancelled().order_by("live_from").values_list("live_from", flat=True).first()
    releases: list[Release] = []
    if first is None:
        return releases
    month = timezone.localtime(first).date().replace(day=1)
    while (release := _build_release(month)).closed_at <= now:
        releases.append(release)
        month = timezone.localtime(release.closed_at).date()
    return releases[::-1]


def _build_release(month: dt.date) -> Release:
    following = (month + dt.timedelta(days=31)).replace(day=1)
    return Release(f"{month:%Y-%m}", timezone.make_aware(dt.datetime.combine(following, dt.time())))


def _write_pair_lines(fetch: _Fetch) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for rows in _list_batches(fetch):
        yield encoder.encode_lines(
            [
                {
                    "id": f"{brief}.{pair.part}",
                    "slug": slug,
                    "edition": number,
                    "published": published_at.astimezone(dt.UTC).date(),
                    "zh": pair.zh,
                    "en": pair.en,
                }
                for _, brief, number, slug, published_at, content in rows
                for pair in list_pairs(content)
            ]
        )


def write_checksums(files: Sequence[ReleaseFile]) -> str:
    """Return the lines that `sha256sum -c` reads."""
    return "".join(f"{file.sha256}  {file.name}\n" for file in files)
