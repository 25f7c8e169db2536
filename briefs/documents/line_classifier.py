"""Lines → what each line is (label, list item, text), and where one digest ends and the next begins."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import pairwise

from briefs.content import Side
from briefs.documents.fields.label_names import FIELDS_OF_BODY
from briefs.documents.fields.labels import Label, find, is_address, split_labels
from briefs.documents.files.encodings import Origin
from briefs.documents.files.mail_headers import mail_headers
from briefs.documents.files.tables import Piece, Row, flatten, reads
from briefs.documents.lines import Line
from briefs.documents.list_sequences import REMARK, Place, are_remarks, ended, in_a_row, is_loose, loose
from briefs.documents.markers import (
    INDENT_STEP,
    ORDINAL,
    Mark,
    capital_mark,
    find_marker,
    is_furniture,
    is_rule,
    listed_capitals,
)
from briefs.text.scripts import han_count, side_of, width

SIGNATURE = "--"
"""Alone on its line, it parts a mail from its writer's name."""
_LOOK_AHEAD = 400
_PAGE_TOP = 8
"""Lines within which a header must begin on a new page."""
_RUN = 12
"""Lines within which a list goes on to its next number."""
_LONGEST_NAME = 60
_CELLS = 24
_SHORT = frozenset(("authors", "source", "date", "keywords"))
"""Fields whose values are no sentences."""

_ENDS = "。！？!?；;，,」』"
_BAR = re.compile("[|｜]")
_CAPITAL = re.compile(" *[A-Z]{1,4}[.)] ")


def mark_lines(lines: Sequence[str], origins: Sequence[Origin] | None = None) -> list[Line]:
    """Every line that has words, with its label or its marker."""
    marker = _Marker(listed_capitals(line.lstrip(" ") for line in filter(_CAPITAL.match, lines)))
    mail = mail_headers(lines)
    for line in _lines(lines, origins):
        if line.place in mail:
            marker.marked.append(line)
        else:
            marker.add(line)
    _see_series(marker.marked)
    _see_runs(marker.marked)
    return marker.marked


def _see_series(lines: Sequence[Line]) -> None:
    """Section by section: a label ends whatever was listed above it."""
    labels = [at for at, line in enumerate(lines) if line.label]
    for start, end in pairwise([0, *(at + 1 for at in labels), len(lines) + 1]):
        section = lines[start : end - 1]
        if are_remarks([line.mark for line in section]):
            for line in section:
                line.mark = line.mark if line.mark is None or line.mark.style != REMARK else None
        if not any(line.mark is None and is_loose(line.text) for line in section):
            continue
        widest = max(width(line.text) for line in section)
        above = [lines[start - 1].text if start else "", *(line.text for line in section)]
        places = [
            Place(
                "" if line.escaped else line.text,
                line.indent,
                line.mark,
                apart := bool(line.blanks) or line.apart,
                apart or ended(before, line.text, widest),
            )
            for line, before in zip(section, above, strict=False)
        ]
        for at, mark in in_a_row(places).items():
            section[at].mark = mark


def _see_runs(lines: Sequence[Line]) -> None:
    """Looks back from each number to the one before it."""
    last: dict[tuple[str, int], tuple[int, Line]] = {}
    for at, line in enumerate(lines):
        mark = line.mark
        if mark is None or not mark.ordinal:
            continue
        place, above = last.get((mark.style, line.indent), (at, line))
        if above.mark and mark.ordinal == above.mark.ordinal + 1 and at - place <= _RUN:
            line.runs_on = above.runs_on = True
        last[mark.style, line.indent] = at, line
    for line in lines:
        if line.mark and line.mark.style == ORDINAL and not line.runs_on:
            line.mark = None  # a lone 第一、 is the beginning of a sentence


def _lines(lines: Sequence[str], origins: Sequence[Origin] | None) -> Iterator[Line]:
    rows = _typed_rows(lines)
    blanks = skip = 0
    for place, raw in enumerate(lines):
        if place < skip:
            continue
        if place in rows:
            skip, pieces = rows[place]
            for piece in pieces:
                origin = _origin(piece.number - 1, origins)
                indent = len(piece.text) - len(piece.text.lstrip(" "))
                yield Line(
                    origin.number, piece.words, indent, blanks,
                    place=place, apart=origin.begins, new_page=origin.new_page,
                )  # fmt: skip
                blanks = 0
            continue
        text = raw.lstrip(" ")
        if not text or is_rule(text):
            blanks += 1
            continue
        origin = _origin(place, origins)
        yield Line(
            origin.number, text, len(raw) - len(text), blanks,
            place=place, apart=origin.begins, new_page=origin.new_page,
        )  # fmt: skip
        blanks = 0


