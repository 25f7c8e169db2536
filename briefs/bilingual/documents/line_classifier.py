"""Classify each line of a document: header of a mail, label, list item or text."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import compress, pairwise

from briefs.bilingual.documents.fields.labels import (
    FIELDS_OF_BODY,
    FieldLabel,
    find_label,
    is_web_address,
    split_at_labels,
)
from briefs.bilingual.documents.files.encodings import LineOrigin
from briefs.bilingual.documents.files.tables import (
    SourceLine,
    TableRow,
    complete_table,
    flatten_rows,
    is_summary,
)
from briefs.bilingual.documents.markers import (
    INDENT_STEP,
    LAST_ORDINAL,
    ORDINAL_STYLE,
    REMARK_SIGN,
    ListMarker,
    SequenceLine,
    are_remarks,
    ends_at_hard_break,
    find_ambiguous_marker,
    find_capital_marker,
    find_capital_sequences,
    find_marker,
    find_sequence_markers,
    is_horizontal_rule,
    is_page_furniture,
)
from briefs.bilingual.text import count_han, display_width
from briefs.content import SIDES, Side


@dataclass(slots=True)
class DocumentLine:
    """One line with text. `number` counts from 1 in the file; `index` counts all lines from 0.

    `starts_paragraph` is true at the start of a Word paragraph.
    """

    number: int
    text: str
    indent: int
    blank_lines_above: int
    label: FieldLabel | None = None
    list_marker: ListMarker | None = None
    index: int = 0
    starts_paragraph: bool = False
    new_page: bool = False
    is_mail_header: bool = False
    is_escaped: bool = False
    """A backslash preceded the text, which is then no marker, label or address."""
    is_in_sequence: bool = False
    """The line is near the previous or next number of the same style, and so is a list item even if the list
    does not start at 1.
    """

    @property
    def is_body(self) -> bool:
        return self.list_marker is not None or (self.label is not None and self.label.field in FIELDS_OF_BODY)

    @property
    def is_header(self) -> bool:
        return self.label is not None and self.label.field not in FIELDS_OF_BODY


_HEADER_NAME = re.compile(
    "(from|寄件者|寄件人|发件人)|(?:to|cc|bcc|subject|sent|date|reply-to|收件者|收件人|副本|密件副本|主旨|主題|主题|日期|"
    "寄件日期|寄送日期|傳送日期|傳送時間|发送时间|attachments?|附件|importance|重要性)",
    re.IGNORECASE,
)
_SENDER = re.compile(" *\\**(?:from|寄件|发件)", re.IGNORECASE)


def find_mail_headers(lines: Sequence[str]) -> frozenset[int]:
    """Return the indexes of lines such as `From:`, `Subject:`, `Date:` above a mail's text."""
    header_indexes: set[int] = set()
    if not any(map(_SENDER.match, lines)):
        return frozenset(header_indexes)
    block = _HeaderBlock()
    for index, raw in enumerate((*lines, "-")):
        name, colon, _ = raw.replace("：", ":", 1).partition(":")
        match = _HEADER_NAME.fullmatch(name.strip(" *")) if colon and len(name) < 20 else None
        if block.accept_line(index, raw, match):
            continue
        if block.has_sender and len(block.indexes) > 1:
            header_indexes.update(block.indexes)
        block = _HeaderBlock()
        block.accept_line(index, raw, match)
    return frozenset(header_indexes)


@dataclass(slots=True)
class _HeaderBlock:
    indexes: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    has_sender: bool = False
    is_spaced: bool = False
    """A blank line separates the header lines, as in a mail pasted into Word."""
    blanks: int = 0

    def accept_line(self, index: int, raw: str, match: re.Match[str] | None) -> bool:
        """Accept a line of the mail's header block. Return False if it does not belong there, such as a repeated name."""
        if match and match[0].casefold() not in self.names and (not self.blanks or self.is_spaced):
            self.indexes.append(index)
            self.names.add(match[0].casefold())
            self.has_sender = self.has_sender or match[1] is not None
            self.blanks = 0
            return True
        if not self.indexes or match:
            return False
        if not raw.strip():
            self.blanks += 1
            self.is_spaced = self.is_spaced or len(self.indexes) == 1
            return True
        if raw[0] in " \t" and "@" in raw and not self.blanks:  # continued list of addressees
            self.indexes.append(index)
            return True
        return False


