"""Imports of names: the preview takes no lock, writes nothing and shows what the import then does, in few queries."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from briefs import workflow
from briefs.exchange.sheets.table import Sheet, SheetImport, SheetRefused, SheetRow
from briefs.exchange.sheets.vocabulary_sheets import RESOURCES, RowChange
from briefs.models import Author, Keyword, Person, Source, Term
from briefs.tests.support import factories
from briefs.tests.support.factories import Team

pytestmark = pytest.mark.django_db


def make_sheet(*rows: tuple[str, ...]) -> Sheet:
    return Sheet(rows[0], [SheetRow(number, row) for number, row in enumerate(rows[1:], 2)])


def plan(sheet: Sheet, kind: Any, by: Person) -> SheetImport[RowChange]:
    return RESOURCES[kind](by=by).import_data(sheet, dry_run=True)


def new_slugs(outcome: SheetImport[RowChange]) -> list[str]:
    return [change.new for row in outcome.rows for change in row.changes if change.column == "slug"]


def save_as_planned(sheet: Sheet, kind: Any, by: Person) -> SheetImport[RowChange]:
    seen = " ".join(row.version for row in plan(sheet, kind, by).rows)
    return RESOURCES[kind](by=by, seen=seen).import_data(sheet)


def test_preview_only_reads_and_query_count_does_not_grow(team: Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    counts = []
    for n in (2, 60):
        rows = [("", f"標籤{i}", f"Label {i}") for i in range(n)]
        with CaptureQueriesContext(connection) as queries:
            outcome = plan(make_sheet(("slug", "label_zh", "label_en"), *rows), Keyword, team.writer)
        assert len(outcome.rows) == n
        statement_kinds = [query["sql"].split()[0].upper() for query in queries]
        assert set(statement_kinds) == {"SELECT"}
        assert not any("FOR UPDATE" in query["sql"] for query in queries)
        counts.append(len(queries))
    assert counts[1] <= counts[0]
    assert Keyword.objects.count() == 1


@pytest.mark.parametrize("has_four_eyes", [True, False])
@pytest.mark.parametrize("kind", ["keyword", "term"])
def test_import_needs_a_constant_number_of_queries(
    team: Team, settings: Any, kind: str, has_four_eyes: bool
) -> None:
    """New and changed rows, some of which readers see. One more batch of parameters is allowed."""
    settings.DIGEST_FOUR_EYES = has_four_eyes
    model, zh, en = (Keyword, "label_zh", "label_en") if kind == "keyword" else (Term, "zh", "en")
    used = model.make(**{zh: "嚇阻", en: "deterrence"})
    facts = factories.facts(keywords=(used.pk,)) if kind == "keyword" else factories.facts()
    factories.live_brief(
        team, factories.content(facts=facts, summary_zh="談嚇阻。", summary_en="Deterrence.")
    )
    counts = []
    for n in (3, 60):
        rows = [model.make(**{zh: f"詞{n}號{i}", en: f"word {n} {i}"}) for i in range(n)]
        changed = [(row.slug, f"{getattr(row, zh)}二", getattr(row, en)) for row in rows]
        new = [("", f"新{n}號{i}", f"new {n} {i}") for i in range(n)]
        first = (used.slug, f"嚇阻{n}", "deterrence")
        sheet = make_sheet(("slug", zh, en), first, *changed, *new)
        with CaptureQueriesContext(connection) as queries:
            outcome = save_as_planned(sheet, model, team.publisher)
        assert len(outcome.rows) == 2 * n + 1
        counts.append(len(queries))
        for draft in outcome.drafts[:1]:
            workflow.drafts.take_back_draft(draft, by=team.publisher)
    assert counts[1] <= counts[0] + 4


def test_name_freed_by_one_row_can_be_used_by_the_next(team: Team) -> None:
    Source.make(name="The Wire")
    Source.make(name="Wired")
    head, first, second = ("slug", "name"), ("the-wire", "The Wire China"), ("wired", "The Wire")
    save_as_planned(make_sheet(head, first, second), Source, team.writer)
    assert set(Source.objects.values_list("slug", "name")) == {first, second}
    # each name is still in use when its row is checked
    with pytest.raises(SheetRefused) as refused:
        plan(make_sheet(head, ("wired", "The Wire China"), ("the-wire", "The Wire")), Source, team.writer)
    assert len(refused.value.problems) == 2
    same_label = make_sheet(("slug", "label_zh", "label_en"), ("", "海纜", "Cables"), ("", "電纜", "Cables"))
    with pytest.raises(SheetRefused) as refused:
        plan(same_label, Keyword, team.writer)
    (problem,) = refused.value.problems
    assert (problem.row, problem.column) == (3, "label_en")


def test_import_assigns_slugs_shown_in_preview(team: Team) -> None:
    Author.make(name="Jane Doe")
    merged = Author.make(name="jane-doe!")
    Author.objects.filter(pk=merged.pk).update(merged_into=Author.objects.get(slug="jane-doe"))
    new_rows = make_sheet(("slug", "name"), ("", "Jane  Doe"), ("", "Jane-Doe"), ("", "王小明"))
    outcome = plan(new_rows, Author, team.writer)
    assert new_slugs(outcome)[:2] == ["jane-doe-3", "jane-doe-4"]
    imported = save_as_planned(new_rows, Author, team.writer)
    assert new_slugs(imported) == new_slugs(outcome)
    assert set(new_slugs(outcome)) <= set(Author.objects.values_list("slug", flat=True))


def test_row_with_too_many_renderings_is_refused(team: Team) -> None:
    head = ("slug", "zh", "en", "also_en")
    row = ("", "詞", "term", "\n".join(f"form {n}" for n in range(50)))
    assert len(plan(make_sheet(head, row), Term, team.writer).rows) == 1
    with pytest.raises(SheetRefused, match=r"also_en.*50"):
        plan(make_sheet(head, (*row[:3], f"{row[3]}\none more")), Term, team.writer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no sequences that could be set back"
)
def test_preview_leaves_the_sequence_alone_while_a_colleague_adds_a_keyword(team: Team) -> None:
    """The package sets the sequence to the highest id that it sees, which is lower than that of an insert still open."""
    Keyword.make(label_zh="科技")
    is_open, may_end = threading.Event(), threading.Event()

    def add_keyword() -> None:
        try:
            with transaction.atomic():
                Keyword.make(label_zh="同事的")
                is_open.set()
                may_end.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        added = pool.submit(add_keyword)
        assert is_open.wait(30)
        plan(make_sheet(("slug", "label_zh"), ("", "北極")), Keyword, team.writer)
        may_end.set()
        added.result(timeout=30)
    Keyword.make(label_zh="下一個")
    assert Keyword.objects.count() == 3
