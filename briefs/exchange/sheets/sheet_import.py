"""A sheet against the vocabulary: looked at first, then taken as it was looked at, whole or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ...content import sha256
from ...derived import label_propagation
from ...models import Person
from ...models.vocabulary import Vocabulary
from .resources import RESOURCES, VocabularyResource
from .row_changes import Change
from .table import PROBLEM_LIMIT, Problem, Sheet, SheetRefused


@dataclass(frozen=True, slots=True)
class RowChange:
    """One entry that the sheet makes or changes. `number` counts as the spreadsheet does."""

    number: int
    kind: Literal["new", "update"]
    entry: Vocabulary
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`seen` names what a person was shown: it differs as soon as anything else would be changed."""

    rows: Sequence[RowChange]
    unchanged: int
    problems: Sequence[Problem] = ()

    @property
    def new(self) -> int:
        return sum(row.kind == "new" for row in self.rows)

    @property
    def changed(self) -> int:
        return len(self.rows) - self.new

    @property
    def seen(self) -> str:
        return sha256([[r.number, r.kind, [[c.column, c.old, c.new] for c in r.changes]] for r in self.rows])


class Moved(Exception):
    """The vocabulary changed since the preview."""


def columns_of(kind: type[Vocabulary]) -> list[tuple[str, str]]:
    """Heading and what it means, in the order of our own files."""
    resource = RESOURCES[kind]
    return [(f.column_name, resource.label_of(f.column_name)) for f in resource().get_import_fields()]


def values_of(entry: Vocabulary) -> list[str]:
    """As its row in a sheet."""
    return [str(cell) for cell in RESOURCES[type(entry)]().export_resource(entry)]


def rows_of(kind: type[Vocabulary], entries: Any) -> Iterator[list[str]]:
    """Headings, then one row an entry: what `look` reads as no change."""
    resource = RESOURCES[kind]()
    yield resource.get_export_headers()
    for entry in entries.iterator(chunk_size=500):
        yield [str(cell) for cell in resource.export_resource(entry)]


def look(sheet: Sheet, kind: type[Vocabulary], *, by: Person) -> Outcome:
    """What it would do. All is checked as if it were done, so a refusal by the workflow shows here already."""
    check_headings(sheet, kind)
    return _run(sheet, kind, by, rehearsal=True)


def take(sheet: Sheet, kind: type[Vocabulary], *, by: Person, seen: str) -> Outcome:
    """Do what the person was shown. Raises Moved, and changes nothing, if it would be something else by now."""
    check_headings(sheet, kind)
    with transaction.atomic():
        label_propagation.alone()  # before it locks the rows, as whoever changes one of them does
        outcome = _run(sheet, kind, by, rehearsal=False)
        if outcome.problems or outcome.seen != seen:
            raise Moved
        label_propagation.relabel(*(row.entry for row in outcome.rows))
    return outcome


def check_headings(sheet: Sheet, kind: type[Vocabulary]) -> None:
    known = [column for column, _label in columns_of(kind)]
    given = sheet.headings
    problems = [
        Problem(_("The column “%(column)s” is unknown.") % {"column": heading[:40]})
        for heading in dict.fromkeys(given)
        if heading and heading not in known
    ]
    twice = [heading for heading in dict.fromkeys(given) if heading and given.count(heading) > 1]
    problems += [Problem(_("The column “%(column)s” stands there twice.") % {"column": h}) for h in twice]
    if "slug" not in given:
        problems.append(Problem(_("The column “%(column)s” is missing.") % {"column": "slug"}))
    if problems:
        raise SheetRefused(*problems[:PROBLEM_LIMIT])


def _run(sheet: Sheet, kind: type[Vocabulary], by: Person, *, rehearsal: bool) -> Outcome:
    used = [i for i, heading in enumerate(sheet.headings) if heading]
    data = tablib.Dataset(headers=[sheet.headings[i] for i in used])
    for line in sheet.lines:
        data.append([line.cells[i] for i in used])
    resource = RESOURCES[kind](by=by, lines=sheet.lines, rehearsal=rehearsal)
    result = resource.import_data(
        data, use_transactions=not rehearsal, rollback_on_validation_errors=not rehearsal
    )
    for fault in (*result.base_errors, *(error for row in result.error_rows for error in row.errors)):
        raise fault.error  # a fault of ours, not of the sheet: all is rolled back by now
    problems = [p for row in result.invalid_rows for p in _problems(row, resource)]
    rows = [RowChange(r.number, r.import_type, r.instance, r.diff) for r in result.valid_rows()]
    return Outcome([] if problems else rows, result.totals["skip"], problems[:PROBLEM_LIMIT])


def _problems(row: Any, resource: VocabularyResource) -> Iterator[Problem]:
    number = resource.lines[row.number - 1].number
    error: ValidationError = row.error
    found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for column, sentences in found.items():
        for sentence in sentences:
            yield Problem(str(sentence), number, "" if column == NON_FIELD_ERRORS else column)
