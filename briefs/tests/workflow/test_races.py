"""Killed imports and races: imports store only whole briefs, parallel approvals make one edition, of what was seen."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from briefs import workflow
from briefs.exchange.intake.importer import BATCH_SIZE
from briefs.models import Brief, Edition, Event, IssueEdition, Outbox, Person, SignOff
from briefs.tests.conftest import SEED
from briefs.tests.support import factories, issue_factories, scale
from briefs.tests.support.concurrency import Racers, racers
from briefs.tests.support.factories import Team
from briefs.workflow import issues

MANAGE = Path(settings.BASE_DIR) / "manage.py"
DOCUMENTS = 6 * BATCH_SIZE
"""Size of the import that is killed: six batches, so that kills follow different commits."""


def run_in_parallel(n: int, act) -> list[object]:
    """Run `act` n times at once, each on its own connection. Return the results; a refusal is a result."""
    barrier = Barrier(n)

    def run_one(i: int) -> object:
        barrier.wait()
        try:
            return act(i)
        except workflow.Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run_one, range(n)))


@pytest.fixture(scope="module")
def eight_racers(django_db_setup: None, django_db_blocker: Any) -> Iterator[Racers]:
    """Start eight processes for the whole module: each takes a second to start."""
    with django_db_blocker.unblock(), racers(8) as processes:
        yield processes


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_eight_parallel_approvals_make_one_edition_and_one_set_of_notices(eight_racers: Racers) -> None:
    team, rounds = Team(), scale(6)
    for n in range(rounds):
        with transaction.atomic():
            brief = factories.signed_brief(team, factories.content(tag=str(n)))
        values = {"brief": brief.pk, "by": team.publisher.pk, "seen": factories.content_hash(brief)}
        outcomes = eight_racers.race(*[("approve", values)] * 8, spread=0)
        assert sorted(outcome.get("refused", ["did"])[0] for outcome in outcomes) == ["did"] + ["state"] * 7
        assert Edition.objects.filter(brief=brief).count() == 1
        assert Event.objects.filter(brief=brief, verb="approve").count() == 1
        recipients = list(Outbox.objects.filter(brief=brief, kind="published").values_list("to", flat=True))
        assert sorted(recipients) == sorted([team.writer.pk, team.reviewer.pk])
    assert Edition.objects.count() == rounds


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_text_edited_during_approval_is_never_published_or_signed_unseen(eight_racers: Racers) -> None:
    """The writer saves, another reviewer signs and the publisher approves at the same moment."""
    team, wins, rounds = Team(), Counter[str](), scale(40)
    brief = factories.submitted_brief(team)
    for n in range(rounds):
        row = Brief.objects.get(pk=brief.pk)
        factories.sign_off(row, team.reviewer)
        content = workflow.load_working_copy(row)
        seen, target, last_signoff = (
            factories.content_hash(row),
            {"brief": brief.pk},
            SignOff.objects.latest("pk").pk,
        )
        approved, saved, _signed = eight_racers.race(
            ("approve", target | {"by": team.publisher.pk, "seen": seen}),
            ("save", target | {"by": team.writer.pk, "version": row.version, "summary": f"Number {n}."}),
            ("sign", target | {"by": team.reviewer_en.pk, "seen": factories.seen(brief, "en")}),
        )
        assert ("did" in approved) != ("did" in saved), (approved, saved)
        assert (approved.get("refused"), saved.get("refused")) in (
            (["seen"], None),
            (None, ["approved-closed"]),
        )
        new_signoffs = SignOff.objects.filter(pk__gt=last_signoff).exclude(by=team.publisher)
        assert set(new_signoffs.values_list("hash", flat=True)) <= {content.hash_side("en")}
        if "did" in approved:
            edition = Edition.objects.get(pk=approved["did"])
            assert edition.frozen_content == content.without_staff_fields(), (
                "the edition must hold exactly what the publisher saw"
            )
            start_next_edition(team, brief, n)
        wins["approval" if "did" in approved else "edit"] += 1
    assert min(wins["approval"], wins["edit"]) >= rounds / 10, f"one side won nearly every race: {wins}"


@transaction.atomic
def start_next_edition(team: Team, brief: Brief, n: int) -> None:
    workflow.revise(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
    note = factories.change_note()
    changed = factories.edit(brief, team.writer, summary_en=f"Number {n} at last.", **note)
    workflow.submit(changed, by=team.writer, version=changed.version)


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_parallel_claims_of_one_article_create_one_brief() -> None:
    team = Team()
    for round_ in range(10):
        url = f"https://example.org/{round_}"
        results = run_in_parallel(
            6, lambda i, u=url: workflow.claim(u, by=Person.objects.get(pk=team.writer.pk))
        )
        assert sum(isinstance(r, Brief) for r in results) == 1
        assert Brief.objects.filter(article_url=url).count() == 1


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_parallel_acts_on_issues_keep_numbers_words_and_one_edition() -> None:
    """Four people begin issues, save different fields of one, save the same field, and publish it, all at once."""
    team = Team()
    brief = factories.live_brief(team)
    new = run_in_parallel(4, lambda i: issues.create_issue(by=Person.objects.get(pk=team.writer.pk)))
    assert sorted(issue.number for issue in new) == [1, 2, 3, 4]
    issue = issue_factories.draft_issue(team, brief)
    base, version = issue_factories.load_content(issue), issue.version

    def save(side: str, **texts: str) -> object:
        text = replace(base.side(side), **texts)  # type: ignore[arg-type]
        content = replace(base, **{side: text})
        return issues.save_issue(issue, content, by=Person.objects.get(pk=team.writer.pk), version=version)

    fields = [("zh", "title"), ("en", "title"), ("zh", "subject"), ("en", "preheader")]
    run_in_parallel(4, lambda i: save(fields[i][0], **{fields[i][1]: f"text {i}"}))
    stored = issue_factories.load_content(issue)
    assert [getattr(stored.side(side), name) for side, name in fields] == [f"text {i}" for i in range(4)]
    results = run_in_parallel(4, lambda i: save("zh", preface=f"preface {i}"))
    refused = [result for result in results if isinstance(result, issues.IssueConflict)]
    kept = {issue_factories.load_content(issue).zh.preface, *(one.merged.zh.preface for one in refused)}
    assert (len(refused), kept) == (3, {f"preface {i}" for i in range(4)})
    workflow.submit(issue, by=team.writer)
    issue_factories.sign_issue(issue, team.reviewer)
    publishers = [team.publisher, team.other_publisher] * 2
    run_in_parallel(4, lambda i: issue_factories.publish(issue, publishers[i]))
    assert IssueEdition.objects.filter(issue=issue).count() == 1


@pytest.mark.heavy
@pytest.mark.skipif(connection.vendor != "sqlite", reason="kills a process on a SQLite file of its own")
def test_import_killed_at_random_moments_leaves_only_whole_briefs(
    tmp_path: Path, empty_database: Path
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    text = SEED.read_text(encoding="utf-8")
    for i in range(DOCUMENTS):
        (folder / f"{i:03}.txt").write_text(
            text.replace("Vivek Chilukuri", f"Author {i:03}").replace("5G", f"{i}G"), encoding="utf-8"
        )
    complete = tmp_path / "whole.sqlite3"
    shutil.copy(empty_database, complete)
    started = time.monotonic()
    assert start_command(complete, "import_briefs", str(folder)).wait() == 0
    duration = time.monotonic() - started
    assert count_whole_briefs(complete) == DOCUMENTS
    rng = random.Random(7)
    counts = set()
    for moment in range(scale(3)):
        file = tmp_path / f"killed-{moment}.sqlite3"
        shutil.copy(empty_database, file)
        process = start_command(file, "import_briefs", str(folder))
        batches = 2 * moment % (DOCUMENTS // BATCH_SIZE)
        while process.poll() is None and count_briefs(file) < batches * BATCH_SIZE:
            time.sleep(0.01)
        time.sleep(duration / (DOCUMENTS / BATCH_SIZE) * rng.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        counts.add(count_whole_briefs(file))
    assert len(counts & set(range(0, DOCUMENTS, BATCH_SIZE))) >= 2, "too few kills interrupted the import"
    assert start_command(file, "import_briefs", str(folder)).wait() == 0
    assert count_whole_briefs(file) == DOCUMENTS, "a second run must import the rest"


def start_command(file: Path, *args: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{file}", "SITE_URL": "http://127.0.0.1:8000"}
    return subprocess.Popen([sys.executable, str(MANAGE), *args], env=environment, stdout=subprocess.DEVNULL)


def count_briefs(file: Path) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as db:
        return int(db.execute("SELECT count(*) FROM briefs_brief").fetchone()[0])


def count_whole_briefs(file: Path) -> int:
    """Return the number of briefs after checking that each is whole and no row is orphaned."""
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        count = db.execute("SELECT count(*) FROM briefs_brief").fetchone()[0]
        each = db.execute(
            "SELECT b.id, (SELECT count(*) FROM briefs_bullet WHERE brief_id = b.id),"
            " (SELECT count(*) FROM briefs_revision WHERE brief_id = b.id AND document_id IS NOT NULL),"
            " (SELECT count(*) FROM briefs_event WHERE brief_id = b.id),"
            " (SELECT count(*) FROM briefs_briefauthor WHERE brief_id = b.id),"
            " (SELECT count(*) FROM briefs_briefkeyword WHERE brief_id = b.id) FROM briefs_brief b"
        ).fetchall()
        assert {row[1:] for row in each} <= {(8, 1, 1, 1, 3)}
        assert db.execute("SELECT count(*) FROM briefs_document").fetchone()[0] == count
        assert db.execute("SELECT count(*) FROM briefs_revision").fetchone()[0] == count
    return count
