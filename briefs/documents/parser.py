"""Lines → documents. Every line finds a place, or stands in `unplaced` with a caution that names it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from briefs.content import SIDES, Side
from briefs.documents import side_comparison
from briefs.documents.alignment import align
from briefs.documents.fields import header
from briefs.documents.fields.dates import DateOrder
from briefs.documents.fields.label_names import FIELDS_OF_BODY, TABLE
from briefs.documents.fields.labels import Label, is_address
from briefs.documents.files.encodings import LINE_LIMIT, Decoded, lines_sha256
from briefs.documents.language_halves import join_halves
from briefs.documents.line_classifier import SIGNATURE, mark_lines, split_digests
from briefs.documents.lines import Line
from briefs.documents.list_sequences import RAGGED, is_ended
from briefs.documents.markers import DEEPEST, OUTLINE, find_marker, is_furniture
from briefs.documents.sections import Item, Section, by_script, mixed_label, other, sides_of
from briefs.documents.types import Caution, DocumentRefused, ParsedDocument, Point, Reading
from briefs.text.scripts import is_wider, side_of, width

WRAP_LIMIT = 120
"""Columns. No mail program wraps later: what follows a longer line is another paragraph."""


STOPS = '。！？.!?」』”"'
"""After one of these a line further in than the one above begins a paragraph, as Chinese does with U+3000."""

ENDED_BELOW = 50
"""Columns. A sentence that ends on a shorter line of a point was not wrapped there: what follows is no part of it."""

FULL_FROM = 66
"""Columns. The shortest line that a mail program leaves when it wraps Chinese."""

SHORTEST_SUMMARY = 30
"""Columns. A shorter line above a list, under no label, is a heading."""

PRIMARY = frozenset(names[0] for field in FIELDS_OF_BODY for names in TABLE[field])


_REFERENCES = re.compile(
    r"(?:參考(?:資料|文獻|來源)|延伸閱讀|註釋|references|further reading|notes)[:：]?", re.IGNORECASE
)
_YEARS_FROM = 100
"""A number from here on before a full stop is a year or an amount, unless its list has come so far."""


def parse(
    decoded: Decoded, *, date_order: DateOrder = "mdy", terms: Sequence[tuple[str, str]] = ()
) -> list[Reading]:
    """All digests of a file, each parsed or refused on its own."""
    lines, encoding = decoded.lines, decoded.encoding
    digests = join_halves(split_digests(mark_lines(lines, decoded.origins)))
    if not digests:
        return [Reading(0, lines_sha256(lines), None, DocumentRefused(None, "empty"), encoding)]
    readings: list[Reading] = []
    for index, digest in enumerate(digests):
        first = digest[0].place if index else 0
        end = digests[index + 1][0].place if index + 1 < len(digests) else len(lines)
        digest_hash = lines_sha256(lines[first:end])
        above = digest[0].number if index else 0
        below = digests[index + 1][0].number if index + 1 < len(digests) else LINE_LIMIT * 2
        own = [c for c in decoded.cautions if c.line is None or above <= c.line < below]
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
        self.unplaced: list[tuple[int, str]] = [
            (c.line, c.values["text"]) for c in cautions if c.code == "unplaced" and c.line
        ]
        self.mixed: Side | None = None
        self.given: dict[str, set[Side]] = {}
        self.labelled: set[tuple[Side, str]] = set()
        self.entries: list[header.Entry] = []
        self.sections: list[Section] = []
        self.state: header.Entry | Section | None = None
        self.signed = False
        self.left: list[Line] = []
        """The lines above this one that found no place, as far as they stand together."""
        self.lines: Sequence[Line] = ()
        self.at = 0
        self.block, self.in_sentences = range(0), False
        """Lines that stand together, and whether each is a sentence."""
        self.section_at = 0
        """Where the label stands under which these lines are."""
        self.widest = 0
        """Columns of the longest of them, once somebody asks."""
        self.narrow: bool | None = None
        """Whether they were wrapped, once somebody asks."""

    def read(self, lines: Sequence[Line], terms: Sequence[tuple[str, str]]) -> ParsedDocument:
        self.mixed = mixed_label(lines)
        self.lines = lines
        for self.at, line in enumerate(lines):
            if line.label:
                self.signed = False
                self.section_at, self.widest, self.narrow = self.at, 0, None
                self._label(line, line.label)
            elif self.signed or (not line.escaped and self._begins_what_is_no_text(line)):
                self.signed = True
                self._unplace(line)
            elif is_furniture(line.text) and not line.escaped:
                self._set_aside(line)
            elif line.mark:
                self._point(line)
            else:
                self._text(line)
        if not self.entries and not any(section.label for section in self.sections):
            raise DocumentRefused(lines[0].number, "no-label")
        sides = sides_of(self.sections, self.cautions)
        if not any(side.summary or side.points for side in sides.values()):
            raise DocumentRefused(lines[-1].number, "no-body")
        facts = header.facts(self.entries, self.date_order, self.cautions, self.unplaced)
        zh, en = (sides[side].points if side in sides else () for side in SIDES)
        pairs = tuple(align(zh, en, terms=terms))
        self.cautions += side_comparison.cautions(sides, pairs)
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
            self._note_given()
            if self.sections and label.sides & self.given.get(label.field, set()):
                if label.field != "source" or "url" in self.given or not is_address(label.value):
                    self._unplace(line)
                    return
                label = replace(label, field="url")  # `Source: https://…` under a text
            self.state = header.Entry(line.number, label, label.value, line.text)
            self.entries.append(self.state)
            return
        if isinstance(self.state, Section) and self._is_prose(label, self.state):
            self._text(line)
            return
        self._repeated(line, label)
        if self.mixed and not any(section.label for section in self.sections):
            self.cautions.append(by_script("part-by-script", line.number, label.name, other(self.mixed)))
        self.state = Section(label, None if self.mixed else label.side, line.number)
        self.sections.append(self.state)
        if mark := find_marker(label.value, line.indent):
            self._point(replace(line, text=label.value, label=None, mark=mark))
        elif label.value:
            self._paragraph(self.state, line.number, label.value, line.indent)

    def _note_given(self) -> None:
        """In which languages of labels each field has been given; the last entry may have got its value since."""
        if self.entries and self.entries[-1].value:
            last = self.entries[-1].label
            self.given.setdefault(last.field, set()).update(last.sides)

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
        if label.side is None or self.mixed:
            return
        if (label.side, label.field) in self.labelled:
            self.cautions.append(Caution(line.number, "repeated-label", {"label": label.name}))
        self.labelled.add((label.side, label.field))

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
            self._take_summary(self.state, line)
        section = self.state
        nesting = section.nesting(mark.text)
        mark = nesting.told(mark)
        is_strange = not nesting.expects(mark)
        is_strange = is_strange and not (line.runs_on and mark.ordinal < _YEARS_FROM and self._begins(line))
        is_figure = mark.ordinal >= _YEARS_FROM or mark.style.startswith(OUTLINE)
        if is_strange and (is_figure or self._is_wrapped(section, line)):
            self._text(line)
            return
        level = nesting.level(line.indent, mark, apart=line.blanks > 1)
        if level > DEEPEST:
            self.cautions.append(Caution(line.number, "too-deep", {"text": mark.text}))
        section.scripts.add(section.side or side_of(mark.text))
        point = Point(mark.text, min(level, DEEPEST), mark.marker, line.number)
        section.items.append(Item(line.number, mark.text, line.indent, point, line.text))

    def _begins(self, line: Line) -> bool:
        """Whether the line above it was not wrapped, nor stands in an enumeration: （1）…；"""
        above = self.lines[self.at - 1] if self.at else None
        if above is None or line.blanks or line.apart or above.label:
            return True
        return is_ended(above.text)

    def _take_summary(self, section: Section, line: Line) -> None:
        """Prose above the first list of a document whose text has no label is its summary."""
        above = self.left
        if not above or not all(it.text[-1] in STOPS and is_wider(it.text, SHORTEST_SUMMARY) for it in above):
            return
        numbers = {it.number for it in above}
        self.unplaced = [left for left in self.unplaced if left[0] not in numbers]
        self.cautions = [c for c in self.cautions if c.code != "unplaced" or c.line not in numbers]
        for it in above:
            self._paragraph(section, it.number, it.text, it.indent)

    def _widest(self) -> int:
        if not self.widest:
            below = takewhile(lambda line: not line.label, self.lines[self.section_at + 1 :])
            self.widest = max((width(line.text) for line in below), default=1)
        return self.widest

    def _had_room(self, item: Item, line: Line) -> bool:
        """Whether the next word would have fitted behind a sentence that ends above: then nothing was wrapped."""
        word = line.text.partition(" ")[0] if line.text[0].isascii() else line.text[0]
        return width(item.last) + width(word) + RAGGED <= self._widest()

    def _are_sentences(self) -> bool:
        """Three lines or more that stand together and all end like one: no mail program wraps so."""
        if self.at not in self.block:
            start = end = self.at
            while start and self._stand_together(start - 1):
                start -= 1
            while end + 1 < len(self.lines) and self._stand_together(end):
                end += 1
            self.block = range(start, end + 1)
            texts = [self.lines[n].text for n in self.block if not self.lines[n].label]
            self.in_sentences = len(texts) > 2 and all(text[-1] in STOPS for text in texts)
        return self.in_sentences

    def _stand_together(self, at: int) -> bool:
        below = self.lines[at + 1]
        return not (below.mark or below.label or below.blanks or self.lines[at].mark)

    def _is_wrapped(self, section: Section, line: Line) -> bool:
        return (
            bool(section.items)
            and not line.blanks
            and not line.apart
            and not is_wider(section.items[-1].last, WRAP_LIMIT)
        )

    def _text(self, line: Line) -> None:
        if self._is_address(line):
            label = Label("url", frozenset(SIDES), "URL", line.text)
            self.entries.append(header.Entry(line.number, label, line.text, line.text))
        elif isinstance(self.state, Section):
            self._body_text(self.state, line)
        elif self.state is None or not self.state.take(line):
            self._unplace(line)

    def _is_address(self, line: Line) -> bool:
        """A web address alone on its line is the article's, in a header or after a text, if none is given."""
        if line.escaped or not is_address(line.text):
            return False
        self._note_given()
        if "url" in self.given:
            return False
        if isinstance(self.state, Section):
            return bool(self.state.items) and (line.apart or line.blanks > 0)
        return self.state is None or bool(self.state.value)

    def _body_text(self, section: Section, line: Line) -> None:
        last = section.items[-1] if section.items else None
        if self.left and self._is_below_what_was_left(line):
            self._unplace(line)
        elif last is None:
            self._paragraph(section, line.number, line.text, line.indent)
        elif self._continues(section, last, line):
            last.add(line.text)
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
        if item.point is None and item.last[-1] in STOPS:
            if line.indent >= item.indent + 2 or self._begins_as_above(item, line):
                return False
            if section.is_list and not section.scripts:
                return False
            if not line.blanks and (self._had_room(item, line) or self._are_sentences()):
                return False
        if section.side is None and side_of(line.text) not in (None, item.script or side_of(item.text)):
            return False
        if line.blanks or line.apart:
            return item.point is not None and line.indent > item.indent
        if item.point is not None:
            if line.indent > item.indent:
                return True
            if is_ended(item.last) and not is_wider(item.last, ENDED_BELOW):
                return self._goes_on(item, line)
        return not is_wider(item.last, WRAP_LIMIT)

    def _goes_on(self, item: Item, line: Line) -> bool:
        """Below a short line that ends like a sentence: where lines are wrapped about there, or in the middle of one."""
        if line.text[0].islower() or line.text[0] in "，、；,;":
            return True
        return self._is_narrow() and not self._had_room(item, line)

    def _is_narrow(self) -> bool:
        """Whether lines of this section were cut in the middle of sentences, and none is longer than those."""
        if self.narrow is None:
            section = takewhile(lambda line: not line.label, self.lines[self.section_at + 1 :])
            cut = [
                width(above.text)
                for above, below in pairwise(section)
                if not (below.mark or below.blanks or below.apart or is_ended(above.text))
            ]
            self.narrow = max(cut, default=-RAGGED) + RAGGED >= self._widest()
        return self.narrow

    def _begins_as_above(self, item: Item, line: Line) -> bool:
        """Two characters in, like the line above, where that had room for more: Chinese begins a paragraph so."""
        is_in = line.indent == item.indent and line.indent >= 4
        return is_in and side_of(line.text) == "zh" and not is_wider(item.last, FULL_FROM)

    def _other_language(self, section: Section, text: str) -> bool:
        return section.side is None and side_of(text) not in section.scripts

    def _paragraph(self, section: Section, number: int, text: str, indent: int) -> None:
        if section.items and section.items[-1].point:
            section.nestings.pop(section.side or side_of(text), None)
        section.items.append(Item(number, text, indent, None, text))

    def _is_below_what_was_left(self, line: Line) -> bool:
        return not (line.blanks or line.apart) and self.lines[self.at - 1] is self.left[-1]

    def _begins_what_is_no_text(self, line: Line) -> bool:
        """Below its points, what an article rests on; and who sent it."""
        if line.text == SIGNATURE:
            return True
        is_below = (
            isinstance(self.state, Section) and bool(self.state.items) and (line.blanks > 0 or line.apart)
        )
        return is_below and _REFERENCES.fullmatch(line.text) is not None

    def _unplace(self, line: Line) -> None:
        if not self.left or self.lines[self.at - 1] is not self.left[-1]:
            self.left = []
        self.left.append(line)
        self._set_aside(line)

    def _set_aside(self, line: Line) -> None:
        """What stands around it goes on as if it were not there."""
        self.unplaced.append((line.number, line.text))
        self.cautions.append(Caution(line.number, "unplaced", {"text": line.text}))
