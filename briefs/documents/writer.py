"""Write a document as text in the original layout, so that it can be parsed again.

`parse(write(b))` is b. `write(parse(x))` is x normalised: white space as cleaned by `encodings`; one blank
line between the labelled lines, two above the first language, one above the second; Chinese first; labels and
markers as in the original documents, numbers counted from 1, one indent per level; unplaced lines above the
first label. Levels are written without gaps. A paragraph is one line, with a backslash before it if it would
be read as a list item, a label or a rule. A point that would be read as a label or a rule is written on the
line below its marker. Bold values get a second pair of bold signs.
"""

from collections.abc import Sequence

from briefs.content import SIDES, Side
from briefs.documents.fields.authors import split_authors, split_keywords
from briefs.documents.fields.label_names import FIELDS_OF_BODY, FIELDS_OF_HEADER, LABEL_NAMES, LIST_FIELDS
from briefs.documents.fields.labels import find_label, format_header_label, is_bold, is_web_address
from briefs.documents.line_classifier import is_escaped
from briefs.documents.markers import close_level_gaps, is_horizontal_rule
from briefs.documents.types import ParsedDate, ParsedDocument, ParsedSide, Point
from briefs.facts import DOCUMENT_FACTS
from briefs.text.scripts import detect_side

_INDENT = 2


def write(document: ParsedDocument) -> str:
    texts = [text for _, text in document.unplaced_lines]
    above = [text for text in texts if not find_label(text)]
    # A second label of these fields would extend the first. Below the text it is unplaced.
    late = [text for text in texts if (label := find_label(text)) and label.field in LIST_FIELDS]
    headers = _headers(document) + [text for text in texts if text not in above and text not in late]
    bodies = [
        _body(side, document.sides.get(side, ParsedSide("", ())))
        for side in SIDES
        if side in document.sides or _is_mixed(document)
    ]
    above = [_escape_paragraph(text) if is_web_address(text) else text for text in above]
    head = "\n\n".join([*above, *headers])
    return (head + "\n\n\n" if head else "") + "\n\n".join([*bodies, *late]) + "\n"


def _is_mixed(document: ParsedDocument) -> bool:
    """Return whether a document in one language contains paragraphs or points in the other.

    An empty label of the other language then keeps them where they are.
    """
    return len(document.sides) == 1 and any(
        detect_side(text) not in (None, name)
        for name, side in document.sides.items()
        for text in (*side.summary.split("\n\n"), *(point.text for point in side.points))
    )


def _headers(document: ParsedDocument) -> list[str]:
    lines = [
        f"{LABEL_NAMES['title'][number][0]}: {_double_bold(document.title[side])}"
        for number, side in enumerate(SIDES)
        if side in document.title
    ]
    values = {
        "authors": _join_names(document.authors),
        "source": document.source,
        "date": _date(document.date),
        **{field: document.facts.get(name) for name, field in DOCUMENT_FACTS.items()},
        "keywords": _join_keywords(document.keywords),
    }
    lines += [
        f"{format_header_label(name)}: {_double_bold(value)}"
        for name in FIELDS_OF_HEADER
        if (value := values.get(name))
    ]
    return lines


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


def _body(name: Side, side: ParsedSide) -> str:
    label = LABEL_NAMES["summary"][SIDES.index(name)][0]
    paragraphs = [_escape_paragraph(paragraph) for paragraph in side.summary.split("\n\n")]
    lines = [f"{label}:", *(["\n\n".join(paragraphs)] if side.summary else [])]
    return "\n".join([*lines, *_list(side.points)])


def _escape_paragraph(paragraph: str) -> str:
    return f"\\{paragraph}" if is_escaped(f"\\{paragraph}") else paragraph


def _list(points: Sequence[Point]) -> list[str]:
    levels = close_level_gaps(point.level for point in points)
    is_flat = _is_bullets_over_numbers(points, levels)
    lines: list[str] = []
    markers: list[str] = []
    ordinals: list[int] = []
    for point, level in zip(points, levels, strict=True):
        del markers[level + 1 :], ordinals[level + 1 :]
        if len(markers) == level:
            markers.append(point.marker)
            ordinals.append(0)
        if markers[level] != point.marker:
            markers[level], ordinals[level] = point.marker, 0
            lines += ["", ""]
        ordinals[level] += 1
        mark = "•" if point.marker == "bullet" else f"{ordinals[level]}."
        indent = " " * (_INDENT if is_flat else _INDENT * (level + 1))
        if _is_read_as_label_or_rule(mark, point.text):
            lines += [f"{indent}{mark}", f"{indent}{' ' * _INDENT}{_escape_paragraph(point.text)}"]
        else:
            lines.append(f"{indent}{mark} {point.text}")
    return lines


def _is_read_as_label_or_rule(mark: str, text: str) -> bool:
    """Return whether the line would be read as the label of a section or as a rule."""
    label = find_label(text)
    return is_horizontal_rule(f"{mark} {text}") or (
        label is not None and label.field in FIELDS_OF_BODY and not label.value
    )


def _is_bullets_over_numbers(points: Sequence[Point], levels: Sequence[int]) -> bool:
    """Return whether the list is bullets with numbers under them, which nest without an indent of their own."""
    shapes = {(level, point.marker) for level, point in zip(levels, points, strict=True)}
    return shapes <= {(0, "bullet"), (1, "number")}
