"""Columns of sheets of vocabulary and briefs, one text per cell. Errors are sentences for the user."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import Widget

from briefs.bilingual.text.article_urls import read_doi
from briefs.content import (
    LEAD_FIELDS,
    SIDES,
    Bullet,
    Byline,
    Content,
    Facts,
    ForbiddenCharacter,
    tidy,
    tidy_line,
)
from briefs.derived.build import get_merged_into_id
from briefs.exchange import load_rows_by_id
from briefs.facts import FACTS, FactKind
from briefs.models import Author, Brief, Keyword, Source
from briefs.models.vocabulary import Vocabulary

from .table import SheetProblem, SheetRefused

TRUE_WORDS = ("true", "1", "yes", "是")
FALSE_WORDS = ("false", "0", "no", "否")


def tidy_cell(text: str, *, multiline: bool) -> str:
    try:
        return tidy(text) if multiline else tidy_line(text)
    except ForbiddenCharacter as bad:
        code = f"U+{ord(bad.character):04X}"
        sentence = _("Line %(line)s: remove the control character %(code)s.")
        raise ValueError(sentence % {"line": bad.line, "code": code}) from bad


class TextWidget(Widget):  # type: ignore[misc]
    multiline = False

    def clean(self, value: str, row: Any = None, **options: Any) -> Any:
        return tidy_cell(value, multiline=self.multiline)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else str(value)


class LongTextWidget(TextWidget):
    multiline = True


class LinesWidget(TextWidget):
    """A list with one entry per line."""

    def clean(self, value: str, row: Any = None, **options: Any) -> list[str]:
        lines = tidy_cell(value, multiline=True).split("\n")
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "\n".join(value or [])


class FlagWidget(TextWidget):
    def clean(self, value: str, row: Any = None, **options: Any) -> bool:
        said = value.strip().lower()
        if said not in TRUE_WORDS + FALSE_WORDS:
            raise ValueError(_("Write TRUE or FALSE."))
        return said in TRUE_WORDS

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else "TRUE" if value else "FALSE"


class ChoiceWidget(TextWidget):
    """A stored value, or its label in the user's language."""

    def __init__(self, choices: Any) -> None:
        super().__init__()
        self.choices = choices

    def clean(self, value: str, row: Any = None, **options: Any) -> str:
        said = value.strip()
        for stored, label in self.choices:
            if said.casefold() in (str(stored).casefold(), str(label).casefold()):
                return str(stored)
        if said:
            allowed = _(", ").join(str(stored) for stored, _label in self.choices if stored)
            raise ValueError(
                _("“%(value)s” is none of: %(allowed)s.") % {"value": said[:40], "allowed": allowed}
            )
        return ""


class VocabularyColumn(Field):  # type: ignore[misc]
    def save(self, instance: Any, row: Any, is_m2m: bool = False, **options: Any) -> None:
        """Store the value. A blank flag takes the default in a new row and is an error in an existing one."""
        if isinstance(self.widget, FlagWidget) and not row[self.column_name].strip() and instance.pk is None:
            return
        super().save(instance, row, is_m2m, **options)


# Names of authors, sources and keywords in sheets of briefs. Each written name identifies one row.

ID_SEPARATOR = " #"
"""Precedes the id of an entry that shares its name, as in “John Smith #12”. The desk's form reads it too."""


class SheetNames:
    """All names, read once per export or import. A merged entry has the name of the one it was merged into."""

    def __init__(self) -> None:
        self._kinds = {"source": _Names(Source), "authors": _Names(Author), "keywords": _Names(Keyword)}

    def write(self, fact: str, pk: int) -> str:
        return self._kinds[fact].write(pk)

    def find(self, fact: str, name: str) -> int:
        """Return the id of the entry with this name. Raise ValueError with a sentence."""
        return self._kinds[fact].find(name)


class _Names:
    def __init__(self, kind: type[Vocabulary]) -> None:
        self._rows = load_rows_by_id(kind)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for pk, row in self._rows.items():
            if get_merged_into_id(row) is None and row.pk == pk:
                for name in set(_list_names(row)):
                    self._by_name[name.casefold()].append(pk)

    def write(self, pk: int) -> str:
        row = self._rows[pk]
        name = _list_names(row)[0]
        return name if len(self._by_name[name.casefold()]) == 1 else f"{name}{ID_SEPARATOR}{row.pk}"

    def find(self, name: str) -> int:
        ids = self._by_name.get(name.casefold(), [])
        if not ids:
            whole, _sign, number = name.rpartition(ID_SEPARATOR)
            ids = [pk for pk in self._by_name.get(whole.casefold(), ()) if str(pk) == number]
        if not ids:
            sentence = _("“%(name)s” is not in the vocabulary. Add it there first; write one name a line.")
            raise ValueError(sentence % {"name": name[:80]})
        if len(ids) > 1:
            several = _(", ").join(f"{name}{ID_SEPARATOR}{pk}" for pk in ids[:5])
            raise ValueError(
                _("More than one entry has this name. Write one of: %(names)s.") % {"names": several}
            )
        return ids[0]


def _list_names(row: Vocabulary) -> list[str]:
    """Return the names by which a sheet may refer to an entry. The export writes the first."""
    match row:
        case Keyword():
            names: Iterable[str] = (str(row), row.label_zh, row.label_en)
        case Author() | Source():
            names = (row.name, str(row), row.name_zh)
        case _:
            names = (str(row),)
    return list(filter(None, names))


# The two sheets of briefs: one row a brief, and one row a pair of bullets. Every cell is text.

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


# Export


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


# Import: `report` is called with column and sentence of each error

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
