"""Decide from the surrounding lines whether a line was wrapped by a mail program or ends a paragraph."""

from collections.abc import Sequence
from itertools import pairwise, takewhile

from briefs.bilingual.documents.line_classifier import DocumentLine
from briefs.bilingual.documents.markers import WRAP_TOLERANCE, ends_sentence
from briefs.bilingual.text import display_width

from .sections import SectionItem

PARAGRAPH_STOPS = '。！？.!?」』”"'
"""After one of these, a line indented beyond the one above begins a paragraph, as in Chinese with U+3000."""


class LineWrapping:
    """Widths of the lines under the current label, measured on first use."""

    def __init__(self, lines: Sequence[DocumentLine]) -> None:
        self._lines = lines
        self._section_label_index = 0
        self._widest_line = 0
        self._is_section_wrapped: bool | None = None
        self._block_range, self._is_block_of_sentences = range(0), False

    def enter_section(self, label_index: int) -> None:
        self._section_label_index, self._widest_line, self._is_section_wrapped = label_index, 0, None

    def _measure_widest_line(self) -> int:
        if not self._widest_line:
            below = takewhile(lambda line: not line.label, self._lines[self._section_label_index + 1 :])
            self._widest_line = max((display_width(line.text) for line in below), default=1)
        return self._widest_line

    def would_next_word_fit(self, item: SectionItem, line: DocumentLine) -> bool:
        """Return whether the next word would have fitted on the line above, so that the line was not wrapped."""
        word = line.text.partition(" ")[0] if line.text[0].isascii() else line.text[0]
        return (
            display_width(item.last_line) + display_width(word) + WRAP_TOLERANCE
            <= self._measure_widest_line()
        )

    def is_in_block_of_sentences(self, index: int) -> bool:
        """Return whether the line is in a block of three or more lines that all end a sentence. Wrapping does
        not produce that.
        """
        if index not in self._block_range:
            start = end = index
            while start and self._runs_into_next_line(start - 1):
                start -= 1
            while end + 1 < len(self._lines) and self._runs_into_next_line(end):
                end += 1
            self._block_range = range(start, end + 1)
            texts = [self._lines[n].text for n in self._block_range if not self._lines[n].label]
            self._is_block_of_sentences = len(texts) > 2 and all(
                text[-1] in PARAGRAPH_STOPS for text in texts
            )
        return self._is_block_of_sentences

    def _runs_into_next_line(self, at: int) -> bool:
        below = self._lines[at + 1]
        return not (
            below.list_marker or below.label or below.blank_lines_above or self._lines[at].list_marker
        )

    def is_wrapped_section(self) -> bool:
        """Return whether lines of this section end in mid-sentence, and no other line is clearly
        longer.
        """
        if self._is_section_wrapped is None:
            section = takewhile(lambda line: not line.label, self._lines[self._section_label_index + 1 :])
            cut = [
                display_width(above.text)
                for above, below in pairwise(section)
                if not (
                    below.list_marker
                    or below.blank_lines_above
                    or below.starts_paragraph
                    or ends_sentence(above.text)
                )
            ]
            self._is_section_wrapped = (
                max(cut, default=-WRAP_TOLERANCE) + WRAP_TOLERANCE >= self._measure_widest_line()
            )
        return self._is_section_wrapped
