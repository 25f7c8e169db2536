"""Static export: every page is written, no link is broken, and a second run rewrites only changed files."""

import dataclasses
import datetime as dt
import fcntl
import html
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from briefs.models.derived import EditionTerm
from briefs.models.edition import Edition
from briefs.models.site import SiteText
from briefs.models.vocabulary import Keyword
from briefs.public import editions, static_export
from briefs.public.page_cache import compute_build_hash
from briefs.tests.support import corpus_fixtures, scale
from briefs.tests.support.crawler import forget_prepared_queries

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
LINK = re.compile(r'(?:href|src|content|srcset|action)="([^"]*)"|<(?:loc|id|uri)>([^<]*)<')


@pytest.fixture(autouse=True)
def _site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish seven briefs, three to a page, and one withdrawn and one removed brief."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(editions, "PAGE_SIZE", 3)
    forget_prepared_queries(monkeypatch)
    facts = corpus_fixtures.load_sample(corpus_fixtures.SEED).facts
    for n in range(7):
        date = "2024-06-09" if n < 2 else facts.date
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n, facts=dataclasses.replace(facts, date=date)),
            f"s{n}",
            live_from=corpus_fixtures.DAY + dt.timedelta(hours=n),
        )
    withdrawn = corpus_fixtures.publish(corpus_fixtures.numbered_content(8), "down")
    Edition.objects.filter(pk=withdrawn.pk).update(
        withdrawn_at=NOW, withdrawn_kind="rights", withdrawn_reason_zh="權", withdrawn_reason_en="R"
    )
    removed = corpus_fixtures.publish(corpus_fixtures.numbered_content(9), "gone")
    Edition.objects.filter(pk=removed.pk).update(removed_at=NOW)


def export(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, ...]:
    """Export and return the numbers of files, written, unchanged and removed."""
    call_command("export_site", str(folder))
    return tuple(map(int, re.findall(r"\d+", capsys.readouterr().out)))


def read_exported(folder: Path, page: str) -> str:
    return (folder / page.strip("/") / "index.html").read_text(encoding="utf-8")


def exported_files(folder: Path) -> dict[str, tuple[int, bytes]]:
    paths = (
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (static_export.MANIFEST_NAME, static_export.LOCK_NAME)
    )
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def follow_links(folder: Path) -> tuple[set[str], list[str]]:
    """Follow all links from the entry pages. Return the files that were reached and the broken links."""
    visited: set[str] = set()
    broken, queue = (
        [],
        ["/", "/en/", "/zh-hant/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/404.html"],
    )
    while queue:
        address = queue.pop()
        path = address.lstrip("/") + ("index.html" if address.endswith("/") else "")
        if path in visited:
            continue
        visited.add(path)
        if not (folder / path).is_file():
            broken.append(address)
        elif path.endswith((".html", ".xml", ".atom")):
            for link, loc in LINK.findall((folder / path).read_text(encoding="utf-8")):
                for part in html.unescape(link or loc).split(", "):
                    target = part.split(" ")[0].removeprefix(settings.SITE_URL).split("#")[0]
                    queue += [target] if target.startswith("/") and not target.startswith("//") else []
    return visited - {address.lstrip("/") for address in broken}, broken


