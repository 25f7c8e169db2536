"""Parse a file, or pasted lines, into documents. No line is lost: what has no place is listed with a caution."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from briefs.content import MAX_BULLETS, MAX_TEXT_BYTES, SIDES, Marker, Side
from briefs.documents import alignment
from briefs.documents.alignment import align
from briefs.documents.fields import header
from briefs.documents.fields.date_reader import DateOrder
from briefs.documents.fields.labels import FIELDS_OF_BODY, PRIMARY_BODY_LABELS, FieldLabel, is_web_address
from briefs.documents.files.decoder import decode_document
from briefs.documents.files.encodings import DOCUMENT_LINE_LIMIT, DecodedDocument, hash_lines
from briefs.documents.line_classifier import (
    SIGNATURE_DELIMITER,
    DocumentLine,
    classify_lines,
    clean_typed_lines,
    remove_page_furniture,
)
from briefs.documents.markers import (
    DEEPEST_LEVEL,
    OUTLINE_STYLE_PREFIX,
    ListMarker,
    ListNesting,
    SequenceLine,
    ends_at_hard_break,
    ends_sentence,
    find_capital_marker,
    find_capital_sequences,
    find_marker,
    find_sequence_markers,
)
from briefs.documents.sections import (
    PARAGRAPH_STOPS,
    LineWrapping,
    Section,
    SectionItem,
    build_parsed_sides,
    build_script_caution,
    convert_paragraphs,
    count_paragraph_points,
    find_mixed_label_side,
    is_more_than_a_name,
    join_language_halves,
    split_digests,
)
from briefs.documents.types import (
    PARAGRAPHS_AS_POINTS,
    Caution,
    DocumentRefused,
    ParsedDocument,
    ParsedSide,
    ParseResult,
    Point,
)
from briefs.text.paths import OTHER_SIDE
from briefs.text.scripts import detect_side, display_width, is_wider, join_wrapped

# Read pasted lines as the rows of one language: markers, levels and wrapped lines as in an imported document.

_WORD_BULLETS = {"o": "○", "§": "▪", "v": "❖", "Ø": "➢", "ü": "✓", "q": "□", "n": "■", "u": "◆", "l": "●"}
"""Word's bullets as plain text: the letters that its symbol fonts draw as these signs. A tab follows."""
_WORD_BULLET = re.compile(rf"[{''.join(_WORD_BULLETS)}](?=\t)")
_LEAST_YEAR = 100
_WIDTHS = {"\t": 4, "\u3000": 2}
_NARROWEST_MAIL = 56
"""Columns. Mail programs wrap at 72 to 78; a line that is clearly shorter was ended by its writer."""
_HANGING = 4
"""Columns by which a wrapped Chinese line may be shorter, since a line neither begins nor ends with some signs."""
_FIRST_WORD = re.compile("[!-~]+|.")


@dataclass(frozen=True, slots=True)
class PastedLine:
    """`depth` counts from 0. A line without a marker has no `marker`."""

    text: str
    marker: Marker | None = None
    depth: int = 0


def read_pasted_lines(lines: Sequence[str], *, joins_wrapped: bool = False) -> list[PastedLine]:
    """Return one entry per line, including empty lines and those joined to the line above."""
    read = {
        at: (_replace_word_bullet(raw.strip()), _indent(raw)) for at, raw in enumerate(lines) if raw.strip()
    }
    nesting = ListNesting()
    pasted: dict[int, PastedLine] = {}
    for (at, (text, indent)), mark in zip(read.items(), _find_markers(list(read.values())), strict=True):
        resolved = mark and nesting.resolve_roman_or_letter(mark)
        if resolved and _is_item(resolved, nesting):
            level = nesting.add_item(indent, resolved)
            pasted[at] = PastedLine(_clean(resolved.item_text), resolved.kind, min(level, DEEPEST_LEVEL))
        else:
            pasted[at] = PastedLine(_clean(text))
    if joins_wrapped:
        pasted = _join_wrapped_lines(pasted, read)
    return [pasted.get(at, PastedLine("")) for at in range(len(lines))]


def _is_item(mark: ListMarker, nesting: ListNesting) -> bool:
    """Return whether a marker begins an item. A pasted list may begin with any number but a year or outline number."""
    is_number = mark.ordinal < _LEAST_YEAR and not mark.style.startswith(OUTLINE_STYLE_PREFIX)
    return is_number or nesting.expects(mark)


