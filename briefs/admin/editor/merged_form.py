"""Build the form values after a three-way merge: other people's changes, else the values as typed."""

from dataclasses import asdict, replace
from typing import Any, Final

from ...text.three_way_merge import collect_values_by_key
from ...workflow import SaveResult
from ..common.name_fields import NamesById
from .draft_form import FORM_FIELDS, BulletRow, Draft, build_bullet_row, get_merge_key
from .partial_save import PartialSave

type MatchingKeys = set[str]
"""Keys at which the merged content equals what was accepted; there the page keeps its typed value."""

CELL_KEYS: Final = {
    "text_zh": "zh",
    "text_en": "en",
    "structure_zh": "zh-structure",
    "structure_en": "en-structure",
    "passage": "passage",
    "one_sided": "one_sided",
}
"""Merge keys of a row's fields."""


def build_merged_form(saved: SaveResult, partial_save: PartialSave, names: NamesById) -> dict[str, Any]:
    """Return the merged form as JSON.

    Stored rows are in stored order; rows that are not stored keep their position.
    """
    draft = partial_save.draft
    theirs = Draft.from_content(saved.content, names)
    mine, now = collect_values_by_key(saved.mine), collect_values_by_key(saved.content)
    matching = {key for key, value in now.items() if key in mine and mine[key] == value}
    fields = {name: _choose_draft(name, matching, draft, theirs).fields[name] for name in FORM_FIELDS}
    return {
        "fields": fields,
        "bullets": [_row_as_json(row) for row in _merge_bullets(saved, partial_save, matching)],
        **{
            f"{group}s": [
                _row_as_json(row)
                for row in _choose_draft(f"{group}s", matching, draft, theirs).rows(group)
                if not row.deleted
            ]
            for group in ("author", "keyword")
        },
    }


def _choose_draft(name: str, matching: MatchingKeys, draft: Draft, theirs: Draft) -> Draft:
    return draft if get_merge_key(name) in matching else theirs


def _merge_bullets(saved: SaveResult, partial_save: PartialSave, matching: MatchingKeys) -> list[BulletRow]:
    posted = {
        row.number or saved.bullet_numbers.get(row.key, 0): row
        for row in partial_save.draft.bullets_to_save()
    }
    rows = [
        _merge_row(build_bullet_row(b), b.number, posted.get(b.number), matching)
        for b in saved.content.bullets
    ]
    _insert_unstored_rows(rows, partial_save)
    return rows


def _merge_row(row: BulletRow, number: int, typed: BulletRow | None, matching: MatchingKeys) -> BulletRow:
    if typed is None:
        return row
    own = {name: getattr(typed, name) for name, cell in CELL_KEYS.items() if f"b{number}-{cell}" in matching}
    return replace(row, key=typed.key, **own)


def _insert_unstored_rows(rows: list[BulletRow], partial_save: PartialSave) -> None:
    """Insert rows that are blank or whose text was rejected, since the stored content does not have them."""
    there = {row.key for row in rows}
    typed = partial_save.draft.bullets
    for i, row in enumerate(typed):
        if row.deleted or row.key in there or not (row.is_blank or partial_save.has_rejected_text(row)):
            continue
        before = next((r.key for r in reversed(typed[:i]) if r.key in there), None)
        at = next((n for n, r in enumerate(rows, 1) if r.key == before), 0)
        rows.insert(at, row)
        there.add(row.key)


def _row_as_json(row: Any) -> dict[str, str]:
    return {name: value for name, value in asdict(row).items() if name != "deleted"}