SIGNATURE_DELIMITER = "--"
"""Alone on its line, this sign separates a mail from its signature."""
_LARGEST_RUN_GAP = 12
"""Maximum number of lines from one number of a list to the next."""
LONGEST_NAME = 60
_CELLS = 24
_SHORT_VALUE_FIELDS = frozenset(("authors", "source", "date", "keywords"))
"""Fields whose values are not sentences."""

_BAR = re.compile("[|｜]")
_CAPITAL = re.compile(" *[A-Z]{1,4}[.)] ")


def classify_lines(lines: Sequence[str], origins: Sequence[LineOrigin] | None = None) -> list[DocumentLine]:
    """Return every line with text, with its label or its marker."""
    marker = _LineClassifier(
        find_capital_sequences(line.lstrip(" ") for line in filter(_CAPITAL.match, lines))
    )
    mail = find_mail_headers(lines)
    for line in _lines(lines, origins):
        if line.index in mail:
            line.is_mail_header = True
            marker.classified_lines.append(line)
        else:
            marker.add(line)
    _mark_language_lines(marker.classified_lines)
    _mark_list_sequences(marker.classified_lines)
    _mark_numbered_runs(marker.classified_lines)
    return marker.classified_lines


def _mark_language_lines(lines: Sequence[DocumentLine]) -> None:
    """Mark lines such as `中：…` and `英：…` as items if they repeat. The first of each language may be the summary."""
    language_lines = [
        line
        for line in lines
        if line.label and line.label.is_language and line.label.value and line.label.side
    ]
    counts = Counter(line.label.side for line in language_lines if line.label)
    if len(counts) < len(SIDES) or min(counts.values()) < 2:
        return
    section: FieldLabel | None = None
    sides: set[Side | None] = set()
    has_summary = False
    for line in lines:
        label = line.label
        if label is None or not (label.is_language and label.value):
            section = label if label and label.field in FIELDS_OF_BODY else section
            has_summary = has_summary or (
                section is not None and bool(label is None or label.value) and not sides
            )
        elif has_summary or (section and section.field == "points") or label.side in sides:
            line.label = replace(label, field="points", value=f"• {label.value}", is_in_series=True)
        else:
            line.label = replace(label, is_in_series=True)
            sides.add(label.side)


def _mark_list_sequences(lines: Sequence[DocumentLine]) -> None:
    """Mark list items that only their sequence reveals, section by section. A label ends every list above it."""
    labels = [at for at, line in enumerate(lines) if line.label]
    for start, end in pairwise([0, *(at + 1 for at in labels), len(lines) + 1]):
        section = lines[start : end - 1]
        if are_remarks([line.list_marker for line in section]):
            for line in section:
                if line.list_marker and line.list_marker.style == REMARK_SIGN:
                    line.list_marker = None
        if not any(line.list_marker is None and find_ambiguous_marker(line.text) for line in section):
            continue
        widest = max(display_width(line.text) for line in section)
        above = [lines[start - 1].text if start else "", *(line.text for line in section)]
        places = [
            SequenceLine(
                "" if line.is_escaped else line.text,
                line.indent,
                line.list_marker,
                apart := bool(line.blank_lines_above) or line.starts_paragraph,
                apart or ends_at_hard_break(before, line.text, widest),
            )
            for line, before in zip(section, above, strict=False)
        ]
        for at, mark in find_sequence_markers(places).items():
            section[at].list_marker = mark


