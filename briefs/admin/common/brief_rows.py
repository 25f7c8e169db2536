"""The rows of a brief's page: for writing, for review, in a comparison of two versions, and beside an act.

A row is a headline, a summary or a bullet in both languages. In a row that is read, what changed is marked; rows without a
change can be folded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import MappingProxyType
from typing import Any, ClassVar, Final

from django.template.loader import get_template
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from briefs.bilingual.lexicon.passages import find_altered_quotations
from briefs.bilingual.rendering.views import nest_bullets
from briefs.bilingual.text.content_diff import BulletDifference, ContentDifference
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Side, hash_json

from .brief_pages import bullet_structure_label
from .diff_html import render_diff, share_effort
from .interface_labels import SIDE_NAMES

# The margin of a row: what is said about it, in one order.

RANKS: Final = {
    "blocks": 1,
    "suggestion": 2,
    "note": 3,
    "doubt": 4,
    "finding": 5,
    "passage": 6,
    "memory": 7,
    "style": 8,
    "dismissed": 8,
    "resolved": 9,
}
"""Order of the items of one margin. The page's JavaScript inserts by it."""


@dataclass(frozen=True, slots=True)
class MarginItem:
    """One item. `key` is that of its row, or empty if it is about the whole brief.

    Of several findings of one rule, the first has the number of the others as `further_count`.
    """

    kind: str
    key: str
    value: Any
    further_count: int = 0
    is_further: bool = False

    @property
    def rank(self) -> int:
        return RANKS[self.kind]

    @property
    def is_finding(self) -> bool:
        return self.kind in ("blocks", "doubt", "finding")

    def acts(self) -> Iterator[tuple[str, str, str]]:
        """Yield the repairs of a finding: name of the act, side to copy from, label."""
        for act in ("repair", "all"):
            if repair := self.value[act]:
                yield act, "", repair["label"]
        for copy in self.value["copy"] or ():
            yield "copy", copy["from"], copy["label"]


@dataclass(slots=True)
class Margin:
    items: list[MarginItem] = field(default_factory=list)

    @property
    def open_items(self) -> list[MarginItem]:
        return [item for item in self.items if item.rank < RANKS["passage"]]

    @property
    def settled_items(self) -> list[MarginItem]:
        return [item for item in self.items if item.rank > RANKS["memory"]]


def build_margins(keys: Iterable[str], items: Iterable[MarginItem]) -> dict[str, Margin]:
    """Return the margins by row key. Items about no row of the page are in the margin with an empty key."""
    margins = {key: Margin() for key in ("", *keys)}
    for item in sorted(items, key=lambda item: item.rank):
        margins.get(item.key, margins[""]).items.append(item)
    return margins


# The rows.


@dataclass(slots=True)
class _Cell:
    """One language of a row. `WORDS`: the fields whose values do not change the markup around them."""

    side: Side

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS[self.side]

    @property
    def side_name(self) -> str:
        return str(SIDE_NAMES[self.side])


@dataclass(slots=True)
class RowCell(_Cell):
    """A text that is read. `text_hash` is the hash of the shown text; `marker` is the one that readers see."""

    WORDS: ClassVar = ("anchor", "text", "html", "text_hash", "marker")

    anchor: str
    text: str
    html: SafeString
    text_hash: str
    marker: str = ""
    depth: int = 0
    previous_structure: str = ""
    """Level and marker before the change, if they changed."""
    is_changed: bool = False
    form_data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        return f"{self.anchor}-{self.side}"

    @property
    def note_text(self) -> str:
        return str(self.form_data.get(f"note-{self.key}", ""))

    @property
    def suggestion_text(self) -> str:
        return str(self.form_data.get(f"suggest-{self.key}", "") or self.text)

    @property
    def reason_text(self) -> str:
        return str(self.form_data.get(f"why-{self.key}", ""))

    @property
    def is_typed(self) -> bool:
        """Return whether a note or a suggestion was typed and not sent."""
        return bool(self.note_text or self.reason_text or self.suggestion_text != self.text)


@dataclass(slots=True)
class EditCell(_Cell):
    """A text field. `options`: those of the select for level and marker of a bullet; `lines`: its height without JavaScript.

    `stands_in`: what readers get without a text.
    """

    WORDS: ClassVar = ("name", "label", "text", "lines", "options", "stands_in")

    name: str
    label: str
    text: str
    lines: int
    options: str = ""
    stands_in: str = ""
    is_focused: bool = False
    is_typed: ClassVar = False


