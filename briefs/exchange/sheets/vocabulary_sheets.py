"""Preview the import of a sheet into the vocabulary, and apply it as previewed or not at all."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, cast

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from import_export.resources import ModelResource

from briefs import workflow
from briefs.content import hash_json
from briefs.derived import build
from briefs.models import Author, Keyword, Person, Proposal, Source, Term
from briefs.models.vocabulary import Vocabulary, append_free_number, build_vocabulary_slug
from briefs.text.text_diff import diff_texts

from . import columns
from .table import SHEET_PROBLEM_LIMIT, Sheet, SheetProblem, SheetRefused, SheetRow

# Show the changes of a sheet to one row, column by column: old text deleted, new text inserted.

_MARKS: Final[dict[str, str]] = {"deleted": "<del>{}</del>", "inserted": "<ins>{}</ins>"}
CELL_EFFORT: Final = 40_000
"""Diff steps for one cell (see `text.text_diff`): a preview has hundreds."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """Change of one column. `old` is empty for a new row."""

    column: str
    label: str
    old: str
    new: str

    @property
    def html(self) -> SafeString:
        return format_html_join("", "{}", ((part,) for part in _diff_parts(self.old, self.new)))


def _diff_parts(old: str, new: str) -> Iterator[SafeString | str]:
    """Yield unchanged, deleted and inserted parts. Chinese is compared by character, English by whole words."""
    for run in diff_texts(old, new, CELL_EFFORT):
        yield run.text if run.kind == "equal" else format_html(_MARKS[run.kind], run.text)


class RowDiff:
    """Replacement for import-export's own diff, which writes inline styles into its HTML."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        self.resource = resource
        self.old = [""] * len(resource.get_import_fields()) if new else self._values(instance)
        self.new: list[str] = []

    def compare_with(self, resource: Any, instance: Any) -> None:
        self.new = self._values(instance)

    def as_html(self) -> list[CellChange]:
        fields = self.resource.get_import_fields()
        return [
            CellChange(field.column_name, self.resource.column_label(field.column_name), old, new)
            for field, old, new in zip(fields, self.old, self.new, strict=True)
            if old != new
        ]

    def _values(self, instance: Any) -> list[str]:
        return [field.export(instance) for field in self.resource.get_import_fields()]


# Import sheets with import-export, finding entries by slug or name and saving them by the workflow.

type ColumnNames = tuple[str, ...]


