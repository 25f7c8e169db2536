"""Sheets of briefs: write them, and import them: all changed briefs or none."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any, Final, Literal

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.resources import Resource

from briefs import workflow
from briefs.content import LEAD_FIELDS, SIDES, Bullet, Content
from briefs.models import Brief, Edition, Person, Revision, State
from briefs.workflow import Refused, load_working_copy
from briefs.workflow.rules import build_wrong_state_reason
from briefs.workflow.rules.local_times import format_time
from briefs.workflow.rules.refusals import Reason, build_refusal

from .brief_columns import (
    BRIEF_COLUMNS,
    BRIEFS,
    BULLET_COLUMNS,
    BULLET_TEXTS,
    BULLETS,
    COLUMN_WIDTHS,
    SHEET_COLUMNS,
    SHEET_FACTS,
    apply_brief_cells,
    apply_bullet_cells,
    format_brief_row,
    format_bullet_row,
)
from .brief_rows import BriefRows, SheetCells, SheetProblems, group_rows
from .sheet_files import CONTENT_TYPES, write_csv, write_xlsx
from .sheet_names import SheetNames
from .table import Sheet, SheetImport, SheetProblem, SheetRefused, build_sheet_refusal, name_sheet

MAX_CHANGED_BRIEFS: Final = 200
"""Briefs that one import changes. All are saved in one transaction, for which every other writer waits on SQLite."""
_CHUNK: Final = 500
_EARLIER_REVISIONS: Final = 20


@dataclass(frozen=True, slots=True)
class BriefChange:
    """A brief and its content in the sheet, in which new bullets have number 0. `row`: the first row about it."""

    brief: Brief
    before: Content
    after: Content
    row: SheetCells


class BriefResource(Resource):  # type: ignore[misc]
    """Import of sheets of briefs. Nothing here is a row of one table, so only the package's pages call this."""

    def __init__(self, *, by: Person, **options: Any) -> None:
        super().__init__()
        self.by = by

    @classmethod
    def get_display_name(cls) -> str:
        return str(Brief._meta.verbose_name_plural)

    def import_data(
        self, dataset: tuple[Sequence[Sheet], Sequence[str]], dry_run: bool = False, **options: Any
    ) -> SheetImport[BriefChange]:
        """Check every brief and return the changes. Unless `dry_run`, save them as revisions of the importer.

        Raise SheetRefused, with nothing stored, if a row is wrong, or a brief is no draft or newer than its row.
        """
        plan = plan_brief_import(*dataset)
        if not dry_run:
            save_changes(plan.rows, by=self.by)
        return plan


def plan_brief_import(sheets: Sequence[Sheet], notices: Sequence[str] = ()) -> SheetImport[BriefChange]:
    """Compare the sheets with the briefs, and check every change as a save does. Raise SheetRefused."""
    problems = SheetProblems()
    groups = group_rows(sheets, problems)
    planner = _Planner(SheetNames(), problems)
    for chunk in batched(groups, _CHUNK):
        queryset = Brief.objects.select_related("source", "picture", "updated_by")
        briefs = queryset.prefetch_related("bullets", "bylines", "labels").in_bulk(
            [rows.brief for rows in chunk]
        )
        for rows in chunk:
            if rows.brief in briefs:
                planner.add(briefs[rows.brief], rows)
            else:
                problems.add(_("There is no brief with this number."), rows.first, rows.id_column)
    problems.refuse()
    if len(planner.changes) > MAX_CHANGED_BRIEFS:
        sentence = _("The sheet changes %(n)s briefs. At most %(most)s go at once: split it.")
        values = {"n": len(planner.changes), "most": MAX_CHANGED_BRIEFS}
        raise build_sheet_refusal(sentence % values)
    emptied = sum(_count_emptied(change) for change in planner.changes)
    notices = [*notices, *(notice for sheet in sheets for notice in sheet.notices)]
    return SheetImport(planner.changes, planner.unchanged, emptied, [*notices, *planner.describe_ignored()])


