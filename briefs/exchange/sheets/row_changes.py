"""Show the changes of a sheet to one row, column by column: old text deleted, new text inserted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WORDS = re.compile(r"\s|[A-Za-z0-9À-ɏ’']+|.", re.DOTALL)
MAX_COMPARED_PAIRS: Final = 1_000_000
"""Limit for pairs of tokens to compare; beyond it the whole cell is shown as replaced."""


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
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    if len(a) * len(b) > MAX_COMPARED_PAIRS:
        a, b = [old], [new]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "".join(a[i1:i2])
            continue
        if i2 > i1:
            yield format_html("<del>{}</del>", "".join(a[i1:i2]))
        if j2 > j1:
            yield format_html("<ins>{}</ins>", "".join(b[j1:j2]))


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
