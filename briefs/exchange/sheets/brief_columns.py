"""The two sheets of briefs: one row a brief, and one row a pair of bullets. Every cell is text."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from briefs.bilingual.text.article_urls import read_doi
from briefs.content import LEAD_FIELDS, SIDES, Bullet, Byline, Content, Facts
from briefs.facts import FACTS, FactKind
from briefs.models import Brief

from .columns import ChoiceWidget, FlagWidget, tidy_cell
from .sheet_names import SheetNames
from .table import SheetProblem, SheetRefused

BRIEFS, BULLETS = "briefs", "bullets"
SHEET_FACTS: Final = tuple(name for name in FACTS if name != "picture")
DATE_COLUMNS: Final = frozenset(
    ("updated", "published", *(n for n in SHEET_FACTS if FACTS[n].kind in (FactKind.DATE, FactKind.DAY)))
)
"""Columns that a spreadsheet turns into dates when it opens CSV."""
BRIEF_COLUMNS: Final = (
    *("id", "version", "state", "slug", *LEAD_FIELDS, "key_point"),
    *(*SHEET_FACTS, "updated", "published"),
)
BULLET_TEXTS: Final = ("text_zh", "text_en")
BULLET_COLUMNS: Final = (
    *("brief", "version", "number", *BULLET_TEXTS),
    *("level_zh", "level_en", "marker_zh", "marker_en"),
)
SHEET_COLUMNS: Final = {BRIEFS: BRIEF_COLUMNS, BULLETS: BULLET_COLUMNS}
KEY_COLUMNS: Final = {BRIEFS: ("id", "version"), BULLETS: ("brief", "version", "number")}
COLUMN_WIDTHS: Final = {
    **dict.fromkeys(("id", "brief", "version", "number"), 9),
    **dict.fromkeys(("level_zh", "level_en", "marker_zh", "marker_en", "state"), 11),
    **dict.fromkeys((*LEAD_FIELDS, *BULLET_TEXTS), 48),
}
_OWN_COLUMNS: Final = 3
"""A sheet with at least this many of our headings counts as a sheet of briefs."""
_LINES: Final = ("summary_zh", "summary_en", "authors", "keywords")
_SLASHED_DATE = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")


def name_sheet_by_headings(headings: Collection[str]) -> str:
    """Return which sheet of briefs has these headings, or an empty string for a sheet of something else.

    Raise SheetRefused for a sheet of briefs that lacks a key column: if skipped, it would seem to have no changes.
    """
    for name, keys in KEY_COLUMNS.items():
        missing = [column for column in keys if column not in headings]
        if not missing:
            return name
        if len({*headings} & {*SHEET_COLUMNS[name]}) >= _OWN_COLUMNS:
            sentence = _("The column “%(column)s” is missing.") % {"column": missing[0]}
            raise SheetRefused(SheetProblem(sentence, sheet=name))
    return ""


def format_brief_row(
    brief: Brief, content: Content, names: SheetNames, published: dt.datetime | None
) -> list[str]:
    texts = [getattr(content, name) for name in LEAD_FIELDS]
    facts = [format_fact_cell(name, content.facts, names) for name in SHEET_FACTS]
    shown = [format_moment(brief.updated_at), format_moment(published)]
    keys = [str(brief.pk), str(brief.version), brief.state, brief.slug or ""]
    return [*keys, *texts, format_key_point(content), *facts, *shown]


def format_key_point(content: Content) -> str:
    return str(content.key_point or "")


def format_bullet_row(brief: Brief, bullet: Bullet) -> list[str]:
    cells = format_bullet_cells(bullet)
    return [
        str(brief.pk),
        str(brief.version),
        str(bullet.number),
        *(cells[name] for name in BULLET_COLUMNS[3:]),
    ]


def format_bullet_cells(bullet: Bullet) -> dict[str, str]:
    """Return the cells of a bullet by column. Level 0 and the marker “bullet” are left empty."""
    values = {f"text_{side}": bullet.text(side) for side in SIDES}
    values |= {f"level_{side}": str(bullet.level(side) or "") for side in SIDES}
    return values | {f"marker_{s}": "" if bullet.marker(s) == "bullet" else bullet.marker(s) for s in SIDES}


def format_fact_cell(name: str, facts: Facts, names: SheetNames) -> str:
    value = getattr(facts, name)
    if not value:
        return ""
    match name:
        case "source":
            return names.write(name, value)
        case "authors":
            return "\n".join(names.write(name, byline.author) for byline in value)
        case "keywords":
            return "\n".join(names.write(name, pk) for pk in value)
    return "TRUE" if FACTS[name].kind is FactKind.FLAG else str(value)


def format_moment(moment: dt.datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


type Report = Callable[[str, str], None]
type Cells = Mapping[str, str]


def apply_brief_cells(before: Content, cells: Cells, names: SheetNames, report: Report) -> Content:
    """Apply the cells of a brief's row to the content. Without a column, its fact is unchanged."""
    texts: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for column, cell in cells.items():
        try:
            typed = tidy_cell(cell, multiline=column in _LINES)
            if column in LEAD_FIELDS:
                texts[column] = typed
            elif column == "key_point":
                texts[column] = _parse_key_point(typed)
            elif column in SHEET_FACTS and typed != format_fact_cell(column, before.facts, names):
                facts[column] = _parse_fact(column, typed, before.facts, names)
        except ValueError as error:
            report(column, str(error))
    return replace(before, **texts, facts=replace(before.facts, **facts)) if texts or facts else before


