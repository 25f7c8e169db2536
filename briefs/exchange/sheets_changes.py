"""What a sheet would do to one row, column by column: the old words struck, the new ones marked."""

from dataclasses import dataclass
from typing import Any

from diff_match_patch import diff_match_patch
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_TAGS = {-1: SafeString("<del>{}</del>"), 1: SafeString("<ins>{}</ins>"), 0: SafeString("{}")}


@dataclass(frozen=True, slots=True)
class Change:
    """Of one column. `old` is empty for a new row."""

    column: str
    label: str
    old: str
    new: str

    @property
    def html(self) -> SafeString:
        compared = diff_match_patch()
        compared.Diff_Timeout = 0.1
        parts = compared.diff_main(self.old, self.new)
        compared.diff_cleanupSemantic(parts)
        return format_html_join("", "{}", ((format_html(_TAGS[kind], text),) for kind, text in parts))


class Changes:
    """In the place of import-export's own difference, which writes styles into its HTML."""

    def __init__(self, resource: Any, instance: Any, new: bool) -> None:
        self.resource = resource
        self.old = [""] * len(resource.get_import_fields()) if new else self._values(instance)
        self.new: list[str] = []

    def compare_with(self, resource: Any, instance: Any) -> None:
        self.new = self._values(instance)

    def as_html(self) -> list[Change]:
        fields = self.resource.get_import_fields()
        return [
            Change(field.column_name, self.resource.label_of(field.column_name), old, new)
            for field, old, new in zip(fields, self.old, self.new, strict=True)
            if old != new
        ]

    def _values(self, instance: Any) -> list[str]:
        return [field.export(instance) for field in self.resource.get_import_fields()]
