"""Convert the text under body labels into the summary and the points of each language.

A label in one language sets the language of the text, unless the text is clearly in both and no other label
names the other language. Then, as under a bilingual label, the script of each paragraph and point decides.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from briefs.content import SIDES, Side
from briefs.documents.fields.label_names import FIELDS_OF_BODY
from briefs.documents.fields.labels import FieldLabel
from briefs.documents.lines import DocumentLine
from briefs.documents.markers import ListNesting, close_level_gaps
from briefs.documents.types import Caution, ParsedSide, Point, describe_language
from briefs.text.paths import OTHER_SIDE
from briefs.text.scripts import count_han, detect_side, join_wrapped, split_bilingual

_OTHER_LANGUAGE_DIVISOR = 5
"""If the other language has a fifth of the letters or more, it is more than a quotation."""
_LEAST_WORDS = 4
_PIECE_LENGTH = 4_096


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


def find_mixed_label_side(lines: Sequence[DocumentLine]) -> Side | None:
    """Return the language that all body labels name although the text is in both, else None."""
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
        if (
            script != side
            and begins
            and (len(text.split()) >= _LEAST_WORDS or count_han(text) >= _LEAST_WORDS)
        ):
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
        enough = 1  # the language already has its summary above, so this line is a point
    if len(followers) < enough:
        return list(items)
    return [
        replace(item, point=replace(above.point, text=item.text, line=item.line))
        if n in followers and (above := items[n - 1]).point
        else item
        for n, item in enumerate(items)
    ]


def _section_items(section: Section, known_side: Side | None) -> Sequence[SectionItem]:
    items = section.items
    if section.is_list and not any(item.point for item in items):
        items = [replace(item, point=Point(item.text, line=item.line)) for item in items]
    return items if known_side else promote_translation_lines(_split_slashed_items(items))


def _split_slashed_items(items: Sequence[SectionItem]) -> Sequence[SectionItem]:
    """Split `• 第一點 / First point`, if all points have this form."""
    halves = {n: split_bilingual(item.text) for n, item in enumerate(items) if item.point and item.text}
    if not halves or not all(halves.values()):
        return items
    return [replace(item, text=text) for n, item in enumerate(items) for text in halves.get(n, [item.text])]


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
            side = known_side or detect_side(item.text) or "zh"
            if item.point is None:
                summaries[side].append(item.text)
            elif item.text:
                point = item.point
                points[side].append(Point(item.text, point.level, point.marker, point.line))
            else:
                cautions.append(Caution(item.line, "empty-point", {"text": item.last_line}))
    for side, found in points.items():
        levels = close_level_gaps(point.level for point in found)
        points[side] = [
            replace(p, level=n) if n != p.level else p for p, n in zip(found, levels, strict=True)
        ]
    return {
        side: ParsedSide("\n\n".join(summaries[side]), tuple(points[side]))
        for side in SIDES
        if summaries[side] or points[side]
    }


def _is_swapped(section: Section) -> bool:
    """Return whether all text under the label is in the language that the label does not name."""
    scripts = {detect_side(item.text) for item in section.items} - {None}
    return section.side is not None and scripts == {OTHER_SIDE[section.side]}


def _resolve_section_side(
    section: Section, labelled_sides: Set[Side | None], cautions: list[Caution]
) -> Side | None:
    """Return the language of a section: that of the text if the label names the other one and the text's
    language has no label.
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
