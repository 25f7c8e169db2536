"""Glossary terms in the text: marked once a page, explained beside it, remade when the glossary changes."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefs import rendering, workflow
from briefs.content import Bullet
from briefs.derived.build import find_stale_edition_ids, is_used_in_editions
from briefs.models.derived import EditionTerm, Gloss, Rendering
from briefs.models.edition import Edition
from briefs.models.vocabulary import Term
from briefs.tests.support import corpus_fixtures, factories
from briefs.workflow import Refused

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

MARK = re.compile(r'<a class="term" href="#term-(\d)" title="([^"]*)">([^<]*)</a>')
TEXT = {
    "summary_zh": "嚇阻與「延伸嚇阻」。\n\n嚇阻<甲>&晶片。",
    "summary_en": "Deterrence & extended deterrence.\n\nChips <b>.",
    "bullets": (
        Bullet(1, "晶片與嚇阻。", "A chip for deterrence."),
        Bullet(2, "只有灰色地帶。", ""),
        Bullet(3, "無。", "The gray zone’s end; a microchip."),
    ),
}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY)


@pytest.fixture
def terms() -> dict[str, Term]:
    rows = {"嚇阻": "deterrence", "延伸嚇阻": "extended deterrence", "晶片": "chip", "灰色地帶": "gray zone"}
    return {zh: Term.make(zh=zh, en=en) for zh, en in rows.items()}


def published() -> Edition:
    return corpus_fixtures.publish(corpus_fixtures.numbered_content(1, **TEXT), "s")


def marks(client: Client, path: str) -> list[tuple[str, str, str]]:
    return MARK.findall(client.get(path).content.decode())


def test_a_term_is_marked_where_it_stands_first_and_the_longest_wins(client: Client, terms: Any) -> None:
    published()
    assert marks(client, "/zh-hant/briefs/s/") == [
        ("1", "deterrence", "嚇阻"), ("2", "extended deterrence", "延伸嚇阻"), ("3", "chip", "晶片"), ("4", "gray zone", "灰色地帶"),
    ]  # fmt: skip
    assert marks(client, "/en/briefs/s/") == [
        ("1", "嚇阻", "Deterrence"), ("2", "延伸嚇阻", "extended deterrence"), ("3", "晶片", "Chips"), ("4", "灰色地帶", "gray zone"),
    ]  # fmt: skip


@pytest.mark.parametrize(("lang", "first"), [("zh-hant", "嚇阻"), ("en", "Deterrence")])
def test_side_by_side_each_language_marks_it_once_with_one_number(
    client: Client, terms: Any, lang: str, first: str
) -> None:
    published()
    found = marks(client, f"/{lang}/briefs/s/parallel/")
    assert len(found) == 8
    assert found[0][2] == first
    numbers = {}
    for number, gloss, words in found:
        pair = frozenset((gloss.lower(), words.lower().removesuffix("s")))
        assert numbers.setdefault(number, pair) == pair


@pytest.mark.parametrize("path", ["/zh-hant/briefs/s/", "/en/briefs/s/", "/en/briefs/s/parallel/"])
def test_a_marked_page_is_the_same_page_with_links(client: Client, terms: Any, path: str) -> None:
    """No character is lost or moved, and each mark leads to its line, which leads to the term's page."""
    published()
    marked = client.get(path).content.decode()
    Gloss.objects.all().delete()
    plain = client.get(path).content.decode()
    block = re.search(r'<section class="terms".*?</section>\n?', marked, re.S)
    assert block
    without = MARK.sub(r"\3", marked.replace(block[0], "", 1))
    assert re.sub(r"\s+", " ", without) == re.sub(r"\s+", " ", plain)
    for number, _, _ in MARK.findall(marked):
        assert marked.count(f'id="term-{number}"') == 1
    for address in re.findall(r'href="(/[^"]*/terms/[^"]+)"', block[0]):
        assert client.get(address).status_code == 200


def test_a_rendering_and_a_feed_know_no_term(client: Client, terms: Any) -> None:
    published()
    assert not Rendering.objects.filter(html__contains='class="term"').exists()
    assert "class=&quot;term" not in client.get("/en/feed.atom").content.decode()


