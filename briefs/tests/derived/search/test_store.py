"""The search index: matching, order and paging, updates in the same transaction as the change, listed editions only."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Bullet
from briefs.derived import search
from briefs.derived.search import StoreRequest, get_store, indexing, parse_query, postgres, sqlite
from briefs.derived.search.closest import find_closest
from briefs.derived.search.expansion import Concepts
from briefs.derived.search.query import build_phrase
from briefs.derived.search.units import Unit
from briefs.models import Brief, Edition, Keyword, SearchEntry
from briefs.operations.sample_corpus import load_corpus
from briefs.tests.support import factories
from briefs.tests.support.corpus_fixtures import DAY, load_sample, numbered_content, publish

pytestmark = pytest.mark.django_db


def find_editions(typed: str, *facets: str, now: dt.datetime | None = None) -> list[int]:
    """Return all matching editions, newest first."""
    rows = get_store().find_page(
        StoreRequest(parse_query(typed), facets, now or timezone.now()), limit=10_000
    )
    return [row.edition for row in rows]


def find_ranked_editions(typed: str, now: dt.datetime | None = None) -> list[int]:
    return [
        row.edition
        for row in get_store().find_ranked(StoreRequest(parse_query(typed), (), now or timezone.now())).ranked
    ]


def test_phrase_does_not_match_across_texts() -> None:
    publish(
        numbered_content(
            1, bullets=(Bullet(1, "美國出口", "strict export"), Bullet(2, "管制半導體", "controls on chips"))
        )
    )
    assert (
        find_editions("出口管制")
        == find_editions('"export controls"')
        == find_editions('"chips semiconductor"')
        == []
    )
    assert find_editions("出口 管制") == find_editions("export controls") != []


def test_search_matches_fields_filters_dates_and_exclusions() -> None:
    first = publish(load_sample(), "one").pk
    second = publish(numbered_content(2, facts=factories.facts(date="2024-02")), "two").pk
    technology = Keyword.objects.get(label_zh="科技").pk
    assert (
        find_editions("author:chilukuri")
        == find_editions("keyword:美国")
        == find_editions("作者：Vivek 關鍵字：全球")
        == [first]
    )
    assert find_editions("source:chilukuri") == find_editions("author:foreign") == []
    assert set(find_editions('source:"foreign policy"')) == {first, second}
    assert (
        find_editions("date:2025-06")
        == find_editions("after:2025-06-09")
        == find_editions("科技 -標題")
        == [first]
    )
    assert (
        find_editions("date:2024")
        == find_editions("before:2024-12")
        == find_editions("-chilukuri")
        == [second]
    )
    assert set(find_editions("", f"k{technology}")) == {first, second}
    assert find_editions("", f"k{technology}", "y2025") == [first]
    assert find_editions("", "y2024") == [second]
    assert find_editions("", "k0") == find_editions("date:2025..2024") == []


def test_newest_results_are_ordered_by_publication_and_can_be_paged() -> None:
    days = [3, 1, 2, 5, 4]
    editions = {
        day: publish(numbered_content(day), f"d{day}", live_from=DAY + dt.timedelta(days=day)) for day in days
    }
    assert find_editions("摘要") == [editions[day].pk for day in (5, 4, 3, 2, 1)]
    request = StoreRequest(parse_query("摘要"), (), timezone.now())
    paged: list[int] = []
    before = None
    while rows := get_store().find_page(request, before=before, limit=2):
        paged += [row.edition for row in rows]
        before = rows[-1].place
    assert paged == find_editions("摘要")
    for typed in ("摘要", '"summary of no"', "-zzz"):
        request = StoreRequest(parse_query(typed), (), timezone.now())
        rows = get_store().find_page(request, limit=9)
        newer = get_store().find_page(request, after=rows[-1].place, limit=2)
        assert newer == rows[2:4], "the two next newer ones"


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL has a limit of recent documents"
)
@pytest.mark.parametrize("recent_limit", [0, 20])
def test_recent_document_limit_does_not_change_results(
    recent_limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages and best results are the same for any number of recent documents, spread over years or at one time."""
    for n in range(40):
        texts = {"summary_zh": "論半導體。"} if n % 4 else {"headline_zh": "半導體"}
        days = 30 * n if n < 30 else 900
        publish(numbered_content(n, **texts), f"n{n}", live_from=DAY - dt.timedelta(days=days))
    Edition.objects.filter(pk__in=list(Edition.objects.values_list("pk", flat=True))[:6:2]).update(
        live_until=F("live_from")
    )
    requests = [
        StoreRequest(parse_query(typed), (), timezone.now())
        for typed in ("半導體", '"論半導體"', "標題", "-摘要", "論 導體")
    ]

    def pages(request: StoreRequest, size: int) -> list[int]:
        places: list[int] = []
        before = None
        while rows := get_store().find_page(request, before=before, limit=size):
            places += [row.place for row in rows]
            before = rows[-1].place
        return places

    expected = [
        (
            pages(request, 10_000),
            get_store().find_and_count(request, limit=10),
            get_store().find_ranked(request),
        )
        for request in requests
    ]
    assert {len(rows) for rows, *_ in expected} >= {37}
    monkeypatch.setattr("briefs.derived.search.postgres._RECENT_DOCUMENTS", recent_limit)
    monkeypatch.setattr("briefs.derived.search.postgres.MAX_TALLIED", 10)
    for request, (rows, expected_count, expected_best) in zip(requests, expected, strict=True):
        assert pages(request, 3) == rows
        assert list(get_store().find_and_count(request, limit=10).rows) == list(expected_count.rows[:10])
        results = get_store().find_ranked(request)
        assert (results.tally.total, results.has_more, results.ranked[:1]) == (
            10,
            True,
            expected_best.ranked[:1],
        )


