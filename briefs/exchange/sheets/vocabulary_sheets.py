"""Import sheets into the vocabulary: plan every row, and store all of them as they were previewed or none."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, cast

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from import_export.resources import ModelResource

from briefs import workflow
from briefs.content import hash_json
from briefs.derived import build
from briefs.models import Author, Keyword, Person, Source, Term
from briefs.models.vocabulary import Vocabulary, append_free_number, build_vocabulary_slug

from . import columns
from .table import (
    SHEET_PROBLEM_LIMIT,
    Sheet,
    SheetImport,
    SheetProblem,
    SheetRefused,
    SheetRow,
    build_sheet_refusal,
    check_headings,
)


class CellChange(NamedTuple):
    """Change of one column. `old` is empty for a new row."""

    column: str
    label: str
    old: str
    new: str


class RowDiff:
    """Replacement for import-export's own diff, which writes inline styles into its HTML."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        self.resource = resource
        resource.diff = self
        self.old = [""] * len(resource.get_import_fields()) if new else self._values(instance)
        self.changes: list[CellChange] = []

    def compare_with(self, resource: Any, instance: Any) -> None:
        fields = self.resource.get_import_fields()
        self.changes = [
            CellChange(field.column_name, self.resource.column_label(field.column_name), old, new)
            for field, old, new in zip(fields, self.old, self._values(instance), strict=True)
            if old != new
        ]

    def as_html(self) -> list[CellChange]:
        return self.changes

    def _values(self, instance: Any) -> list[str]:
        return [field.export(instance) for field in self.resource.get_import_fields()]


type ColumnNames = tuple[str, ...]


class VocabularyResource(ModelResource):  # type: ignore[misc]
    """Import and export of one kind of vocabulary.

    `name_columns` identify the entry of a row without a slug; values of `unique_columns` are never shared.
    `seen`: `RowChange.version` of each row that a preview showed, as the page sends them back.
    """

    DEFAULT_RESOURCE_FIELD = columns.VocabularyColumn
    name_columns: ClassVar[ColumnNames]
    unique_columns: ClassVar[ColumnNames] = ()

    def __init__(self, *, by: Person | None = None, seen: str = "") -> None:
        super().__init__()
        self.by, self.seen = by, seen
        self.fields["slug"].readonly = True
        self.rows: Sequence[SheetRow] = ()
        self._batch: workflow.vocabulary.VocabularyBatch
        self._by_slug: dict[str, Vocabulary] = {}
        self._used_slugs: set[str] = set()
        self._by_unique_value: dict[str, dict[str, list[Vocabulary]]] = defaultdict(lambda: defaultdict(list))
        self._unique_values: dict[int, list[tuple[str, str]]] = {}
        """Current unique values of each entry, by `id()`, updated row by row."""
        self._by_name: dict[str, dict[str, list[Vocabulary]]] = defaultdict(lambda: defaultdict(list))
        self._row_numbers: dict[object, int] = {}
        self._waits = False
        self.diff: RowDiff
        """Of the row that is being imported."""

    # Plan and store

    def import_data(self, dataset: Sheet, dry_run: bool = False, **options: Any) -> "SheetImport[RowChange]":
        """Check every row and return the changes. Unless `dry_run`, store all of them in one act.

        Raise SheetRefused, with nothing stored, if a row is wrong or would now change something else than `seen`.
        """
        check_headings(
            dataset, [column for column, _label in list_columns(self._meta.model)], required="slug"
        )
        if dry_run:
            return self._plan(dataset)
        try:
            with transaction.atomic():
                build.lock_names_exclusively()  # before locking rows: same lock order as other changes
                plan = self._plan(dataset, is_locking=True)
                self._require_seen(plan)
                plan.drafts = self._batch.save([row.entry for row in plan.rows])
        except IntegrityError as error:
            raise build_sheet_refusal(_("Somebody else took one of these names just now.")) from error
        plan.file = options.get("file_name", "")
        return plan

    def _plan(self, sheet: Sheet, *, is_locking: bool = False) -> "SheetImport[RowChange]":
        """Run the package's import, in which no row is stored.

        Its own dry run would write and roll back, and so hold SQLite's write lock.
        """
        self.rows = sheet.rows
        self._batch = workflow.vocabulary.VocabularyBatch(self._meta.model, by=cast(Person, self.by))
        used = [i for i, heading in enumerate(sheet.headings) if heading]
        data = tablib.Dataset(headers=[sheet.headings[i] for i in used])
        for line in sheet.rows:
            data.append([line.cells[i] for i in used])
        result = super().import_data(data, use_transactions=False, is_locking=is_locking)
        for fault in (*result.base_errors, *(error for row in result.error_rows for error in row.errors)):
            raise fault.error  # a bug, not an error in the sheet
        if problems := [p for row in result.invalid_rows for p in _problems(row, self)]:
            raise SheetRefused(*problems[:SHEET_PROBLEM_LIMIT])
        rows = [row.change for row in result.valid_rows()]
        emptied = sum(bool(cell.old and not cell.new) for row in rows for cell in row.changes)
        return SheetImport(rows, result.totals["skip"], emptied, sheet.notices)

    def _require_seen(self, plan: "SheetImport[RowChange]") -> None:
        """Raise SheetRefused with the rows whose entries were changed, or came into public use, since the preview."""
        seen = set(self.seen.split())
        numbers = [row.number for row in plan.rows if row.version not in seen]
        if numbers or len(seen) != len(plan.rows):
            sentence = _("the entry was changed since the preview. Upload the sheet again to see how.")
            raise SheetRefused(*(SheetProblem(sentence, n) for n in (numbers or [0])[:SHEET_PROBLEM_LIMIT]))

    def after_import(self, dataset: Any, result: Any, **options: Any) -> None:
        """Do nothing. The package's would set PostgreSQL's sequence back behind a colleague's open insert."""

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
        """Load all entries. An import that stores locks them, because it writes every column."""
        rows = self._meta.model._default_manager.order_by("pk")
        for row in rows.select_for_update(no_key=True) if options["is_locking"] else rows:
            self._by_slug[row.slug] = row
            if build.get_merged_into_id(row) is None:
                self._index_names(row)
                self._index_unique_values(row)
        self._used_slugs = {*self._by_slug, *self._batch.list_drafted_slugs()}

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
        self._waits = False

    def after_import_row(self, row: Any, row_result: Any, **options: Any) -> None:
        row_result.change = RowChange(
            self.rows[self._row_index].number,
            row_result.import_type,
            row_result.instance,
            self.diff.changes,
            self._waits,
        )

    # Checking

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
        """Check what a save would do, without saving."""
        if is_create:
            instance.slug = append_free_number(
                build_vocabulary_slug(type(instance), *instance.slug_names()), self._used_slugs
            )
            self._used_slugs.add(instance.slug)
        try:
            self._waits = self._batch.would_wait(instance)
        except workflow.Refused as refused:
            raise ValidationError([str(reason) for reason in refused.reasons]) from refused
        if not self._waits:  # the stored names stay in use until the draft is public
            self._index_unique_values(instance)