def test_the_page_of_a_term_has_every_public_pair_that_uses_it(
    client: Client, terms: dict[str, Term]
) -> None:
    edition = published()
    html = client.get("/en/terms/gray-zone/").content.decode()
    assert re.findall(r'href="(/en/briefs/s/parallel/#\w+)"', html) == [
        f"/en/briefs/s/parallel/#b{n}" for n in (2, 3)
    ]
    assert "<mark>灰色地帶</mark>" in html
    assert "<mark>gray zone</mark>’s end" in html
    assert "Not in the English" in html
    assert "/en/terms/gray-zone/" in client.get("/en/terms/").content.decode()
    Edition.objects.filter(pk=edition.pk).update(
        removed_at=corpus_fixtures.DAY, removed_by=corpus_fixtures.get_person("p")
    )
    assert client.get("/en/terms/gray-zone/").status_code == 404
    assert "gray-zone" not in client.get("/en/terms/").content.decode()


def test_an_unused_term_is_as_if_it_never_was(client: Client, terms: Any) -> None:
    Term.make(zh="高超音速", en="hypersonic")
    published()
    hidden, nowhere = client.get("/en/terms/hypersonic/"), client.get("/en/terms/nothing/")
    assert (hidden.status_code, hidden.content) == (404, nowhere.content)


def test_a_changed_glossary_remakes_what_it_touches(client: Client, terms: dict[str, Term]) -> None:
    team = factories.Team()
    edition, other = published(), corpus_fixtures.publish(corpus_fixtures.numbered_content(2), "other")
    before = Gloss.objects.values().get(edition=other)
    term = terms["晶片"]
    term.en = "semiconductor chip"
    term.also_en = ["chip"]
    workflow.save_vocabulary_row(term, by=team.publisher)
    assert ("3", "semiconductor chip", "晶片") in marks(client, "/zh-hant/briefs/s/")
    workflow.save_vocabulary_row(Term(zh="無", en="end"), by=team.publisher)
    assert marks(client, "/en/briefs/s/")[-1] == ("5", "無", "end")
    workflow.merge_vocabulary([terms["灰色地帶"]], into=term, by=team.publisher)
    assert "gray zone" not in str(marks(client, "/en/briefs/s/"))
    assert Gloss.objects.values().get(edition=other) == before
    assert list(find_stale_edition_ids()) == []
    assert is_used_in_editions(term)
    assert EditionTerm.objects.filter(edition=edition).count() == 4


def test_a_merged_term_that_is_taken_apart_again_is_marked_again(
    client: Client, terms: dict[str, Term]
) -> None:
    team = factories.Team()
    published()
    before = marks(client, "/en/briefs/s/")
    workflow.merge_vocabulary([terms["灰色地帶"]], into=Term.make(zh="無處", en="nowhere"), by=team.publisher)
    assert marks(client, "/en/briefs/s/") == before[:-1]
    workflow.unmerge_vocabulary(terms["灰色地帶"], by=team.publisher)
    assert marks(client, "/en/briefs/s/") == before
    assert list(find_stale_edition_ids()) == []


def test_a_term_in_use_is_changed_by_a_publisher(terms: dict[str, Term]) -> None:
    team = factories.Team()
    published()
    term = terms["晶片"]
    term.en = "microchip"
    with pytest.raises(Refused):
        workflow.save_vocabulary_row(term, by=team.writer)


@pytest.mark.parametrize("written", ["臺灣海峽", "台灣海峽"])
def test_a_new_term_is_found_however_it_is_written(written: str, client: Client) -> None:
    team = factories.Team()
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(1, summary_zh=f"在{written}。", summary_en="On the cross Strait; a Gray-Zone."),
        "s",
    )
    workflow.save_vocabulary_row(Term(zh="台灣海峽", en="Taiwan Strait"), by=team.publisher)
    workflow.save_vocabulary_row(Term(zh="灰色地帶", en="gray zone"), by=team.publisher)
    assert [words for _, _, words in marks(client, "/zh-hant/briefs/s/")] == [written]
    assert [words for _, _, words in marks(client, "/en/briefs/s/")] == ["Gray-Zone"]


def test_a_gloss_of_another_glossary_is_stale(terms: dict[str, Term]) -> None:
    edition = published()
    assert list(find_stale_edition_ids()) == []
    Term.objects.filter(pk=terms["晶片"].pk).update(en="wafer")
    assert list(find_stale_edition_ids()) == [edition.pk]


def test_marks_stand_where_the_words_are() -> None:
    html = "<p>&lt;甲&gt;&amp;晶片。</p>"
    start = html.index("晶片")
    marked = rendering.term_marks.link_terms(html, [(start, start + 2, 1, "chip")])
    assert marked == html.replace("晶片", '<a class="term" href="#term-1" title="chip">晶片</a>')