def test_headline_hit_ranks_above_summary_hit_above_bullet_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    bullet = publish(numbered_content(1, bullets=(Bullet(1, "半導體", "Chips"),)), "b", live_from=DAY).pk
    summary = publish(
        numbered_content(2, summary_zh="半導體。"), "s", live_from=DAY - dt.timedelta(days=1)
    ).pk
    head = publish(numbered_content(3, headline_zh="半導體"), "h", live_from=DAY - dt.timedelta(days=2)).pk
    assert find_ranked_editions("半导体") == [head, summary, bullet]


def test_old_exact_headline_ranks_first_beyond_tally_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        f"briefs.derived.search.{connection.vendor.replace('postgresql', 'postgres')}.MAX_TALLIED", 3
    )
    old = publish(
        numbered_content(0, headline_zh="半導體與安全"), "old", live_from=DAY - dt.timedelta(days=99)
    ).pk
    for n in range(6):
        publish(
            numbered_content(n, headline_zh=f"半導體與安全之{n}"),
            f"n{n}",
            live_from=DAY + dt.timedelta(days=n),
        )
    assert find_ranked_editions("半导体与安全")[0] == old
    assert old in find_ranked_editions("半導體")
    assert get_store().find_ranked(StoreRequest(parse_query("半導體"), (), timezone.now())).has_more


def test_rolled_back_approval_leaves_nothing_in_index() -> None:
    team = factories.Team()
    brief = factories.signed_brief(team, factories.content(headline_zh="回滾試驗"))
    with transaction.atomic():
        factories.approve(brief, team.publisher)
        assert find_editions("回滚试验")
        transaction.set_rollback(True)
    assert find_editions("回滚试验") == []
    assert get_store().places() == set()
    factories.approve(brief, team.publisher)
    assert len(find_editions("回滚试验")) == 1


def test_superseded_edition_is_dropped_and_scheduled_one_waits() -> None:
    team = factories.Team()
    brief = factories.live_brief(team, factories.content(summary_zh="頭一版的話。"))
    assert len(find_editions("頭一版")) == 1
    factories.publish_revision(team, brief, "第二版")
    assert (find_editions("頭一版"), len(find_editions("第二版")), len(get_store().places())) == ([], 1, 1)
    later = factories.tomorrow()
    factories.publish_revision(team, brief, "第三版", at=later)
    assert (find_editions("第三版"), len(find_editions("第二版"))) == ([], 1)
    after = later + dt.timedelta(seconds=1)
    assert (len(find_editions("第三版", now=after)), find_editions("第二版", now=after)) == (1, [])
    assert len(get_store().places()) == 2
    indexing.drop_past_editions(after)
    assert len(get_store().places()) == 1


