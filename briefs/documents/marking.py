"""Lines → what each line is (label, list item, text), and where one digest ends and the next begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from briefs.content import Side
from briefs.documents.labels import FIELDS_OF_BODY, Label, find
from briefs.documents.markers import Mark, find_marker, is_rule

_LOOK_AHEAD = 400


@dataclass(slots=True)
class Line:
    """One line that has words. `number` counts from 1 in the file, `blanks` the empty lines above it."""

    number: int
    text: str
    indent: int
    blanks: int
    label: Label | None = None
    mark: Mark | None = None

    @property
    def is_body(self) -> bool:
        return self.mark is not None or (self.label is not None and self.label.field in FIELDS_OF_BODY)

    @property
    def is_header(self) -> bool:
        return self.label is not None and self.label.field not in FIELDS_OF_BODY


def mark_lines(lines: Sequence[str]) -> list[Line]:
    """Every line that has words, with its label or its marker."""
    marked: list[Line] = []
    blanks = 0
    side: Side | None = None
    in_body = False
    for number, raw in enumerate(lines, 1):
        text = raw.lstrip(" ")
        if not text or is_rule(text):
            blanks += 1
            continue
        line = Line(number, text, len(raw) - len(text), blanks)
        blanks = 0
        line.mark = find_marker(text, line.indent)
        if line.mark is None and (label := find(text)) and _stands(label, line, in_body, side):
            line.label = label
            in_body = label.field in FIELDS_OF_BODY
            side = label.side
        marked.append(line)
    return marked


def _stands(label: Label, line: Line, in_body: bool, side: Side | None) -> bool:
    """Whether a name at the start of a line is a label, not a word of the paragraph that wrapped there."""
    if not in_body or line.blanks:
        return True
    if label.bare:
        return label.side is not None and label.side != side
    return not (label.name[0].isascii() and label.name[0].islower())


def split_digests(lines: Sequence[Line]) -> list[list[Line]]:
    """A digest begins at a header label that the one before has had already, once that one has a body."""
    starts = [0]
    seen: set[str] = set()
    sides: set[Side | None] = set()
    has_body = False
    run: list[int] = []
    for at, line in enumerate(lines):
        label = line.label
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
            starts.append(_with_run(lines, at, run))
            seen = _fields(lines, range(starts[-1], at + 1))
            sides, has_body, run = set(), False, []
        elif has_body:
            run.append(at)
        else:
            seen.add(label.field)
    return [list(lines[a:b]) for a, b in pairwise([*starts, len(lines)]) if lines[a:b]]


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
