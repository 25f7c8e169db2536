"""Convert the text under body labels into the summary and the points of each language.

A label sets the language of its text. Under a bilingual label, or if a label names one language but its text is in
both and no label names the other, each paragraph and point is assigned by its script.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from briefs.bilingual.documents.fields.labels import FIELDS_OF_BODY, FieldLabel
from briefs.bilingual.documents.line_classifier import DocumentLine
from briefs.bilingual.documents.markers import ListNesting, close_level_gaps
from briefs.bilingual.documents.types import Caution, ParsedSide, Point, describe_language
from briefs.bilingual.text import count_han, detect_side, join_wrapped, split_bilingual
from briefs.bilingual.text.paths import OTHER_SIDE
from briefs.content import SIDES, Side

_OTHER_LANGUAGE_DIVISOR = 5
"""If the other language has a fifth of the letters or more, it is more than a quotation."""
_LEAST_WORDS = 4
_LEAST_PARAGRAPHS = 3
_PIECE_LENGTH = 4_096
_TRANSLATED = re.compile(r"(.+?) ?[（(]([^（）㐀-鿿]{12,})[)）][。.]?")


@dataclass(slots=True)
class SectionItem:
    """A paragraph of a summary (`point` is None) or a list item, extended line by line.

    `indent` is that of a list item's marker, or of a paragraph's last line.
    """

    line: int
    text: str
    indent: int
    point: Point | None = None
    last_line: str = ""
    stored_pieces: list[str] = field(default_factory=list)
    script: Side | None = None
    side: Side | None = None
    """The language, if it differs from the section's."""

    def append_wrapped_line(self, text: str) -> None:
        """Append a wrapped line. Long texts are stored in pieces, so that ten thousand lines do not each copy
        the text.
        """
        self.text, self.last_line = join_wrapped(self.text, text), text
        self.script = self.script or detect_side(self.text)
        if len(self.text) > _PIECE_LENGTH:
            self.stored_pieces.append(self.text[:-2])
            self.text = self.text[-2:]

    def join_pieces(self) -> "SectionItem":
        return replace(self, text="".join((*self.stored_pieces, self.text)), stored_pieces=[])


@dataclass(slots=True)
class Section:
    """The text under one body label. `side` is None if the label does not determine the language."""

    label: FieldLabel | None
    side: Side | None
    line: int
    items: list[SectionItem] = field(default_factory=list)
    nestings: dict[Side | None, ListNesting] = field(default_factory=dict)
    point_languages: set[Side | None] = field(default_factory=set)
    """The languages of the points so far."""

    @property
    def is_list(self) -> bool:
        """Whether the label announces points. Paragraphs then become points if no item has a marker."""
        return self.label is not None and self.label.field == "points"

    def get_nesting(self, text: str) -> ListNesting:
        """Return the open lists for the text's language. In alternating languages each has its own."""
        side = self.side or detect_side(text) or next(reversed(self.nestings), None)
        return self.nestings.setdefault(side, ListNesting())


def is_more_than_a_name(text: str) -> bool:
    """Return whether a line is long enough to tell in which language a text goes on: NATO stands in either."""
    return len(text.split()) >= _LEAST_WORDS or count_han(text) >= _LEAST_WORDS


def find_mixed_label_side(lines: Sequence[DocumentLine]) -> Side | None:
    """Return the only language that the body labels name if the text is in both, else None."""
    label_sides = {line.label.side for line in lines if line.label and line.label.field in FIELDS_OF_BODY}
    if len(label_sides) != 1 or None in label_sides:
        return None
    side = label_sides.pop()
    letters: dict[Side, int] = dict.fromkeys(SIDES, 0)
    starts = 0
    in_body = False
    for line in lines:
        if line.label:
            in_body = line.label.field in FIELDS_OF_BODY
        text = (
            line.list_marker.item_text if line.list_marker else line.label.value if line.label else line.text
        )
        script = detect_side(text)
        if not in_body or script is None:
            continue
        letters[script] += len(text)
        begins = line.list_marker or line.blank_lines_above or line.starts_paragraph or line.indent
        if script != side and begins and is_more_than_a_name(text):
            starts += 1
    if side is None or not starts or not letters[side]:
        return None
    return side if letters[OTHER_SIDE[side]] * _OTHER_LANGUAGE_DIVISOR >= letters[side] else None