def _indent(raw: str) -> int:
    blank = raw[: len(raw) - len(raw.lstrip())]
    return sum(_WIDTHS.get(character, 1) for character in blank)


def _replace_word_bullet(text: str) -> str:
    text = _WORD_BULLET.sub(lambda match: _WORD_BULLETS[match[0]], text)
    return text.replace("\t", " ").replace("\u00a0", " ")


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _find_markers(texts: Sequence[tuple[str, int]]) -> Iterator[ListMarker | None]:
    if not texts:
        return
    capitals = find_capital_sequences(text for text, _indent in texts)
    own = [find_marker(text, indent) or find_capital_marker(text, capitals) for text, indent in texts]
    widest = max(display_width(text) for text, _indent in texts)
    breaks = [True, *(ends_at_hard_break(above, text, widest) for (above, _), (text, _) in pairwise(texts))]
    places = [
        SequenceLine(text, indent, mark, starts_paragraph=False, after_hard_break=hard)
        for (text, indent), mark, hard in zip(texts, own, breaks, strict=True)
    ]
    sequences = find_sequence_markers(places)
    yield from (mark or sequences.get(at) for at, mark in enumerate(own))


def _join_wrapped_lines(
    pasted: dict[int, PastedLine], read: dict[int, tuple[str, int]]
) -> dict[int, PastedLine]:
    """Join lines that a mail program wrapped: the next word did not fit, and some lines end within a sentence.

    If each line after such an end begins with a capital, the lines are a list.
    """
    widths = {at: indent + display_width(text) for at, (text, indent) in read.items()}
    widest = max(widths.values(), default=0)
    wrapped = [
        at
        for at, line in pasted.items()
        if not line.marker and at - 1 in pasted and _is_full(widths[at - 1], line.text, widest)
    ]
    within = [at for at in wrapped if not _may_end_paragraph(pasted[at - 1].text)]
    if all(pasted[at].text[0].isupper() for at in within):
        return pasted
    joined = dict(pasted)
    head = 0
    for at in pasted:
        if at in wrapped:
            joined[head] = replace(joined[head], text=join_wrapped(joined[head].text, joined.pop(at).text))
        else:
            head = at
    return joined


def _is_full(width: int, below: str, widest: int) -> bool:
    word = _FIRST_WORD.match(below)
    room = display_width(word[0]) if word else 0
    is_latin = below[0].isascii()
    return width >= _NARROWEST_MAIL and width + room + (1 if is_latin else _HANGING) > widest


def _may_end_paragraph(text: str) -> bool:
    return ends_sentence(text) or text[-1] in "；;：:"


DOCUMENT_TEXT_LIMIT = 600_000
"""Characters of all digests of a file together, which are read in less than two seconds."""

WRAP_LIMIT = 120
"""Columns. No mail program wraps later, so a longer line is followed by another paragraph."""


SHORTEST_WRAPPED_SENTENCE = 50
"""Columns. A sentence of a point that ends on a shorter line was not wrapped, so the point ends with it."""

SHORTEST_WRAPPED_CHINESE = 66
"""Columns. The shortest line that a mail program leaves when it wraps Chinese."""

SHORTEST_SUMMARY = 30
"""Columns. A shorter unlabelled line above a list is a heading."""

_REFERENCES = re.compile(
    r"(?:參考(?:資料|文獻|來源)|延伸閱讀|註釋|references|further reading|notes)[:：]?", re.IGNORECASE
)
_LEAST_CHANGES = 3
"""Changes of language from line to line that make a text bilingual, whatever its label says."""
_LEAST_YEAR_OR_AMOUNT = 100
"""From this value on, a number with a full stop is a year or an amount, unless its list has counted up to it."""


