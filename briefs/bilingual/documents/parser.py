"""Parse a file, or pasted lines, into documents. No line is lost: what has no place is listed with a caution."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from briefs.bilingual.documents import alignment, unlabelled
from briefs.bilingual.documents.alignment import align
from briefs.bilingual.documents.digests import join_language_halves, split_digests
from briefs.bilingual.documents.fields import header
from briefs.bilingual.documents.fields.date_reader import DateOrder
from briefs.bilingual.documents.fields.labels import (
    FIELDS_OF_BODY,
    PRIMARY_BODY_LABELS,
    FieldLabel,
    is_web_address,
)
from briefs.bilingual.documents.files.decoder import decode_document
from briefs.bilingual.documents.files.encodings import DOCUMENT_LINE_LIMIT, DecodedDocument, hash_lines
from briefs.bilingual.documents.line_classifier import SIGNATURE_DELIMITER, DocumentLine, classify_lines
from briefs.bilingual.documents.line_wrapping import PARAGRAPH_STOPS, LineWrapping
from briefs.bilingual.documents.markers import DEEPEST_LEVEL, OUTLINE_STYLE_PREFIX, ends_sentence, find_marker
from briefs.bilingual.documents.printed_lines import clean_typed_lines, remove_page_furniture
from briefs.bilingual.documents.sections import (
    Section,
    SectionItem,
    build_parsed_sides,
    build_script_caution,
    convert_paragraphs,
    count_paragraph_points,
    find_mixed_label_side,
    is_more_than_a_name,
)
from briefs.bilingual.documents.types import (
    Caution,
    DocumentRefused,
    ParsedDocument,
    ParsedSide,
    ParseResult,
    Point,
)
from briefs.bilingual.text import detect_side, is_wider
from briefs.bilingual.text.paths import OTHER_SIDE
from briefs.content import MAX_BULLETS, MAX_TEXT_BYTES, SIDES, Side

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
    without_labels: bool = False,
) -> list[ParseResult]:
    """Parse all digests of a file. Each is parsed or refused on its own.

    `without_labels`: also read text that has no labels, and paragraphs without markers as points.
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
        options = _Options(date_order, terms, own, without_labels=without_labels)
        for text, parsed, refused in _parse_texts(digest, options):
            lines_hash = digest_hash if text is digest else hash_lines([line.text for line in text])
            readings.append(ParseResult(len(readings), lines_hash, parsed, refused, encoding))
    return readings


@dataclass(frozen=True, slots=True)
class _Options:
    """How to read a digest. `cautions`: about its lines, found when the file was decoded."""

    date_order: DateOrder
    terms: Sequence[tuple[str, str]]
    cautions: Sequence[Caution]
    without_labels: bool


_Reading = tuple[Sequence[DocumentLine], ParsedDocument | None, DocumentRefused | None]


def _parse_texts(digest: Sequence[DocumentLine], options: _Options) -> list[_Reading]:
    """Parse the digest by its labels. If these say too little of it, label its lines, which may be several texts."""
    reading = _parse_digest(digest, options)
    if not options.without_labels:
        return [reading]
    parsed, refusal = reading[1:]
    if not unlabelled.has_text(digest):
        is_unread = refusal and refusal.code == "no-label"
        return [(digest, None, DocumentRefused(digest[0].number, "no-text"))] if is_unread else [reading]
    if refusal and refusal.code not in ("no-label", "no-body"):
        return [reading]
    lost = sum(len(text) for _line, text in parsed.unplaced_lines) if parsed else 0
    if parsed and not lost:
        return [reading]
    is_lost = parsed is None or lost > sum(len(side.summary) for side in parsed.sides.values())
    is_lost = is_lost or (parsed is not None and _lacks_summary(parsed))
    texts = unlabelled.split_texts(digest) if is_lost else [digest]
    readings = []
    for text in texts:
        labelled = unlabelled.label_lines(text, with_text=is_lost)
        cautions = [Caution(line.number, "left-out", {"text": line.text}) for line in labelled.left_out]
        if is_lost:
            cautions.append(Caution(None, "without-labels"))
        own = options if len(texts) == 1 else replace(options, cautions=_list_cautions_of(text, options))
        result = _parse_digest(labelled.lines, replace(own, cautions=[*own.cautions, *cautions]))
        readings.append((text if len(texts) > 1 else digest, *result[1:]))
    still_lost = sum(len(t) for _text, p, _refusal in readings if p for _line, t in p.unplaced_lines)
    is_better = all(p for _text, p, _refusal in readings) and (parsed is None or still_lost < lost)
    return (
        readings if is_better or (parsed is None and any(p for _text, p, _refusal in readings)) else [reading]
    )


def _lacks_summary(parsed: ParsedDocument) -> bool:
    """Return whether a sentence has no place although its language has no summary."""
    summaries = {side for side, text in parsed.sides.items() if text.summary}
    sentences = (text for _line, text in parsed.unplaced_lines if unlabelled.is_sentence(text))
    return any(detect_side(text) not in (None, *summaries) for text in sentences)


def _list_cautions_of(text: Sequence[DocumentLine], options: _Options) -> list[Caution]:
    lines = range(text[0].number, text[-1].number + 1)
    return [c for c in options.cautions if c.line is None or c.line in lines]


def _parse_digest(lines: Sequence[DocumentLine], options: _Options) -> _Reading:
    try:
        return lines, _DigestParser(options).parse_lines(lines, options.terms), None
    except DocumentRefused as refusal:
        return lines, None, refusal


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

    def __init__(self, options: _Options) -> None:
        self.date_order, self.without_labels = options.date_order, options.without_labels
        self.cautions = list(options.cautions)
        self.unplaced_lines: list[tuple[int, str]] = [
            (c.line, c.values["text"]) for c in self.cautions if c.code == "unplaced" and c.line
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
        if self.without_labels:
            is_told = any(caution.code == "without-labels" for caution in self.cautions)
            sides = convert_paragraphs(sides, self._list_paragraph_lines(), [] if is_told else self.cautions)
        elif count := count_paragraph_points(sides):
            self.cautions.append(Caution(None, "paragraphs-as-points", {"n": count}))
        if not any(side.summary or side.points for side in sides.values()):
            raise DocumentRefused(last, "no-body")
        _require_bounded(sides.values())
        facts = header.parse_header_facts(
            self.header_entries, self.date_order, self.cautions, self.unplaced_lines
        )
        if self.without_labels:
            unlabelled.find_headlines(facts["title"], sides, self.unplaced_lines)
            self._place_headlines(facts["title"].values())
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

    def _place_headlines(self, titles: Collection[str]) -> None:
        self.unplaced_lines = [line for line in self.unplaced_lines if line[1] not in titles]
        self.cautions = [c for c in self.cautions if c.code != "unplaced" or c.values["text"] not in titles]

    def _list_paragraph_lines(self) -> dict[str, int]:
        return {item.text: item.line for section in self.sections for item in section.items}

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
        elif self.without_labels and unlabelled.has_text([line]):
            point = Point(line.text, line=line.number)
            section.items.append(SectionItem(line.number, line.text, line.indent, point, line.text))
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
    without_labels: bool = False,
) -> list[ParseResult]:
    """Read a file's bytes into its digests, each parsed or refused. This is the entry point of the package."""
    try:
        decoded = decode_document(data, name)
    except DocumentRefused as refusal:
        return [ParseResult(0, hash_lines(()), None, refusal, "")]
    return parse(decoded, date_order=date_order, terms=terms, without_labels=without_labels)