def _count_emptied(change: BriefChange) -> int:
    """Return how many texts and facts of the brief have none afterwards."""
    after = _list_values(change.after)
    return sum(bool(value and not after.get(key)) for key, value in _list_values(change.before).items())


def _list_values(content: Content) -> dict[object, object]:
    values: dict[object, object] = {name: getattr(content, name) for name in (*LEAD_FIELDS, "key_point")}
    values |= {name: getattr(content.facts, name) for name in SHEET_FACTS}
    return values | {(b.number, side): b.text(side) for b in content.bullets for side in SIDES}


class _Planner:
    def __init__(self, names: SheetNames, problems: SheetProblems) -> None:
        self.names, self.problems = names, problems
        self.changes: list[BriefChange] = []
        self.unchanged = 0
        self._ignored: dict[str, list[int]] = {}

    def add(self, brief: Brief, rows: BriefRows) -> None:
        before = workflow.load_working_copy(brief)
        is_current = rows.version == brief.version
        after = self._apply(before, rows, self.problems, is_current=is_current)
        if is_current:
            self._note_ignored_cells(brief, rows)
        if after == before or (not is_current and self._is_as_exported(brief, rows)):
            self.unchanged += 1
        elif is_current and brief.state == State.DRAFT:
            self._add_change(brief, rows, before, after)
        else:
            self.problems.add(_describe_conflict(brief), rows.first, rows.id_column)

    def _add_change(self, brief: Brief, rows: BriefRows, before: Content, after: Content) -> None:
        try:
            content = _check(after, brief)
        except Refused as refused:
            for reason in refused.reasons:
                self.problems.add(str(reason), *_locate(reason, rows))
            return
        if content == before:
            self.unchanged += 1
        else:  # not the tidied content, in which new bullets have numbers that a save does not know
            self.changes.append(BriefChange(brief, before, after, rows.first))

    def _apply(
        self, before: Content, rows: BriefRows, problems: SheetProblems, *, is_current: bool
    ) -> Content:
        content = before
        if row := rows.brief_row:
            content = apply_brief_cells(content, row.cells, self.names, problems.reporter(row))
        if rows.bullet_rows:
            bullets = _apply_bullets(before.bullets, rows.bullet_rows, problems, is_current=is_current)
            content = replace(content, bullets=bullets) if bullets != before.bullets else content
        is_chosen = content.key_point not in (0, before.key_point)
        if row and is_current and is_chosen and not content.key_bullet:
            message = _("The brief has no bullet %(n)s in both languages.") % {"n": content.key_point}
            problems.reporter(row)("key_point", message)
        return content

    def _is_as_exported(self, brief: Brief, rows: BriefRows) -> bool:
        """Return whether the rows equal an earlier revision, so that only the brief was changed and not the sheet."""
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
        message = _("The column “%(column)s” is never imported; it differs in the rows %(rows)s.")
        return [
            name_sheet(BRIEFS, message % {"column": column, "rows": _(", ").join(map(str, rows[:20]))})
            for column, rows in self._ignored.items()
        ]


def _check(content: Content, brief: Brief) -> Content:
    """Tidy and check a content as a save will do. Raise Refused.

    The names are not looked up in the vocabulary again, which would take half the time of a plan.
    """
    names = {name: getattr(content.facts, name) for name in ("source", "authors", "keywords")}
    bare = replace(content, facts=replace(content.facts, source=None, authors=(), keywords=()))
    tidied = workflow.editing.prepare(bare, next_number=brief.next_number).content
    return replace(tidied, facts=replace(tidied.facts, **names))


