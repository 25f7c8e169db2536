"""What Word shows by style and by link, written out as labelled lines: titles and the address of the article."""

import re
from collections.abc import Sequence
from dataclasses import replace

from briefs.content import Side
from briefs.documents.fields.label_names import FIELDS_OF_BODY, TABLE
from briefs.documents.fields.labels import Label, find, written
from briefs.documents.files.tables import Piece
from briefs.documents.markers import find_marker
from briefs.text.scripts import join_wrapped, side_of

_LOOK_AHEAD = 3
"""Lines without a label that may stand between a title and the first label of its header."""

_HEADER = 60
"""Lines of a header, at most, in which a title of its own is looked for."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_CELL = re.compile(r"\t| \| ")
_CUT = re.compile(r"…|\.\.\.")
_TWO = re.compile(r" [/|] |[／｜]")
_LINKED = frozenset(("source", "title", "article_title"))


def with_titles(pieces: Sequence[Piece]) -> list[Piece]:
    """A paragraph in a style for titles above a header is its title, told by script; the last of each counts.

    A section's heading is a label of its own; one inside the text stays text; a title with a label goes before.
    """
    if not any(piece.is_title for piece in pieces):
        return list(pieces)
    whole = _whole_titles(pieces)
    labels = [_label(piece) for piece in whole]
    chosen: dict[int, str] = {}
    in_body = False
    at = 0
    while at < len(whole):
        label = labels[at]
        if label or find_marker(whole[at].words, 0):
            in_body = label is None or label.field in FIELDS_OF_BODY
        elif whole[at].is_title and whole[at].words:
            end = at
            while end < len(whole) and not labels[end] and (whole[end].is_title or not whole[end].words):
                end += 1
            if _is_above_header(whole, labels, end, in_body=in_body):
                chosen.update(_by_script(whole, at, end))
            at = end
            continue
        at += 1
    return [
        replace(piece, text=f"{chosen[n]}: {piece.words}") if n in chosen else piece
        for n, piece in enumerate(whole)
    ]


def _whole_titles(pieces: Sequence[Piece]) -> list[Piece]:
    """A title broken over two lines is one, if both are in one language."""
    whole: list[Piece] = []
    for piece in pieces:
        above = whole[-1] if whole else None
        if (
            above is not None
            and piece.is_title
            and piece.begins is False
            and above.words
            and side_of(above.words) == side_of(piece.words)
            and not _label(piece)
            and not _label(above)
        ):
            whole[-1] = replace(above, text=join_wrapped(above.words, piece.words))
        else:
            whole.append(piece)
    return whole


def _label(piece: Piece) -> Label | None:
    """Of a line, or of a row whose first cell is one: a tab behind its name makes a row of a line."""
    if not piece.words:
        return None
    name, *cells = _CELL.split(piece.words, maxsplit=1)
    return find(piece.words) or (find(name) if cells else None)


def _is_above_header(
    pieces: Sequence[Piece], labels: Sequence[Label | None], at: int, *, in_body: bool
) -> bool:
    """Whether a header begins here that has no title of its own."""
    waiting = _LOOK_AHEAD
    first: Label | None = None
    for piece, label in zip(pieces[at : at + _HEADER], labels[at : at + _HEADER], strict=True):
        if label is None:
            waiting -= bool(piece.words) and first is None
            if waiting < 0 or (first is None and find_marker(piece.words, 0)):
                return False
            continue
        if label.field == "title":
            return False
        first = first or label
        if label.field in FIELDS_OF_BODY:
            break
    return first is not None and (first.field not in FIELDS_OF_BODY or not in_body)


def _by_script(pieces: Sequence[Piece], start: int, end: int) -> dict[int, str]:
    found: dict[Side, int] = {}
    for number in range(start, end):
        words = pieces[number].words
        if not words:
            continue
        if {side_of(part) for part in _TWO.split(words)} == {"zh", "en"} and len(_TWO.split(words)) == 2:
            return {number: "/".join(names[0] for names in TABLE["title"])}
        found[side_of(words) or "zh"] = number
    return {number: TABLE["title"][0 if side == "zh" else 1][0] for side, number in found.items()}


def with_links(pieces: Sequence[Piece]) -> list[Piece]:
    """The addresses that links give, as the docstring of `word` says."""
    if not any(piece.link for piece in pieces):
        return list(pieces)
    lines: list[Piece] = []
    start = 0
    for end in _header_ends(pieces):
        lines += _with_link(pieces[start:end])
        start = end
    return lines


def _header_ends(pieces: Sequence[Piece]) -> list[int]:
    """Where one digest may end: before a label of the header that follows a text, and at the end of all."""
    ends: list[int] = []
    in_body = False
    for number, piece in enumerate(pieces):
        label = _label(piece)
        if label is None:
            continue
        if label.field in FIELDS_OF_BODY:
            in_body = True
        elif in_body:
            ends.append(number)
            in_body = False
    return [*ends, len(pieces)]


def _with_link(pieces: Sequence[Piece]) -> list[Piece]:
    lines: list[Piece] = []
    above: Label | None = None
    offered: list[Piece] = []
    has_address = in_body = False
    for piece in pieces:
        label = _label(piece)
        in_body = in_body or (label is not None and label.field in FIELDS_OF_BODY)
        is_value = label is None and above is not None and not above.value and bool(piece.words)
        named = label or (above if is_value else None)
        if named and named.field == "url":
            piece = _addressed(piece, label)
            has_address = has_address or bool(_ADDRESS.search(piece.words))
        elif piece.link and named and named.field in _LINKED:
            offered.append(replace(piece, text=f"{written('url')}: {piece.link}", is_title=False))
        elif piece.is_link and named is None and not in_body and not find_marker(piece.words, 0):
            if _ADDRESS.fullmatch(piece.words) and not _CUT.search(piece.words):
                has_address = True  # the parser knows an address when it stands alone
            else:
                offered.append(replace(piece, text=f"{written('url')}: {piece.link}", is_title=False))
        lines.append(piece)
        if label or piece.words:
            above = label
    if offered and not has_address:
        place = next(n for n, line in enumerate(lines) if line.number == offered[0].number)
        while place + 1 < len(lines) and lines[place + 1].number == offered[0].number:
            place += 1
        lines.insert(place + 1, replace(offered[0], begins=True, new_page=False))
    return lines


def _addressed(piece: Piece, label: Label | None) -> Piece:
    words = label.value if label else piece.words
    if not piece.link or (_ADDRESS.search(words) and not _CUT.search(words)):
        return piece
    return replace(piece, text=f"{label.name}: {piece.link}" if label else piece.link)