def _origin(place: int, origins: Sequence[Origin] | None) -> Origin:
    return origins[place] if origins else Origin(place + 1, False, False)


def _typed_rows(lines: Sequence[str]) -> dict[int, tuple[int, list[Piece]]]:
    """Tables drawn with bars: first line → (the line after the last, what they say)."""
    found: dict[int, tuple[int, list[Piece]]] = {}
    rows: list[Row] = []
    for place, raw in enumerate((*lines, "")):
        row = _row(place, raw)
        if row is not None:
            rows.append(row)
            continue
        if rows and reads(rows):
            start = place - len(rows)
            found[start] = place, flatten([row for row in rows if row.whole and not is_rule(row.whole.words)])
        rows = []
    return found


def _row(place: int, raw: str) -> Row | None:
    if "|" not in raw and "｜" not in raw:
        return None
    text = raw.strip(" ")
    whole = Piece(place + 1, raw)
    if is_rule(text):
        return Row([[whole]], whole)
    label = find(text)
    if label is not None and not label.bare:
        return None
    cells = _BAR.split(text.removeprefix("|").removesuffix("|"))
    if len(cells) > _CELLS:
        return None
    return Row([[Piece(place + 1, cell.strip(" "))] for cell in cells], whole)


class _Marker:
    """What has been seen of labels so far decides what the next line is."""

    def __init__(self, capitals: Set[str] = frozenset()) -> None:
        self.marked: list[Line] = []
        self.capitals = capitals
        self.side: Side | None = None
        self.in_body = False
        self.numbered: set[str] = set()
        """Kinds of markers that stand before labels in this file, as in `一、作者：` or ◆摘要."""

    def add(self, line: Line) -> None:
        if line.text[0] == "\\" and is_escaped(line.text):
            line.text, line.escaped = line.text[1:], True
            self.marked.append(line)
            return
        line.mark = find_marker(line.text, line.indent)
        if line.mark is None and self.in_body and self.capitals:
            line.mark = capital_mark(line.text, self.capitals | self._first_below(line))
        mark = line.mark or loose(line.text)
        if mark is not None and (label := self._numbered(mark)):
            line.text, line.mark = mark.text, None
        else:
            label = find(line.text) if line.mark is None else None
        if label is None or not self._stands(label, line):
            self.marked.append(line)
            return
        texts = [line.text] if label.field in FIELDS_OF_BODY else split_labels(line.text, label)
        for number, text in enumerate(texts):
            part = replace(line, text=text, label=find(text)) if len(texts) > 1 else line
            if part is line:
                line.label = label
            elif number:
                part.blanks = 0
            if part.label:
                self.in_body = part.label.field in FIELDS_OF_BODY
                self.side = part.label.side
            self.marked.append(part)

    def _first_below(self, line: Line) -> set[str]:
        """A lone `A. ` that stands further in, under an `I. ` that ended: the first of a list, and the last."""
        above = self.marked[-1] if self.marked else None
        if above is None or above.mark is None or not above.mark.style.startswith("capital"):
            return set()
        return {"A"} if line.indent >= above.indent + INDENT_STEP and ended(above.text) else set()

    def _numbered(self, mark: Mark) -> Label | None:
        """A label behind a marker: any above the text, below its beginning only one that has no value."""
        if self.in_body and not self.numbered and len(mark.text) > _LONGEST_NAME:
            return None
        label = find(mark.text)
        if label is None:
            return None
        is_section = label.field in FIELDS_OF_BODY and not label.value
        if self.in_body:
            is_known = mark.style in self.numbered and not label.bare
            is_alike = not label.bare or mark.marker == "number" or mark.style in self.numbered
            taken = is_known or (is_section and is_alike)
        else:
            taken = is_section or not label.bare
        if taken and not self.in_body and (mark.marker == "number" or is_section):
            self.numbered.add(mark.style)
        return label if taken else None

    def _stands(self, label: Label, line: Line) -> bool:
        """Whether a name at the start of a line is a label, not a word of the paragraph that wrapped there."""
        if label.loose:
            return not self.in_body
        if not self.in_body:
            return True
        if label.field in _SHORT and label.value[-1:] in ("。", ".") and _is_prose(label.value):
            return False
        if line.blanks or line.apart:
            return True
        if label.bare:
            return label.side is not None and label.side != self.side
        return not (label.name[0].isascii() and label.name[0].islower())


