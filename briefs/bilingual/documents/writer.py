"""Write a document as text in the original layout, so that it can be parsed again.

`parse(write(b))` is b. `write(parse(x))` is x normalised: white space as cleaned by `encodings`; one blank
line between the labelled lines, two above the first language, one above the second; Chinese first; labels and
markers as in the original documents, numbers counted from 1, one indent per level; unplaced lines above the
first label. Levels are written without gaps. A paragraph is one line, with a backslash before it if it would
be read as a list item, a label or a rule. A point that would be read as a label or a rule is written on the
line below its marker. Bold values get a second pair of bold signs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from briefs.bilingual.documents.fields.authors import split_authors, split_keywords
from briefs.bilingual.documents.fields.labels import (
    FIELDS_OF_BODY,
    FIELDS_OF_HEADER,
    LABEL_NAMES,
    LIST_FIELDS,
    find_label,
    format_header_label,
    is_bold,
    is_web_address,
)
from briefs.bilingual.documents.line_classifier import is_escaped
from briefs.bilingual.documents.markers import close_level_gaps, is_horizontal_rule
from briefs.bilingual.documents.types import ParsedDate, ParsedDocument, ParsedSide, Point
from briefs.bilingual.text import detect_side
from briefs.content import SIDES, Side
from briefs.facts import DOCUMENT_FACTS

_INDENT = 2

type LineKind = Literal["blank", "title", "header", "section", "paragraph", "item", "unplaced"]


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """One paragraph of the layout, for the text file and the Word file.

    `label` precedes the text of a title, a header and a section. `mark`, `level` and `ordinal` are those of an item,
    `indent` its columns. `is_below_mark`: the text is on the line below the mark.
    """

    kind: LineKind
    text: str = ""
    label: str = ""
    side: Side | None = None
    mark: str = ""
    level: int = 0
    ordinal: int = 0
    indent: int = 0
    is_below_mark: bool = False

    def __str__(self) -> str:
        if self.label:
            return f"{self.label}: {self.text}" if self.text else f"{self.label}:"
        if not self.mark:
            return self.text
        space = " " * self.indent
        return (
            f"{space}{self.mark}" + (f"\n{space}{' ' * _INDENT}" if self.is_below_mark else " ") + self.text
        )


_BLANK = WrittenLine("blank")


def write(document: ParsedDocument) -> str:
    return "\n".join(map(str, lay_out(document))) + "\n"


def lay_out(document: ParsedDocument) -> list[WrittenLine]:
    """Return the paragraphs of the document in the layout's order."""
    texts = [text for _, text in document.unplaced_lines]
    above = [text for text in texts if not find_label(text)]
    # A second label of these fields would extend the first. Below the text it is unplaced.
    late = [text for text in texts if (label := find_label(text)) and label.field in LIST_FIELDS]
    labelled = [text for text in texts if text not in above and text not in late]
    above = [_escape_paragraph(text) if is_web_address(text) else text for text in above]
    head = [*map(_unplaced, above), *_headers(document), *map(_unplaced, labelled)]
    bodies = [
        _body(side, document.sides.get(side, ParsedSide("", ())))
        for side in SIDES
        if side in document.sides or _is_mixed(document)
    ]
    lines = _separate([line] for line in head)
    return [*lines, *([_BLANK] * 2 if lines else []), *_separate([*bodies, *([_unplaced(t)] for t in late)])]


def _unplaced(text: str) -> WrittenLine:
    return WrittenLine("unplaced", text)


def _separate(blocks: Iterable[list[WrittenLine]]) -> list[WrittenLine]:
    """Join the blocks with a blank line between them."""
    lines: list[WrittenLine] = []
    for block in blocks:
        lines += [*([_BLANK] if lines else []), *block]
    return lines


def _is_mixed(document: ParsedDocument) -> bool:
    """Return whether a document labelled in one language contains paragraphs or points in the other.

    The writer then adds an empty label of the other language, so that they are read back in place.
    """
    return len(document.sides) == 1 and any(
        detect_side(text) not in (None, name)
        for name, side in document.sides.items()
        for text in (*side.summary.split("\n\n"), *(point.text for point in side.points))
    )


