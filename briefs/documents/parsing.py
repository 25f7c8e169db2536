"""Lines → documents. Every line finds a place, or stands in `unplaced` with a caution that names it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from briefs.content import SIDES, Side
from briefs.documents import comparing, header
from briefs.documents.aligning import align
from briefs.documents.dates import DateOrder
from briefs.documents.decoding import lines_sha256
from briefs.documents.labels import FIELDS_OF_BODY, TABLE, Label
from briefs.documents.markers import DEEPEST, Nesting, find_marker, without_gaps
from briefs.documents.marking import Line, mark_lines, split_digests
from briefs.documents.scripts import is_wider, join_wrapped, side_of
from briefs.documents.types import (
    LANGUAGE_NAMES,
    Caution,
    DocumentRefused,
    ParsedDocument,
    ParsedSide,
    Point,
    Reading,
)

WRAP_LIMIT = 120
"""Columns. No mail program wraps later: what follows a longer line is another paragraph."""


STOPS = '。！？.!?」』”"'
"""After one of these a line further in than the one above begins a paragraph, as Chinese does with U+3000."""

PRIMARY = frozenset(names[0] for field in FIELDS_OF_BODY for names in TABLE[field])


@dataclass(slots=True)
class Item:
    """A paragraph of a summary (`point` is None) or a list item, as it grows line by line.

    `indent` is that of a list item's marker, or of a paragraph's last line.
    """

    line: int
    text: str
    indent: int
    point: Point | None = None
    last: str = ""


@dataclass(slots=True)
class Section:
    """What stands under one label of the body. `side` is None when the label does not tell the language."""

    label: Label | None
    side: Side | None
    line: int
    items: list[Item] = field(default_factory=list)
    nesting: Nesting = field(default_factory=Nesting)


def parse(
    lines: Sequence[str],
    *,
    date_order: DateOrder = "mdy",
    terms: Sequence[tuple[str, str]] = (),
    encoding: str = "utf-8",
    cautions: Sequence[Caution] = (),
) -> list[Reading]:
    """All digests of a file, each parsed or refused on its own. `cautions` are those of decoding."""
    digests = split_digests(mark_lines(lines))
    if not digests:
        return [Reading(0, lines_sha256(lines), None, DocumentRefused(None, "empty"), encoding)]
    readings: list[Reading] = []
    for index, digest in enumerate(digests):
        first = digest[0].number - 1 if index else 0
        end = digests[index + 1][0].number - 1 if index + 1 < len(digests) else len(lines)
        digest_hash = lines_sha256(lines[first:end])
        own = [c for c in cautions if c.line is None or first < c.line <= end]
        try:
            parsed = _Digest(date_order, own).read(digest, terms)
        except DocumentRefused as refusal:
            readings.append(Reading(index, digest_hash, None, refusal, encoding))
        else:
            readings.append(Reading(index, digest_hash, parsed, None, encoding))
    return readings


class _Digest:
    """One digest while its lines are read."""

    def __init__(self, date_order: DateOrder, cautions: Sequence[Caution]) -> None:
        self.date_order = date_order
        self.cautions = list(cautions)
        self.unplaced: list[tuple[int, str]] = []
        self.entries: list[header.Entry] = []
        self.sections: list[Section] = []
        self.state: header.Entry | Section | None = None

    def read(self, lines: Sequence[Line], terms: Sequence[tuple[str, str]]) -> ParsedDocument:
        for line in lines:
            if line.label:
                self._label(line, line.label)
            elif line.mark:
                self._point(line)
            else:
                self._text(line)
        if not self.entries and not any(section.label for section in self.sections):
            raise DocumentRefused(lines[0].number, "no-label")
        sides = self._sides()
        if not any(side.summary or side.points for side in sides.values()):
            raise DocumentRefused(lines[-1].number, "no-body")
        facts = header.facts(self.entries, self.date_order, self.cautions, self.unplaced)
        zh, en = (sides[side].points if side in sides else () for side in SIDES)
        pairs = tuple(align(zh, en, terms=terms))
        self.cautions += comparing.cautions(sides, pairs)
        self.cautions.sort(key=lambda caution: caution.line or 0)
        return ParsedDocument(
            sides=sides,
            pairs=pairs,
            cautions=tuple(self.cautions),
            unplaced=tuple(sorted(self.unplaced)),
            **facts,
        )

    def _label(self, line: Line, label: Label) -> None:
        if label.field not in FIELDS_OF_BODY:
            if self.sections and any(e.label.field == label.field and e.value for e in self.entries):
                self._unplace(line)
                return
            self.state = header.Entry(line.number, label, label.value, line.text)
            self.entries.append(self.state)
            return
        if isinstance(self.state, Section) and self._is_prose(label, self.state):
            self._text(line)
            return
        self._repeated(line, label)
        self.state = Section(label, label.side, line.number)
        self.sections.append(self.state)
        if mark := find_marker(label.value, line.indent):
            self._point(replace(line, text=label.value, label=None, mark=mark))
        elif label.value:
            self._paragraph(self.state, line.number, label.value, line.indent)

    def _is_prose(self, label: Label, section: Section) -> bool:
        """`總結：…` or `Highlights: …` inside a text is how a paragraph begins: its words are kept."""
        if (
            not label.value
            or find_marker(label.value, 0)
            or label.name in PRIMARY
            or label.side != section.side
        ):
            return False
        return side_of(label.value) in (None, label.side)

    def _repeated(self, line: Line, label: Label) -> None:
        same = [s.label for s in self.sections if s.label and s.side == label.side]
        if label.side and any(other.field == label.field for other in same):
            self.cautions.append(Caution(line.number, "repeated-label", {"label": label.name}))

    def _point(self, line: Line) -> None:
        mark = line.mark
        if mark is None:
            return
        if isinstance(self.state, header.Entry) and self.state.take_item(line, mark.text):
            return
        if not isinstance(self.state, Section):
            if not self.entries:
                self._unplace(line)
                return
            self.state = Section(None, None, line.number)
            self.sections.append(self.state)
        section = self.state
        if not section.nesting.expects(mark) and self._is_wrapped(section, line):
            self._text(line)
            return
        level = section.nesting.level(line.indent, mark, apart=line.blanks > 1)
        if level > DEEPEST:
            self.cautions.append(Caution(line.number, "too-deep", {"text": mark.text}))
        point = Point(mark.text, min(level, DEEPEST), mark.marker, line.number)
        section.items.append(Item(line.number, mark.text, line.indent, point, line.text))

    def _is_wrapped(self, section: Section, line: Line) -> bool:
        return bool(section.items) and not line.blanks and not is_wider(section.items[-1].last, WRAP_LIMIT)

    def _text(self, line: Line) -> None:
        if isinstance(self.state, Section):
            self._body_text(self.state, line)
        elif self.state is None or not self.state.take(line):
            self._unplace(line)

    def _body_text(self, section: Section, line: Line) -> None:
        last = section.items[-1] if section.items else None
        if last is None:
            self._paragraph(section, line.number, line.text, line.indent)
        elif self._continues(section, last, line):
            last.text, last.last = join_wrapped(last.text, line.text), line.text
            if last.point is None:
                last.indent = line.indent
        elif last.point is None or self._other_language(section, line.text):
            self._paragraph(section, line.number, line.text, line.indent)
        else:
            self._unplace(line)

    def _continues(self, section: Section, item: Item, line: Line) -> bool:
        """Whether a line without a marker is the rest of the item above it."""
        if not item.text:
            return True
        if item.point is None and line.indent >= item.indent + 2 and item.last[-1] in STOPS:
            return False
        if section.side is None and side_of(line.text) not in (None, side_of(item.text)):
            return False
        if line.blanks:
            return item.point is not None and line.indent > item.indent
        if item.point is not None and line.indent > item.indent:
            return True
        return not is_wider(item.last, WRAP_LIMIT)

    def _other_language(self, section: Section, text: str) -> bool:
        side = side_of(text)
        return section.side is None and side not in {side_of(i.text) for i in section.items if i.point}

    def _paragraph(self, section: Section, number: int, text: str, indent: int) -> None:
        if section.items and section.items[-1].point:
            section.nesting = Nesting()
        section.items.append(Item(number, text, indent, None, text))

    def _unplace(self, line: Line) -> None:
        self.unplaced.append((line.number, line.text))
        self.cautions.append(Caution(line.number, "unplaced", {"text": line.text}))

    def _sides(self) -> dict[Side, ParsedSide]:
        summaries: dict[Side, list[str]] = {"zh": [], "en": []}
        points: dict[Side, list[Point]] = {"zh": [], "en": []}
        for section in self.sections:
            told = self._side_by_script(section)
            for item in section.items:
                side = told or side_of(item.text) or "zh"
                if item.point is None:
                    summaries[side].append(item.text)
                elif item.text:
                    point = item.point
                    points[side].append(Point(item.text, point.level, point.marker, point.line))
                else:
                    self.cautions.append(Caution(item.line, "empty-point", {"text": item.last}))
        for side, found in points.items():
            levels = without_gaps(point.level for point in found)
            points[side] = [
                replace(p, level=n) if n != p.level else p for p, n in zip(found, levels, strict=True)
            ]
        return {
            side: ParsedSide("\n\n".join(summaries[side]), tuple(points[side]))
            for side in SIDES
            if summaries[side] or points[side]
        }

    def _side_by_script(self, section: Section) -> Side | None:
        """A label in one language over text in the other: the text tells, if that side has no label."""
        if section.side is None or section.label is None:
            return None
        scripts = {side_of(item.text) for item in section.items} - {None}
        other: Side = "en" if section.side == "zh" else "zh"
        if scripts != {other} or any(s.side == other and s.items for s in self.sections):
            return section.side
        names = LANGUAGE_NAMES[other]
        values = {"label": section.label.name, "language_en": names[0], "language_zh": names[1]}
        self.cautions.append(Caution(section.line, "side-by-script", values))
        return other