class VocabularyResource(ModelResource):  # type: ignore[misc]
    """Import and export of one kind of vocabulary.

    `name_columns` identify the entry of a row without a slug; values of `unique_columns` are never shared.
    A dry run makes every check of a real import but stores nothing and takes no lock.
    """

    DEFAULT_RESOURCE_FIELD = columns.VocabularyColumn
    name_columns: ClassVar[ColumnNames]
    unique_columns: ClassVar[ColumnNames] = ()

    def __init__(
        self, *, by: Person | None = None, rows: Sequence[SheetRow] = (), dry_run: bool = False
    ) -> None:
        super().__init__()
        self.by, self.rows, self.dry_run = by, rows, dry_run
        self.fields["slug"].readonly = True
        self._by_slug: dict[str, Vocabulary] = {}
        self._used_slugs: set[str] = set()
        self._by_unique_value: dict[str, dict[str, list[Vocabulary]]] = defaultdict(lambda: defaultdict(list))
        self._unique_values: dict[int, list[tuple[str, str]]] = {}
        """Current unique values of each entry, by `id()`, updated as rows are saved."""
        self._by_name: dict[str, dict[str, list[Vocabulary]]] = defaultdict(lambda: defaultdict(list))
        self._row_numbers: dict[object, int] = {}
        self._is_proposed = False
        self.proposals: list[Proposal] = []
        """The changes of a real import that wait for a second person."""

    @classmethod
    def widget_from_django_field(cls, field: Any, default: Any = None) -> Any:
        if field.choices:
            return lambda: columns.ChoiceWidget(field.choices)
        if isinstance(field, models.JSONField):
            return columns.LinesWidget
        if isinstance(field, models.BooleanField):
            return columns.FlagWidget
        return columns.LongTextWidget if isinstance(field, models.TextField) else columns.TextWidget

    @classmethod
    def widget_kwargs_for_field(cls, field_name: str, django_field: Any) -> dict[str, Any]:
        return {}

    @classmethod
    def get_diff_class(cls) -> type[RowDiff]:
        return RowDiff

    @classmethod
    def column_label(cls, column: str) -> str:
        return str(cls._meta.model._meta.get_field(column).verbose_name)

    # Finding the entry of a row

    def before_import(self, dataset: Any, **options: Any) -> None:
        """Load all entries, locked unless this is a dry run, because a save writes every column."""
        rows = self._meta.model._default_manager.order_by("pk")
        for row in rows if self.dry_run else rows.select_for_update(no_key=True):
            self._by_slug[row.slug] = row
            self._used_slugs.add(row.slug)
            if build.get_merged_into_id(row) is None:
                self._index_names(row)
                self._index_unique_values(row)

    def _index_names(self, row: Vocabulary) -> None:
        for name in self.name_columns:
            if value := getattr(row, name):
                self._by_name[name][value.casefold()].append(row)

    def _index_unique_values(self, row: Vocabulary) -> None:
        """Record the unique values of an entry, replacing its previous ones."""
        for name, value in self._unique_values.get(id(row), ()):
            self._by_unique_value[name][value].remove(row)
        self._unique_values[id(row)] = [
            (name, value) for name in self.unique_columns if (value := getattr(row, name))
        ]
        for name, value in self._unique_values[id(row)]:
            self._by_unique_value[name][value].append(row)

    def get_instance(self, loader: Any, row: Any) -> Vocabulary | None:
        slug = row["slug"].strip()
        entry = self._find_by_slug(slug) if slug else self._find_by_name(row)
        self._refuse_second_row(
            entry or tuple(row.get(name, "").strip().casefold() for name in self.name_columns)
        )
        return entry

    def _find_by_slug(self, slug: str) -> Vocabulary:
        entry = self._by_slug.get(slug)
        if entry is None:
            sentence = _("no entry has the slug “%(slug)s”. Leave the cell empty for a new entry.")
            raise ValidationError({"slug": sentence % {"slug": slug[:80]}})
        if into := build.get_merged_into_id(entry):
            heir = next(row for row in self._by_slug.values() if row.pk == into)
            sentence = _("this entry was merged into “%(heir)s” (%(slug)s).")
            raise ValidationError({"slug": sentence % {"heir": heir, "slug": heir.slug}})
        return entry

    def _find_by_name(self, row: Any) -> Vocabulary | None:
        names = {name: row[name].strip() for name in self.name_columns if row.get(name, "").strip()}
        if not names:
            sentence = _("a row without a slug needs a name here.")
            raise ValidationError({next((n for n in self.name_columns if n in row), "slug"): sentence})
        entries = self._candidates({name: value.casefold() for name, value in names.items()})
        if len(entries) > 1:
            sentence = _("more than one entry is meant: %(slugs)s. Fill in the slug.")
            raise ValidationError({"slug": sentence % {"slugs": _(", ").join(r.slug for r in entries[:5])}})
        return entries[0] if entries else None

    def _candidates(self, names: dict[str, str]) -> list[Vocabulary]:
        """Return the entries that match any of the names."""
        matches = [row for name, value in names.items() for row in self._by_name[name][value]]
        return list(dict.fromkeys(matches))

    def _refuse_second_row(self, key: object) -> None:
        number = self.rows[self._row_index].number
        if first := self._row_numbers.get(key):
            raise ValidationError(_("row %(row)s is about the same entry.") % {"row": first})
        self._row_numbers[key] = number

    def before_import_row(self, row: Any, **options: Any) -> None:
        self._row_index = options["row_number"] - 1
        self._is_proposed = False

    def after_import_row(self, row: Any, row_result: Any, **options: Any) -> None:
        row_result.number = self.rows[self._row_index].number
        row_result.is_proposed = self._is_proposed

    # Saving

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Check every column but the slug, which a new row does not have yet. Errors say what to change."""
        errors: dict[str, Any] = dict(import_validation_errors or {})
        for name, sentence in self._duplicate_values(instance):
            errors.setdefault(name, ValidationError(sentence))
        try:
            instance.full_clean(exclude={*errors, "slug"}, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _duplicate_values(self, instance: Any) -> Iterator[tuple[str, str]]:
        for name in self.unique_columns:
            value = getattr(instance, name)
            if other := next(
                (row for row in self._by_unique_value[name][value] if row is not instance), None
            ):
                sentence = _("“%(value)s” belongs to another entry: %(slug)s.")
                yield name, sentence % {"value": value, "slug": other.slug}

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        if is_create:
            instance.slug = append_free_number(
                build_vocabulary_slug(type(instance), *instance.slug_names()), self._used_slugs
            )
            self._used_slugs.add(instance.slug)
        try:
            self._is_proposed = self._save_or_check(instance, by=cast(Person, self.by))
            if not self._is_proposed:  # the stored names stay in use until somebody accepts the proposal
                self._index_unique_values(instance)
        except workflow.Refused as refused:
            raise ValidationError([str(reason) for reason in refused.reasons]) from refused
        except IntegrityError as error:
            raise ValidationError(_("somebody else took this name just now.")) from error

    def _save_or_check(self, row: Vocabulary, *, by: Person) -> bool:
        """Return whether the row becomes a proposal."""
        if self.dry_run:
            return workflow.check_vocabulary_row(row, by=by)
        proposal = workflow.save_vocabulary_row(row, by=by, is_announced=False)
        self.proposals += [proposal] if proposal else []
        return proposal is not None


class _Meta:
    import_id_fields = ("slug",)
    skip_unchanged = True
    report_skipped = False
    use_transactions = True
    store_instance = True


class AuthorResource(VocabularyResource):
    name_columns = ("name",)

    class Meta(_Meta):
        model = Author
        fields = ("slug", "name", "family", "given", "name_zh", "name_zh_kind")


class SourceResource(VocabularyResource):
    name_columns = ("name",)
    unique_columns = ("name",)

    class Meta(_Meta):
        model = Source
        fields = ("slug", "name", "name_zh", "url", "kind", "country", "aliases")


class KeywordResource(VocabularyResource):
    name_columns = ("label_zh", "label_en")
    unique_columns = ("label_zh", "label_en")

    class Meta(_Meta):
        model = Keyword
        fields = ("slug", "label_zh", "label_en", "kind", "listed")

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        errors = dict(import_validation_errors or {})
        if not (instance.label_zh or instance.label_en or errors):
            errors["label_zh"] = ValidationError(_("a keyword needs a label in at least one language."))
        super().validate_instance(instance, errors, validate_unique)


class TermResource(VocabularyResource):
    name_columns = ("zh", "en")

    class Meta(_Meta):
        model = Term
        fields = (
            *("slug", "zh", "en", "also_zh", "also_en"),
            *("avoid_zh", "avoid_en", "safe_zh", "safe_en", "note"),
        )

    def _candidates(self, names: dict[str, str]) -> list[Vocabulary]:
        """Return terms that match in both languages, since one rendering may belong to two concepts."""
        if len(names) < 2:
            return []
        rows = self._by_name["zh"][names["zh"]]
        return [row for row in rows if row.en.casefold() == names["en"]]  # type: ignore[attr-defined]


RESOURCES: dict[type[Vocabulary], type[VocabularyResource]] = {
    Author: AuthorResource,
    Source: SourceResource,
    Keyword: KeywordResource,
    Term: TermResource,
}


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
    """Return the changes that an import would make. All checks run, including refusals by the workflow."""
    check_headings(sheet, kind)
    return _import_rows(sheet, kind, by, dry_run=True)[0]


def apply_import(
    sheet: Sheet, kind: type[Vocabulary], *, by: Person, preview_hash: str
) -> SheetImportOutcome:
    """Apply the previewed changes. Raise PreviewOutdated, and change nothing, if the result would differ."""
    check_headings(sheet, kind)
    with transaction.atomic():
        build.lock_names_exclusively()  # before locking rows: same lock order as other changes
        outcome, proposals = _import_rows(sheet, kind, by, dry_run=False)
        if outcome.problems or outcome.preview_hash != preview_hash:
            raise PreviewOutdated
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
    """Import or check the rows. Return the outcome and, of a real import, the proposals."""
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
    messages_by_column = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    for column, sentences in messages_by_column.items():
        for sentence in sentences:
            yield SheetProblem(str(sentence), number, "" if column == NON_FIELD_ERRORS else column)
