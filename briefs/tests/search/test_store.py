"""The index: as much as a scan of the texts would find, written with the verb, and only what is listed."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import search, workflow
from briefs.content import Bullet
from briefs.models import Brief, Edition, Keyword, SearchEntry
from briefs.sample_corpus import load_corpus
from briefs.search import StoreRequest, get_store, indexing, parse_query

from ..support import corpus_fixtures, factories

pytestmark = pytest.mark.django_db


def found(typed: str, *facets: str, now: dt.datetime | None = None) -> list[int]:
    """Newest first, all of them."""
    rows = (
        get_store()
        .find_newest(
            StoreRequest(parse_query(typed), facets, now or timezone.now()), before=None, limit=10_000
        )
        .rows
    )
    return [row.edition for row in rows]


def ranked(typed: str, now: dt.datetime | None = None) -> list[int]:
    return [
        row.edition
        for row in get_store().find_ranked(StoreRequest(parse_query(typed), (), now or timezone.now())).ranked
    ]


def test_no_phrase_reaches_over_the_end_of_a_text() -> None:
    corpus_fixtures.publish(
        corpus_fixtures.numbered_content(
            1, bullets=(Bullet(1, "美國出口", "strict export"), Bullet(2, "管制半導體", "controls on chips"))
        )
    )
    assert found("出口管制") == found('"export controls"') == found('"chips semiconductor"') == []
    assert found("出口 管制") == found("export controls") != []


def test_fields_filters_dates_and_exclusions() -> None:
    one = corpus_fixtures.publish(corpus_fixtures.load_sample(corpus_fixtures.SEED), "one").pk
    two = corpus_fixtures.publish(corpus_fixtures.numbered_content(2, facts=factories.facts(date="2024-02")), "two").pk
    technology = Keyword.objects.get(label_zh="科技").pk
    assert found("author:chilukuri") == found("keyword:美国") == found("作者：Vivek 關鍵字：全球") == [one]
    assert found("source:chilukuri") == found("author:foreign") == []
    assert set(found('source:"foreign policy"')) == {one, two}
    assert found("date:2025-06") == found("after:2025-06-09") == found("科技 -標題") == [one]
    assert found("date:2024") == found("before:2024-12") == found("-chilukuri") == [two]
    assert set(found("", f"k{technology}")) == {one, two}
    assert found("", f"k{technology}", "y2025") == [one]
    assert found("", "y2024") == [two]
    assert found("", "k0") == found("date:2025..2024") == []


def test_newest_first_goes_by_the_first_day_and_has_no_bound() -> None:
    days = [3, 1, 2, 5, 4]
    made = {
        day: corpus_fixtures.publish(
            corpus_fixtures.numbered_content(day), f"d{day}", live_from=corpus_fixtures.DAY + dt.timedelta(days=day)
        )
        for day in days
    }
    assert found("摘要") == [made[day].pk for day in (5, 4, 3, 2, 1)]
    ask = StoreRequest(parse_query("摘要"), (), timezone.now())
    seen: list[int] = []
    before = None
    while rows := get_store().find_newest(ask, before=before, limit=2).rows:
        seen += [row.edition for row in rows]
        before = rows[-1].place
    assert seen == found("摘要")
    for typed in ("摘要", '"summary of no"', "-zzz"):
        rows = (
            get_store()
            .find_newest(StoreRequest(parse_query(typed), (), timezone.now()), before=None, limit=9)
            .rows
        )
        above = get_store().find_newer(
            StoreRequest(parse_query(typed), (), timezone.now()), after=rows[-1].place, limit=2
        )
        assert list(above.rows) == list(rows[2:4]), "the next ones up"
        assert above.has_more


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite walks from the newest on as it is")
@pytest.mark.parametrize("near", [0, 2, 5, 20, 50])
def test_where_the_near_ones_end_is_not_seen(near: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many or few among the newest, spread over years or at once: the pages are the same, and so are the best."""
    for n in range(40):
        said = {"summary_zh": "論半導體。"} if n % 4 else {"headline_zh": "半導體"}
        days = 30 * n if n < 30 else 900
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n, **said), f"n{n}", live_from=corpus_fixtures.DAY - dt.timedelta(days=days)
        )
    Edition.objects.filter(pk__in=list(Edition.objects.values_list("pk", flat=True))[:6:2]).update(
        live_until=F("live_from")
    )
    asked = [
        StoreRequest(parse_query(typed), (), timezone.now())
        for typed in ("半導體", '"論半導體"', "標題", "-摘要", "論 導體")
    ]

    def pages(ask: StoreRequest, size: int) -> list[int]:
        seen: list[int] = []
        before = None
        while rows := get_store().find_newest(ask, before=before, limit=size).rows:
            seen += [row.place for row in rows]
            before = rows[-1].place
        return seen

    every = [
        (pages(ask, 10_000), get_store().find_and_count(ask, limit=10), get_store().find_ranked(ask))
        for ask in asked
    ]
    assert {len(rows) for rows, *_ in every} >= {37}
    monkeypatch.setattr("briefs.search.postgres._RECENT_DOCUMENTS", near)
    monkeypatch.setattr("briefs.search.postgres.MAX_TALLIED", 10)
    for ask, (rows, counted, best) in zip(asked, every, strict=True):
        assert pages(ask, 3) == rows
        assert list(get_store().find_and_count(ask, limit=10).rows) == list(counted.rows[:10])
        now = get_store().find_ranked(ask)
        assert (now.tally.total, now.has_more, now.ranked[:1]) == (10, True, best.ranked[:1])


