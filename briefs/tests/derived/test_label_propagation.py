"""Name changes reach the newest editions at once and the others when `publish_due` runs."""

import datetime as dt
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Byline, Content, Facts
from briefs.derived import build, label_propagation, staleness, term_occurrences
from briefs.exchange.sheets import sheet_formats
from briefs.exchange.sheets.sheet_import import apply_import, preview_import
from briefs.models import Author, Card, Edition, Gloss, Keyword, Relabelling, Source, Term
from briefs.models.vocabulary import Vocabulary
from briefs.search import indexing
from briefs.tests.support import corpus_fixtures, factories

from ..support.form_client import Form, sign_in

pytestmark = [pytest.mark.django_db, corpus_fixtures.NO_STATIC]

COUNT = 8
LABEL = {"keyword": "label_en", "term": "en"}
KINDS: dict[str, tuple[type[Vocabulary], dict[str, Any], dict[str, Any]]] = {
    "author": (Author, {"name": "One"}, {"name": "Heir"}),
    "keyword": (Keyword, {"label_zh": "一", "label_en": "One"}, {"label_zh": "繼", "label_en": "Heir"}),
    "source": (Source, {"name": "One"}, {"name": "Heir"}),
    "term": (Term, {"zh": "嚇阻", "en": "deterrence"}, {"zh": "繼承", "en": "heir"}),
}


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY)
    for name, value in {
        "MAX_IMMEDIATE_EDITIONS": 2,
        "BATCH": 2,
        "MAX_SCANNED_EDITIONS": 3,
        "PAUSE_SECONDS": 0,
    }.items():
        monkeypatch.setattr(label_propagation, name, value)


def shared_row(kind: str) -> Any:
    """Return the row that all editions name, creating it on the first call."""
    model, values, _heir = KINDS[kind]
    return model._default_manager.order_by("pk").first() or model.make(**values)


def make_heir(kind: str) -> Any:
    model, _values, heir = KINDS[kind]
    return model.make(**heir)


def numbered_edition(n: int) -> tuple[str, Content, dict[str, Any]]:
    facts = Facts(
        source=shared_row("source").pk,
        authors=(Byline(shared_row("author").pk),),
        keywords=(shared_row("keyword").pk,),
        date="2025-06-09",
    )
    texts = {"summary_zh": f"第{n}篇談嚇阻。", "summary_en": f"No. {n} on deterrence."}
    return f"s{n}", corpus_fixtures.numbered_content(n, facts=facts, **texts), {}


@pytest.fixture
def edition_ids() -> list[int]:
    """Return edition ids in the order of propagation: newest first, a superseded one last."""
    shared_row("term")
    *current, old = corpus_fixtures.publish_editions(numbered_edition(n) for n in (*range(COUNT - 2), COUNT))
    Edition.objects.filter(pk=old.pk).update(live_until=corpus_fixtures.DAY)
    indexing.drop_past_editions(corpus_fixtures.DAY)
    current.append(corpus_fixtures.publish(old.frozen_content, old.slug, brief=old.brief))
    return [*(edition.pk for edition in reversed(current)), old.pk]


def renamed_row(kind: str, tag: str) -> Any:
    row = shared_row(kind)
    if kind == "term":
        row.en, row.also_en = f"deterrent {tag}", ["deterrence"]
    else:
        setattr(row, LABEL.get(kind, "name"), f"Name {tag}")
    return row


def find_stale() -> set[int]:
    return set(staleness.find_stale_edition_ids())


def extract_seen_hash(page: str) -> str:
    match = re.search(r'name="seen" value="(\w+)"', page)
    return match[1] if match else ""


def run_publish_due() -> str:
    out = StringIO()
    call_command("publish_due", stdout=out)
    return out.getvalue()


def assert_propagates_in_batches(edition_ids: list[int]) -> None:
    assert find_stale() == set(edition_ids[2:])
    assert Relabelling.objects.exists()
    assert label_propagation.continue_relabelling(seconds=-1) == 2
    assert find_stale() == set(edition_ids[4:])
    assert f"{COUNT - 4} editions relabelled." in run_publish_due()
    assert find_stale() == set()
    assert not Relabelling.objects.exists()
    assert "relabelled" not in run_publish_due()