def test_web_server_of_another_user_reads_the_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Although the command `digest` has the umask 027."""
    umask = os.umask(0o027)
    try:
        export(tmp_path / "site", capsys)
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(umask)
    made = [path for path in (tmp_path / "site").rglob("*") if path.name != static_export.LOCK_NAME]
    assert {path.stat().st_mode & 0o777 for path in made} == {0o755, 0o644}


def test_export_has_every_page_and_no_broken_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    total, *_ = export(tmp_path / "site", capsys)
    site = exported_files(tmp_path / "site")
    assert len(site) == total
    for n in range(7):
        for code in ("en", "zh-hant"):
            for page in ("index.html", "parallel/index.html", "cite.ris", "original.json", "card.png"):
                assert f"{code}/briefs/s{n}/{page}" in site
    for page in (
        *(
            f"en/{feed}feed.atom"
            for feed in ("keywords/technology/", "keywords/technology/parallel/", "parallel/")
        ),
        "en/archive/2025/06/index.html",
        "static/briefs/digest.css",
        "static/briefs/place.js",
        "favicon.ico",
    ):
        assert page in site
    pages = [
        ("en/index.html", "no search"),
        ("zh-hant/about/index.html", "沒有搜尋功能"),
        *((page, notice) for page in ("index.html", "404.html") for notice in ("no search", "沒有搜尋功能")),
    ]
    for page, notice in pages:
        assert notice.encode() in site[page][1]
        assert f"site:{urlsplit(settings.SITE_URL).hostname}".encode() in site[page][1]
        assert b"<form" not in site[page][1]
    for page, claim in (("en/follow/index.html", "every search"), ("zh-hant/follow/index.html", "每次搜尋")):
        assert claim.encode() not in site[page][1], "a copy without a search does not speak of one"
    assert b"R</p>" in site["en/briefs/down/index.html"][1], "a withdrawn brief shows its notice"
    assert b"(withdrawn " in site["en/briefs/down/cite.ris"][1]
    assert not [path for path in site if path.startswith(("en/briefs/down/card", "en/briefs/gone"))]
    reached, broken = follow_links(tmp_path / "site")
    assert broken == []
    older_pages = [
        path for path in site if re.fullmatch(r"en/(?:keywords/technology/)?after-[^/]+/index.html", path)
    ]
    assert len(older_pages) == 4
    for path in older_pages:
        translated = f"/zh-hant/{path.removeprefix('en/').removesuffix('index.html')}"
        assert f'<a href="{translated}" lang="zh-Hant-TW"'.encode() in site[path][1], (
            "the same page in the other language"
        )
    withdrawn_pages = {
        f"{code}/briefs/down{page}"
        for code in ("en", "zh-hant")
        for page in (
            ".md",
            *(f"/cite.{end}" for end in ("ris", "bib", "json")),
        )
    }
    unchanged = {path for path in site if path.endswith("/changes/index.html") and path not in reached}
    assert not any(b'class="change"' in site[path][1] for path in unchanged)
    assert site.keys() - reached - unchanged == withdrawn_pages | {"sitemap-pages.xml"}, (
        "only withdrawn briefs, and the empty changes of unchanged ones, are linked from nowhere"
    )


@pytest.mark.heavy
@pytest.mark.parametrize("list_path", ["", "keywords/technology/"])
def test_exported_list_reaches_every_brief_by_paging_links(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], list_path: str
) -> None:
    export(tmp_path, capsys)
    slugs, page, pages = [], f"/en/{list_path}", []
    while page:
        text = read_exported(tmp_path, page)
        pages.append(page)
        slugs += re.findall(r'<h[23]><a href="/en/briefs/(s\d)/"', text)
        page = next(iter(re.findall(r'rel="next" href="([^"]*)"', text)), "")
    assert list(dict.fromkeys(slugs)) == [f"s{n}" for n in range(6, -1, -1)]
    assert len(pages) == 3
    year_links = [re.findall(r'<a href="(\S*#y\d+)"', read_exported(tmp_path, path)) for path in pages]
    first, last = (f"{pages[n]}#y{year}" for n, year in ((0, 2025), (2, 2024)))
    assert year_links == ([["#y2025", last], [first, last], [first, last]] if list_path else [[], [], []])
    newer_links = []
    while pages:
        text = read_exported(tmp_path, pages[-1])
        newer_links.append(next(iter(re.findall(r'rel="prev" href="([^"]*)"', text)), ""))
        assert newer_links[-1] == ("" if len(pages) == 1 else pages[-2])
        pages.pop()


@pytest.mark.heavy
def test_second_export_rewrites_only_changed_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    total, *_ = export(folder, capsys)
    first = exported_files(folder)
    assert export(folder, capsys) == (total, 0, total, 0)
    assert exported_files(folder) == first
    (folder / "CNAME").write_text("digest.example")
    Edition.objects.filter(slug="s3").update(removed_at=NOW)
    _, written, _, removed = export(folder, capsys)
    second = exported_files(folder)
    assert second.keys() - first.keys() >= {"CNAME"}
    assert not [path for path in second if "briefs/s3/" in path]
    assert not (folder / "en/briefs/s3").exists()
    assert removed >= 18
    for path in (
        "en/about/index.html",
        "en/briefs/s0/card.png",
        "en/briefs/s0/cite.bib",
        "static/briefs/digest.css",
    ):
        assert second[path] == first[path]
    assert written < len(second) / 2
    assert follow_links(folder)[1] == []


def test_export_refuses_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(CommandError) as refused:
        call_command("export_site", str(tmp_path))
    assert refused.value.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.heavy
def test_unused_keyword_has_no_exported_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Keyword.make(label_zh="未用", label_en="Unused")
    export(tmp_path, capsys)
    assert not (tmp_path / "en/keywords/unused").exists()


def test_export_waits_for_no_other_run(tmp_path: Path) -> None:
    lock = (tmp_path / static_export.LOCK_NAME).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(CommandError, match="another export is writing here"):
        call_command("export_site", str(tmp_path))
    lock.close()  # as the system does when a run is killed
    call_command("export_site", str(tmp_path))
    assert (tmp_path / "en/index.html").is_file()


def add_brief(rng: random.Random, now: dt.datetime) -> None:
    n, facts = Edition.objects.count() + 10, corpus_fixtures.load_sample(corpus_fixtures.SEED).facts
    live_from = now + dt.timedelta(minutes=rng.choice([-5000, 0, 2]))  # older than others, newest, or soon
    content = corpus_fixtures.numbered_content(n, facts=facts)
    corpus_fixtures.publish(content, f"n{n}", live_from=live_from)


def add_edition(rng: random.Random, now: dt.datetime) -> None:
    old = rng.choice(Edition.objects.listed(now))
    Edition.objects.filter(pk=old.pk).update(live_until=now)
    content = corpus_fixtures.numbered_content(rng.randrange(1000), facts=old.frozen_content.facts)
    values = {"change_kind": "correction", "change_note_zh": "改", "change_note_en": "C"}
    corpus_fixtures.publish(
        content, old.slug, live_from=now, brief=old.brief, published_at=old.published_at, **values
    )


def withdraw(rng: random.Random, now: dt.datetime) -> None:
    reasons = {"withdrawn_kind": "rights", "withdrawn_reason_zh": "權", "withdrawn_reason_en": "R"}
    Edition.objects.filter(pk=rng.choice(Edition.objects.listed(now)).pk).update(withdrawn_at=now, **reasons)


def remove(rng: random.Random, now: dt.datetime) -> None:
    Edition.objects.filter(pk=rng.choice(Edition.objects.found(now)).pk).update(removed_at=now)


def reinstate(rng: random.Random, now: dt.datetime) -> None:
    Edition.objects.public(now).update(withdrawn_at=None, removed_at=None)


def rename_keyword(rng: random.Random, now: dt.datetime) -> None:
    row = rng.choice(Keyword.objects.exclude(label_en="Unused"))
    row.label_zh, row.label_en = f"詞{now.minute}", f"Word {now.minute}"
    row.save()


def write_about(rng: random.Random, now: dt.datetime) -> None:
    words = {"text_zh": f"{now}", "text_en": f"{now}", "updated_at": now}
    SiteText.objects.update_or_create(
        key="about", defaults=words | {"updated_by": corpus_fixtures.get_person("w")}
    )


def change_derived_rows(rng: random.Random, now: dt.datetime) -> None:
    if rows := EditionTerm.objects.all():  # earlier changes may have deleted the last
        EditionTerm.objects.filter(edition=rng.choice(rows).edition_id).delete()


CHANGES: tuple[Callable[[random.Random, dt.datetime], None], ...] = (
    *(add_brief, add_edition, withdraw, remove, reinstate, rename_keyword, write_about, change_derived_rows),
)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(scale(1)))
def test_second_export_equals_new_one_after_any_change(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    rng = random.Random(seed)
    changes = [*CHANGES, *CHANGES]
    rng.shuffle(changes)
    call_command("export_site", str(tmp_path / "kept"))
    for n, change in enumerate(changes, 1):
        now = NOW + dt.timedelta(minutes=n)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        change(rng, now)
        if n == len(changes):
            settings.DIGEST_SITE_NAME = {"zh": "新名", "en": "New name"}
            monkeypatch.setattr(
                static_export, "compute_build_hash", compute_build_hash.__wrapped__
            )  # a new process
        for folder in ("kept", f"new{n}"):
            call_command("export_site", str(tmp_path / folder))
        kept, new = exported_files(tmp_path / "kept"), exported_files(tmp_path / f"new{n}")
        assert kept.keys() == new.keys(), change
        assert [path for path in new if kept[path][1] != new[path][1]] == [], change
