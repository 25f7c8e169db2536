"""Sheet previews: they take no lock, write nothing, and show what the import then does."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from briefs.exchange.sheets.table import Sheet, SheetRefused, SheetRow
from briefs.exchange.sheets.vocabulary_sheets import SheetImportOutcome, plan_vocabulary_import, save_rows
from briefs.models import Author, Keyword, Person, Source, Term
from briefs.tests.support import factories

pytestmark = pytest.mark.django_db


def make_sheet(*rows: tuple[str, ...]) -> Sheet:
    return Sheet(rows[0], [SheetRow(number, row) for number, row in enumerate(rows[1:], 2)])


def new_slugs(outcome: SheetImportOutcome) -> list[str]:
    return [change.new for row in outcome.rows for change in row.changes if change.column == "slug"]


def save_as_planned(sheet: Sheet, kind: Any, outcome: SheetImportOutcome, by: Person) -> SheetImportOutcome:
    seen = {row.number: row.seen for row in outcome.rows}
    return save_rows(sheet, kind, by=by, seen=seen, seconds=60)


def test_preview_only_reads_and_query_count_does_not_grow(team: factories.Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    counts = []
    for n in (2, 60):
        rows = [("", f"標籤{i}", f"Label {i}") for i in range(n)]
        with CaptureQueriesContext(connection) as queries:
            outcome = plan_vocabulary_import(
                make_sheet(("slug", "label_zh", "label_en"), *rows), Keyword, by=team.writer
            )
        assert len(outcome.rows) == n
        statement_kinds = [query["sql"].split()[0].upper() for query in queries]
        assert set(statement_kinds) == {"SELECT"}
        assert not any("FOR UPDATE" in query["sql"] for query in queries)
        counts.append(len(queries))
    assert counts[1] <= counts[0]
    assert Keyword.objects.count() == 1


def test_changed_rows_need_a_constant_number_of_queries(team: factories.Team) -> None:
    heir = Keyword.make(label_zh="科技", label_en="Technology")
    used = Keyword.make(label_zh="技術", label_en="Techniques")
    factories.live_brief(team, factories.content(facts=factories.facts(keywords=(used.pk,))))
    Keyword.objects.filter(pk=used.pk).update(merged_into=heir)
    unused = [Keyword.make(label_zh=f"詞{n}") for n in range(60)]
    counts = []
    for n in (2, 60):
        rows = [(row.slug, f"{row.label_zh}二") for row in (heir, *unused[:n])]
        with CaptureQueriesContext(connection) as queries:
            outcome = plan_vocabulary_import(make_sheet(("slug", "label_zh"), *rows), Keyword, by=team.writer)
        assert [row.status for row in outcome.rows] == ["waits", *["update"] * n]
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_label_shared_by_two_new_rows_is_reported_in_preview(team: factories.Team) -> None:
    heads = ("slug", "label_zh", "label_en")
    conflicting_sheet = make_sheet(heads, ("", "海纜", "Cables"), ("", "電纜", "Cables"))
    with pytest.raises(SheetRefused) as refused:
        plan_vocabulary_import(conflicting_sheet, Keyword, by=team.writer)
    (problem,) = refused.value.problems
    assert (problem.row, problem.column) == (3, "label_en")
    assert "cables" in problem.text


def test_name_freed_by_one_row_can_be_used_by_the_next(team: factories.Team) -> None:
    Source.make(name="The Wire")
    Source.make(name="Wired")
    sheet = make_sheet(("slug", "name"), ("the-wire", "The Wire China"), ("wired", "The Wire"))
    outcome = plan_vocabulary_import(sheet, Source, by=team.writer)
    save_as_planned(sheet, Source, outcome, team.writer)
    names = {"the-wire": "The Wire China", "wired": "The Wire"}
    assert dict(Source.objects.values_list("slug", "name")) == names
    reversed_sheet = make_sheet(("slug", "name"), ("wired", "The Wire China"), ("the-wire", "The Wire"))
    # each name is still in use when its row is checked
    with pytest.raises(SheetRefused) as refused:
        plan_vocabulary_import(reversed_sheet, Source, by=team.writer)
    assert len(refused.value.problems) == 2


def test_import_assigns_slugs_shown_in_preview(team: factories.Team) -> None:
    Author.make(name="Jane Doe")
    merged = Author.make(name="jane-doe!")
    Author.objects.filter(pk=merged.pk).update(merged_into=Author.objects.get(slug="jane-doe"))
    new_rows = make_sheet(("slug", "name"), ("", "Jane  Doe"), ("", "Jane-Doe"), ("", "王小明"))
    outcome = plan_vocabulary_import(new_rows, Author, by=team.writer)
    assert new_slugs(outcome)[:2] == ["jane-doe-3", "jane-doe-4"]
    imported = save_as_planned(new_rows, Author, outcome, team.writer)
    assert new_slugs(imported) == new_slugs(outcome)
    assert set(new_slugs(outcome)) <= set(Author.objects.values_list("slug", flat=True))


def test_row_with_too_many_renderings_is_refused(team: factories.Team) -> None:
    head = ("slug", "zh", "en", "also_en")
    row = ("", "詞", "term", "\n".join(f"form {n}" for n in range(50)))
    assert len(plan_vocabulary_import(make_sheet(head, row), Term, by=team.writer).rows) == 1
    with pytest.raises(SheetRefused, match=r"also_en.*50"):
        plan_vocabulary_import(make_sheet(head, (*row[:3], f"{row[3]}\none more")), Term, by=team.writer)