class _Meta:
    import_id_fields = ("slug",)
    skip_unchanged = True
    report_skipped = False
    use_transactions = False
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
    """An entry that the sheet creates or changes. `number` is the row number in the spreadsheet.

    `waits`: the change waits for a second person.
    """

    number: int
    kind: Literal["new", "update"]
    entry: Vocabulary
    changes: Sequence[CellChange]
    waits: bool

    @property
    def version(self) -> str:
        """A short hash of what a preview shows of the row."""
        return hash_json([self.number, self.waits, [[c.column, c.old, c.new] for c in self.changes]])[:16]


def list_columns(kind: type[Vocabulary]) -> list[tuple[str, str]]:
    """Return heading and label of each column, in export order."""
    resource = RESOURCES[kind]
    return [(f.column_name, resource.column_label(f.column_name)) for f in resource().get_import_fields()]


def export_values(entry: Vocabulary) -> list[str]:
    """Return the cells of an entry's row."""
    return [str(cell) for cell in RESOURCES[type(entry)]().export_resource(entry)]


def export_rows(kind: type[Vocabulary], entries: Any) -> Iterator[list[str]]:
    """Yield headings, then one row per entry. An import reads these rows as no change."""
    resource = RESOURCES[kind]()
    yield resource.get_export_headers()
    for entry in entries.iterator(chunk_size=500):
        yield [str(cell) for cell in resource.export_resource(entry)]


def _problems(row: Any, resource: VocabularyResource) -> Iterator[SheetProblem]:
    number = resource.rows[row.number - 1].number
    error: ValidationError = row.error
    messages_by_column = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    for column, sentences in messages_by_column.items():
        for sentence in sentences:
            yield SheetProblem(str(sentence), number, "" if column == NON_FIELD_ERRORS else column)