@dataclass(slots=True)
class RowFields:
    """Fields of a bullet beside its texts."""

    WORDS: ClassVar = ("passage", "one_sided")

    passage: str
    one_sided: str
    deleted: str
    is_open: bool
    lacks_passage: bool


@dataclass(slots=True)
class BriefRow:
    """`position` counts from 1; 0 for a headline or summary. `previous_position` is set if a bullet moved.

    `kind` is same, changed, added or removed. `annotations`: label and text of what only the staff see of a bullet.
    """

    WORDS: ClassVar = ("anchor", "label", "position", "previous_position")

    anchor: str
    label: str
    position: int
    cells: Sequence[RowCell | EditCell]
    kind: str = "same"
    fields: RowFields | None = None
    is_first_bullet: bool = False
    previous_position: int = 0
    annotations: list[tuple[str, SafeString]] = field(default_factory=list)
    altered_quotations: list[str] = field(default_factory=list)
    """English quotations that the source passage does not have word for word."""
    margin: Margin = field(default_factory=Margin)

    @property
    def is_changed(self) -> bool:
        return self.kind != "same"

    def is_plain(self) -> bool:
        """Return whether the row has nothing but its texts, neither remarks nor what was typed and not sent."""
        return not (self.margin.items or self.annotations or any(cell.is_typed for cell in self.cells))

    def as_form(self) -> "BriefRow":
        """Return the row with the names of its words, each between two marks, in place of the words."""
        cells = [_mark_words(cell, cell.side) for cell in self.cells]
        form: BriefRow = _mark_words(self)
        return replace(form, cells=cells, fields=self.fields and _mark_words(self.fields))

    def list_words(self) -> dict[str, str]:
        words = _list_words(self) | (_list_words(self.fields) if self.fields else {})
        for cell in self.cells:
            words |= _list_words(cell, cell.side)
        return words


_MARK: Final = "\ue000"


def _mark_words(part: Any, prefix: str = "") -> Any:
    return replace(
        part, **{name: f"{_MARK}{prefix}{name}{_MARK}" for name in part.WORDS if getattr(part, name)}
    )


def _list_words(part: Any, prefix: str = "") -> dict[str, str]:
    return {f"{prefix}{name}": conditional_escape(getattr(part, name)) for name in part.WORDS}


def build_rows(
    difference: ContentDifference,
    *,
    labels: Mapping[str, str] | None = None,
    margins: Mapping[str, Margin] | None = None,
    form_data: Mapping[str, Any] | None = None,
) -> list[BriefRow]:
    """Return a row for each text in `labels`, by default headline and summary, then the bullets, removed ones among them."""
    labels = labels or {"headline": _("Headline"), "summary": _("Summary")}
    builder = _RowBuilder(difference, form_data or {})
    leads = [builder.build_lead(name, label) for name, label in labels.items() if builder.has_lead(name)]
    bullets = [builder.build_bullet(row) for row in difference.rows]
    for row in bullets[:1]:
        row.is_first_bullet = True
    rows = [*leads, *bullets]
    for row in rows:
        row.margin = (margins or {}).get(row.anchor) or Margin()
    return rows


