"""Divide a file into digests, and join those that are two language halves of one."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from briefs.bilingual.documents.fields.date_reader import read_date
from briefs.bilingual.documents.fields.labels import FIELDS_OF_BODY, FieldLabel
from briefs.bilingual.documents.line_classifier import DocumentLine
from briefs.bilingual.text import detect_side
from briefs.content import Side

from .line_classifier import LONGEST_NAME

_LOOK_AHEAD = 400


_PAGE_TOP = 8
"""Lines within which a header must begin on a new page."""


_NEVER_ENDS_HEADING = "。！？!?；;，,」』"


def split_digests(lines: Sequence[DocumentLine]) -> list[list[DocumentLine]]:
    """Split lines into digests. A new one begins at a header label that the current digest already has above its
    body.
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
    """Return whether a header begins a new page. It may have other labels than the digest before."""
    for index in range(at, min(at + _PAGE_TOP, len(lines))):
        if lines[index].is_body:
            return False
        if lines[index].is_header:
            return _begins_header(lines, index, sides)
    return False


def _repeats_first_label(first: DocumentLine, label: FieldLabel, fields: set[str]) -> bool:
    """Return whether the first label occurs again, in the same languages, after others. The digest above has no
    text then.
    """
    return (
        first.label is not None
        and (first.label.field, first.label.sides) == (label.field, label.sides)
        and len(fields) > 1
    )


def _collect_fields(lines: Sequence[DocumentLine], indexes: Iterable[int]) -> set[str]:
    labels = (lines[index].label for index in indexes)
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
    start = position = at
    while run and position > run[0]:
        position -= 1
        label, above = lines[position].label, lines[position - 1].label
        if label and label.field not in own:
            start = position
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


_IDENTIFYING_FIELDS = ("authors", "source", "url", "doi")


def join_language_halves(digests: Sequence[list[DocumentLine]]) -> list[list[DocumentLine]]:
    """Join adjacent digests, one labelled in Chinese and one in English, with equal dates and the same authors, source
    or address.

    Independent digests have labels in both languages, or in the same one.
    """
    joined: list[list[DocumentLine]] = []
    for digest in digests:
        if joined and _are_halves(joined[-1], digest):
            joined[-1] = [*joined[-1], *digest]
        else:
            joined.append(digest)
    return joined


def _are_halves(first: Sequence[DocumentLine], second: Sequence[DocumentLine]) -> bool:
    side, other = _find_label_language(first), _find_label_language(second)
    if side is None or other is None or side == other:
        return False
    one, two = _collect_facts(first), _collect_facts(second)
    dates = [read_date(facts.get("date", "")) for facts in (one, two)]
    if not dates[0] or not dates[1] or dates[0][0].iso != dates[1][0].iso:
        return False
    shared = [name for name in _IDENTIFYING_FIELDS if name in one and name in two]
    same = [name for name in shared if one[name].casefold() == two[name].casefold()]
    return bool(same) and ("url" not in shared or "url" in same)


def _find_label_language(lines: Sequence[DocumentLine]) -> Side | None:
    """Return the language of the labels; None if they are in both, or no text follows."""
    labels = [line.label for line in lines if line.label]
    sides = {side for label in labels for side in label.sides if label.field not in ("url", "doi")}
    has_body = any(label.field in FIELDS_OF_BODY for label in labels)
    return next(iter(sides)) if len(sides) == 1 and has_body else None


def _collect_facts(lines: Sequence[DocumentLine]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if line.label and line.label.field not in facts:
            value = line.label.value or (below.text if below and not below.label else "")
            if value:
                facts[line.label.field] = value
    return facts
