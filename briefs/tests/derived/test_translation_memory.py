"""The translation memory: like texts find each other, only approved pairs are offered, and it can be made anew."""

import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.content import Bullet
from briefs.derived import translation_memory
from briefs.models import Brief, Edition, MemoryKey, MemoryPair, Term
from briefs.sample_corpus import build_sentence, load_corpus
from briefs.text.minhash import KEY_COUNT, compute_keys, measure_likeness

from ..support import factories
from ..support.form_client import sign_in, brief_url

ZH = "行政院於年底前公布關鍵礦產的儲備，以降低對單一供應國的依賴，並公開執行進度。"
EN = "The Executive Yuan announced stockpiles of critical minerals by year-end to reduce dependence on one supplier."


# Likeness, without a database


def test_keys_are_the_same_in_every_process() -> None:
    code = "from briefs.text.minhash import compute_keys; print(compute_keys('行政院公布關鍵礦產', 'zh'), compute_keys('The quick brown fox', 'en'))"
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert told == {
        f"{compute_keys('行政院公布關鍵礦產', 'zh')} {compute_keys('The quick brown fox', 'en')}\n"
    }


def test_keys_fit_their_column() -> None:
    for n in range(200):
        zh, en = build_sentence(n)
        for text, side in ((zh, "zh"), (en, "en")):
            found = compute_keys(text, side)  # type: ignore[arg-type]
            assert len(found) == KEY_COUNT
            assert all(0 <= key < 2**63 for key in found)


@pytest.mark.parametrize(
    ("text", "side"), [("", "zh"), ("三項。", "zh"), ("，。！", "zh"), ("So it", "en"), ("…", "en")]
)
def test_a_text_too_short_is_like_none(text: str, side: Any) -> None:
    assert compute_keys(text, side) == ()


def test_likeness() -> None:
    assert measure_likeness(ZH, ZH.replace("，", " ")) == 1.0
    assert 0.85 < measure_likeness(ZH, ZH.replace("年底前", "上半年")) < 1
    assert measure_likeness(ZH, "歐盟執委會暫停氣候調適基金") < 0.3
    assert measure_likeness(EN, EN.upper()) == 1.0
    assert measure_likeness("", EN) == 0.0


