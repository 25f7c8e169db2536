"""Propagation of names that fails, is overtaken by other changes, or runs in several processes."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from briefs import workflow
from briefs.derived import build, label_propagation, term_occurrences
from briefs.exchange.sheets import sheet_files
from briefs.exchange.sheets.vocabulary_sheets import apply_import, preview_import
from briefs.models import Edition, EditionPlace, Relabelling, Term
from briefs.tests.support import corpus_fixtures, factories

from .relabelled_editions import (
    COUNT,
    KINDS,
    find_stale,
    numbered_edition,
    renamed_row,
    run_publish_due,
    shared_row,
    stale_after_rename,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_limits")]


@pytest.mark.parametrize("kind", KINDS)
def test_failed_batch_keeps_earlier_batches_and_is_retried(
    kind: str, team: factories.Team, edition_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow.save_vocabulary_row(renamed_row(kind, "1"), by=team.publisher)
    target = {"term": (term_occurrences, "group_places_by_term"), "source": (build, "build_place")}.get(
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
    assert find_stale() == stale_after_rename(kind, edition_ids[4:])
    assert EditionPlace.objects.count() == COUNT
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
    assert find_stale() == stale_after_rename(kind, edition_ids[2:])
    run_publish_due()
    assert find_stale() == set()


def test_edition_superseded_during_propagation_is_relabelled(
    team: factories.Team, edition_ids: list[int]
) -> None:
    workflow.save_vocabulary_row(renamed_row("keyword", "1"), by=team.publisher)
    Edition.objects.filter(pk=edition_ids[4]).update(live_until=corpus_fixtures.DAY + dt.timedelta(minutes=1))
    run_publish_due()
    assert find_stale() == set()


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
    assert find_stale() == stale_after_rename("keyword", edition_ids[2:])
    run_publish_due()
    assert find_stale() == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time")
@pytest.mark.parametrize("first", ["a name", "an edition"])
@pytest.mark.parametrize("kind", KINDS)
def test_rename_and_approval_at_once_show_readers_no_name_that_nobody_approved(
    kind: str, first: str, team: factories.Team, edition_ids: list[int]
) -> None:
    """The first transaction stays open until the second one waits for it. An approval that began before a rename is refused."""
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
        if first == "a name":
            with pytest.raises(workflow.Refused) as refusal:
                second_result.result(timeout=20)
            assert [reason.code for reason in refusal.value.reasons] == ["seen"]
        else:
            second_result.result(timeout=20)
    run_publish_due()
    assert find_stale() == set()
    assert EditionPlace.objects.filter(edition__brief=brief).exists() == (first == "an edition")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite runs one write transaction at a time")
def test_sheet_import_waiting_for_a_rename_holds_no_row_locks(
    team: factories.Team, edition_ids: list[int]
) -> None:
    """An import locks every row of its kind. Taking those locks before the lock on names would deadlock."""
    sheet = sheet_files.read_sheet("slug,zh,en\n,談,on\n".encode())
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