def _mark_numbered_runs(lines: Sequence[DocumentLine]) -> None:
    """Mark numbered items that continue the preceding number, looking back from each."""
    last: dict[tuple[str, int], tuple[int, DocumentLine]] = {}
    for at, line in enumerate(lines):
        mark = line.list_marker
        if mark is None or not mark.ordinal:
            continue
        position, above = last.get((mark.style, line.indent), (at, line))
        if (
            above.list_marker
            and above is not line
            and mark.ordinal in (above.list_marker.ordinal + 1, LAST_ORDINAL)
            and at - position <= _LARGEST_RUN_GAP
        ):
            line.is_in_sequence = above.is_in_sequence = True
            mark = line.list_marker = replace(mark, ordinal=above.list_marker.ordinal + 1)
        last[mark.style, line.indent] = at, line
    for line in lines:
        if line.list_marker and line.list_marker.style == ORDINAL_STYLE and not line.is_in_sequence:
            line.list_marker = None  # a lone 第一、 is the beginning of a sentence


def _lines(lines: Sequence[str], origins: Sequence[LineOrigin] | None) -> Iterator[DocumentLine]:
    rows = _find_typed_tables(lines)
    blanks = skip = 0
    for index, raw in enumerate(lines):
        if index < skip:
            continue
        if index in rows:
            skip, pieces = rows[index]
        else:
            pieces = [SourceLine(index + 1, raw)]
            text = raw.lstrip(" ")
            if not text or is_horizontal_rule(text):
                blanks += 1
                continue
        for piece in pieces:
            at = piece.number - 1
            origin = origins[at] if origins else LineOrigin(at + 1, False, False)
            indent = len(piece.text) - len(piece.text.lstrip(" "))
            yield DocumentLine(
                origin.number, piece.stripped_text, indent, blanks,
                index=index, starts_paragraph=origin.starts_paragraph, new_page=origin.new_page,
            )  # fmt: skip
            blanks = 0


def _find_typed_tables(lines: Sequence[str]) -> dict[int, tuple[int, list[SourceLine]]]:
    """Find tables typed with bars: first line → (line after the last, flattened lines)."""
    tables: dict[int, tuple[int, list[SourceLine]]] = {}
    rows: list[TableRow] = []
    has_summary = False
    for index, raw in enumerate((*lines, "")):
        row = _parse_typed_row(index, raw)
        if row is not None:
            rows.append(row)
            continue
        is_text = [row.whole_line and not is_horizontal_rule(row.whole_line.stripped_text) for row in rows]
        if any(is_text) and (table := complete_table(list(compress(rows, is_text)))):
            tables[index - len(rows)] = index, flatten_rows(table, has_summary=has_summary)
        rows = []
        has_summary = has_summary or is_summary(raw.strip(" "))
    return tables


def _parse_typed_row(index: int, raw: str) -> TableRow | None:
    if "|" not in raw and "｜" not in raw:
        return None
    text = raw.strip(" ")
    whole = SourceLine(index + 1, raw)
    if is_horizontal_rule(text):
        return TableRow([[whole]], whole)
    label = None if text[0] in "|｜" else find_label(text)
    if label is not None and not label.stands_alone:
        return None
    cells = _BAR.split(text.removeprefix("|").removesuffix("|"))
    if len(cells) > _CELLS:
        return None
    return TableRow([[SourceLine(index + 1, cell.strip(" "))] for cell in cells], whole)


