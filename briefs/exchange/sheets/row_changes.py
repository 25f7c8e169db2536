"""Show the changes of a sheet to one row, column by column: old text deleted, new text inserted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ...text.text_diff import diff_texts

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