def _parse_key_point(typed: str) -> int:
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 10):
        raise ValueError(_("Write the number of a bullet, or leave the cell empty."))
    return int(typed or 0)


def _parse_fact(name: str, typed: str, before: Facts, names: SheetNames) -> Any:
    """Parse a fact. Dates, addresses and lengths are checked by the workflow."""
    fact = FACTS[name]
    lines = list(dict.fromkeys(filter(None, (line.strip() for line in typed.split("\n")))))
    match name:
        case "source":
            return names.find(name, typed) if typed else None
        case "authors":
            known = {byline.author: byline for byline in before.authors}
            ids = dict.fromkeys(names.find(name, line) for line in lines)
            return tuple(known.get(pk, Byline(pk)) for pk in ids)
        case "keywords":
            return tuple(dict.fromkeys(names.find(name, line) for line in lines))
    match fact.kind:
        case FactKind.FLAG:
            return bool(typed) and FlagWidget().clean(typed)
        case FactKind.DOI if typed:
            return _parse_doi(typed)
        case FactKind.CHOICE:
            return ChoiceWidget([(value, _(label)) for value, label in fact.choices.items()]).clean(typed)
        case FactKind.DATE | FactKind.DAY if day := _SLASHED_DATE.fullmatch(typed):
            year, month, number = day.groups()  # Excel's own form of a date that it recognised in CSV
            return f"{year}-{month:0>2}-{number:0>2}"
    return typed


def _parse_doi(typed: str) -> str:
    try:
        return read_doi(typed)
    except ValueError:
        raise ValueError(_("This is no DOI. Write it like 10.1000/182, or leave the cell empty.")) from None


def apply_bullet_cells(before: Bullet, cells: Cells, report: Report) -> Bullet:
    was = format_bullet_cells(before)
    values: dict[str, Any] = {}
    for column in was.keys() & cells.keys():
        try:
            typed = tidy_cell(cells[column], multiline=False)
            if typed != was[column]:
                values[column] = _parse_bullet_cell(column, typed)
        except ValueError as error:
            report(column, str(error))
    return replace(before, **values) if values else before


def _parse_bullet_cell(column: str, typed: str) -> Any:
    if column.startswith("level"):
        if typed not in ("", "0", "1", "2"):
            raise ValueError(_("Write 0, 1 or 2, or leave the cell empty."))
        return int(typed or 0)
    if column.startswith("marker"):
        return ChoiceWidget([("bullet", "•"), ("number", "1.")]).clean(typed) or "bullet"
    return typed
