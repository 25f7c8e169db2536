"""What a page should show after others' words were merged in: theirs where they wrote, one's own as typed."""

from dataclasses import asdict, replace
from typing import Any, Final

from ...text.three_way_merge import collect_values_by_key
from ...workflow import Together
from ..common.name_fields import Names
from .draft_form import FIELDS, BulletRow, Draft, place_of, row_of
from .partial_save import Taking

type Same = set[str]
"""Places where what is stored is what was taken of the page: there the page keeps what it holds."""

CELLS: Final = {
    "text_zh": "zh",
    "text_en": "en",
    "structure_zh": "zh-structure",
    "structure_en": "en-structure",
    "passage": "passage",
    "one_sided": "one_sided",
}
"""Those of a row, and their places."""


def state_of(done: Together, taking: Taking, names: Names) -> dict[str, Any]:
    """Rows stand in the order of what is stored; those of which nothing is stored stay where they were."""
    draft = taking.draft
    theirs = Draft.of(done.content, names)
    mine, now = collect_values_by_key(done.mine), collect_values_by_key(done.content)
    same = {place for place, value in now.items() if place in mine and mine[place] == value}
    fields = {name: _kept(name, same, draft, theirs).fields[name] for name in FIELDS}
    rows = {group: _kept(f"{group}s", same, draft, theirs).rows(group) for group in ("author", "keyword")}
    return {
        "fields": fields,
        "bullets": [_plain(row) for row in _bullets(done, taking, same)],
        **{f"{group}s": [_plain(row) for row in found if not row.deleted] for group, found in rows.items()},
    }


def _kept(name: str, same: Same, draft: Draft, theirs: Draft) -> Draft:
    return draft if place_of(name) in same else theirs


def _bullets(done: Together, taking: Taking, same: Same) -> list[BulletRow]:
    posted = {row.number or done.numbers.get(row.key, 0): row for row in taking.draft.kept()}
    rows = [_row(row_of(b), b.number, posted.get(b.number), same) for b in done.content.bullets]
    _with_unstored(rows, taking)
    return rows


def _row(row: BulletRow, number: int, typed: BulletRow | None, same: Same) -> BulletRow:
    if typed is None:
        return row
    own = {name: getattr(typed, name) for name, cell in CELLS.items() if f"b{number}-{cell}" in same}
    return replace(row, key=typed.key, **own)


def _with_unstored(rows: list[BulletRow], taking: Taking) -> None:
    """Put in what the page holds without words, or with none that could be taken."""
    there = {row.key for row in rows}
    typed = taking.draft.bullets
    for i, row in enumerate(typed):
        if row.deleted or row.key in there or not (row.is_blank or taking.holds(row)):
            continue
        before = next((r.key for r in reversed(typed[:i]) if r.key in there), None)
        at = next((n for n, r in enumerate(rows, 1) if r.key == before), 0)
        rows.insert(at, row)
        there.add(row.key)


def _plain(row: Any) -> dict[str, str]:
    return {name: value for name, value in asdict(row).items() if name != "deleted"}
