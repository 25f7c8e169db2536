"""Plan the import of sheets of briefs, and save the plan brief by brief.

Nothing is planned if a single cell is wrong. A planned change is saved by `workflow.save` with the version of its
row, so it never overwrites newer text. See decision 21 for why a plan is not one transaction.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from ... import workflow
from ...content import LEAD_FIELDS, Bullet, Content
from ...models import Brief, Person, Revision, State
from ...workflow.rules.refusals import Reason, Refused, build_refusal
from ...workflow.rules.transitions import build_wrong_state_reason, format_time
from .brief_columns import (
    BRIEFS,
    BULLET_TEXTS,
    BULLETS,
    SHEET_COLUMNS,
    SHEET_FACTS,
    apply_brief_cells,
    apply_bullet_cells,
    format_bullet_cells,
    format_fact_cell,
)
from .brief_names import SheetNames
from .brief_sheet_rows import BriefRows, SheetCells, SheetProblems, group_rows
from .table import Sheet, name_sheet

BATCH_SIZE: Final = 25
"""Most briefs that one transaction saves."""
LOCK_SECONDS: Final = 0.5
"""A transaction begins no further brief after this time, since on SQLite every other writer waits for it."""
_CHUNK: Final = 500
_EARLIER_REVISIONS: Final = 20


@dataclass(frozen=True, slots=True)
class BriefChange:
    """The content that a sheet has for one brief, made from `version` of it. New bullets have number 0."""

    brief: int
    version: int
    content: Content


@dataclass(slots=True)
class BriefImportPlan:
    """`conflicts` are never saved: their brief is newer than the row, or is no draft."""

    changes: list[BriefChange] = field(default_factory=list)
    conflicts: list[BriefChange] = field(default_factory=list)
    unchanged: int = 0
    notices: list[str] = field(default_factory=list)


def plan_brief_import(sheets: Sequence[Sheet], notices: Iterable[str] = ()) -> BriefImportPlan:
    """Compare the sheets with the briefs, and check every change as a save does. Raise SheetRefused."""
    problems = SheetProblems()
    groups = group_rows(sheets, problems)
    planner = _Planner(SheetNames(), problems)
    plan = planner.plan
    plan.notices += [*notices, *(told for sheet in sheets for told in sheet.notices)]
    for chunk in batched(groups, _CHUNK):
        found = Brief.objects.select_related("source", "picture", "updated_by")
        briefs = found.prefetch_related("bullets", "bylines", "labels").in_bulk(
            [rows.brief for rows in chunk]
        )
        for rows in chunk:
            if rows.brief in briefs:
                planner.add(briefs[rows.brief], rows)
            else:
                problems.add(_("There is no brief with this number."), rows.first, rows.id_column)
    problems.refuse()
    plan.notices += planner.describe_ignored()
    return plan


class _Planner:
    def __init__(self, names: SheetNames, problems: SheetProblems) -> None:
        self.names, self.problems = names, problems
        self.plan = BriefImportPlan()
        self._ignored: dict[str, list[int]] = {}

    def add(self, brief: Brief, rows: BriefRows) -> None:
        before = workflow.load_working_copy(brief)
        is_current = rows.version == brief.version
        after = self._apply(before, rows, self.problems, is_current=is_current)
        if is_current:
            self._note_ignored_cells(brief, rows)
        if after == before or (not is_current and self._is_as_exported(brief, rows)):
            self.plan.unchanged += 1
        elif is_current and brief.state == State.DRAFT:
            self._add_change(brief, rows, before, after)
        else:
            self.plan.conflicts.append(BriefChange(brief.pk, rows.version, after))

    def _add_change(self, brief: Brief, rows: BriefRows, before: Content, after: Content) -> None:
        try:
            content = _check(after, brief)
        except Refused as refused:
            for reason in refused.reasons:
                self.problems.add(str(reason), *_locate(reason, rows))
            return
        if content == before:
            self.plan.unchanged += 1
        else:
            self.plan.changes.append(BriefChange(brief.pk, rows.version, after))

    def _apply(
        self, before: Content, rows: BriefRows, problems: SheetProblems, *, is_current: bool
    ) -> Content:
        content = before
        if row := rows.brief_row:
            content = apply_brief_cells(content, row.cells, self.names, problems.reporter(row))
        if rows.bullet_rows:
            bullets = _apply_bullets(before.bullets, rows.bullet_rows, problems, is_current=is_current)
            content = replace(content, bullets=bullets) if bullets != before.bullets else content
        return content

    def _is_as_exported(self, brief: Brief, rows: BriefRows) -> bool:
        """Return whether the rows are still an earlier revision: somebody changed the brief, but not the sheet."""
        earlier = Revision.objects.filter(brief=brief).order_by("-number").values_list("content", flat=True)
        for stored in earlier[:_EARLIER_REVISIONS]:
            content = Content.from_json(stored)
            if self._apply(content, rows, SheetProblems(), is_current=False) == content:
                return True
        return False

    def _note_ignored_cells(self, brief: Brief, rows: BriefRows) -> None:
        row = rows.brief_row
        for column in ("state", "slug"):
            if row and row.cells.get(column, "") not in ("", getattr(brief, column) or ""):
                self._ignored.setdefault(column, []).append(row.number)

    def describe_ignored(self) -> list[str]:
        told = _("The column “%(column)s” is never imported; it differs in the rows %(rows)s.")
        return [
            name_sheet(BRIEFS, told % {"column": column, "rows": _(", ").join(map(str, rows[:20]))})
            for column, rows in self._ignored.items()
        ]


def _check(content: Content, brief: Brief) -> Content:
    """Tidy a content as a save will do. Raise Refused.

    Its names were just found in the vocabulary. To look them up again would take half the time of a plan.
    """
    names = {name: getattr(content.facts, name) for name in ("source", "authors", "keywords")}
    bare = replace(content, facts=replace(content.facts, source=None, authors=(), keywords=()))
    tidied = workflow.prepare(bare, next_number=brief.next_number).content
    return replace(tidied, facts=replace(tidied.facts, **names))


def _apply_bullets(
    before: Sequence[Bullet], rows: Sequence[SheetCells], problems: SheetProblems, *, is_current: bool
) -> tuple[Bullet, ...]:
    """Return the bullets in their stored order. A new one comes after the bullet of the row above.

    A bullet without a row stays. One whose texts are both emptied goes.
    """
    bullets = {bullet.number: bullet for bullet in before}
    added: dict[int, list[Bullet]] = {}
    last = before[-1].number if before else 0
    above = last
    for row in rows:
        report = problems.reporter(row)
        if not row.key_number:
            added.setdefault(above, []).append(apply_bullet_cells(Bullet(0), row.cells, report))
            continue
        above = row.key_number
        if row.key_number not in bullets:
            if is_current:
                report("number", _("The brief has no bullet %(n)s.") % {"n": row.key_number})
            above = last
            added.setdefault(last, []).append(apply_bullet_cells(Bullet(row.key_number), row.cells, report))
            continue
        bullets[row.key_number] = apply_bullet_cells(bullets[row.key_number], row.cells, report)
    placed = [*added.get(0, ()), *(b for n, was in bullets.items() for b in (was, *added.get(n, ())))]
    return tuple(bullet for bullet in placed if bullet.text_zh or bullet.text_en)


def _locate(reason: Reason, rows: BriefRows) -> tuple[SheetCells, str]:
    """Return the row and the column that a reason is about."""
    about = reason.about
    if about.startswith("b") and (about[1:].isdecimal() or about == "bullets"):
        number = int(about[1:]) if about != "bullets" else 0
        row = next((row for row in rows.bullet_rows if row.key_number == number), rows.first)
        return row, BULLET_TEXTS[0]
    row = rows.brief_row or rows.first
    return row, about if about in SHEET_COLUMNS[row.sheet] else ""


def save_changes(
    changes: Sequence[BriefChange], *, by: Person
) -> tuple[list[BriefChange], Sequence[BriefChange]]:
    """Save some changes in one transaction. Return those refused, since somebody was faster, and those left."""
    refused = []
    done = 0
    until = time.monotonic() + LOCK_SECONDS
    with transaction.atomic():
        for change in changes[:BATCH_SIZE]:
            try:
                workflow.save(change.brief, change.content, by=by, version=change.version)
            except Refused:
                refused.append(change)
            done += 1
            if time.monotonic() > until:
                break
    return refused, changes[done:]


def describe_conflict(brief: Brief, change: BriefChange) -> str:
    """Say why the sheet's text of a brief is not saved."""
    if brief.state == State.APPROVED:
        return str(build_refusal("approved-closed"))
    if brief.state != State.DRAFT:
        return str(build_wrong_state_reason(brief))
    if brief.version == change.version:  # a name in it was merged or deleted since the preview
        return _("It could not be saved. Import the sheet again to see why.")
    values: Mapping[str, object] = {"name": str(brief.updated_by), "time": format_time(brief.updated_at)}
    return _("%(name)s saved a newer version at %(time)s, so the sheet does not overwrite it.") % values


def list_differences(now: Content, sheet: Content, names: SheetNames) -> Iterator[tuple[str, str, str]]:
    """Yield column, cell on the desk and cell in the sheet, of the cells that differ."""
    before, after = (_list_cells(content, names) for content in (now, sheet))
    for column in dict.fromkeys([*before, *after]):
        if before.get(column, "") != after.get(column, ""):
            yield column, before.get(column, ""), after.get(column, "")


def _list_cells(content: Content, names: SheetNames) -> dict[str, str]:
    cells: dict[str, str] = {name: getattr(content, name) for name in LEAD_FIELDS}
    cells |= {name: format_fact_cell(name, content.facts, names) for name in SHEET_FACTS}
    for place, bullet in enumerate(content.bullets, 1):
        number = bullet.number or f"new at {place}"
        cells |= {f"{BULLETS} {number} {name}": cell for name, cell in format_bullet_cells(bullet).items()}
    return cells
