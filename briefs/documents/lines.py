"""A line of a document before parsing."""

from dataclasses import dataclass

from briefs.documents.fields.label_names import FIELDS_OF_BODY
from briefs.documents.fields.labels import FieldLabel
from briefs.documents.markers import ListMarker


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
