"""Preview the import of a sheet into the vocabulary, and apply it as previewed or not at all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ... import workflow
from ...content import hash_json
from ...derived import label_propagation
from ...models import Person, Proposal
from ...models.vocabulary import Vocabulary
from .resources import RESOURCES, VocabularyResource
from .row_changes import CellChange
from .table import SHEET_PROBLEM_LIMIT, Sheet, SheetProblem, SheetRefused


@dataclass(frozen=True, slots=True)
class RowChange:
    """An entry that the sheet creates or changes. `number` is the row number in the spreadsheet."""

    number: int
    kind: Literal["new", "update"]
    entry: Vocabulary
    changes: Sequence[CellChange]
    is_proposed: bool = False
    """Whether the change waits for a second person."""


@dataclass(frozen=True, slots=True)
class SheetImportOutcome:
    """Result of a preview or an import. `preview_hash` changes if any listed change does."""

    rows: Sequence[RowChange]
    unchanged: int
    problems: Sequence[SheetProblem] = ()

    @property
    def new(self) -> int:
        return sum(row.kind == "new" for row in self.stored_rows)

    @property
    def changed(self) -> int:
        return len(self.stored_rows) - self.new

    @property
    def proposed(self) -> int:
        return len(self.rows) - len(self.stored_rows)

    @property
    def stored_rows(self) -> list[RowChange]:
        return [row for row in self.rows if not row.is_proposed]

    @property
    def preview_hash(self) -> str:
        return hash_json(
            [
                [r.number, r.kind, r.is_proposed, [[c.column, c.old, c.new] for c in r.changes]]
                for r in self.rows
            ]
        )


class PreviewOutdated(Exception):
    """The vocabulary changed since the preview."""


def list_columns(kind: type[Vocabulary]) -> list[tuple[str, str]]:
    """Return heading and label of each column, in export order."""
    resource = RESOURCES[kind]
    return [(f.column_name, resource.column_label(f.column_name)) for f in resource().get_import_fields()]


def export_values(entry: Vocabulary) -> list[str]:
    """Return the cells of an entry's row."""
    return [str(cell) for cell in RESOURCES[type(entry)]().export_resource(entry)]


def export_rows(kind: type[Vocabulary], entries: Any) -> Iterator[list[str]]:
    """Yield headings, then one row per entry. `preview_import` reads these rows as no change."""
    resource = RESOURCES[kind]()
    yield resource.get_export_headers()
    for entry in entries.iterator(chunk_size=500):
        yield [str(cell) for cell in resource.export_resource(entry)]


def preview_import(sheet: Sheet, kind: type[Vocabulary], *, by: Person) -> SheetImportOutcome:
    """Return the changes an import would make, checked like a real one, including refusals by the workflow."""
    check_headings(sheet, kind)
    return _import_rows(sheet, kind, by, dry_run=True)[0]


def apply_import(
    sheet: Sheet, kind: type[Vocabulary], *, by: Person, preview_hash: str
) -> SheetImportOutcome:
    """Apply the previewed changes. Raise PreviewOutdated, and change nothing, if the result would differ."""
    check_headings(sheet, kind)
    with transaction.atomic():
        label_propagation.lock_names_exclusively()  # before locking rows: same lock order as other changes
        outcome, proposals = _import_rows(sheet, kind, by, dry_run=False)
        if outcome.problems or outcome.preview_hash != preview_hash:
            raise PreviewOutdated
        label_propagation.relabel(*(row.entry for row in outcome.stored_rows))
        workflow.announce_proposals(proposals)
    return outcome


def check_headings(sheet: Sheet, kind: type[Vocabulary]) -> None:
    known = [column for column, _label in list_columns(kind)]
    counts = Counter(filter(None, sheet.headings))
    problems = [
        SheetProblem(_("The column “%(column)s” is unknown.") % {"column": heading[:40]})
        for heading in counts
        if heading not in known
    ]
    problems += [
        SheetProblem(_("The column “%(column)s” appears twice.") % {"column": heading})
        for heading, n in counts.items()
        if n > 1
    ]
    if "slug" not in counts:
        problems.append(SheetProblem(_("The column “%(column)s” is missing.") % {"column": "slug"}))
    if problems:
        raise SheetRefused(*problems[:SHEET_PROBLEM_LIMIT])


def _import_rows(
    sheet: Sheet, kind: type[Vocabulary], by: Person, *, dry_run: bool
) -> tuple[SheetImportOutcome, Sequence[Proposal]]:
    """Return the outcome, and the proposals of a real import."""
    used = [i for i, heading in enumerate(sheet.headings) if heading]
    data = tablib.Dataset(headers=[sheet.headings[i] for i in used])
    for line in sheet.rows:
        data.append([line.cells[i] for i in used])
    resource = RESOURCES[kind](by=by, rows=sheet.rows, dry_run=dry_run)
    result = resource.import_data(
        data, use_transactions=not dry_run, rollback_on_validation_errors=not dry_run
    )
    for fault in (*result.base_errors, *(error for row in result.error_rows for error in row.errors)):
        raise fault.error  # a bug, not an error in the sheet; a real import is already rolled back
    problems = [p for row in result.invalid_rows for p in _problems(row, resource)]
    rows = [
        RowChange(r.number, r.import_type, r.instance, r.diff, r.is_proposed) for r in result.valid_rows()
    ]
    outcome = SheetImportOutcome(
        [] if problems else rows, result.totals["skip"], problems[:SHEET_PROBLEM_LIMIT]
    )
    return outcome, resource.proposals


def _problems(row: Any, resource: VocabularyResource) -> Iterator[SheetProblem]:
    number = resource.rows[row.number - 1].number
    error: ValidationError = row.error
    found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for column, sentences in found.items():
        for sentence in sentences:
            yield SheetProblem(str(sentence), number, "" if column == NON_FIELD_ERRORS else column)
