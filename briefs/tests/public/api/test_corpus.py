"""The open corpus: its page, its files, its setting, its memory."""

import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from briefs.content import Bullet, Content, Facts
from briefs.derived import corpus
from briefs.models import Source, Term
from briefs.models.edition import Edition
from briefs.tests.support.corpus_fixtures import DAY, NO_STATIC, load_sample, numbered_content, publish

pytestmark = [pytest.mark.django_db, NO_STATIC]

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HOSTILE = "<seg> & “a” ]]> \U00020000 \u0085x"


def read(response: Any) -> bytes:
    return bytes(response.getvalue())


def read_units(tmx: bytes) -> dict[str, dict[str, str]]:
    """Return the segments of each unit by language, by id."""
    root = ElementTree.fromstring(tmx)
    assert (root.tag, root.get("version")) == ("tmx", "1.4")
    return {
        unit.get("tuid", ""): {tuv.get(LANG, ""): tuv.findtext("seg", "") for tuv in unit.iter("tuv")}
        for unit in root.iter("tu")
    }


def test_tmx_has_every_pair_with_a_stable_id(client: Client) -> None:
    bullets = (Bullet(4, "四", "Four"), Bullet(2, "二", ""), Bullet(9, HOSTILE, f"{HOSTILE} en"))
    edition = publish(numbered_content(1, bullets=bullets))
    response = client.get("/corpus/digest.tmx")
    body, brief = read(response), edition.brief_id
    assert (response.status_code, response.headers["Accept-Ranges"]) == (200, "bytes")
    units = read_units(body)
    assert list(units) == [f"{brief}.{part}" for part in ("headline", "summary", "b4", "b9")]
    assert units[f"{brief}.b4"] == {"zh-Hant-TW": "四", "en": "Four"}
    assert units[f"{brief}.b9"] == {"zh-Hant-TW": HOSTILE, "en": f"{HOSTILE} en"}
    for prop in (f'brief">{brief}', 'edition">1', 'published">2026-06-12', 'slug">next-technology-race'):
        assert f'<prop type="x-{prop}</prop>'.encode() in body


@pytest.mark.parametrize("name", corpus.WRITERS)
def test_range_is_that_part_of_the_file(client: Client, name: str) -> None:
    for slug in ("a", "b"):
        publish(load_sample(), slug)
    url = f"/corpus/digest.{name}"
    whole = client.get(url)
    body, etag = read(whole), whole.headers["ETag"]
    ranges = {
        "0-0": (0, 1), "100-": (100, None), "-7": (-7, None), "250-999999": (250, None), "-999999": (0, None), "700-2100": (700, 2101)
    }  # fmt: skip
    for asked, expected in ranges.items():
        response = client.get(url, headers={"range": f"bytes={asked}", "if-range": etag})
        part, first = body[slice(*expected)], len(body[: expected[0]])
        assert (response.status_code, read(response)) == (206, part)
        assert response.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(body)}"
        assert (response.headers["Content-Length"], response.headers["ETag"]) == (str(len(part)), etag)


def test_range_that_cannot_be_given_is_refused_or_ignored(client: Client) -> None:
    publish(load_sample())
    url = "/corpus/digest.jsonl"
    whole = client.get(url)
    body, etag = read(whole), whole.headers["ETag"]
    for asked in (f"{len(body)}-", "9-8", "-0"):
        refused = client.get(url, headers={"range": f"bytes={asked}"})
        assert (refused.status_code, refused.headers["Content-Type"]) == (416, "application/problem+json")
        assert refused.headers["Content-Range"] == f"bytes */{len(body)}"
    for headers in (
        {"range": "bytes=0-9", "if-range": '"earlier"'},
        {"range": "bytes=0-9", "if-range": f"W/{etag}"},
        {"range": "bytes=0-9,20-29"},
        {"range": "bytes=-"},
        {"range": "pages=1-2"},
        {"range": "bytes=0-9", "if-none-match": '"other"'},
    ):
        response = client.get(url, headers=headers)
        assert (response.status_code, read(response)) == (200, body)
    assert client.get(url, headers={"range": "bytes=0-9", "if-none-match": etag}).status_code == 304
    assert client.head(url, headers={"range": "bytes=0-9"}).status_code == 200