def promote_translation_lines(items: Sequence[SectionItem]) -> list[SectionItem]:
    """Convert unmarked lines that each translate the point above into points.

    Not if they are too few: the line may be a summary.
    """
    points = [item for item in items if item.point and item.text]
    scripts = {detect_side(item.text) for item in points} - {None}
    if len(scripts) != 1:
        return list(items)
    script = scripts.pop()
    followers = {
        n
        for n in range(1, len(items))
        if items[n].point is None
        and items[n - 1].point is not None
        and detect_side(items[n].text) not in (None, script)
        and items[n].text
    }
    enough = max(2, (len(points) + 1) // 2)
    if len(points) == 1 and any(
        item.point is None and detect_side(item.text) not in (None, script)
        for item in items[: min(followers, default=0)]
    ):
        enough = 1  # this language has its summary above, so the line is a point
    if len(followers) < enough:
        return list(items)
    return [
        replace(item, point=replace(above.point, text=item.text, line=item.line))
        if n in followers and (above := items[n - 1]).point
        else item
        for n, item in enumerate(items)
    ]


def _section_items(section: Section, known_side: Side | None) -> Sequence[SectionItem]:
    items: Sequence[SectionItem] = section.items
    if section.is_list and not any(item.point for item in items):
        items = [replace(item, point=Point(item.text, line=item.line)) for item in items]
    items = _split_bilingual_items(items)
    return items if known_side else promote_translation_lines(items)


def _split_bilingual_items(items: Sequence[SectionItem]) -> Sequence[SectionItem]:
    """Split `• 第一點 / First point` and `• 第一點（First point）`, if all points have this form."""
    halves = {n: _split_halves(item.text) for n, item in enumerate(items) if item.point and item.text}
    if not halves or not all(halves.values()):
        return items
    split: list[SectionItem] = []
    for n, item in enumerate(items):
        split += [replace(item, text=t, side=detect_side(t)) for t in halves[n]] if n in halves else [item]
    return split


def _split_halves(text: str) -> list[str]:
    if match := _TRANSLATED.fullmatch(text):
        zh, en = match.groups()
        is_sentence = len(en.split()) >= _LEAST_WORDS and 2 * len(en.split()) >= count_han(zh) // 2
        if is_sentence and (detect_side(zh), detect_side(en)) == SIDES:
            return [zh.strip(), en.strip()]
    return split_bilingual(text)


def build_parsed_sides(sections: Sequence[Section], cautions: list[Caution]) -> dict[Side, ParsedSide]:
    summaries: dict[Side, list[str]] = {"zh": [], "en": []}
    points: dict[Side, list[Point]] = {"zh": [], "en": []}
    labelled_sides = {section.side for section in sections if section.items}
    if all(map(_is_swapped, sections)):
        labelled_sides = set()
    for section in sections:
        section.items = [item.join_pieces() if item.stored_pieces else item for item in section.items]
        known_side = _resolve_section_side(section, labelled_sides, cautions)
        for item in _section_items(section, known_side):
            side = item.side or known_side or detect_side(item.text) or "zh"
            if item.point is None:
                summaries[side].append(item.text)
            elif item.text:
                point = item.point
                points[side].append(Point(item.text, point.level, point.marker, point.line))
            else:
                cautions.append(Caution(item.line, "empty-point", {"text": item.last_line}))
    for side, side_points in points.items():
        levels = close_level_gaps(point.level for point in side_points)
        points[side] = [
            replace(p, level=n) if n != p.level else p for p, n in zip(side_points, levels, strict=True)
        ]
    return {
        side: ParsedSide("\n\n".join(summaries[side]), tuple(points[side]))
        for side in SIDES
        if summaries[side] or points[side]
    }


def count_paragraph_points(sides: Mapping[Side, ParsedSide]) -> int:
    """Return how many paragraphs below the first may be points: no side has a point, and both have as many."""
    counts = {len(side.summary.split("\n\n")) for side in sides.values()}
    has_points = any(side.points for side in sides.values())
    if len(sides) < len(SIDES) or has_points or len(counts) > 1 or min(counts) < _LEAST_PARAGRAPHS:
        return 0
    return min(counts) - 1


def convert_paragraphs(
    sides: Mapping[Side, ParsedSide], lines: Mapping[str, int], cautions: list[Caution]
) -> dict[Side, ParsedSide]:
    """Make points of the paragraphs below the first, of a language without points. `lines`: by paragraph.

    The first is a point too if the other language has points and no summary.
    """
    converted = dict(sides)
    for side, text in sides.items():
        paragraphs = text.summary.split("\n\n")
        other = sides.get(OTHER_SIDE[side])
        kept = 0 if other and other.points and not other.summary else 1
        if text.points or len(paragraphs) <= kept:
            continue
        points = tuple(Point(paragraph, line=lines.get(paragraph, 0)) for paragraph in paragraphs[kept:])
        converted[side] = ParsedSide("".join(paragraphs[:kept]), points)
        cautions.append(Caution(points[0].line or None, "paragraphs-read", describe_language(side)))
    return converted


def _is_swapped(section: Section) -> bool:
    """Return whether all text under the label is in the language that the label does not name."""
    scripts = {detect_side(item.text) for item in section.items} - {None}
    return section.side is not None and scripts == {OTHER_SIDE[section.side]}


def _resolve_section_side(
    section: Section, labelled_sides: Set[Side | None], cautions: list[Caution]
) -> Side | None:
    """Return the language of a section: by its label, or by its text if that is in the other language, which has no
    label.
    """
    if section.side is None or section.label is None:
        return None
    side = OTHER_SIDE[section.side]
    if any(detect_side(item.text) == section.side for item in section.items):
        return section.side
    if not any(detect_side(item.text) == side for item in section.items) or side in labelled_sides:
        return section.side
    cautions.append(build_script_caution("side-by-script", section.line, section.label.name, side))
    return side


def build_script_caution(code: str, line: int, label: str, side: Side) -> Caution:
    return Caution(line, code, {"label": label, **describe_language(side)})