def test_search_follows_withdrawal_reinstatement_and_removal() -> None:
    team = factories.Team()
    brief = factories.live_brief(team)
    (edition,) = find_editions("標題")
    workflow.withdraw(brief, by=team.publisher, kind="rights")
    assert find_editions("標題") == find_ranked_editions("標題") == []
    workflow.reinstate(brief, by=team.publisher)
    assert find_editions("標題") == [edition]
    workflow.remove(brief, by=team.publisher, reason="x")
    assert (
        find_editions("標題")
        == get_store().find_and_count(StoreRequest(parse_query("標題"), (), timezone.now()), limit=9).rows
        == []
    )


def test_cancelled_edition_leaves_index_and_previous_one_stays() -> None:
    team = factories.Team()
    brief = factories.live_brief(team)
    factories.publish_revision(team, brief, "取消掉", at=factories.tomorrow())
    workflow.cancel(brief, by=team.publisher)
    assert len(get_store().places()) == len(find_editions("標題")) == 1
    call_command("rebuild_derived", check=True)


def test_lost_index_is_reported_stale_and_rebuilt_identically(capsys: pytest.CaptureFixture[str]) -> None:
    load_corpus(12)
    queries = ["半導體", "export", "限制", "vowed", f"date:{timezone.now().year - 1}"]
    before = [(find_editions(words), find_ranked_editions(words)) for words in queries]
    assert any(editions for editions, _ in before)
    get_store().clear()
    assert find_editions("半導體") == []
    with pytest.raises(Exception, match="12 of 12 editions are stale"):
        call_command("rebuild_derived", check=True)
    call_command("rebuild_derived")
    assert [(find_editions(words), find_ranked_editions(words)) for words in queries] == before
    get_store().drop(sorted(get_store().places())[:1])
    get_store(search.DRAFT_INDEX).clear()
    with pytest.raises(Exception, match="editions are stale"):
        call_command("rebuild_derived", check=True)
    call_command("rebuild_derived")
    call_command("rebuild_derived", check=True)
    assert len(get_store(search.DRAFT_INDEX).places()) == 12


def test_saved_draft_is_searchable_by_staff_at_constant_cost() -> None:
    team = factories.Team()
    brief = factories.draft_brief(team, factories.content(headline_zh="未發表的草稿"))
    sql, values = get_store(search.DRAFT_INDEX).build_match_sql(parse_query("未发表"))
    assert Brief.objects.extra(where=[f"id IN ({sql})"], params=values).get() == brief
    assert find_editions("未發表") == []
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


def test_long_brief_is_found_by_its_last_bullet() -> None:
    """PostgreSQL stores positions up to 16,383 in a text and at most 255 for a word."""
    bullets = tuple(
        Bullet(n, f"第{n}條：" + "美國與台灣" * 60, f"Long text {n} " + "export " * 60) for n in range(1, 61)
    )
    last = Bullet(61, "獨一無二的結尾", "A unique ending phrase")
    edition = publish(numbered_content(1, bullets=(*bullets, last)))
    assert (
        find_editions("独一无二的结尾")
        == find_editions('"unique ending phrase"')
        == find_ranked_editions("結尾")
        == [edition.pk]
    )


def test_only_listed_editions_within_the_dates_are_closest() -> None:
    now = timezone.now()
    publish(numbered_content(1), "one")
    publish(numbered_content(2), "two", live_from=now + dt.timedelta(days=1))
    for typed, expected in (("標題 要點 怪物", ["one"]), ("標題 要點 怪物 until:2025-06-08", [])):
        closest = find_closest(StoreRequest(parse_query(typed), (), now), Concepts())
        slugs = [row.edition for row in closest.hits] if closest else []
        assert list(Edition.objects.filter(pk__in=slugs).values_list("slug", flat=True)) == expected, typed


def test_places_are_the_newest_that_have_a_phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        publish(numbered_content(n), f"p{n}", live_from=DAY + dt.timedelta(n))
    places = list(map(str, SearchEntry.objects.order_by("-place").values_list("place", flat=True)))
    title, third, nothing = map(build_phrase, ("標題", "標題2", "無"))
    ask = StoreRequest(parse_query("-標題3"), (), timezone.now())
    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "NEWEST_PLACES", 2)
    units = [Unit((title,)), Unit((third,)), Unit((nothing,)), Unit((nothing,), month="m202506")]
    assert get_store().find_places(ask, units) == [places[1:3], [places[1]], [], places[1:3]]
    assert get_store().find_present(["标题", "headlin", "無此"]) == {"标题", "headlin"}