def test_like_texts_share_a_key_and_others_seldom_do() -> None:
    sentences = [build_sentence(n) for n in range(300)]
    for side, at in (("zh", 0), ("en", 1)):
        texts = [pair[at] for pair in sentences]
        found = missed = strangers = 0
        for n, text in enumerate(texts):
            words = text.split(" ") if side == "en" else list(text)
            cut = ("" if side == "zh" else " ").join(words[: -len(words) // 6])
            near = set(compute_keys(cut, side))  # type: ignore[arg-type]
            found += bool(near & set(compute_keys(text, side)))  # type: ignore[arg-type]
            missed += not near & set(compute_keys(text, side))  # type: ignore[arg-type]
            strangers += bool(near & set(compute_keys(texts[(n + 150) % 300], side)))  # type: ignore[arg-type]
        assert missed <= 3, side
        assert strangers <= 90, side


# From editions

pytestmark_db = pytest.mark.django_db


def live(team: factories.Team, **values: Any) -> Brief:
    bullets = (
        Bullet(0, ZH, EN),
        Bullet(0, "另一點。", "Another point."),
        Bullet(0, "只有中文。", one_sided="So"),
    )
    return factories.live_brief(team, factories.content(bullets=bullets, **values))


def offered(text: str = ZH) -> list[str]:
    return [match.en for match in translation_memory.find_matches(text, "zh")]


@pytestmark_db
def test_an_approval_puts_its_pairs_into_the_memory(team: factories.Team) -> None:
    brief = factories.signed_brief(
        team, factories.content(bullets=(Bullet(0, ZH, EN), Bullet(0, "只有。", one_sided="So")))
    )
    assert translation_memory.find_matches(ZH, "zh") == []
    factories.approve(brief, team.publisher)
    [pair] = MemoryPair.objects.all()
    assert (pair.number, pair.text_zh, pair.text_en) == (1, ZH, EN)
    assert MemoryKey.objects.count() == 2 * KEY_COUNT
    [match] = translation_memory.find_matches(ZH.replace("年底前", "上半年"), "zh")
    assert (match.zh, match.en, match.brief, match.number, match.title) == (ZH, EN, brief.pk, 1, "標題")
    assert 0.85 < match.score < 1
    assert [m.zh for m in translation_memory.find_matches(EN.replace("by year-end", "last week"), "en")] == [
        ZH
    ]


@pytestmark_db
def test_only_the_newest_edition_is_offered(team: factories.Team) -> None:
    brief = live(team)
    assert offered() == [EN]
    workflow.revise(brief, by=team.writer, version=brief.version)
    brief = factories.edit(brief, team.writer, bullets=(Bullet(1, ZH, EN.replace("Executive", "Exec")),))
    assert offered() == [EN], "a draft is no approved text"
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher, change=workflow.ChangeNote("update", "改", "Changed"))
    assert offered() == [EN.replace("Executive", "Exec")]
    assert MemoryPair.objects.count() == 1
    assert MemoryKey.objects.count() == 2 * KEY_COUNT


@pytestmark_db
def test_what_is_to_come_is_offered_and_a_cancelled_edition_is_not(team: factories.Team) -> None:
    brief = live(team)
    workflow.revise(brief, by=team.writer, version=brief.version)
    brief = factories.edit(brief, team.writer, bullets=(Bullet(1, ZH, "To come."),))
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(
        brief, team.publisher, at=factories.tomorrow(), change=workflow.ChangeNote("update", "改", "Changed")
    )
    assert offered() == ["To come."]
    workflow.cancel(brief, by=team.publisher)
    assert offered() == [EN]
    assert list(translation_memory.find_stale_brief_ids()) == []


@pytestmark_db
@pytest.mark.parametrize("verb", ["withdraw", "remove"])
def test_what_is_taken_down_is_offered_no_more(team: factories.Team, verb: str) -> None:
    brief = live(team)
    if verb == "withdraw":
        workflow.withdraw(brief, by=team.publisher, kind="our_error", reason_zh="錯", reason_en="Wrong")
    else:
        workflow.remove(brief, by=team.publisher, reason="Wrong")
    assert offered() == []
    workflow.reinstate(brief, by=team.publisher)
    assert offered() == [EN]


@pytestmark_db
def test_the_best_three_the_best_first_and_each_pair_once(team: factories.Team) -> None:
    texts = [ZH, ZH, *(ZH.replace("進度", word) for word in ("結果", "報告", "細節", "名單"))]
    bullets = tuple(Bullet(0, text, f"{EN} {n // 2}") for n, text in enumerate(texts))
    bullets = (bullets[0], *bullets)
    factories.live_brief(team, factories.content(bullets=bullets))
    found = translation_memory.find_matches(ZH, "zh")
    assert len(found) == 3
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert (found[0].score, found[0].en) == (1.0, f"{EN} 0")
    assert len({(match.zh, match.en) for match in found}) == 3


@pytestmark_db
def test_a_lookup_takes_two_queries_and_an_approval_no_more_for_more(team: factories.Team) -> None:
    brief = live(team)
    with CaptureQueriesContext(connection) as queries:
        translation_memory.find_matches(ZH, "zh")
    assert len(queries) == 2
    many = tuple(Bullet(0, f"{ZH}{n}", f"{EN} {n}") for n in range(40))
    other = factories.live_brief(team, factories.content("二", bullets=many))
    counted = []
    for row in (brief, other):
        with CaptureQueriesContext(connection) as queries:
            translation_memory.rebuild_memory([row.pk])
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 10


BREAKS = {
    "a pair too few": lambda: MemoryPair.objects.filter(number=1).delete(),
    "another text": lambda: MemoryPair.objects.filter(number=1).update(text_en="x"),
    "a key too few": lambda: MemoryKey.objects.first().delete(),  # type: ignore[union-attr]
    "another key": lambda: MemoryKey.objects.filter(pk=MemoryKey.objects.first().pk).update(key=1),  # type: ignore[union-attr]
    "all of it": lambda: MemoryPair.objects.all().delete(),
}


@pytestmark_db
@pytest.mark.parametrize("name", BREAKS)
def test_it_can_be_made_anew(team: factories.Team, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    brief = live(team)
    before = list(MemoryPair.objects.order_by("number").values_list("number", "text_zh", "text_en"))
    call_command("rebuild_derived", check=True)
    BREAKS[name]()
    assert list(translation_memory.find_stale_brief_ids()) == [brief.pk]
    with pytest.raises(CommandError, match="1 briefs stand in the memory otherwise"):
        call_command("rebuild_derived", check=True)
    call_command("rebuild_derived")
    assert "1 briefs put into the translation memory." in capsys.readouterr().out
    assert list(MemoryPair.objects.order_by("number").values_list("number", "text_zh", "text_en")) == before
    call_command("rebuild_derived", check=True)


@pytestmark_db
def test_the_generated_corpus_is_remembered() -> None:
    load_corpus(3)
    assert Edition.objects.count() == 3
    assert MemoryPair.objects.count() == 21
    assert list(translation_memory.find_stale_brief_ids()) == []


# Beside the row


@pytestmark_db
def test_the_rail_offers_terms_and_near_pairs(client: Client, team: factories.Team) -> None:
    brief = live(team)
    term = Term.make(zh="關鍵礦產", en="critical minerals", also_en=["critical mineral"])
    sign_in(client, team.writer)
    typed = ZH.replace("年底前", "年上半年")
    answer = client.post(brief_url(brief, "rail"), {"zh": typed, "en": ""}).json()
    uses = f"/admin/briefs/term/{term.pk}/uses/"
    assert answer["terms"] == [{"zh": "關鍵礦產", "en": "critical minerals", "missing": "en", "url": uses}]
    [match] = answer["memory"]
    assert (match["zh"], match["en"], match["side"]) == (ZH, EN, "zh")
    assert (match["brief"], match["url"]) == ("標題", f"{brief_url(brief)}#b1")
    assert "".join(text for text, _ in match["marked"]) == ZH
    assert [text for text, differs in match["marked"] if differs] == ["底前"]


@pytestmark_db
def test_while_both_sides_have_words_only_terms_are_told(client: Client, team: factories.Team) -> None:
    brief = live(team)
    Term.make(zh="關鍵礦產", en="critical minerals")
    sign_in(client, team.writer)
    answer = client.post(brief_url(brief, "rail"), {"zh": ZH, "en": "A critical mineral"}).json()
    assert answer["memory"] == []
    assert [term["missing"] for term in answer["terms"]] == [""]
    assert client.post(brief_url(brief, "rail"), {"zh": "", "en": " "}).json() == {"terms": [], "memory": []}


@pytestmark_db
def test_the_rail_is_for_people_of_the_desk(client: Client, team: factories.Team) -> None:
    brief = live(team)
    sign_in(client, team.outsider)
    assert client.post(brief_url(brief, "rail"), {"zh": ZH}).status_code == 403
    sign_in(client, team.reviewer)
    assert client.get(brief_url(brief, "rail")).status_code == 405
    assert client.post("/admin/briefs/brief/99999/rail/", {"zh": ZH}).status_code == 404