class _LineClassifier:
    """Classify lines one by one. The labels seen so far decide the kind of the next line."""

    def __init__(self, capitals: Set[str] = frozenset()) -> None:
        self.classified_lines: list[DocumentLine] = []
        self.capitals = capitals
        self.side: Side | None = None
        self.in_body = False
        self.label_marker_styles: set[str] = set()
        """Styles of markers that precede labels in this file, as in `一、作者：` or ◆摘要."""

    def add(self, line: DocumentLine) -> None:
        if line.text[0] == "\\" and is_escaped(line.text):
            line.text, line.is_escaped = line.text[1:], True
            self.classified_lines.append(line)
            return
        line.list_marker = find_marker(line.text, line.indent)
        if line.list_marker is None and self.in_body and self.capitals:
            line.list_marker = find_capital_marker(line.text, self.capitals | self._find_nested_capital(line))
        mark = line.list_marker or find_ambiguous_marker(line.text)
        if mark is not None and (label := self._find_label_after_marker(mark)):
            line.text, line.list_marker = mark.item_text, None
        else:
            label = find_label(line.text) if line.list_marker is None else None
        if label is None or not self._is_real_label(label, line):
            self.classified_lines.append(line)
            return
        texts = [line.text] if label.field in FIELDS_OF_BODY else split_at_labels(line.text, label)
        for number, text in enumerate(texts):
            part = replace(line, text=text, label=find_label(text)) if len(texts) > 1 else line
            if part is line:
                line.label = label
            elif number:
                part.blank_lines_above = 0
            if part.label:
                self.in_body = part.label.field in FIELDS_OF_BODY
                self.side = part.label.side
            self.classified_lines.append(part)

    def _find_nested_capital(self, line: DocumentLine) -> set[str]:
        """Return `A` if the line is a single `A. ` indented under the last `I. ` item: the only item of a
        nested list.
        """
        above = self.classified_lines[-1] if self.classified_lines else None
        if above is None or above.list_marker is None or not above.list_marker.style.startswith("capital"):
            return set()
        return (
            {"A"} if line.indent >= above.indent + INDENT_STEP and ends_at_hard_break(above.text) else set()
        )

    def _find_label_after_marker(self, mark: ListMarker) -> FieldLabel | None:
        """Return the label after a marker.

        Above the text any label counts. Inside the text it must announce a section, unless labels with this
        marker came before.
        """
        if self.in_body and not self.label_marker_styles and len(mark.item_text) > LONGEST_NAME:
            return None
        label = find_label(mark.item_text)
        if label is None:
            return None
        is_section = label.field in FIELDS_OF_BODY and not label.value
        if self.in_body:
            is_known = mark.style in self.label_marker_styles and not label.stands_alone
            is_alike = (
                not label.stands_alone or mark.kind == "number" or mark.style in self.label_marker_styles
            )
            is_label = is_known or (is_section and is_alike)
        else:
            is_label = is_section or not label.stands_alone
        if is_label and not self.in_body and (mark.kind == "number" or is_section):
            self.label_marker_styles.add(mark.style)
        return label if is_label else None

    def _is_real_label(self, label: FieldLabel, line: DocumentLine) -> bool:
        """Return whether a name at the start of a line is a label, not a word of a wrapped paragraph."""
        if label.is_header_only:
            return not self.in_body
        if not self.in_body:
            return True
        if label.field in _SHORT_VALUE_FIELDS and label.value[-1:] in ("。", ".") and _is_prose(label.value):
            return False
        if line.blank_lines_above or line.starts_paragraph:
            return True
        if label.stands_alone:
            return label.side is not None and label.side != self.side
        return not (label.name[0].isascii() and label.name[0].islower())


def _is_prose(value: str) -> bool:
    """Return whether a value is a sentence (`Sources: the author cites officials.`), not a name (`Author:
    Martin Luther King Jr.`).
    """
    return count_han(value) > 7 or len(value.split()) > 4 or ": " in value


def is_escaped(text: str) -> bool:
    """Return whether a backslash precedes what looks like a marker, a label or a rule. `writer` adds the
    backslash.
    """
    rest = text.lstrip("\\")
    return bool(rest) and (
        find_marker(rest, 2) is not None
        or find_ambiguous_marker(rest) is not None
        or find_label(rest) is not None
        or is_web_address(rest)
        or is_horizontal_rule(rest)
        or is_page_furniture(rest)
        or rest == SIGNATURE_DELIMITER
    )