def parse(
    decoded: DecodedDocument,
    *,
    date_order: DateOrder = "mdy",
    terms: Sequence[tuple[str, str]] = (),
    paragraphs_are_points: bool = False,
) -> list[ParseResult]:
    """Parse all digests of a file. Each is parsed or refused on its own.

    `paragraphs_are_points` answers the caution `paragraphs-as-points` with yes.
    """
    lines, encoding = decoded.lines, decoded.encoding
    if sum(map(len, lines)) > DOCUMENT_TEXT_LIMIT:
        values = {"limit": f"{DOCUMENT_TEXT_LIMIT // 1000} kB"}
        refusal = DocumentRefused(None, "too-much-text", values)
        return [ParseResult(0, hash_lines(lines), None, refusal, encoding)]
    classified = classify_lines(clean_typed_lines(lines), decoded.origins)
    digests = join_language_halves(split_digests(classified))
    if not digests:
        return [ParseResult(0, hash_lines(lines), None, DocumentRefused(None, "empty"), encoding)]
    readings: list[ParseResult] = []
    for index, digest in enumerate(digests):
        first = digest[0].index if index else 0
        end = digests[index + 1][0].index if index + 1 < len(digests) else len(lines)
        digest_hash = hash_lines(lines[first:end])
        above = digest[0].number if index else 0
        below = digests[index + 1][0].number if index + 1 < len(digests) else DOCUMENT_LINE_LIMIT * 2
        own = [c for c in decoded.cautions if c.line is None or above <= c.line < below]
        try:
            parser = _DigestParser(date_order, own, paragraphs_are_points=paragraphs_are_points)
            parsed = parser.parse_lines(digest, terms)
        except DocumentRefused as refusal:
            readings.append(ParseResult(index, digest_hash, None, refusal, encoding))
        else:
            readings.append(ParseResult(index, digest_hash, parsed, None, encoding))
    return readings


def _require_bounded(sides: Collection[ParsedSide]) -> None:
    """Raise `DocumentRefused` if a digest is larger than a brief may be. Call before aligning points, which is slow."""
    texts = [text for side in sides for text in (side.summary, *(point.text for point in side.points))]
    for side in sides:
        if len(side.points) > MAX_BULLETS:
            raise DocumentRefused(side.points[MAX_BULLETS].line, "too-many-points", {"limit": MAX_BULLETS})
    if sum(len(text.encode()) for text in texts) > MAX_TEXT_BYTES:
        raise DocumentRefused(None, "too-much-text", {"limit": f"{MAX_TEXT_BYTES // 1000} kB"})