def _headers(document: ParsedDocument) -> Iterator[WrittenLine]:
    for number, side in enumerate(SIDES):
        if side in document.title:
            label = LABEL_NAMES["title"][number][0]
            yield WrittenLine("title", _double_bold(document.title[side]), label, side)
    values = {
        "authors": _join_names(document.authors),
        "source": document.source,
        "date": _date(document.date),
        **{field: document.facts.get(name) for name, field in DOCUMENT_FACTS.items()},
        "keywords": _join_keywords(document.keywords),
    }
    for name in FIELDS_OF_HEADER:
        if value := values.get(name):
            yield WrittenLine("header", _double_bold(value), format_header_label(name))


def _double_bold(value: str) -> str:
    """Add a second pair of bold signs, because reading removes one."""
    if not is_bold(value):
        return value
    return f"__{value}__" if value.startswith("**") else f"**{value}**"


def _date(date: ParsedDate | None) -> str:
    return (date.raw or date.label or date.iso) if date else ""


def _join_names(names: Sequence[str]) -> str:
    """Join names with a separator that splits into the same names. A final semicolon protects a single name."""
    latin = all(name.isascii() for name in names)
    for separator in (", ", "、") if latin else ("、",):
        joined = separator.join(names)
        if split_authors(joined) == (tuple(names), False):
            return joined
    joined = "; ".join(names)
    return joined if split_authors(joined)[0] == tuple(names) else f"{joined};"


def _join_keywords(keywords: Sequence[str]) -> str:
    joined = "、".join(keywords)
    return joined if split_keywords(joined) == tuple(keywords) else f"{joined}、"


def _body(name: Side, side: ParsedSide) -> list[WrittenLine]:
    label = LABEL_NAMES["summary"][SIDES.index(name)][0]
    paragraphs = side.summary.split("\n\n") if side.summary else []
    written = [WrittenLine("paragraph", _escape_paragraph(paragraph), side=name) for paragraph in paragraphs]
    return [
        WrittenLine("section", label=label, side=name),
        *_separate([line] for line in written),
        *_list(name, side.points),
    ]


def _escape_paragraph(paragraph: str) -> str:
    return f"\\{paragraph}" if is_escaped(f"\\{paragraph}") else paragraph


def _list(side: Side, points: Sequence[Point]) -> list[WrittenLine]:
    levels = close_level_gaps(point.level for point in points)
    is_flat = _is_bullets_over_numbers(points, levels)
    lines: list[WrittenLine] = []
    markers: list[str] = []
    ordinals: list[int] = []
    for point, level in zip(points, levels, strict=True):
        del markers[level + 1 :], ordinals[level + 1 :]
        if len(markers) == level:
            markers.append(point.marker)
            ordinals.append(0)
        if markers[level] != point.marker:
            markers[level], ordinals[level] = point.marker, 0
            lines += [_BLANK, _BLANK]
        ordinals[level] += 1
        is_bullet = point.marker == "bullet"
        mark = "•" if is_bullet else f"{ordinals[level]}."
        is_below = _is_read_as_label_or_rule(mark, point.text)
        lines.append(
            WrittenLine(
                "item",
                _escape_paragraph(point.text) if is_below else point.text,
                side=side,
                mark=mark,
                level=level,
                ordinal=0 if is_bullet else ordinals[level],
                indent=_INDENT if is_flat else _INDENT * (level + 1),
                is_below_mark=is_below,
            )
        )
    return lines


def _is_read_as_label_or_rule(mark: str, text: str) -> bool:
    """Return whether the line would be read as the label of a section or as a rule."""
    label = find_label(text)
    return is_horizontal_rule(f"{mark} {text}") or (
        label is not None and label.field in FIELDS_OF_BODY and not label.value
    )


def _is_bullets_over_numbers(points: Sequence[Point], levels: Sequence[int]) -> bool:
    """Return whether the list is bullets with numbers under them, which nest without an indent."""
    shapes = {(level, point.marker) for level, point in zip(levels, points, strict=True)}
    return shapes <= {(0, "bullet"), (1, "number")}