@pytest.mark.parametrize("kind", KINDS)
def test_rename_reaches_newest_editions_at_once_and_others_later(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    row = renamed_row(kind, "1")
    workflow.save_vocabulary_row(row, by=team.publisher)
    assert label_propagation.is_relabelling_pending(row)
    assert_propagates_in_batches(edition_ids)
    assert not label_propagation.is_relabelling_pending(row)


@pytest.mark.parametrize("kind", KINDS)
def test_merge_and_unmerge_reach_newest_editions_at_once_and_others_later(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    loser, heir = shared_row(kind), make_heir(kind)
    workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    assert_propagates_in_batches(edition_ids)
    loser.refresh_from_db()
    workflow.unmerge_vocabulary(loser, by=team.publisher)
    assert_propagates_in_batches(edition_ids)


@pytest.mark.parametrize("kind", KINDS)
def test_merge_undone_halfway_leaves_no_stale_edition(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    loser, heir = shared_row(kind), make_heir(kind)
    workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    label_propagation.continue_relabelling(seconds=-1)
    loser.refresh_from_db()
    workflow.unmerge_vocabulary(loser, by=team.publisher)
    run_publish_due()
    assert find_stale() == set()
    assert not Relabelling.objects.exists()


def test_new_term_is_marked_in_the_newest_editions_first(
    team: factories.Team, edition_ids: list[int]
) -> None:
    before = Gloss.objects.get(edition=edition_ids[2]).labels
    workflow.save_vocabulary_row(Term(zh="談", en="on"), by=team.publisher)
    assert find_stale() == set(edition_ids[2:])
    assert Gloss.objects.get(edition=edition_ids[2]).labels == before
    run_publish_due()
    assert find_stale() == set()


def test_new_term_is_searched_in_limited_batches_of_editions(
    team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_sizes, original = [], term_occurrences.find_affected_editions

    def record_batch_size(terms: Any, editions: Any) -> set[int]:
        batch_sizes.append(len(editions))
        return original(terms, editions)

    monkeypatch.setattr(term_occurrences, "find_affected_editions", record_batch_size)
    workflow.save_vocabulary_row(Term(zh="無處", en="nowhere"), by=team.publisher)
    assert batch_sizes == [3]
    run_publish_due()
    assert batch_sizes == [3, 3, 1, 1]


def test_new_term_used_only_in_an_old_edition_is_marked_there(team: factories.Team) -> None:
    old = corpus_fixtures.publish(corpus_fixtures.numbered_content(1, summary_zh="灰色地帶。"), "old")
    for n in range(2, 9):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"s{n}")
    workflow.save_vocabulary_row(Term(zh="灰色地帶", en="gray zone"), by=team.publisher)
    assert find_stale() == {old.pk}
    assert "1 editions relabelled." in run_publish_due()
    assert find_stale() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_failed_batch_keeps_earlier_batches_and_is_retried(
    kind: str, team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow.save_vocabulary_row(renamed_row(kind, "1"), by=team.publisher)
    target = {"term": (term_occurrences, "group_places_by_term"), "source": (build, "_build_card")}.get(
        kind, (build, "rebuild_labels")
    )
    original = getattr(*target)
    calls = []

    def fail_in_second_batch(*args: Any) -> Any:
        calls.append(args)
        # fail in the second batch, after some of its rows were deleted
        if len(calls) > (1 if target[1] == "rebuild_labels" else 3):
            raise RuntimeError("killed")
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(*target, fail_in_second_batch)
        with pytest.raises(RuntimeError, match="killed"):
            run_publish_due()
    assert find_stale() == set(edition_ids[4:])
    assert Gloss.objects.count() == Card.objects.count() == COUNT
    run_publish_due()
    assert find_stale() == set()
    assert not Relabelling.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_second_rename_during_propagation_restarts_it(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    workflow.save_vocabulary_row(renamed_row(kind, "1"), by=team.publisher)
    label_propagation.continue_relabelling(seconds=-1)
    workflow.save_vocabulary_row(renamed_row(kind, "2"), by=team.publisher)
    assert Relabelling.objects.count() == 1
    assert find_stale() == set(edition_ids[2:])
    run_publish_due()
    assert find_stale() == set()


def test_edition_superseded_during_propagation_is_relabelled(
    team: factories.Team, edition_ids: list[int]
) -> None:
    workflow.save_vocabulary_row(renamed_row("keyword", "1"), by=team.publisher)
    Edition.objects.filter(pk=edition_ids[4]).update(live_until=corpus_fixtures.DAY + dt.timedelta(minutes=1))
    run_publish_due()
    assert find_stale() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_rename_query_count_is_independent_of_edition_count(
    kind: str, team: factories.Team, edition_ids: list[int]
) -> None:
    def count_queries(tag: str) -> int:
        row = renamed_row(kind, tag)
        with CaptureQueriesContext(connection) as queries:
            workflow.save_vocabulary_row(row, by=team.publisher)
        return len(queries)

    count_queries("0")  # warm up: some queries run once per person
    before = count_queries("1")
    corpus_fixtures.publish_editions(numbered_edition(n) for n in range(20, 40))
    assert count_queries("2") == before


@pytest.mark.parametrize("kind", KINDS)
def test_change_to_few_editions_is_finished_at_once(
    kind: str, team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_propagation, "MAX_IMMEDIATE_EDITIONS", COUNT)
    monkeypatch.setattr(label_propagation, "MAX_SCANNED_EDITIONS", COUNT)
    loser, heir = shared_row(kind), make_heir(kind)
    workflow.save_vocabulary_row(renamed_row(kind, "1"), by=team.publisher)
    assert find_stale() == set()
    workflow.merge_vocabulary([loser], into=heir, by=team.publisher)
    assert find_stale() == set()
    assert not Relabelling.objects.exists()


def test_sheet_of_many_renames_relabels_each_edition_once(
    team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY + dt.timedelta(seconds=next(seconds)))
    keywords = [Keyword.make(label_zh=f"詞{n}", label_en=f"Word {n}") for n in range(3)]
    facts = Facts(source=shared_row("source").pk, keywords=tuple(k.pk for k in keywords), date="2025-06-09")
    for n in range(5):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n, facts=facts), f"w{n}")
    data = "slug,label_en\n" + "".join(f"{k.slug},Changed {k.pk}\n" for k in keywords)
    sheet = sheet_formats.read_sheet(data.encode())
    apply_import(
        sheet,
        Keyword,
        by=team.publisher,
        preview_hash=preview_import(sheet, Keyword, by=team.publisher).preview_hash,
    )
    assert len(find_stale()) == 3
    assert Relabelling.objects.count() == 3
    assert "3 editions relabelled." in run_publish_due()
    assert find_stale() == set()


@pytest.mark.parametrize("max_terms", [1, 10])
def test_sheet_of_new_terms_is_propagated_in_one_pass(
    max_terms: int, team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(term_occurrences, "MAX_TERMS_SEARCHED", max_terms)
    sheet = sheet_formats.read_sheet("slug,zh,en\n,談,on\n,第,No.\n".encode())
    apply_import(
        sheet,
        Term,
        by=team.publisher,
        preview_hash=preview_import(sheet, Term, by=team.publisher).preview_hash,
    )
    assert_propagates_in_batches(edition_ids)


def test_full_rebuild_clears_pending_relabellings(team: factories.Team, edition_ids: list[int]) -> None:
    workflow.save_vocabulary_row(renamed_row("term", "1"), by=team.publisher)
    call_command("rebuild_derived", stdout=StringIO())
    assert find_stale() == set()
    assert not Relabelling.objects.exists()


def test_rename_during_a_full_rebuild_stays_pending(
    team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = build.rebuild_derived_rows
    workflow.save_vocabulary_row(renamed_row("keyword", "1"), by=team.publisher)

    def rebuild_then_rename(editions: Any) -> None:
        original(editions)
        monkeypatch.setattr(timezone, "now", lambda: corpus_fixtures.DAY + dt.timedelta(seconds=1))
        workflow.save_vocabulary_row(renamed_row("keyword", "2"), by=team.publisher)

    monkeypatch.setattr(build, "rebuild_derived_rows", rebuild_then_rename)
    call_command("rebuild_derived", stdout=StringIO())
    assert find_stale() == set(edition_ids[2:])
    run_publish_due()
    assert find_stale() == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time")
@pytest.mark.parametrize("first", ["a name", "an edition"])
@pytest.mark.parametrize("kind", KINDS)
def test_edition_approved_during_a_rename_gets_the_new_name(
    kind: str, first: str, team: factories.Team, edition_ids: list[int]
) -> None:
    """The first transaction stays open until the second one waits for it."""
    (edition,) = corpus_fixtures.publish_editions([numbered_edition(99)])
    facts = edition.frozen_content.facts
    texts = {"summary_zh": "這篇談嚇阻。", "summary_en": "This is on deterrence."}
    brief = factories.signed_brief(team, factories.content("新", facts=facts, **texts))

    def rename() -> None:
        workflow.save_vocabulary_row(renamed_row(kind, "1"), by=team.publisher)

    def approve() -> None:
        factories.approve(brief, team.publisher)

    first_act, second_act = (rename, approve) if first == "a name" else (approve, rename)

    def run_second_act() -> None:
        try:
            second_act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first_act()
            second_result = pool.submit(run_second_act)
            with pytest.raises(TimeoutError):
                second_result.result(timeout=0.5)
        second_result.result(timeout=20)
    run_publish_due()
    assert find_stale() == set()
    assert Card.objects.filter(edition__brief=brief).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time")
def test_sheet_import_waiting_for_a_rename_holds_no_row_locks(
    team: factories.Team, edition_ids: list[int]
) -> None:
    """An import locks every row of its kind. Taking those locks before the lock on names would deadlock."""
    sheet = sheet_formats.read_sheet("slug,zh,en\n,談,on\n".encode())
    preview_hash = preview_import(sheet, Term, by=team.publisher).preview_hash

    def import_sheet() -> None:
        try:
            apply_import(sheet, Term, by=team.publisher, preview_hash=preview_hash)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            label_propagation.lock_names_exclusively()
            import_result = pool.submit(import_sheet)
            with pytest.raises(TimeoutError):
                import_result.result(timeout=0.5)
            workflow.save_vocabulary_row(shared_row("keyword"), by=team.publisher)
            workflow.save_vocabulary_row(shared_row("term"), by=team.publisher)
        import_result.result(timeout=20)
    assert Term.objects.filter(en="on").exists()


@pytest.mark.django_db(transaction=True)
def test_two_parallel_workers_relabel_each_edition_once(team: factories.Team, edition_ids: list[int]) -> None:
    workflow.save_vocabulary_row(renamed_row("keyword", "1"), by=team.publisher)
    workflow.save_vocabulary_row(renamed_row("source", "1"), by=team.publisher)

    def run_worker() -> int:
        try:
            return label_propagation.continue_relabelling()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run_worker) for _ in range(2)]
        assert sum(future.result() for future in futures) == 2 * (COUNT - 2)
    assert find_stale() == set()
    assert not Relabelling.objects.exists()


PENDING_MESSAGES = {
    "en": "The newest briefs show this now; the others follow within a few minutes.",
    "zh-hant": "最新的文摘已依此更新，其餘將在幾分鐘內陸續更新。",
}


@pytest.mark.parametrize("language", PENDING_MESSAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_publisher_is_told_that_older_editions_follow(
    kind: str, language: str, client: Client, team: factories.Team, edition_ids: list[int]
) -> None:
    sign_in(client, team.publisher, language)
    row = shared_row(kind)
    address = f"/admin/briefs/{kind}/{row.pk}/change/"
    form = Form(client.get(address).content.decode(), id=f"{kind}_form")
    assert (
        PENDING_MESSAGES[language]
        in client.post(address, form.data_with(**{LABEL.get(kind, "name"): "Else"}), follow=True).text
    )
    run_publish_due()
    assert PENDING_MESSAGES[language] not in client.get(address).text
    merge = f"/admin/briefs/{kind}/merge/?ids={row.pk},{make_heir(kind).pk}"
    data = {
        "seen": extract_seen_hash(client.get(merge).text),
        "keep": type(row)._default_manager.latest("pk").pk,
    }
    assert PENDING_MESSAGES[language] in client.post(merge, data, follow=True).text
    run_publish_due()
    page = client.post(f"/admin/briefs/{kind}/{row.pk}/unmerge/", follow=True).text
    assert PENDING_MESSAGES[language] in page


def test_sheet_import_reports_pending_editions_only_if_there_are_many(
    client: Client, team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, team.publisher)

    def import_label(label: str) -> str:
        file = SimpleUploadedFile("k.csv", f"slug,label_en\n{shared_row('keyword').slug},{label}\n".encode())
        preview_url = client.post("/admin/briefs/keyword/import/", {"file": file})["Location"]
        return client.post(
            preview_url, {"seen": extract_seen_hash(client.get(preview_url).text)}, follow=True
        ).text

    assert PENDING_MESSAGES["en"] in import_label("New")
    run_publish_due()
    monkeypatch.setattr(label_propagation, "MAX_IMMEDIATE_EDITIONS", COUNT)
    page = import_label("Newer")
    assert "1 entry changed" in page
    assert PENDING_MESSAGES["en"] not in page