def _is_prose(value: str) -> bool:
    """`Sources: the author cites officials.` is a sentence, `Author: Martin Luther King Jr.` is a name."""
    return han_count(value) > 7 or len(value.split()) > 4 or ": " in value


def is_escaped(text: str) -> bool:
    """A backslash says that what looks like a marker, a label or a rule after it is none. `writing` sets it."""
    rest = text.lstrip("\\")
    return bool(rest) and (
        find_marker(rest, 2) is not None
        or is_loose(rest)
        or find(rest) is not None
        or is_address(rest)
        or is_rule(rest)
        or is_furniture(rest)
        or rest == SIGNATURE
    )


def split_digests(lines: Sequence[Line]) -> list[list[Line]]:
    """A digest begins at a header label that the one before has had already, once that one has a body."""
    starts = [0]
    seen: set[str] = set()
    sides: set[Side | None] = set()
    has_body = False
    run: list[int] = []
    for at, line in enumerate(lines):
        label = line.label
        if line.new_page and has_body and _begins_on_page(lines, at, sides):
            starts.append(at)
            seen, sides, has_body, run = set(), set(), False, []
        if line.is_body:
            seen |= _fields(lines, run)
            has_body, run = True, []
            if label:
                sides.add(label.side)
        elif label is None:
            continue
        elif (
            label.field in seen
            and (has_body or _is_again(lines[starts[-1]], label, seen))
            and _begins(lines, at, sides)
        ):
            starts.append(_with_heading(lines, _with_run(lines, at, run)))
            seen = _fields(lines, range(starts[-1], at + 1))
            sides, has_body, run = set(), False, []
        elif has_body:
            run.append(at)
        else:
            seen.add(label.field)
    return [list(lines[a:b]) for a, b in pairwise([*starts, len(lines)]) if lines[a:b]]


def _begins_on_page(lines: Sequence[Line], at: int, sides: set[Side | None]) -> bool:
    """A new page begins a digest where a header stands at its top, even one of other labels."""
    for place in range(at, min(at + _PAGE_TOP, len(lines))):
        if lines[place].is_body:
            return False
        if lines[place].is_header:
            return _begins(lines, place, sides)
    return False


def _is_again(first: Line, label: Label, seen: set[str]) -> bool:
    """The label a digest began with, in the same languages, after others: that digest has no text at all."""
    return (
        first.label is not None
        and (first.label.field, first.label.sides) == (label.field, label.sides)
        and len(seen) > 1
    )


def _fields(lines: Sequence[Line], places: Iterable[int]) -> set[str]:
    labels = (lines[place].label for place in places)
    return {label.field for label in labels if label}


def _begins(lines: Sequence[Line], at: int, sides: set[Side | None]) -> bool:
    """A lone `Source:` under a list is a remark. A header has two labels, or a body of its own."""
    fields: set[str] = set()
    for line in lines[at : at + _LOOK_AHEAD]:
        if line.is_header and line.label:
            fields.add(line.label.field)
            if len(fields) > 1:
                return True
        elif line.is_body:
            return line.label is None or line.label.side in sides
    return False


def _with_run(lines: Sequence[Line], at: int, run: Sequence[int]) -> int:
    """Labels just above the repeated one that the new digest does not give again are its own (a Title)."""
    own = _fields_of_next(lines, at) if run else set()
    start = place = at
    while run and place > run[0]:
        place -= 1
        label, above = lines[place].label, lines[place - 1].label
        if label and label.field not in own:
            start = place
        elif label or not (above and not above.value):
            break
    return start


def _with_heading(lines: Sequence[Line], start: int) -> int:
    """`二、半導體競爭` above the labels, parted from what stands before it, heads the new digest."""
    above = lines[start - 1]
    is_near = not lines[start].blanks or above.number == lines[start].number - 2
    if above.label or not above.blanks or not is_near or len(above.text) > _LONGEST_NAME:
        return start
    mark = above.mark
    if (
        above.text[-1] in _ENDS
        or side_of(above.text) is None
        or (mark and (mark.marker == "bullet" or not mark.text))
    ):
        return start
    above.mark = None
    return start - 1


def _fields_of_next(lines: Sequence[Line], at: int) -> set[str]:
    fields: set[str] = set()
    has_body = False
    for line in lines[at : at + _LOOK_AHEAD]:
        if line.is_body:
            has_body = True
        elif line.is_header and line.label:
            if has_body and line.label.field in fields:
                break
            fields.add(line.label.field)
    return fields
