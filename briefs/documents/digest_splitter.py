"""Find where one digest of a file ends and the next begins."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from briefs.content import Side
from briefs.documents.fields.labels import FieldLabel
from briefs.documents.lines import DocumentLine
from briefs.text.scripts import detect_side

from .line_classifier import LONGEST_NAME

_LOOK_AHEAD = 400


_PAGE_TOP = 8
"""Lines within which a header must begin on a new page."""


_NEVER_ENDS_HEADING = "。！？!?；;，,」』"


def split_digests(lines: Sequence[DocumentLine]) -> list[list[DocumentLine]]:
    """Split lines into digests. A digest begins at a header label that the current one, which has a body,
    already has.
    """
    starts = [0]
    seen: set[str] = set()
    sides: set[Side | None] = set()
    has_body = False
    run: list[int] = []
    for at, line in enumerate(lines):
        label = line.label
        if line.new_page and has_body and _begins_digest_on_page(lines, at, sides):
            starts.append(at)
            seen, sides, has_body, run = set(), set(), False, []
        if line.is_body:
            seen |= _collect_fields(lines, run)
            has_body, run = True, []
            if label:
                sides.add(label.side)
        elif label is None:
            continue
        elif (
            label.field in seen
            and (has_body or _repeats_first_label(lines[starts[-1]], label, seen))
            and _begins_header(lines, at, sides)
        ):
            starts.append(_find_start_with_heading(lines, _find_start_with_preceding_labels(lines, at, run)))
            seen = _collect_fields(lines, range(starts[-1], at + 1))
            sides, has_body, run = set(), False, []
        elif has_body:
            run.append(at)
        else:
            seen.add(label.field)
    return [list(lines[a:b]) for a, b in pairwise([*starts, len(lines)]) if lines[a:b]]


def _begins_digest_on_page(lines: Sequence[DocumentLine], at: int, sides: set[Side | None]) -> bool:
    """Return whether a header is at the top of the new page, even one with other labels."""
    for place in range(at, min(at + _PAGE_TOP, len(lines))):
        if lines[place].is_body:
            return False
        if lines[place].is_header:
            return _begins_header(lines, place, sides)
    return False


def _repeats_first_label(first: DocumentLine, label: FieldLabel, fields: set[str]) -> bool:
    """Return whether the first label is repeated in the same languages after others. That digest then has no
    text.
    """
    return (
        first.label is not None
        and (first.label.field, first.label.sides) == (label.field, label.sides)
        and len(fields) > 1
    )


def _collect_fields(lines: Sequence[DocumentLine], indexes: Iterable[int]) -> set[str]:
    labels = (lines[place].label for place in indexes)
    return {label.field for label in labels if label}


def _begins_header(lines: Sequence[DocumentLine], at: int, sides: set[Side | None]) -> bool:
    """Return whether a header begins here: two labels, or one with a body. A lone `Source:` under a list is a
    remark.
    """
    fields: set[str] = set()
    for line in lines[at : at + _LOOK_AHEAD]:
        if line.is_header and line.label:
            fields.add(line.label.field)
            if len(fields) > 1:
                return True
        elif line.is_body:
            return line.label is None or line.label.side in sides
    return False


def _find_start_with_preceding_labels(lines: Sequence[DocumentLine], at: int, run: Sequence[int]) -> int:
    """Move the start up over labels that the new digest does not repeat below, such as a Title."""
    own = _collect_next_header_fields(lines, at) if run else set()
    start = place = at
    while run and place > run[0]:
        place -= 1
        label, above = lines[place].label, lines[place - 1].label
        if label and label.field not in own:
            start = place
        elif label or not (above and not above.value):
            break
    return start


def _find_start_with_heading(lines: Sequence[DocumentLine], start: int) -> int:
    """Move the start up to a separate heading above the labels, such as `二、半導體競爭`."""
    above = lines[start - 1]
    is_near = not lines[start].blank_lines_above or above.number == lines[start].number - 2
    if above.label or not above.blank_lines_above or not is_near or len(above.text) > LONGEST_NAME:
        return start
    mark = above.list_marker
    if (
        above.text[-1] in _NEVER_ENDS_HEADING
        or detect_side(above.text) is None
        or (mark and (mark.kind == "bullet" or not mark.item_text))
    ):
        return start
    above.list_marker = None
    return start - 1


def _collect_next_header_fields(lines: Sequence[DocumentLine], at: int) -> set[str]:
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
