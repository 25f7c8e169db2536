"""A line on its way to the parser."""

from dataclasses import dataclass

from briefs.documents.fields.label_names import FIELDS_OF_BODY
from briefs.documents.fields.labels import FieldLabel
from briefs.documents.markers import ListMarker


@dataclass(slots=True)
class DocumentLine:
    """One line that has words. `number` counts from 1 in the file, `blanks` the empty lines above it.

    `place` is where it stands among all lines, from 0; `apart` is true where a paragraph of Word's begins.
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
    """It is no address either."""
    is_in_sequence: bool = False
    """The next number of the same kind stands a few lines below: a list, wherever it begins to count."""

    @property
    def is_body(self) -> bool:
        return self.list_marker is not None or (self.label is not None and self.label.field in FIELDS_OF_BODY)

    @property
    def is_header(self) -> bool:
        return self.label is not None and self.label.field not in FIELDS_OF_BODY
