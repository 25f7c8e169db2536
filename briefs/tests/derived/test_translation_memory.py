"""The translation memory: similar texts match, only approved pairs are offered, and it can be rebuilt."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.bilingual.text.similarity import KEY_COUNT, compute_keys
from briefs.content import Bullet
from briefs.derived import translation_memory
from briefs.models import Brief, MemoryKey, MemoryPair, Term
from briefs.operations.sample_corpus import build_sentence
from briefs.tests.support import factories
from briefs.tests.support.form_client import brief_url, sign_in

ZH = "行政院於年底前公布關鍵礦產的儲備，以降低對單一供應國的依賴，並公開執行進度。"
EN = "The Executive Yuan announced stockpiles of critical minerals by year-end to reduce dependence on one supplier."


# Similarity, without a database


def test_keys_are_the_same_in_every_process() -> None:
    code = "from briefs.bilingual.text.similarity import compute_keys; print(compute_keys('行政院公布關鍵礦產', 'zh'), compute_keys('The quick brown fox', 'en'))"
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    printed = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)
    assert (
        printed == f"{compute_keys('行政院公布關鍵礦產', 'zh')} {compute_keys('The quick brown fox', 'en')}\n"
    )


def test_similar_texts_share_a_key_and_others_rarely_do() -> None:
    sentences = [build_sentence(n) for n in range(300)]
    for side, index in (("zh", 0), ("en", 1)):
        texts = [pair[index] for pair in sentences]
        matched = missed = false_matches = 0
        for n, text in enumerate(texts):
            words = text.split(" ") if side == "en" else list(text)
            shortened = ("" if side == "zh" else " ").join(words[: -len(words) // 6])
            keys = set(compute_keys(shortened, side))  # type: ignore[arg-type]
            matched += bool(keys & set(compute_keys(text, side)))  # type: ignore[arg-type]
            missed += not keys & set(compute_keys(text, side))  # type: ignore[arg-type]
            false_matches += bool(keys & set(compute_keys(texts[(n + 150) % 300], side)))  # type: ignore[arg-type]
        assert missed <= 3, side
        assert false_matches <= 90, side


# Pairs of published editions

needs_database = pytest.mark.django_db


def publish_sample(team: factories.Team, **values: Any) -> Brief:
    bullets = (
        Bullet(0, ZH, EN),
        Bullet(0, "另一點。", "Another point."),
        Bullet(0, "只有中文。", one_sided="So"),
    )
    return factories.live_brief(team, factories.content(bullets=bullets, **values))


def find_translations(text: str = ZH) -> list[str]:
    return [match.en for match in translation_memory.find_matches(text, "zh")]


@needs_database
def test_approval_adds_bilingual_pairs_to_the_memory(team: factories.Team) -> None:
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


@needs_database
def test_only_pairs_of_the_newest_edition_are_offered(team: factories.Team) -> None:
    brief = publish_sample(team)
    assert find_translations() == [EN]
    workflow.revise(brief, by=team.writer, version=brief.version)
    changed = (Bullet(1, ZH, EN.replace("Executive", "Exec")),)
    brief = factories.edit(brief, team.writer, bullets=changed, **factories.change_note())
    assert find_translations() == [EN], "a draft must not be offered"
    workflow.submit(brief, by=team.writer, version=brief.version)
    factories.sign_off(brief, team.reviewer)
    factories.approve(brief, team.publisher, at=factories.tomorrow())
    assert find_translations() == [EN.replace("Executive", "Exec")]
    assert (MemoryPair.objects.count(), MemoryKey.objects.count()) == (1, 2 * KEY_COUNT)
    workflow.cancel(brief, by=team.publisher)
    assert find_translations() == [EN]
    assert list(translation_memory.find_stale_brief_ids()) == []


@needs_database
@pytest.mark.parametrize("verb", ["withdraw", "remove"])
def test_withdrawn_or_removed_brief_is_not_offered_until_reinstated(team: factories.Team, verb: str) -> None:
    brief = publish_sample(team)
    if verb == "withdraw":
        workflow.withdraw(brief, by=team.publisher, kind="our_error")
    else:
        workflow.remove(brief, by=team.publisher, reason="Wrong")
    assert find_translations() == []
    workflow.reinstate(brief, by=team.publisher)
    assert find_translations() == [EN]


@needs_database
def test_three_best_distinct_matches_are_offered_best_first(team: factories.Team) -> None:
    texts = [ZH, ZH, *(ZH.replace("進度", word) for word in ("結果", "報告", "細節", "名單"))]
    bullets = tuple(Bullet(0, text, f"{EN} {n // 2}") for n, text in enumerate(texts))
    bullets = (bullets[0], *bullets)
    factories.live_brief(team, factories.content(bullets=bullets))
    matches = translation_memory.find_matches(ZH, "zh")
    assert len(matches) == 3
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert (matches[0].score, matches[0].en) == (1.0, f"{EN} 0")
    assert len({(match.zh, match.en) for match in matches}) == 3


@needs_database
def test_lookup_takes_two_queries_and_rebuild_a_constant_number(team: factories.Team) -> None:
    brief = publish_sample(team)
    with CaptureQueriesContext(connection) as queries:
        translation_memory.find_matches(ZH, "zh")
    assert len(queries) == 2
    many = tuple(Bullet(0, f"{ZH}{n}", f"{EN} {n}") for n in range(40))
    longer_brief = factories.live_brief(team, factories.content("二", bullets=many))
    query_counts = []
    for row in (brief, longer_brief):
        with CaptureQueriesContext(connection) as queries:
            translation_memory.rebuild_memory([row.pk])
        query_counts.append(len(queries))
    assert query_counts[0] == query_counts[1] <= 10


DAMAGE = {
    "a pair too few": lambda: MemoryPair.objects.filter(number=1).delete(),
    "another text": lambda: MemoryPair.objects.filter(number=1).update(text_en="x"),
    "a key too few": lambda: MemoryKey.objects.first().delete(),  # type: ignore[union-attr]
    "another key": lambda: MemoryKey.objects.filter(pk=MemoryKey.objects.first().pk).update(key=1),  # type: ignore[union-attr]
    "all of it": lambda: MemoryPair.objects.all().delete(),
}


@needs_database
@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_memory_is_reported_and_rebuilt(
    team: factories.Team, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    brief = publish_sample(team)
    before = list(MemoryPair.objects.order_by("number").values_list("number", "text_zh", "text_en"))
    call_command("rebuild_derived", check=True)
    DAMAGE[name]()
    assert list(translation_memory.find_stale_brief_ids()) == [brief.pk]
    with pytest.raises(CommandError, match="1 briefs differ from the translation memory"):
        call_command("rebuild_derived", check=True)
    call_command("rebuild_derived")
    assert "1 brief put into the translation memory." in capsys.readouterr().out
    assert list(MemoryPair.objects.order_by("number").values_list("number", "text_zh", "text_en")) == before
    call_command("rebuild_derived", check=True)


# Row suggestions in the editor


@needs_database
def test_row_suggestions_offer_terms_and_similar_pairs(client: Client, team: factories.Team) -> None:
    brief = publish_sample(team)
    term = Term.make(zh="關鍵礦產", en="critical minerals", also_en=["critical mineral"])
    sign_in(client, team.writer)
    typed = ZH.replace("年底前", "年上半年")
    answer = client.post(brief_url(brief, "rail"), {"zh": typed, "en": ""}).json()
    url = f"/admin/briefs/term/{term.pk}/change/"
    assert answer["terms"] == [{"zh": "關鍵礦產", "en": "critical minerals", "missing": "en", "url": url}]
    [match] = answer["memory"]
    assert (match["zh"], match["en"], match["side"]) == (ZH, EN, "zh")
    assert (match["brief"], match["url"]) == ("標題", f"{brief_url(brief)}#b1")
    assert "".join(text for text, _ in match["marked"]) == ZH
    assert [text for text, differs in match["marked"] if differs] == ["底前"]
