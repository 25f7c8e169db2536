"""Sheet previews: they take no lock, write nothing, and show what the import then does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from briefs.exchange.sheets.table import Sheet, SheetRow
from briefs.exchange.sheets.vocabulary_sheets import SheetImportOutcome, apply_import, preview_import
from briefs.models import Author, Keyword, Source
from briefs.tests.support import factories

pytestmark = pytest.mark.django_db


def make_sheet(*rows: tuple[str, ...]) -> Sheet:
    return Sheet(rows[0], [SheetRow(number, row) for number, row in enumerate(rows[1:], 2)])


def new_slugs(outcome: SheetImportOutcome) -> list[str]:
    return [change.new for row in outcome.rows for change in row.changes if change.column == "slug"]


def test_preview_only_reads_and_query_count_does_not_grow(team: factories.Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    counts = []
    for n in (2, 60):
        rows = [("", f"標籤{i}", f"Label {i}") for i in range(n)]
        with CaptureQueriesContext(connection) as queries:
            outcome = preview_import(
                make_sheet(("slug", "label_zh", "label_en"), *rows), Keyword, by=team.writer
            )
        assert outcome.new == n
        statement_kinds = [query["sql"].split()[0].upper() for query in queries]
        assert set(statement_kinds) == {"SELECT"}
        assert not any("FOR UPDATE" in query["sql"] for query in queries)
        counts.append(len(queries))
    assert counts[1] <= counts[0]
    assert Keyword.objects.count() == 1


def test_label_shared_by_two_new_rows_is_reported_in_preview(team: factories.Team) -> None:
    heads = ("slug", "label_zh", "label_en")
    conflicting_sheet = make_sheet(heads, ("", "海纜", "Cables"), ("", "電纜", "Cables"))
    (problem,) = preview_import(conflicting_sheet, Keyword, by=team.writer).problems
    assert (problem.row, problem.column) == (3, "label_en")
    assert "cables" in problem.text


def test_name_freed_by_one_row_can_be_used_by_the_next(team: factories.Team) -> None:
    Source.make(name="The Wire")
    Source.make(name="Wired")
    sheet = make_sheet(("slug", "name"), ("the-wire", "The Wire China"), ("wired", "The Wire"))
    outcome = preview_import(sheet, Source, by=team.writer)
    assert not outcome.problems
    apply_import(sheet, Source, by=team.writer, preview_hash=outcome.preview_hash)
    names = {"the-wire": "The Wire China", "wired": "The Wire"}
    assert dict(Source.objects.values_list("slug", "name")) == names
    reversed_sheet = make_sheet(("slug", "name"), ("wired", "The Wire China"), ("the-wire", "The Wire"))
    # each name is still in use when its row is checked
    assert len(preview_import(reversed_sheet, Source, by=team.writer).problems) == 2


def test_import_assigns_slugs_shown_in_preview(team: factories.Team) -> None:
    Author.make(name="Jane Doe")
    merged = Author.make(name="jane-doe!")
    Author.objects.filter(pk=merged.pk).update(merged_into=Author.objects.get(slug="jane-doe"))
    new_rows = make_sheet(("slug", "name"), ("", "Jane  Doe"), ("", "Jane-Doe"), ("", "王小明"))
    outcome = preview_import(new_rows, Author, by=team.writer)
    assert new_slugs(outcome)[:2] == ["jane-doe-3", "jane-doe-4"]
    imported = apply_import(new_rows, Author, by=team.writer, preview_hash=outcome.preview_hash)
    assert new_slugs(imported) == new_slugs(outcome)
    assert set(new_slugs(outcome)) <= set(Author.objects.values_list("slug", flat=True))
