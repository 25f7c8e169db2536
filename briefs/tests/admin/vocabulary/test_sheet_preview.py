"""A sheet is looked at without a lock and without a write, and says what taking it does then."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from briefs.exchange.sheets.sheet_import import SheetImportOutcome, apply_import, preview_import
from briefs.exchange.sheets.table import Sheet, SheetRow
from briefs.models import Author, Keyword, Source

from ...support import factories

pytestmark = pytest.mark.django_db


def sheet(*rows: tuple[str, ...]) -> Sheet:
    return Sheet(rows[0], [SheetRow(number, row) for number, row in enumerate(rows[1:], 2)])


def slugs(outcome: SheetImportOutcome) -> list[str]:
    return [change.new for row in outcome.rows for change in row.changes if change.column == "slug"]


def test_a_preview_writes_nothing_and_asks_no_more_for_more_rows(team: factories.Team) -> None:
    Keyword.make(label_zh="科技", label_en="Technology")
    counts = []
    for n in (2, 60):
        rows = [("", f"標籤{i}", f"Label {i}") for i in range(n)]
        with CaptureQueriesContext(connection) as queries:
            outcome = preview_import(sheet(("slug", "label_zh", "label_en"), *rows), Keyword, by=team.writer)
        assert outcome.new == n
        said = [query["sql"].split()[0].upper() for query in queries]
        assert set(said) == {"SELECT"}
        assert not any("FOR UPDATE" in query["sql"] for query in queries)
        counts.append(len(queries))
    assert counts[1] <= counts[0]
    assert Keyword.objects.count() == 1


def test_what_two_new_rows_share_shows_in_the_preview(team: factories.Team) -> None:
    heads = ("slug", "label_zh", "label_en")
    clash = sheet(heads, ("", "海纜", "Cables"), ("", "電纜", "Cables"))
    (problem,) = preview_import(clash, Keyword, by=team.writer).problems
    assert (problem.row, problem.column) == (3, "label_en")
    assert "cables" in problem.text


def test_a_name_given_up_in_one_row_is_free_in_the_next(team: factories.Team) -> None:
    Source.make(name="The Wire")
    Source.make(name="Wired")
    moved = sheet(("slug", "name"), ("the-wire", "The Wire China"), ("wired", "The Wire"))
    outcome = preview_import(moved, Source, by=team.writer)
    assert not outcome.problems
    apply_import(moved, Source, by=team.writer, preview_hash=outcome.preview_hash)
    names = {"the-wire": "The Wire China", "wired": "The Wire"}
    assert dict(Source.objects.values_list("slug", "name")) == names
    back = sheet(("slug", "name"), ("wired", "The Wire China"), ("the-wire", "The Wire"))
    assert (
        len(preview_import(back, Source, by=team.writer).problems) == 2
    )  # each before the other has given it up


def test_the_slugs_of_the_preview_are_those_of_the_import(team: factories.Team) -> None:
    Author.make(name="Jane Doe")
    merged = Author.make(name="jane-doe!")
    Author.objects.filter(pk=merged.pk).update(merged_into=Author.objects.get(slug="jane-doe"))
    new = sheet(("slug", "name"), ("", "Jane  Doe"), ("", "Jane-Doe"), ("", "王小明"))
    outcome = preview_import(new, Author, by=team.writer)
    assert slugs(outcome)[:2] == ["jane-doe-3", "jane-doe-4"]
    taken = apply_import(new, Author, by=team.writer, preview_hash=outcome.preview_hash)
    assert slugs(taken) == slugs(outcome)
    assert set(slugs(outcome)) <= set(Author.objects.values_list("slug", flat=True))
