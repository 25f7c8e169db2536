"""The site as files: complete, its links closed, a second run touching only what changed."""

import datetime as dt
import html
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from briefs.models.edition import Edition
from briefs.models.vocabulary import Keyword
from briefs.public import editions
from briefs.public.export import static_export

from ..support import corpus_fixtures
from ..support.crawler import forget_prepared_queries

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

NOW = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)
_LINK = re.compile(r'(?:href|src|content|srcset|action)="([^"]*)"|<(?:loc|id|uri)>([^<]*)<')


@pytest.fixture(autouse=True)
def _site(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site of pages of three briefs, with one withdrawn and one removed."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(editions, "PAGE_SIZE", 3)
    forget_prepared_queries(monkeypatch)
    facts = corpus_fixtures.load_sample(corpus_fixtures.SEED).facts
    for n in range(7):
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n, facts=facts),
            f"s{n}",
            live_from=corpus_fixtures.DAY + dt.timedelta(hours=n),
        )
    down = corpus_fixtures.publish(corpus_fixtures.numbered_content(8), "down")
    Edition.objects.filter(pk=down.pk).update(
        withdrawn_at=NOW, withdrawn_kind="rights", withdrawn_reason_zh="權", withdrawn_reason_en="R"
    )
    gone = corpus_fixtures.publish(corpus_fixtures.numbered_content(9), "gone")
    Edition.objects.filter(pk=gone.pk).update(removed_at=NOW)


def export(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, ...]:
    """Files, written, unchanged, removed."""
    call_command("export_site", str(folder))
    return tuple(map(int, re.findall(r"\d+", capsys.readouterr().out)))


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = (
        path for path in folder.rglob("*") if path.is_file() and path.name != static_export.MANIFEST_NAME
    )
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def reached(folder: Path) -> tuple[set[str], list[str]]:
    """Files that links lead to, from the two languages on, and links that lead nowhere."""
    seen: set[str] = set()
    broken, waiting = (
        [],
        ["/", "/en/", "/zh-hant/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/404.html"],
    )
    while waiting:
        address = waiting.pop()
        path = address.lstrip("/") + ("index.html" if address.endswith("/") else "")
        if path in seen:
            continue
        seen.add(path)
        if not (folder / path).is_file():
            broken.append(address)
        elif path.endswith((".html", ".xml", ".atom")):
            for one, other in _LINK.findall((folder / path).read_text(encoding="utf-8")):
                for part in html.unescape(one or other).split(", "):
                    own = part.split(" ")[0].removeprefix(settings.SITE_URL).split("#")[0]
                    waiting += [own] if own.startswith("/") and not own.startswith("//") else []
    return seen - {address.lstrip("/") for address in broken}, broken


def test_every_page_is_there_and_every_link_leads_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, *_ = export(tmp_path / "site", capsys)
    site = files(tmp_path / "site")
    assert len(site) == made
    for n in range(7):
        for code in ("en", "zh-hant"):
            for page in ("index.html", "parallel/index.html", "cite.ris", "original.json", "card.png"):
                assert f"{code}/briefs/s{n}/{page}" in site
    for page in (
        "en/keywords/technology/feed.atom",
        "en/archive/2025/06/index.html",
        "static/briefs/digest.css",
        "static/briefs/place.js",
    ):
        assert page in site
    assert b"R</p>" in site["en/briefs/down/index.html"][1], "a withdrawn brief is its notice"
    assert not [path for path in site if path.startswith(("en/briefs/down/c", "en/briefs/gone"))]
    found, broken = reached(tmp_path / "site")
    assert broken == []
    blocks = [
        path for path in site if re.fullmatch(r"en/(?:keywords/technology/)?after-[^/]+/index.html", path)
    ]
    assert len(blocks) == 4
    for path in blocks:
        other = f"/zh-hant/{path.removeprefix('en/').removesuffix('index.html')}"
        assert f'<a href="{other}" lang="zh-Hant-TW"'.encode() in site[path][1], (
            "the same place in the other language"
        )
    down = {
        f"{code}/briefs/down/{page}index.html" for code in ("en", "zh-hant") for page in ("", "parallel/")
    }
    assert site.keys() - found == down | {"sitemap-pages.xml"}, (
        "a withdrawn brief is listed nowhere, and nothing else is"
    )


@pytest.mark.heavy
@pytest.mark.parametrize("way", ["", "keywords/technology/"])
def test_from_a_list_every_brief_is_reached_by_older_links_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    export(tmp_path, capsys)
    seen, page, names = [], f"/en/{way}", []
    while page:
        text = (tmp_path / page.strip("/") / "index.html").read_text(encoding="utf-8")
        names.append(page)
        seen += re.findall(r'<h2><a href="/en/briefs/(s\d)/"', text)
        page = next(iter(re.findall(r'rel="next" href="([^"]*)"', text)), "")
    assert list(dict.fromkeys(seen)) == [f"s{n}" for n in range(6, -1, -1)]
    assert len(names) == 3
    back = []
    while names:
        text = (tmp_path / names[-1].strip("/") / "index.html").read_text(encoding="utf-8")
        back.append(next(iter(re.findall(r'rel="prev" href="([^"]*)"', text)), ""))
        assert back[-1] == ("" if len(names) == 1 else names[-2])
        names.pop()


@pytest.mark.heavy
def test_a_second_run_touches_only_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "site"
    made, *_ = export(folder, capsys)
    first = files(folder)
    assert export(folder, capsys) == (made, 0, made, 0)
    assert files(folder) == first
    (folder / "CNAME").write_text("digest.example")
    Edition.objects.filter(slug="s3").update(removed_at=NOW)
    _, written, _, removed = export(folder, capsys)
    second = files(folder)
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
    assert reached(folder)[1] == []


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(CommandError) as refused:
        call_command("export_site", str(tmp_path))
    assert refused.value.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.heavy
def test_what_only_a_draft_uses_has_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Keyword.make(label_zh="未用", label_en="Unused")
    export(tmp_path, capsys)
    assert not (tmp_path / "en/keywords/unused").exists()