class _RowBuilder:
    def __init__(self, difference: ContentDifference, form_data: Mapping[str, Any]) -> None:
        self.difference, self.form_data = difference, form_data
        self.nesting = {side: nest_bullets(difference.new, side)[0] for side in SIDES}
        reworded = (row.is_reworded(side) for row in difference.rows for side in SIDES)
        self.effort = share_effort(len(difference.leads) + sum(reworded))

    def has_lead(self, name: str) -> bool:
        """Return whether to show a text: always headline and summary, another one if either content has it."""
        contents = self.difference.old, self.difference.new
        return name in ("headline", "summary") or any(
            getattr(c, f"{name}_{side}") for c in contents for side in SIDES
        )

    def build_lead(self, name: str, label: str) -> BriefRow:
        old, new = self.difference.old, self.difference.new
        cells = [
            self._build_cell(name, side, *(getattr(content, f"{name}_{side}") for content in (old, new)))
            for side in SIDES
        ]
        return BriefRow(
            name, label, 0, cells, "changed" if any(cell.is_changed for cell in cells) else "same"
        )

    def build_bullet(self, row: BulletDifference) -> BriefRow:
        anchor, position = f"b{row.number}", row.new_position or row.old_position
        kind = "same" if row.is_same else "changed" if row.is_in_both else "added" if row.new else "removed"
        cells = []
        for side in SIDES:
            cell = self._build_cell(anchor, side, *row.texts(side))
            if place := self.nesting[side].get(row.number):
                cell.depth, cell.marker = place.depth, f"{place.ordinal}." if place.ordinal else "•"
            if row.old and row.is_restructured(side):
                cell.previous_structure = bullet_structure_label(row.old, side)
            cells.append(cell)
        return BriefRow(
            anchor,
            _("Bullet %(n)s") % {"n": position},
            position,
            cells,
            kind,
            previous_position=row.old_position if row.is_moved else 0,
            annotations=list(self._list_annotations(row)),
            altered_quotations=find_altered_quotations(row.new.text_en, row.new.passage) if row.new else [],
        )

    def _build_cell(self, anchor: str, side: Side, old: str, new: str) -> RowCell:
        return RowCell(
            side,
            anchor,
            new,
            self._render(old, new),
            hash_json(new),
            is_changed=old != new,
            form_data=self.form_data,
        )

    def _list_annotations(self, row: BulletDifference) -> Iterator[tuple[str, SafeString]]:
        labels = {"passage": _("Source passage"), "one_sided": _("Intentionally one-sided because")}
        absent = Bullet(0)
        for name, label in labels.items():
            old, new = (getattr(bullet or absent, name) for bullet in (row.old, row.new))
            if old or new:
                yield label, self._render(old, new)

    def _render(self, old: str, new: str) -> SafeString:
        return SafeString(escape(new)) if old == new else render_diff(old, new, self.effort)


def build_text_row(
    name: str,
    label: str,
    texts: Mapping[str, str],
    *,
    lines: int = 1,
    stand_ins: Mapping[str, str] = MappingProxyType({}),
) -> BriefRow:
    """Return the row of a text that is written in both languages, in the fields `<name>_zh` and `<name>_en`."""
    fields = {side: f"{name}_{side}" for side in SIDES}
    cells = [
        EditCell(
            s, field, f"{label}, {SIDE_NAMES[s]}", texts[field], lines, stands_in=stand_ins.get(field, "")
        )
        for s, field in fields.items()
    ]
    return BriefRow(name, label, 0, cells)


@dataclass(frozen=True, slots=True)
class RowRun:
    """Consecutive rows. `names` are those of the first and the last row if the run is to be folded."""

    html: SafeString
    names: str = ""


def render_rows(
    rows: Sequence[BriefRow], context: Mapping[str, Any] | None = None, *, folds: bool = False
) -> list[RowRun]:
    """Render the rows. With `folds`, unchanged ones next to each other are a run with names."""
    runs = []
    rendered = zip(rows, render_each(rows, context or {}), strict=True)
    for is_changed, group in groupby(rendered, lambda pair: pair[0].is_changed):
        run = list(group)
        names = dict.fromkeys(str(row.position or row.label) for row in (run[0][0], run[-1][0]))
        html = SafeString("".join(html for _, html in run))
        runs.append(RowRun(html, "–".join(names) if folds and not is_changed else ""))
    return runs


def render_each(rows: Iterable[BriefRow], context: Mapping[str, Any]) -> Iterator[SafeString]:
    """Yield the HTML of each row. Of plain rows that differ in their words alone, one is rendered and the others are filled in:
    to render each takes 1 ms, two seconds for the longest brief.
    """
    template = get_template("admin/briefs/common/_row.html")
    parts_by_form: dict[str, list[str]] = {}
    for row in rows:
        if not row.is_plain():
            yield SafeString(template.render({**context, "row": row}))
            continue
        form = row.as_form()
        if not (parts := parts_by_form.get(key := repr(form), [])):
            parts_by_form[key] = parts = template.render({**context, "row": form}).split(_MARK)
        words = row.list_words()
        yield SafeString("".join([words[part] if n % 2 else part for n, part in enumerate(parts)]))