def test_many_at_one_second_have_each_a_place() -> None:
    made = [corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"n{n}").pk for n in range(5)]
    assert sorted(found("摘要")) == sorted(made)
    assert len(set(SearchEntry.objects.values_list("place", flat=True))) == 5


def test_a_headline_ranks_over_a_summary_over_a_bullet(monkeypatch: pytest.MonkeyPatch) -> None:
    bullet = corpus_fixtures.publish(
        corpus_fixtures.numbered_content(1, bullets=(Bullet(1, "半導體", "Chips"),)), "b", live_from=corpus_fixtures.DAY
    ).pk
    summary = corpus_fixtures.publish(
        corpus_fixtures.numbered_content(2, summary_zh="半導體。"),
        "s",
        live_from=corpus_fixtures.DAY - dt.timedelta(days=1),
    ).pk
    head = corpus_fixtures.publish(
        corpus_fixtures.numbered_content(3, headline_zh="半導體"),
        "h",
        live_from=corpus_fixtures.DAY - dt.timedelta(days=2),
    ).pk
    assert ranked("半导体") == [head, summary, bullet]


def test_an_old_exact_headline_is_never_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"briefs.search.{connection.vendor.replace('postgresql', 'postgres')}.MAX_TALLIED", 3)
    old = corpus_fixtures.publish(
        corpus_fixtures.numbered_content(0, headline_zh="半導體與安全"),
        "old",
        live_from=corpus_fixtures.DAY - dt.timedelta(days=99),
    ).pk
    for n in range(6):
        corpus_fixtures.publish(
            corpus_fixtures.numbered_content(n, headline_zh=f"半導體與安全之{n}"),
            f"n{n}",
            live_from=corpus_fixtures.DAY + dt.timedelta(days=n),
        )
    assert ranked("半导体与安全")[0] == old
    assert old in ranked("半導體")
    assert get_store().find_ranked(StoreRequest(parse_query("半導體"), (), timezone.now())).has_more


def test_the_best_are_the_same_however_few_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"briefs.search.{connection.vendor.replace('postgresql', 'postgres')}.MAX_TALLIED", 4)
    for n in range(9):
        head = {"headline_zh": ("半導體", f"半導體之{n}", f"標題{n}")[n % 3]}
        gist = {"summary_zh": "論半導體。"} if n % 2 else {}
        rows = (Bullet(1, "半導體。", "Chips."),)
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n, bullets=rows, **head, **gist), f"n{n}")
    ask = StoreRequest(parse_query("半導體"), (), timezone.now())
    whole = [row.place for row in get_store().find_ranked(ask).ranked]
    assert len(whole) > 6
    for enough in range(1, len(whole) + 1):
        assert [row.place for row in get_store().find_ranked(ask, enough=enough).ranked][:enough] == whole[
            :enough
        ]


def test_a_verb_that_fails_leaves_nothing_in_the_index() -> None:
    team = factories.Team()
    brief = factories.signed_brief(team, factories.content(headline_zh="回滾試驗"))
    with transaction.atomic():
        factories.approve(brief, team.publisher)
        assert found("回滚试验")
        transaction.set_rollback(True)
    assert found("回滚试验") == []
    assert get_store().places() == set()
    factories.approve(brief, team.publisher)
    assert len(found("回滚试验")) == 1


def test_an_update_that_is_taken_back_leaves_the_old_words() -> None:
    team = factories.Team()
    factories.live_brief(team)
    keyword = Keyword.objects.get(label_zh="科技")
    before = found("keyword:technology")
    with transaction.atomic():
        keyword.label_en = "Machinery"
        workflow.save_vocabulary_row(keyword, by=team.publisher)
        assert found("keyword:machinery") == before != []
        transaction.set_rollback(True)
    assert found("keyword:machinery") == []
    assert found("keyword:technology") == before


def test_what_is_superseded_is_swept_and_what_is_scheduled_waits() -> None:
    team = factories.Team()
    brief = factories.live_brief(team, factories.content(summary_zh="頭一版的話。"))
    assert len(found("頭一版")) == 1
    factories.publish_revision(team, brief, "第二版")
    assert (found("頭一版"), len(found("第二版")), len(get_store().places())) == ([], 1, 1)
    later = factories.tomorrow()
    factories.publish_revision(team, brief, "第三版", at=later)
    assert (found("第三版"), len(found("第二版"))) == ([], 1)
    after = later + dt.timedelta(seconds=1)
    assert (len(found("第三版", now=after)), found("第二版", now=after)) == (1, [])
    assert len(get_store().places()) == 2
    indexing.drop_past_editions(after)
    assert len(get_store().places()) == 1