def _apply_bullets(
    before: Sequence[Bullet], rows: Sequence[SheetCells], problems: SheetProblems, *, is_current: bool
) -> tuple[Bullet, ...]:
    """Return the bullets in their stored order. A new bullet follows the bullet of the row above.

    A bullet without a row is kept. A bullet with both texts emptied is deleted.
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
    """Return the row and the column that the reason of a refusal is about."""
    about = reason.about
    if about.startswith("b") and (about[1:].isdecimal() or about == "bullets"):
        number = int(about[1:]) if about != "bullets" else 0
        row = next((row for row in rows.bullet_rows if row.key_number == number), rows.first)
        return row, BULLET_TEXTS[0]
    row = rows.brief_row or rows.first
    return row, about if about in SHEET_COLUMNS[row.sheet] else ""


def _describe_conflict(brief: Brief) -> str:
    """Return a sentence on why the brief cannot be changed."""
    if brief.state == State.APPROVED:
        return str(build_refusal("approved-closed"))
    if brief.state != State.DRAFT:
        return str(build_wrong_state_reason(brief))
    values: Mapping[str, object] = {"name": str(brief.updated_by), "time": format_time(brief.updated_at)}
    return _("%(name)s saved a newer version at %(time)s. Export the brief again.") % values


def save_changes(changes: Sequence[BriefChange], *, by: Person) -> None:
    """Save all of them. Raise SheetRefused, with nothing stored, if somebody saved one of the briefs meanwhile."""
    with transaction.atomic():
        for change in changes:
            try:
                workflow.editing.save(change.brief.pk, change.after, by=by, version=change.brief.version)
            except Refused as refused:
                row = change.row
                raise SheetRefused(
                    *(SheetProblem(str(reason), row.number, "", row.sheet) for reason in refused.reasons)
                ) from refused


type BriefSheetFormat = Literal["xlsx", "csv", "briefs.csv", "bullets.csv"]

BRIEF_SHEET_TYPES: Final[dict[BriefSheetFormat, tuple[str, str]]] = {
    "xlsx": ("briefs-{day}.xlsx", CONTENT_TYPES["xlsx"]),
    "csv": ("briefs-{day}.zip", "application/zip"),
    "briefs.csv": ("briefs-{day}.csv", CONTENT_TYPES["csv"]),
    "bullets.csv": ("bullets-{day}.csv", CONTENT_TYPES["csv"]),
}
"""File name and content type of each format. `csv` is a zip with both sheets."""

type Rows = list[list[str]]


def build_brief_rows(briefs: QuerySet[Brief]) -> dict[str, Rows]:
    """Return the rows of both sheets by name, headings first, in the order of the ids."""
    names = SheetNames()
    rows: dict[str, Rows] = {BRIEFS: [list(BRIEF_COLUMNS)], BULLETS: [list(BULLET_COLUMNS)]}
    for brief, published in _load_briefs(briefs):
        content = load_working_copy(brief)
        rows[BRIEFS].append(format_brief_row(brief, content, names, published))
        rows[BULLETS] += (format_bullet_row(brief, bullet) for bullet in content.bullets)
    return rows


def _load_briefs(briefs: QuerySet[Brief]) -> Iterator[tuple[Brief, dt.datetime | None]]:
    """Yield briefs with the time of their first publication."""
    now = timezone.now()
    queryset = briefs.order_by("pk").select_related(None).select_related("picture")
    loaded = queryset.prefetch_related("bullets", "bylines", "labels").iterator(chunk_size=_CHUNK)
    for chunk in batched(loaded, _CHUNK):
        public = Edition.objects.uncancelled().filter(brief__in=chunk, live_from__lte=now).order_by()
        first = dict(public.values_list("brief").annotate(Min("published_at")))
        yield from ((brief, first.get(brief.pk)) for brief in chunk)


def write_brief_sheets(briefs: QuerySet[Brief], file_format: BriefSheetFormat) -> bytes:
    """Write the sheets as one file. Raise SheetRefused."""
    rows = build_brief_rows(briefs)
    match file_format:
        case "xlsx":
            return write_brief_workbook(rows)
        case "csv":
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, sheet in rows.items():
                    packed.writestr(f"{name}.csv", write_csv(sheet))
            return out.getvalue()
    return write_csv(rows[file_format.removesuffix(".csv")])


def write_brief_workbook(rows: dict[str, Rows]) -> bytes:
    return write_xlsx(rows, widths=COLUMN_WIDTHS)


def name_brief_file(file_format: BriefSheetFormat) -> str:
    return BRIEF_SHEET_TYPES[file_format][0].format(day=timezone.localdate().isoformat())
