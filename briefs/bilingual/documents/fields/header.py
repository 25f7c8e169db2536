"""Parse the labelled lines above the text into the facts of the article."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from briefs.bilingual.documents.fields.authors import (
    find_joint_with_more_names,
    split_authors,
    split_keywords,
)
from briefs.bilingual.documents.fields.date_reader import DateOrder, read_date, read_short_year
from briefs.bilingual.documents.fields.labels import (
    LIST_FIELDS,
    WEB_ADDRESS_PATTERN,
    FieldLabel,
    find_linked_address,
)
from briefs.bilingual.documents.line_classifier import DocumentLine
from briefs.bilingual.documents.types import Caution, ParsedDate
from briefs.bilingual.text import detect_side, is_wider, join_wrapped, split_bilingual
from briefs.bilingual.text.article_urls import is_safe_link, read_doi, write_host_in_ascii
from briefs.bilingual.text.date_format import format_with_weekday
from briefs.content import SIDES, Side
from briefs.facts import DOCUMENT_FACTS, FACTS, FactKind

SHORTEST_WRAPPED_VALUE = 50
SHORTEST_WRAPPED_LINE = 64
"""Columns. Mail programs do not wrap a value, or a line with its label, that is shorter than this."""

VALUE_LIMIT = 2_000
"""Characters. No line is added to a longer value."""

ENDS_OF_SENTENCES = "。！？!?:："

_OPEN_END = re.compile(r"(?:[,，、;；&與和及/-]|\band)$")
_SOURCE_AND_URL = re.compile(r"(.+?)[ ,，;；:：(（<-]*(https?://[^\s()（）<>，；]+)[)）> ]*", re.IGNORECASE)
_LINKED_WORDS = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)[.。]?", re.IGNORECASE)
_EXPECTED_FIELDS = {
    "authors": ("an author", "作者"),
    "source": ("a source", "來源"),
    "date": ("a date", "日期"),
}


KINDS_BY_FIELD = {fact.document_field: fact.kind for fact in FACTS.values() if fact.document_field}
SINGLE_LINE_FIELDS = {
    "date",
    *(field for field, kind in KINDS_BY_FIELD.items() if kind in (FactKind.LINK, FactKind.DOI)),
}


@dataclass(slots=True)
class HeaderEntry:
    """A labelled line and its value, which may continue on the lines below."""

    line: int
    label: FieldLabel
    value: str
    line_text: str
    second_title: str = ""
    is_closed: bool = False

    def format_line(self) -> str:
        """Return the label and its value as one line."""
        return self.line_text if self.label.value else f"{self.label.name}: {self.value}"

    def accept_line(self, line: DocumentLine) -> bool:
        """Accept an unlabelled line as the value or its continuation. Return whether the line was accepted."""
        if self.is_closed or len(self.value) > VALUE_LIMIT:
            return False
        if not self.value:
            self.value, self.line = line.text, line.number
            return True
        if self._is_rest_of_address(line):
            self.value += line.text
            return True
        if line.blank_lines_above or self.label.field in SINGLE_LINE_FIELDS:
            self.is_closed = True
            return False
        if self.label.field == "title" and not self.second_title and self._is_second_title(line.text):
            self.second_title = line.text
            return True
        if self._is_next_name(line.text):
            self.value = f"{self.value}; {line.text}"
            return True
        if joint := self._find_joint(line):
            self.value = f"{self.value}{joint}{line.text}"
            return True
        may_go_on = self._may_be_wrapped(line.text) or _OPEN_END.search(self.value[-8:])
        if line.starts_paragraph or not may_go_on:
            self.is_closed = True
            return False
        self.value = join_wrapped(self.value, line.text)
        return True

    def _is_rest_of_address(self, line: DocumentLine) -> bool:
        is_open = self.label.field == "url" and self.value[-1] in "/-_=&?." and not line.blank_lines_above
        return is_open and re.fullmatch(r"[\w/.%=&?#~+-]+", line.text, re.ASCII) is not None

    def accept_list_item(self, line: DocumentLine, text: str) -> bool:
        """Accept a short list item directly below an empty label as a name or keyword. Return whether it was
        accepted.
        """
        if (
            self.label.value
            or self.label.field not in LIST_FIELDS
            or line.blank_lines_above
            or self.is_closed
        ):
            return False
        if is_wider(text, SHORTEST_WRAPPED_VALUE):
            return False
        self.value = f"{self.value}; {text}" if self.value else text
        return True

    def _may_be_wrapped(self, below: str) -> bool:
        """Return whether a mail program may have wrapped the value: the next word would not have fitted on the
        line.
        """
        if is_wider(self.value, SHORTEST_WRAPPED_VALUE):
            return True
        word = below.partition(" ")[0] if below[0].isascii() else below[0]
        return self.label.value == self.value and is_wider(f"{self.line_text} {word}", SHORTEST_WRAPPED_LINE)

    def _is_next_name(self, text: str) -> bool:
        """Return whether the text is one of several names or keywords on separate lines, under a label
        without a value.
        """
        if self.label.value or self.label.field not in LIST_FIELDS:
            return False
        if _OPEN_END.search(self.value[-8:]) or text[-1] in ENDS_OF_SENTENCES:
            return False
        return not is_wider(text, SHORTEST_WRAPPED_VALUE) and not is_wider(
            self.value.rpartition("; ")[2], SHORTEST_WRAPPED_VALUE
        )

    def _find_joint(self, line: DocumentLine) -> str:
        """Return the separator if names go on in the next line (after `and`, or indented), else an empty
        string.
        """
        if self.label.field != "authors" or is_wider(line.text, SHORTEST_WRAPPED_VALUE):
            return ""
        if _OPEN_END.search(self.value[-8:]) or line.text[-1] in ENDS_OF_SENTENCES:
            return ""
        is_indented = line.indent > 0 and not line.is_in_sequence and not self._may_be_wrapped(line.text)
        return find_joint_with_more_names(self.value, line.text, is_indented=is_indented)

    def _is_second_title(self, text: str) -> bool:
        above, below = detect_side(self.value), detect_side(text)
        return above != below and self.label.side in (None, above)


def parse_header_facts(
    entries: list[HeaderEntry],
    date_order: DateOrder,
    cautions: list[Caution],
    unplaced_lines: list[tuple[int, str]],
) -> dict[str, Any]:
    """Return the `ParsedDocument` fields that the header states. Append to `cautions` and `unplaced_lines`."""
    reader = _HeaderReader(date_order, cautions, unplaced_lines)
    for entry in reader.split_source_addresses(entries):
        if entry.value:
            reader.read(entry)
    cautions.extend(
        Caution(None, "field-missing", {"what_en": en, "what_zh": zh})
        for name, (en, zh) in _EXPECTED_FIELDS.items()
        if not any(entry.label.field == name and entry.value for entry in entries)
    )
    return reader.build_fields()


class _HeaderReader:
    """Read entries one by one into `facts`."""

    def __init__(
        self, date_order: DateOrder, cautions: list[Caution], unplaced_lines: list[tuple[int, str]]
    ) -> None:
        self.date_order, self.cautions, self.unplaced_lines = date_order, cautions, unplaced_lines
        self.titles: dict[Side, str] = {}
        self.facts: dict[str, Any] = {"title": self.titles, **dict.fromkeys(LIST_FIELDS, ())}

    def build_fields(self) -> dict[str, Any]:
        stated = {
            name: self.facts.pop(field) for name, field in DOCUMENT_FACTS.items() if field in self.facts
        }
        return {**self.facts, "facts": stated}

    def split_source_addresses(self, entries: list[HeaderEntry]) -> list[HeaderEntry]:
        """Split `Foreign Policy (https://…)` into the source and, if no label gives one, the address."""
        if any(entry.label.field == "url" and entry.value for entry in entries):
            return entries
        for number, entry in enumerate(entries):
            if entry.label.field != "source" or len(entry.value) >= VALUE_LIMIT:
                continue
            if match := _LINKED_WORDS.fullmatch(entry.value) or _SOURCE_AND_URL.fullmatch(entry.value):
                url = write_host_in_ascii(match[2])
                self._warn(entry, "source-is-link", text=url)
                label = FieldLabel("url", entry.label.sides, entry.label.name, url)
                source = replace(entry, value=match[1].rstrip(" ,，;；:：-–—(（<"))
                address = HeaderEntry(entry.line, label, url, "")
                return [*entries[:number], source, address, *entries[number + 1 :]]
        return entries

    def read(self, entry: HeaderEntry) -> None:
        name, text = entry.label.field, entry.value
        if name == "title":
            self._add_titles(entry)
        elif name == "authors":
            names, doubtful = split_authors(text)
            if doubtful:
                self._warn(entry, "authors-doubtful", text=text)
            self._extend(name, names, entry)
        elif name == "keywords":
            self._extend(name, split_keywords(text), entry)
        elif name == "date":
            self._add(name, self._parse_date(entry), entry)
        elif KINDS_BY_FIELD.get(name) is FactKind.LINK:
            url = write_host_in_ascii(find_linked_address(text) or text)
            if not (WEB_ADDRESS_PATTERN.fullmatch(url) and is_safe_link(url)):
                self._warn(entry, "url-doubtful", text=url)
                self._set_aside(entry)
                return
            self._add(name, url, entry)
        elif KINDS_BY_FIELD.get(name) is FactKind.DOI:
            with suppress(ValueError):
                text = read_doi(text)
            self._add(name, text, entry)
        elif name == "source" and WEB_ADDRESS_PATTERN.fullmatch(text):
            url = write_host_in_ascii(text)
            self._warn(entry, "source-is-link", text=url)
            self._add("url", url, entry)
        else:
            self._add(name, text, entry)

    def _warn(self, entry: HeaderEntry, code: str, **values: str) -> None:
        self.cautions.append(Caution(entry.line, code, values))

    def _set_aside(self, entry: HeaderEntry) -> None:
        self.unplaced_lines.append((entry.line, entry.format_line()))

    def _extend(self, name: str, values: tuple[str, ...], entry: HeaderEntry) -> None:
        known = self.facts[name]
        if values and known and not set(values) <= set(known):
            self._warn(entry, "repeated-label", label=entry.label.name)
        self.facts[name] = tuple(dict.fromkeys((*known, *values)))

    def _add(self, name: str, value: str | ParsedDate | None, entry: HeaderEntry) -> None:
        known = self.facts.get(name)
        same_day = isinstance(value, ParsedDate) and isinstance(known, ParsedDate) and known.iso == value.iso
        if not value or known == value or same_day:
            return
        if not known:
            self.facts[name] = value
            return
        self._warn(entry, "repeated-label", label=entry.label.name)
        self._set_aside(entry)

    def _parse_date(self, entry: HeaderEntry) -> ParsedDate | None:
        read = read_date(entry.value, self.date_order) or read_short_year(entry.value, self.date_order)
        if read is None:
            self._warn(entry, "date-unreadable", text=entry.value)
            self._set_aside(entry)
            return None
        date, traits = read
        values = {"raw": date.raw, "iso": date.iso}
        values |= {f"first_{side}": format_with_weekday(date.iso, side) for side in reversed(SIDES)}
        if date.alternative and "numbered" not in traits:
            other = {
                f"second_{side}": format_with_weekday(date.alternative, side) for side in reversed(SIDES)
            }
            self._warn(entry, "date-ambiguous", **values, alternative=date.alternative, **other)
        for trait in sorted(traits):
            self._warn(entry, f"date-{trait}", **values)
        return date

    def _add_titles(self, entry: HeaderEntry) -> None:
        """Assign titles to languages by script. If that language has a title already, the label's language is
        used.
        """
        titles, named = self.titles, entry.label.side
        for text in split_bilingual(entry.value) or filter(None, [entry.value, entry.second_title]):
            side = detect_side(text) or named or "zh"
            if side in titles and named and named not in titles:
                side = named
            if side not in titles:
                titles[side] = text
            elif titles[side] != text:
                self._warn(entry, "repeated-label", label=entry.label.name)
                self._set_aside(entry)