def test_withdrawn_removed_and_reinstated() -> None:
    team = factories.Team()
    brief = factories.live_brief(team)
    (edition,) = found("標題")
    workflow.withdraw(brief, by=team.publisher, kind="rights", reason_zh="權利", reason_en="Rights")
    assert found("標題") == ranked("標題") == []
    workflow.reinstate(brief, by=team.publisher)
    assert found("標題") == [edition]
    workflow.remove(brief, by=team.publisher, reason="x")
    assert (
        found("標題")
        == get_store().find_and_count(StoreRequest(parse_query("標題"), (), timezone.now()), limit=9).rows
        == []
    )


def test_a_cancelled_edition_leaves_and_the_one_before_stays() -> None:
    team = factories.Team()
    brief = factories.live_brief(team)
    factories.publish_revision(team, brief, "取消掉", at=factories.tomorrow())
    workflow.cancel(brief, by=team.publisher)
    assert len(get_store().places()) == len(found("標題")) == 1
    call_command("rebuild_derived", check=True)


def test_a_new_name_is_found_at_once_and_the_old_no_longer() -> None:
    team = factories.Team()
    factories.live_brief(team)
    keyword = Keyword.objects.get(label_zh="科技")
    keyword.label_en = "Machinery"
    workflow.save_vocabulary_row(keyword, by=team.publisher)
    assert len(found("keyword:machinery")) == 1
    assert found("keyword:technology") == found("technology") == []
    other = Keyword.make(label_zh="工藝", label_en="Craft")
    workflow.merge_vocabulary([keyword], into=other, by=team.publisher)
    assert len(found("", f"k{other.pk}")) == 1
    assert found("machinery") == found("", f"k{keyword.pk}") == []


def test_a_lost_index_is_found_missing_and_made_again_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    load_corpus(12)
    asked = ["半導體", "export", "限制", "vowed", "date:2020"]
    before = [(found(words), ranked(words)) for words in asked]
    assert any(one for one, _ in before)
    get_store().clear()
    assert found("半導體") == []
    with pytest.raises(Exception, match="12 of 12 editions are stale"):
        call_command("rebuild_derived", check=True)
    call_command("rebuild_derived")
    assert [(found(words), ranked(words)) for words in asked] == before
    get_store().drop(sorted(get_store().places())[:1])
    get_store(search.DRAFT_INDEX).clear()
    with pytest.raises(Exception, match="editions are stale"):
        call_command("rebuild_derived", check=True)
    call_command("rebuild_derived")
    call_command("rebuild_derived", check=True)
    assert len(get_store(search.DRAFT_INDEX).places()) == 12


def test_a_stray_place_is_taken_out() -> None:
    edition = corpus_fixtures.publish(corpus_fixtures.numbered_content(1))
    SearchEntry.objects.filter(edition=edition).delete()
    call_command("rebuild_derived")
    call_command("rebuild_derived", check=True)
    assert found("摘要") == [edition.pk]


def test_every_save_of_a_draft_is_found_on_the_desk_and_costs_the_same() -> None:
    team = factories.Team()
    brief = factories.draft_brief(team, factories.content(headline_zh="未發表的草稿"))
    sql, values = get_store(search.DRAFT_INDEX).build_match_sql(parse_query("未发表"))
    assert Brief.objects.extra(where=[f"id IN ({sql})"], params=values).get() == brief
    assert found("未發表") == []
    long = replace(
        workflow.load_working_copy(brief),
        bullets=tuple(Bullet(0, f"第{n}點長", f"Long {n}") for n in range(60)),
    )
    with CaptureQueriesContext(connection) as few:
        row = factories.edit(brief, team.writer, headline_zh="改過的草稿")
    with CaptureQueriesContext(connection) as many:
        factories.edit(row, team.writer, bullets=long.bullets)
    written = [sum("search_drafts" in query["sql"] for query in queries) for queries in (few, many)]
    assert written[0] == written[1] > 0


def test_a_long_brief_is_found_to_its_end() -> None:
    """PostgreSQL counts 16,383 places of a text, and keeps 255 of a word."""
    bullets = tuple(
        Bullet(n, f"第{n}條：" + "美國與台灣" * 60, f"Long text {n} " + "export " * 60) for n in range(1, 61)
    )
    last = Bullet(61, "獨一無二的結尾", "A unique ending phrase")
    edition = corpus_fixtures.publish(corpus_fixtures.numbered_content(1, bullets=(*bullets, last)))
    assert found("独一无二的结尾") == found('"unique ending phrase"') == ranked("結尾") == [edition.pk]


def test_the_index_keeps_no_text_of_an_edition_that_left() -> None:
    edition = corpus_fixtures.publish(corpus_fixtures.numbered_content(1))
    indexing.drop([edition.pk])
    assert get_store().places() == set()
    assert not SearchEntry.objects.exists()
    assert Edition.objects.count() == 1
