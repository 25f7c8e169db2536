"""Name changes reach the newest editions at once and the others when `publish_due` runs."""

import datetime as dt
import itertools
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefs import workflow
from briefs.content import Facts
from briefs.derived import label_propagation, term_occurrences
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.vocabulary_sheets import apply_import, preview_import
from briefs.models import EditionTerm, Keyword, Relabelling, Term
from briefs.tests.support import corpus_fixtures, factories

from ..support.form_client import Form, sign_in
from .relabelled_editions import (
    COUNT,
    KINDS,
    LABEL,
    find_stale,
    make_heir,
    numbered_edition,
    renamed_row,
    run_publish_due,
    shared_row,
    stale_after_rename,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_limits"), corpus_fixtures.NO_STATIC]


def extract_seen_hash(page: str) -> str:
    match = re.search(r'name="seen" value="(\w+)"', page)
    return match[1] if match else ""


def assert_propagates_in_batches(edition_ids: list[int], renamed: str = "") -> None:
    def expected(rest: list[int]) -> set[int]:
        return stale_after_rename(renamed, rest) if renamed else set(rest)

    assert find_stale() == expected(edition_ids[2:])
    assert Relabelling.objects.exists()
    assert label_propagation.continue_relabelling(seconds=-1) == 2
    assert find_stale() == expected(edition_ids[4:])
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
    assert_propagates_in_batches(edition_ids, renamed=kind)
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
    workflow.save_vocabulary_row(Term(zh="談", en="on"), by=team.publisher)
    assert find_stale() == set(edition_ids[2:])
    assert not EditionTerm.objects.filter(edition=edition_ids[2], term__en="on").exists()
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
    old = corpus_fixtures.publish(
        corpus_fixtures.numbered_content(1, summary_zh="灰色地帶。", summary_en="A gray zone."), "old"
    )
    for n in range(2, 9):
        corpus_fixtures.publish(corpus_fixtures.numbered_content(n), f"s{n}")
    workflow.save_vocabulary_row(Term(zh="灰色地帶", en="gray zone"), by=team.publisher)
    assert find_stale() == {old.pk}
    assert "1 edition relabelled." in run_publish_due()
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
    sheet = sheet_files.read_sheet(data.encode())
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
    sheet = sheet_files.read_sheet("slug,zh,en\n,談,on\n,第,No.\n".encode())
    apply_import(
        sheet,
        Term,
        by=team.publisher,
        preview_hash=preview_import(sheet, Term, by=team.publisher).preview_hash,
    )
    assert_propagates_in_batches(edition_ids)


PENDING_MESSAGES = {
    "en": "All pages show this now. Search, lists of names and marked terms follow within a few minutes.",
    "zh-hant": "所有頁面已依此更新；搜尋、名稱列表與術語標記將在幾分鐘內陸續更新。",
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