@pytest.mark.django_db(transaction=True)  # on PostgreSQL the site version changes at the commit
def test_withdrawn_brief_leaves_both_files_and_etag_follows_content_and_names(client: Client) -> None:
    editions = [publish(load_sample(), slug) for slug in ("a", "b")]
    lines = [json.loads(line) for line in read(client.get("/corpus/digest.jsonl")).splitlines()]
    assert lines == [client.get(f"/api/v1/briefs/{slug}").json() for slug in ("a", "b")]
    etags = {client.head("/corpus/digest.jsonl").headers["ETag"]}
    assert client.get("/corpus/digest.tmx", headers={"if-none-match": etags.pop()}).status_code == 304
    for n, change in enumerate((
        lambda: Source.objects.update(name="Renamed"),
        lambda: Term.make(zh="限制", en="restrictions"),
        lambda: Edition.objects.filter(pk=editions[1].pk).update(withdrawn_at=DAY, withdrawn_kind="other"),
    ), start=1):  # fmt: skip
        change()
        etags.add(client.head("/corpus/digest.jsonl").headers["ETag"])
        assert len(etags) == n
    assert [json.loads(line)["slug"] for line in read(client.get("/corpus/digest.jsonl")).splitlines()] == [
        "a"
    ]
    assert f"{editions[1].brief_id}.b1" not in read_units(read(client.get("/corpus/digest.tmx")))


@pytest.mark.parametrize(
    ("code", "counts", "day"),
    [
        ("en", "On 1 January 2026: 1 brief, 10 pairs.", "corpus, 1 January 2026."),
        ("zh-hant", "2026年1月1日：1 篇文摘，10 組對照。", "語料庫，2026年1月1日。"),
    ],
    ids=["en", "zh"],
)
def test_page_has_date_counts_licence_and_checksum_of_each_file(
    client: Client, settings: Any, time_machine: Any, code: str, counts: str, day: str
) -> None:
    new_year = dt.datetime(2025, 12, 31, 16, 30, tzinfo=dt.UTC)  # in Taipei
    publish(load_sample(), live_from=new_year)
    settings.DIGEST_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
    time_machine.move_to(new_year, tick=False)
    page = client.get(f"/{code}/corpus/").content.decode()
    assert f'href="{settings.DIGEST_LICENCE}" rel="license"' in page
    assert counts in page
    assert day in page
    files = {}
    for name in corpus.WRITERS:
        response = client.get(f"/corpus/digest.{name}")
        assert f'filename="digest-2026-01-01.{name}"' in response.headers["Content-Disposition"]
        files[name] = read(response)
        assert f'href="/corpus/digest.{name}"' in page
        assert hashlib.sha256(files[name]).hexdigest() in page
    assert b'<prop type="x-date">2026-01-01</prop>' in files["tmx"]
    assert settings.DIGEST_LICENCE.encode() in files["tmx"]
    assert json.loads(files["jsonl"])["licence"] == settings.DIGEST_LICENCE
    time_machine.move_to(new_year + dt.timedelta(days=1), tick=False)
    response = client.get("/corpus/digest.tmx", headers={"if-none-match": response.headers["ETag"]})
    assert b'<prop type="x-date">2026-01-02</prop>' in read(response)


def test_command_writes_the_same_files(client: Client, tmp_path: Path) -> None:
    publish(load_sample())
    for name in corpus.WRITERS:
        call_command("export_briefs", "--format", name, "--output", str(tmp_path), stderr=io.StringIO())
        out = io.StringIO()
        call_command("export_briefs", "--format", name, stdout=out)
        expected = read(client.get(f"/corpus/digest.{name}"))
        assert (tmp_path / f"digest.{name}").read_bytes() == out.getvalue().encode() == expected


@pytest.mark.heavy
def test_100_000_pairs_are_written_in_constant_memory() -> None:
    """Editions of 100 bullets each, so that a batch is ten times as large as usual."""
    bullets = tuple(Bullet(n, f"第{n}點，" + "文" * 60, f"Point {n}: " + "word " * 30) for n in range(1, 101))
    content = Content("標題", "Headline", "摘要。", "Summary.", bullets, Facts())
    template = publish(content, "s-0")
    values = {
        f.attname: getattr(template, f.attname) for f in Edition._meta.concrete_fields if f.name != "id"
    }
    brief = template.brief
    for n in range(1, 1000):
        brief.pk, brief.slug = None, f"s-{n}"
        brief.save(force_insert=True)
        Edition.objects.create(**{**values, "brief_id": brief.pk, "slug": brief.slug})
    before, pairs = resident_kilobytes(), 0
    for write in corpus.WRITERS.values():
        for part in write(timezone.now()):
            pairs += part.count(b"<tu ")
            assert resident_kilobytes() - before < 100_000
    assert pairs == 102_000


def resident_kilobytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_interrupted_export_leaves_the_last_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(now: dt.datetime) -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    call_command("export_briefs", "--format", "tmx", "--output", str(tmp_path))
    whole = (tmp_path / "digest.tmx").read_bytes()
    monkeypatch.setitem(corpus.WRITERS, "tmx", fail)
    with pytest.raises(KeyboardInterrupt):
        call_command("export_briefs", "--format", "tmx", "--output", str(tmp_path))
    assert (tmp_path / "digest.tmx").read_bytes() == whole
