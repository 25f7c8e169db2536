"""Glossary terms in briefs: marked once per page, explained in a list, updated when the glossary changes."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs.bilingual import checks
from briefs.content import Bullet
from briefs.derived.build import find_stale_edition_ids, is_used_in_editions
from briefs.models.derived import EditionTerm
from briefs.models.edition import Edition
from briefs.models.vocabulary import Term
from briefs.tests.bilingual.checks.test_glossary import SHIPPED
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import DAY, NO_STATIC, get_person, numbered_content, publish

pytestmark = [pytest.mark.django_db, NO_STATIC]

MARK = re.compile(r'<a class="term" href="#term-(\d)" title="([^"]*)">([^<]*)</a>')
TEXT = {
    "summary_zh": "嚇阻與「延伸嚇阻」。\n\n嚇阻<甲>&晶片。",
    "summary_en": "Deterrence & extended deterrence.\n\nChips <b>.",
    "bullets": (
        Bullet(1, "晶片與嚇阻。", "A chip for deterrence."),
        Bullet(2, "只有灰色地帶。", ""),
        Bullet(3, "無灰色地帶。", "The gray zone’s end; a microchip."),
    ),
}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: DAY)


@pytest.fixture
def terms() -> dict[str, Term]:
    rows = {"嚇阻": "deterrence", "延伸嚇阻": "extended deterrence", "晶片": "chip", "灰色地帶": "gray zone"}
    return {zh: Term.make(zh=zh, en=en) for zh, en in rows.items()}


def publish_sample() -> Edition:
    return publish(numbered_content(1, **TEXT), "s")


def fetch_marks(client: Client, path: str) -> list[tuple[str, str, str]]:
    return MARK.findall(client.get(path).content.decode())


def test_first_occurrence_of_a_term_is_marked_and_longest_match_wins(client: Client, terms: Any) -> None:
    publish_sample()
    assert fetch_marks(client, "/zh-hant/briefs/s/") == [
        ("1", "deterrence", "嚇阻"), ("2", "extended deterrence", "延伸嚇阻"), ("3", "chip", "晶片"), ("4", "gray zone", "灰色地帶"),
    ]  # fmt: skip
    assert fetch_marks(client, "/en/briefs/s/") == [
        ("1", "嚇阻", "Deterrence"), ("2", "延伸嚇阻", "extended deterrence"), ("3", "晶片", "Chips"), ("4", "灰色地帶", "gray zone"),
    ]  # fmt: skip


MARKED = [  # one pair, and what is marked in its Chinese and in its English
    ("兩岸統一。", "Cross-strait unification.", "統一", "unification"),
    ("統一發票與統一戰線。", "Unification of invoices.", "", ""),
    ("系統一致，總統一再反對統一。", "The system is consistent; the president rejects unification.", "統一", "unification"),
    ("記仇。", "A chip on its shoulder about chips.", "", ""),
    ("晶片籌碼。", "Chips are a bargaining chip.", "晶片", "Chips"),
    ("晶片。", "The microchip’s chip-making tools.", "晶片", "chip"),
    ("水晶片場。", "Chips.", "", ""),
    ("無人機場與無人機。", "A drone, and drones at an airfield.", "無人機", "drone drones"),
    ("無人機場。", "A drone at an unmanned airfield.", "", ""),
    ("舞台海報；台海。", "The Taiwan Strait.", "台海", "Taiwan Strait"),
    ("延伸嚇阻。", "Deterrence.", "", ""),
    ("人工智慧擴散。", "AI diffusion.", "人工智慧", ""),
    ("芯片。", "Chips.", "", "Chips"),
    ("世衛聲明。", "Those who agree with the WHO.", "世衛", "WHO"),
]  # fmt: skip


@pytest.mark.parametrize(("zh", "en", "marked_zh", "marked_en"), MARKED)
def test_term_counts_only_as_a_word_whose_counterpart_is_in_the_pair(
    zh: str, en: str, marked_zh: str, marked_en: str
) -> None:
    texts = {"zh": zh, "en": en}
    [by_side] = checks.find_term_spans([(zh, en)], SHIPPED)
    marked = {
        side: " ".join(texts[side][start:end] for _, start, end in places) for side, places in by_side.items()
    }
    assert marked == {"zh": marked_zh, "en": marked_en}


@pytest.mark.parametrize("path", ["/zh-hant/briefs/s/", "/en/briefs/s/", "/en/briefs/s/parallel/"])
def test_term_marks_add_only_links_to_the_page(client: Client, terms: Any, path: str) -> None:
    """No character is lost or moved. Each mark links to its entry, which links to the page of the term."""
    publish_sample()
    marked = client.get(path).content.decode()
    addresses = re.findall(r'href="(/[^"]*/terms/[^"]+)"', marked)
    assert addresses
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)
    EditionTerm.objects.all().delete()
    plain = client.get(path).content.decode()
    block = re.search(r'<section class="terms".*?</section>\n?', marked, re.S)
    assert block
    unmarked = MARK.sub(r"\3", marked.replace(block[0], "", 1))
    assert re.sub(r"\s+", " ", unmarked) == re.sub(r"\s+", " ", plain)
    for number, _, _ in MARK.findall(marked):
        assert marked.count(f'id="term-{number}"') == 1


def test_term_page_lists_every_public_pair_that_uses_the_term(client: Client, terms: dict[str, Term]) -> None:
    edition = publish_sample()
    html = client.get("/en/terms/gray-zone/").content.decode()
    assert re.findall(r'href="(/en/briefs/s/#\w+)"', html) == ["/en/briefs/s/#b3"]
    assert "<mark>gray zone</mark>’s end" in html
    assert "<mark>灰色地帶</mark>" in client.get("/en/terms/gray-zone/?show=both").content.decode()
    assert "/en/terms/gray-zone/" in client.get("/en/terms/").content.decode()
    Edition.objects.filter(pk=edition.pk).update(removed_at=DAY, removed_by=get_person("p"))
    assert client.get("/en/terms/gray-zone/").status_code == 404
    assert "gray-zone" not in client.get("/en/terms/").content.decode()


def test_glossary_change_updates_only_affected_editions(client: Client, terms: dict[str, Term]) -> None:
    team = factories.Team()
    edition, unrelated = (publish_sample(), publish(numbered_content(2), "other"))
    before = list(EditionTerm.objects.filter(edition=unrelated).values())
    term = terms["晶片"]
    term.en = "semiconductor chip"
    term.also_en = ["chip"]
    factories.change_public_name(term, team)
    assert ("3", "semiconductor chip", "晶片") in fetch_marks(client, "/zh-hant/briefs/s/")
    factories.change_public_name(Term(zh="無", en="end"), team)
    assert fetch_marks(client, "/en/briefs/s/")[-1] == ("5", "無", "end")
    factories.merge_public_names([terms["灰色地帶"]], into=term, team=team)
    assert "gray zone" not in str(fetch_marks(client, "/en/briefs/s/"))
    assert list(EditionTerm.objects.filter(edition=unrelated).values()) == before
    assert list(find_stale_edition_ids()) == []
    assert is_used_in_editions(term)
    assert EditionTerm.objects.filter(edition=edition).count() == 4


@pytest.mark.parametrize("written", ["臺灣海峽", "台灣海峽"])
def test_new_term_is_marked_in_every_spelling_variant(written: str, client: Client) -> None:
    team = factories.Team()
    publish(
        numbered_content(1, summary_zh=f"在{written}的灰色地帶。", summary_en="Taiwan Strait: a Gray-Zone."),
        "s",
    )
    factories.change_public_name(Term(zh="台灣海峽", en="Taiwan Strait"), team)
    factories.change_public_name(Term(zh="灰色地帶", en="gray zone"), team)
    assert [words for _, _, words in fetch_marks(client, "/zh-hant/briefs/s/")] == [written, "灰色地帶"]
    assert [words for _, _, words in fetch_marks(client, "/en/briefs/s/")] == ["Taiwan Strait", "Gray-Zone"]