class _DigestParser:
    """Parse one digest line by line."""

    def __init__(
        self, date_order: DateOrder, cautions: Sequence[Caution], *, paragraphs_are_points: bool
    ) -> None:
        self.date_order, self.paragraphs_are_points = date_order, paragraphs_are_points
        self.cautions = list(cautions)
        self.unplaced_lines: list[tuple[int, str]] = [
            (c.line, c.values["text"]) for c in cautions if c.code == "unplaced" and c.line
        ]
        self.mixed_label_side: Side | None = None
        self.given_field_sides: dict[str, set[Side]] = {}
        self.seen_body_labels: set[tuple[Side, str]] = set()
        self.header_entries: list[header.HeaderEntry] = []
        self.sections: list[Section] = []
        self.current_part: header.HeaderEntry | Section | None = None
        self.after_signature = False
        self.unplaced_block: list[DocumentLine] = []
        """The contiguous unplaced lines up to the current one."""
        self.lines: Sequence[DocumentLine] = ()
        self.index = 0
        self.wrapping = LineWrapping(())

    def parse_lines(self, lines: Sequence[DocumentLine], terms: Sequence[tuple[str, str]]) -> ParsedDocument:
        number, last = lines[0].number, lines[-1].number
        lines, page_lines, marked = remove_page_furniture(lines)
        for line in page_lines:
            self._record_unplaced(line)
        if marked:
            self.cautions.append(Caution(marked[0], "note-marks", {"n": len(marked)}))
        self.mixed_label_side = find_mixed_label_side(lines)
        self.lines = lines
        self.wrapping = LineWrapping(lines)
        for self.index, line in enumerate(lines):
            if line.label:
                self.after_signature = False
                self.wrapping.enter_section(self.index)
                self._handle_label(line, line.label)
            elif self.after_signature or (not line.is_escaped and self._begins_back_matter(line)):
                self.after_signature = True
                self._add_unplaced(line)
            elif line.list_marker:
                self._handle_list_item(line)
            else:
                self._handle_text(line)
        if not self.header_entries and not any(section.label for section in self.sections):
            raise DocumentRefused(number, "no-label")
        sides = build_parsed_sides(self.sections, self.cautions)
        if count := count_paragraph_points(sides):
            if self.paragraphs_are_points:
                sides = {side: convert_paragraphs(text) for side, text in sides.items()}
            else:
                self.cautions.append(Caution(None, PARAGRAPHS_AS_POINTS, {"n": count}))
        if not any(side.summary or side.points for side in sides.values()):
            raise DocumentRefused(last, "no-body")
        _require_bounded(sides.values())
        facts = header.parse_header_facts(
            self.header_entries, self.date_order, self.cautions, self.unplaced_lines
        )
        zh, en = (sides[side].points if side in sides else () for side in SIDES)
        pairs = tuple(align(zh, en, terms=terms))
        self.cautions += alignment.find_side_cautions(sides, pairs)
        self.cautions.sort(key=lambda caution: caution.line or 0)
        return ParsedDocument(
            sides=sides,
            pairs=pairs,
            cautions=tuple(self.cautions),
            unplaced_lines=tuple(sorted(self.unplaced_lines)),
            **facts,
        )

    def _handle_label(self, line: DocumentLine, label: FieldLabel) -> None:
        if label.field not in FIELDS_OF_BODY:
            self._record_given_field()
            if self.sections and label.sides & self.given_field_sides.get(label.field, set()):
                if (
                    label.field != "source"
                    or "url" in self.given_field_sides
                    or not is_web_address(label.value)
                ):
                    self._add_unplaced(line)
                    return
                label = replace(label, field="url")  # `Source: https://…` under a text
            self.current_part = header.HeaderEntry(line.number, label, label.value, line.text)
            self.header_entries.append(self.current_part)
            return
        if isinstance(self.current_part, Section) and self._is_prose(label, self.current_part):
            self._handle_text(line)
            return
        self._warn_of_repeated_label(line, label)
        if self.mixed_label_side and not any(section.label for section in self.sections):
            self.cautions.append(
                build_script_caution(
                    "part-by-script", line.number, label.name, OTHER_SIDE[self.mixed_label_side]
                )
            )
        is_by_script = bool(self.mixed_label_side) or self._do_languages_alternate()
        self.current_part = Section(label, None if is_by_script else label.side, line.number)
        self.sections.append(self.current_part)
        if mark := find_marker(label.value, line.indent):
            self._handle_list_item(replace(line, text=label.value, label=None, list_marker=mark))
        elif label.value:
            self._add_paragraph(self.current_part, line.number, label.value, line.indent)

    def _record_given_field(self) -> None:
        """Record in which languages each field was labelled. Called late, because the last entry may get its
        value below.
        """
        if self.header_entries and self.header_entries[-1].value:
            last = self.header_entries[-1].label
            self.given_field_sides.setdefault(last.field, set()).update(last.sides)

    def _is_prose(self, label: FieldLabel, section: Section) -> bool:
        """Return whether `總結：…` or `Highlights: …` inside a text begins a paragraph. The paragraph then keeps these
        words.
        """
        if (
            not label.value
            or find_marker(label.value, 0)
            or label.name in PRIMARY_BODY_LABELS
            or label.side != section.side
            or label.is_in_series
        ):
            return False
        return detect_side(label.value) in (None, label.side)

    def _do_languages_alternate(self) -> bool:
        """Return whether points in both languages follow in turn under the current label."""
        below = takewhile(lambda line: not line.label, self.lines[self.index + 1 :])
        texts = [line.list_marker.item_text if line.list_marker else line.text for line in below]
        scripts = [detect_side(text) if is_more_than_a_name(text) else None for text in texts]
        changes = sum(a != b for a, b in pairwise(side for side in scripts if side))
        return changes >= _LEAST_CHANGES and 2 * changes >= len(scripts)

    def _warn_of_repeated_label(self, line: DocumentLine, label: FieldLabel) -> None:
        if label.side is None or self.mixed_label_side or label.is_in_series:
            return
        if (label.side, label.field) in self.seen_body_labels:
            self.cautions.append(Caution(line.number, "repeated-label", {"label": label.name}))
        self.seen_body_labels.add((label.side, label.field))

    def _handle_list_item(self, line: DocumentLine) -> None:
        mark = line.list_marker
        if mark is None:
            return
        if isinstance(self.current_part, header.HeaderEntry) and self.current_part.accept_list_item(
            line, mark.item_text
        ):
            return
        if not isinstance(self.current_part, Section):
            if not self.header_entries:
                self._add_unplaced(line)
                return
            self.current_part = Section(None, None, line.number)
            self.sections.append(self.current_part)
            self._adopt_unplaced_as_summary(self.current_part, line)
        section = self.current_part
        nesting = section.get_nesting(mark.item_text)
        mark = nesting.resolve_roman_or_letter(mark)
        is_strange = not nesting.expects(mark)
        is_strange = is_strange and not (
            line.is_in_sequence and mark.ordinal < _LEAST_YEAR_OR_AMOUNT and self._follows_complete_line(line)
        )
        is_figure = mark.ordinal >= _LEAST_YEAR_OR_AMOUNT or mark.style.startswith(OUTLINE_STYLE_PREFIX)
        if is_strange and (is_figure or self._may_be_wrapped(section, line)):
            self._handle_text(line)
            return
        level = nesting.add_item(line.indent, mark, after_gap=line.blank_lines_above > 1)
        if level > DEEPEST_LEVEL:
            self.cautions.append(Caution(line.number, "too-deep", {"text": mark.item_text}))
        section.point_languages.add(section.side or detect_side(mark.item_text))
        point = Point(mark.item_text, min(level, DEEPEST_LEVEL), mark.kind, line.number)
        section.items.append(SectionItem(line.number, mark.item_text, line.indent, point, line.text))

    def _follows_complete_line(self, line: DocumentLine) -> bool:
        """Return whether the line above was complete: not wrapped, and not part of an enumeration （1）…；"""
        above = self.lines[self.index - 1] if self.index else None
        if above is None or line.blank_lines_above or line.starts_paragraph or above.label:
            return True
        return ends_sentence(above.text)

    def _adopt_unplaced_as_summary(self, section: Section, line: DocumentLine) -> None:
        """Adopt prose above the first list as the summary, if the text has no label."""
        above = self.unplaced_block
        if not above or not all(
            it.text[-1] in PARAGRAPH_STOPS and is_wider(it.text, SHORTEST_SUMMARY) for it in above
        ):
            return
        numbers = {it.number for it in above}
        self.unplaced_lines = [left for left in self.unplaced_lines if left[0] not in numbers]
        self.cautions = [c for c in self.cautions if c.code != "unplaced" or c.line not in numbers]
        for it in above:
            self._add_paragraph(section, it.number, it.text, it.indent)

    def _may_be_wrapped(self, section: Section, line: DocumentLine) -> bool:
        return (
            bool(section.items)
            and not line.blank_lines_above
            and not line.starts_paragraph
            and not is_wider(section.items[-1].last_line, WRAP_LIMIT)
        )

    def _handle_text(self, line: DocumentLine) -> None:
        if self._is_article_address(line):
            label = FieldLabel("url", frozenset(SIDES), "URL", line.text)
            self.header_entries.append(header.HeaderEntry(line.number, label, line.text, line.text))
        elif isinstance(self.current_part, Section):
            self._handle_body_text(self.current_part, line)
        elif self.current_part is None or not self.current_part.accept_line(line):
            self._add_unplaced(line)

    def _is_article_address(self, line: DocumentLine) -> bool:
        """Return whether a line is the article's address: alone in a header or after a text, while no label gives
        one.
        """
        if line.is_escaped or not is_web_address(line.text):
            return False
        self._record_given_field()
        if "url" in self.given_field_sides:
            return False
        if isinstance(self.current_part, Section):
            return bool(self.current_part.items) and (line.starts_paragraph or line.blank_lines_above > 0)
        return self.current_part is None or bool(self.current_part.value)

    def _handle_body_text(self, section: Section, line: DocumentLine) -> None:
        last = section.items[-1] if section.items else None
        if self.unplaced_block and self._is_below_unplaced(line):
            self._add_unplaced(line)
        elif last is None:
            self._add_paragraph(section, line.number, line.text, line.indent)
        elif self._continues_item(section, last, line):
            last.append_wrapped_line(line.text)
            if last.point is None:
                last.indent = line.indent
        elif last.point is None or self._is_other_language(section, line.text):
            self._add_paragraph(section, line.number, line.text, line.indent)
        else:
            self._add_unplaced(line)

    def _continues_item(self, section: Section, item: SectionItem, line: DocumentLine) -> bool:
        """Return whether a line without a marker continues the item above."""
        if not item.text:
            return True
        if item.point is None and item.last_line[-1] in PARAGRAPH_STOPS:
            if line.indent >= item.indent + 2 or self._begins_indented_paragraph(item, line):
                return False
            if section.is_list and not section.point_languages:
                return False
            if not line.blank_lines_above and (
                self.wrapping.would_next_word_fit(item, line)
                or self.wrapping.is_in_block_of_sentences(self.index)
            ):
                return False
        if section.side is None and detect_side(line.text) not in (
            None,
            item.script or detect_side(item.text),
        ):
            return False
        if line.blank_lines_above or line.starts_paragraph:
            return item.point is not None and line.indent > item.indent
        if item.point is not None:
            if line.indent > item.indent:
                return True
            if ends_sentence(item.last_line) and not is_wider(item.last_line, SHORTEST_WRAPPED_SENTENCE):
                return self._continues_after_short_line(item, line)
        return not is_wider(item.last_line, WRAP_LIMIT)

    def _continues_after_short_line(self, item: SectionItem, line: DocumentLine) -> bool:
        """Return whether a line continues a short line that ends like a sentence: it begins in mid-sentence, or the
        section is wrapped.
        """
        if line.text[0].islower() or line.text[0] in "，、；,;":
            return True
        return self.wrapping.is_wrapped_section() and not self.wrapping.would_next_word_fit(item, line)

    def _begins_indented_paragraph(self, item: SectionItem, line: DocumentLine) -> bool:
        """Return whether a line begins a Chinese paragraph: indented by two characters, like a line above
        that had room for more.
        """
        is_in = line.indent == item.indent and line.indent >= 4
        return (
            is_in
            and detect_side(line.text) == "zh"
            and not is_wider(item.last_line, SHORTEST_WRAPPED_CHINESE)
        )

    def _is_other_language(self, section: Section, text: str) -> bool:
        return section.side is None and detect_side(text) not in section.point_languages

    def _add_paragraph(self, section: Section, number: int, text: str, indent: int) -> None:
        if section.items and section.items[-1].point:
            section.nestings.pop(section.side or detect_side(text), None)
        section.items.append(SectionItem(number, text, indent, None, text))

    def _is_below_unplaced(self, line: DocumentLine) -> bool:
        return (
            not (line.blank_lines_above or line.starts_paragraph)
            and self.lines[self.index - 1] is self.unplaced_block[-1]
        )

    def _begins_back_matter(self, line: DocumentLine) -> bool:
        """Return whether references or a signature begin at this line."""
        if line.text == SIGNATURE_DELIMITER:
            return True
        is_below = (
            isinstance(self.current_part, Section)
            and bool(self.current_part.items)
            and (line.blank_lines_above > 0 or line.starts_paragraph)
        )
        return is_below and _REFERENCES.fullmatch(line.text) is not None

    def _add_unplaced(self, line: DocumentLine) -> None:
        if not self.unplaced_block or self.lines[self.index - 1] is not self.unplaced_block[-1]:
            self.unplaced_block = []
        self.unplaced_block.append(line)
        self._record_unplaced(line)

    def _record_unplaced(self, line: DocumentLine) -> None:
        """Record a line as unplaced. The current section is not affected."""
        self.unplaced_lines.append((line.number, line.text))
        self.cautions.append(Caution(line.number, "unplaced", {"text": line.text}))


def read_document(
    data: bytes,
    name: str,
    *,
    date_order: DateOrder = "mdy",
    terms: Sequence[tuple[str, str]] = (),
    paragraphs_are_points: bool = False,
) -> list[ParseResult]:
    """Read a file's bytes into its digests, each parsed or refused. This is the entry point of the package."""
    try:
        decoded = decode_document(data, name)
    except DocumentRefused as refusal:
        return [ParseResult(0, hash_lines(()), None, refusal, "")]
    return parse(decoded, date_order=date_order, terms=terms, paragraphs_are_points=paragraphs_are_points)
