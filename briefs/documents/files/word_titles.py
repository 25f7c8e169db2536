"""Convert what Word expresses by style and link into labelled lines: titles and the article's address."""

import re
from collections.abc import Sequence
from dataclasses import replace

from briefs.content import Side
from briefs.documents.fields.label_names import FIELDS_OF_BODY, LABEL_NAMES
from briefs.documents.fields.labels import (
    WEB_ADDRESS_PATTERN,
    FieldLabel,
    find_label,
    format_header_label,
)
from briefs.documents.files.tables import SourceLine
from briefs.documents.markers import find_marker
from briefs.text.scripts import detect_side, join_wrapped, split_bilingual

_LOOK_AHEAD = 3
"""Maximum number of unlabelled lines between a title and the first label of its header."""

_HEADER_LINES = 60
"""Maximum number of header lines that are searched for another title."""

_CELL = re.compile(r"\t| \| ")
_CUT = re.compile(r"…|\.\.\.")
_LINKED_FIELDS = frozenset(("source", "title", "article_title"))


def label_titles(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    """Label title-styled paragraphs above a header as its titles, by script; the last of each language
    counts.

    A section's heading is a label already, a heading inside the text stays text, and a title with a label
    takes precedence.
    """
    if not any(piece.is_title for piece in pieces):
        return list(pieces)
    whole = _join_broken_titles(pieces)
    labels = [_find_label(piece) for piece in whole]
    chosen: dict[int, str] = {}
    in_body = False
    at = 0
    while at < len(whole):
        label = labels[at]
        if label or find_marker(whole[at].stripped_text, 0):
            in_body = label is None or label.field in FIELDS_OF_BODY
        elif whole[at].is_title and whole[at].stripped_text:
            end = at
            while (
                end < len(whole) and not labels[end] and (whole[end].is_title or not whole[end].stripped_text)
            ):
                end += 1
            if _is_above_header(whole, labels, end, in_body=in_body):
                chosen.update(_choose_title_labels(whole, at, end))
            at = end
            continue
        at += 1
    return [
        replace(piece, text=f"{chosen[n]}: {piece.stripped_text}") if n in chosen else piece
        for n, piece in enumerate(whole)
    ]


def _join_broken_titles(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    """Join a title that is broken over two lines, if both are in one language."""
    whole: list[SourceLine] = []
    for piece in pieces:
        above = whole[-1] if whole else None
        if (
            above is not None
            and piece.is_title
            and piece.starts_paragraph is False
            and above.stripped_text
            and detect_side(above.stripped_text) == detect_side(piece.stripped_text)
            and not _find_label(piece)
            and not _find_label(above)
        ):
            whole[-1] = replace(above, text=join_wrapped(above.stripped_text, piece.stripped_text))
        else:
            whole.append(piece)
    return whole


def _find_label(piece: SourceLine) -> FieldLabel | None:
    """Return the label of a line, or of the first cell of a row. A tab after the name makes a line a row."""
    if not piece.stripped_text:
        return None
    name, *cells = _CELL.split(piece.stripped_text, maxsplit=1)
    return find_label(piece.stripped_text) or (find_label(name) if cells else None)


def _is_above_header(
    pieces: Sequence[SourceLine], labels: Sequence[FieldLabel | None], at: int, *, in_body: bool
) -> bool:
    """Return whether a header without a title of its own begins here."""
    waiting = _LOOK_AHEAD
    first: FieldLabel | None = None
    for piece, label in zip(pieces[at : at + _HEADER_LINES], labels[at : at + _HEADER_LINES], strict=True):
        if label is None:
            waiting -= bool(piece.stripped_text) and first is None
            if waiting < 0 or (first is None and find_marker(piece.stripped_text, 0)):
                return False
            continue
        if label.field == "title":
            return False
        first = first or label
        if label.field in FIELDS_OF_BODY:
            break
    return first is not None and (first.field not in FIELDS_OF_BODY or not in_body)


def _choose_title_labels(pieces: Sequence[SourceLine], start: int, end: int) -> dict[int, str]:
    found: dict[Side, int] = {}
    for number in range(start, end):
        words = pieces[number].stripped_text
        if not words:
            continue
        if split_bilingual(words):
            return {number: "/".join(names[0] for names in LABEL_NAMES["title"])}
        found[detect_side(words) or "zh"] = number
    return {number: LABEL_NAMES["title"][0 if side == "zh" else 1][0] for side, number in found.items()}


def add_link_addresses(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    """Add the addresses of links, by the rules in the docstring of `word`."""
    if not any(piece.link_address for piece in pieces):
        return list(pieces)
    lines: list[SourceLine] = []
    start = 0
    for end in _header_ends(pieces):
        lines += _add_link_address(pieces[start:end])
        start = end
    return lines


def _header_ends(pieces: Sequence[SourceLine]) -> list[int]:
    """Return where digests may end: before each header label that follows a text, and at the end."""
    ends: list[int] = []
    in_body = False
    for number, piece in enumerate(pieces):
        label = _find_label(piece)
        if label is None:
            continue
        if label.field in FIELDS_OF_BODY:
            in_body = True
        elif in_body:
            ends.append(number)
            in_body = False
    return [*ends, len(pieces)]


def _add_link_address(pieces: Sequence[SourceLine]) -> list[SourceLine]:
    lines: list[SourceLine] = []
    above: FieldLabel | None = None
    offered: list[SourceLine] = []
    has_address = in_body = False
    for piece in pieces:
        label = _find_label(piece)
        in_body = in_body or (label is not None and label.field in FIELDS_OF_BODY)
        is_value = label is None and above is not None and not above.value and bool(piece.stripped_text)
        named = label or (above if is_value else None)
        if named and named.field == "url":
            piece = _replace_with_address(piece, label)
            has_address = has_address or bool(WEB_ADDRESS_PATTERN.search(piece.stripped_text))
        elif piece.link_address and named and named.field in _LINKED_FIELDS:
            offered.append(piece)
        elif piece.is_only_link and named is None and not in_body and not find_marker(piece.stripped_text, 0):
            if WEB_ADDRESS_PATTERN.fullmatch(piece.stripped_text) and not _CUT.search(piece.stripped_text):
                has_address = True  # the parser recognizes an address alone on its line
            else:
                offered.append(piece)
        lines.append(piece)
        if label or piece.stripped_text:
            above = label
    if offered and not has_address:
        link = offered[0]
        text = f"{format_header_label('url')}: {link.link_address}"
        added = replace(link, text=text, is_title=False, starts_paragraph=True, new_page=False)
        place = next(n for n, line in enumerate(lines) if line.number == link.number)
        while place < len(lines) and lines[place].number == link.number:
            place += 1
        lines.insert(place, added)
    return lines


def _replace_with_address(piece: SourceLine, label: FieldLabel | None) -> SourceLine:
    words = label.value if label else piece.stripped_text
    if not piece.link_address or (WEB_ADDRESS_PATTERN.search(words) and not _CUT.search(words)):
        return piece
    return replace(piece, text=f"{label.name}: {piece.link_address}" if label else piece.link_address)
