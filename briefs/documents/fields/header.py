"""Parse the labelled lines above the text into the facts of the article."""

import re
from dataclasses import dataclass, replace
from typing import Any

from briefs.content import Side
from briefs.documents.fields.authors import find_joint_with_more_names, split_authors, split_keywords
from briefs.documents.fields.dates import DateOrder, format_date_in_chinese, format_date_in_english, read_date
from briefs.documents.fields.labels import WEB_ADDRESS_PATTERN, FieldLabel, find_linked_address
from briefs.documents.lines import DocumentLine
from briefs.documents.types import Caution, ParsedDate
from briefs.text.scripts import detect_side, is_wider, join_wrapped

SHORTEST_WRAPPED_VALUE = 50
SHORTEST_WRAPPED_LINE = 64
"""Columns. Mail programs do not wrap a value, or a line with its label, that is shorter than this."""

VALUE_LIMIT = 2_000
"""Characters. No line is added to a longer value."""

ENDS_OF_SENTENCES = "。！？!?:："

_OPEN_END = re.compile(r"(?:[,，、;；&與和及/-]|\band)$")
_SOURCE_AND_URL = re.compile(r"(.+?)[ ,，;；:：(（<-]*(https?://[^\s()（）<>，；]+)[)）> ]*", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi: ?)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_LINKED_WORDS = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)[.。]?", re.IGNORECASE)
_TITLE_SEPARATOR = re.compile(r" [/|] |[／｜]")
_EXPECTED_FIELDS = {
    "authors": ("an author", "作者"),
    "source": ("a source", "來源"),
    "date": ("a date", "日期"),
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
        if line.blank_lines_above or self.label.field in ("date", "url", "doi"):
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
        if line.starts_paragraph:
            self.is_closed = True
            return False
        if not self._may_be_wrapped(line.text) and not _OPEN_END.search(self.value[-8:]):
            self.is_closed = True
            return False
        self.value = join_wrapped(self.value, line.text)
        return True

    def _is_rest_of_address(self, line: DocumentLine) -> bool:
        is_open = self.label.field == "url" and self.value[-1] in "/-_=&?." and not line.blank_lines_above
        return is_open and re.fullmatch(r"[\w/.%=&?#~+-]+", line.text, re.ASCII) is not None

    def accept_list_item(self, line: DocumentLine, text: str) -> bool:
        """Accept a short list item directly below as a name or keyword of an empty label. Return whether it
        was accepted.
        """
        if (
            self.label.value
            or self.label.field not in ("authors", "keywords")
            or line.blank_lines_above
            or self.is_closed
        ):
            return False
        if is_wider(text, SHORTEST_WRAPPED_VALUE):
            return False
        self.value = f"{self.value}; {text}" if self.value else text
        return True

    def _may_be_wrapped(self, below: str) -> bool:
        """Return whether a mail program can have wrapped the value: the line, with its label, had no room for
        the next word.
        """
        if is_wider(self.value, SHORTEST_WRAPPED_VALUE):
            return True
        word = below.partition(" ")[0] if below[0].isascii() else below[0]
        return self.label.value == self.value and is_wider(f"{self.line_text} {word}", SHORTEST_WRAPPED_LINE)

    def _is_next_name(self, text: str) -> bool:
        """Return whether the text is one of several names or keywords on lines of their own, under a label
        that stands alone.
        """
        if self.label.value or self.label.field not in ("authors", "keywords"):
            return False
        if _OPEN_END.search(self.value[-8:]) or text[-1] in ENDS_OF_SENTENCES:
            return False
        return not is_wider(text, SHORTEST_WRAPPED_VALUE) and not is_wider(
            self.value.rpartition("; ")[2], SHORTEST_WRAPPED_VALUE
        )

    def _find_joint(self, line: DocumentLine) -> str:
        """Return the separator to more names on the next line, recognized by `and` or an indent, or an empty
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
    """Return the `ParsedDocument` fields that the header gives. Adds to `cautions` and `unplaced_lines`."""
    found: dict[str, Any] = {"title": {}}
    lists: dict[str, dict[str, None]] = {"authors": {}, "keywords": {}}
    for entry in _split_source_addresses(entries, cautions):
        if not entry.value:
            continue
        name = entry.label.field
        if name == "title":
            _assign_titles(entry, found["title"], cautions, unplaced_lines)
            continue
        value = _parse_value(entry, date_order, cautions, unplaced_lines)
        if name == "source" and value and WEB_ADDRESS_PATTERN.fullmatch(value):
            cautions.append(Caution(entry.line, "source-is-link", {"text": value}))
            name = "url"
        if name in lists and value:
            if lists[name] and not lists[name].keys() >= set(value):
                cautions.append(Caution(entry.line, "repeated-label", {"label": entry.label.name}))
            lists[name].update(dict.fromkeys(value))
        elif name not in lists:
            _add(found, name, value, entry, cautions, unplaced_lines)
    found.update({name: tuple(values) for name, values in lists.items()})
    cautions.extend(
        Caution(None, "field-missing", {"what_en": en, "what_zh": zh})
        for name, (en, zh) in _EXPECTED_FIELDS.items()
        if not any(entry.label.field == name and entry.value for entry in entries)
    )
    return found


def _split_source_addresses(entries: list[HeaderEntry], cautions: list[Caution]) -> list[HeaderEntry]:
    """Split `Foreign Policy (https://…)` into the source and, if no label gives one, the address."""
    if any(entry.label.field == "url" and entry.value for entry in entries):
        return entries
    for number, entry in enumerate(entries):
        is_source = entry.label.field == "source" and len(entry.value) < VALUE_LIMIT
        words = _LINKED_WORDS.fullmatch(entry.value) if is_source else None
        match = words or (_SOURCE_AND_URL.fullmatch(entry.value) if is_source else None)
        if match:
            label = FieldLabel("url", entry.label.sides, entry.label.name, match[2])
            cautions.append(Caution(entry.line, "source-is-link", {"text": match[2]}))
            source = replace(entry, value=match[1].rstrip(" ,，;；:：-–—(（<"))
            return [
                *entries[:number],
                source,
                HeaderEntry(entry.line, label, match[2], ""),
                *entries[number + 1 :],
            ]
    return entries


def _add(
    found: dict[str, Any],
    name: str,
    value: Any,
    entry: HeaderEntry,
    cautions: list[Caution],
    unplaced_lines: list[tuple[int, str]],
) -> None:
    known = found.get(name)
    same_day = isinstance(value, ParsedDate) and isinstance(known, ParsedDate) and known.iso == value.iso
    if not value or known == value or same_day:
        return
    if not found.get(name):
        found[name] = value
        return
    cautions.append(Caution(entry.line, "repeated-label", {"label": entry.label.name}))
    unplaced_lines.append((entry.line, entry.format_line()))


def _parse_value(
    entry: HeaderEntry, date_order: DateOrder, cautions: list[Caution], unplaced_lines: list[tuple[int, str]]
) -> Any:
    name, text = entry.label.field, entry.value
    if name == "authors":
        names, doubtful = split_authors(text)
        if doubtful:
            cautions.append(Caution(entry.line, "authors-doubtful", {"text": text}))
        return names
    if name == "keywords":
        return split_keywords(text)
    if name == "date":
        return _parse_date(entry, date_order, cautions, unplaced_lines)
    if name == "url":
        return _url(entry, cautions)
    if name == "doi":
        match = _DOI.fullmatch(text)
        return match[1] if match else text
    return text


def _url(entry: HeaderEntry, cautions: list[Caution]) -> str:
    url = find_linked_address(entry.value) or entry.value
    if not WEB_ADDRESS_PATTERN.fullmatch(url):
        cautions.append(Caution(entry.line, "url-doubtful", {"text": url}))
    return url


def _parse_date(
    entry: HeaderEntry, date_order: DateOrder, cautions: list[Caution], unplaced_lines: list[tuple[int, str]]
) -> ParsedDate | None:
    read = read_date(entry.value, date_order)
    if read is None:
        cautions.append(Caution(entry.line, "date-unreadable", {"text": entry.value}))
        unplaced_lines.append((entry.line, entry.format_line()))
        return None
    date, traits = read
    values = {
        "raw": date.raw,
        "iso": date.iso,
        "first_en": format_date_in_english(date.iso),
        "first_zh": format_date_in_chinese(date.iso),
    }
    if date.ambiguous:
        other = {
            "second_en": format_date_in_english(date.alternative),
            "second_zh": format_date_in_chinese(date.alternative),
        }
        cautions.append(
            Caution(entry.line, "date-ambiguous", {**values, "alternative": date.alternative, **other})
        )
    cautions.extend(Caution(entry.line, f"date-{trait}", values) for trait in sorted(traits))
    return date


def _assign_titles(
    entry: HeaderEntry,
    titles: dict[Side, str],
    cautions: list[Caution],
    unplaced_lines: list[tuple[int, str]],
) -> None:
    """Assign titles to languages by script. If that language has a title already, the label's language is
    used.
    """
    texts = [entry.value, entry.second_title] if entry.second_title else [entry.value]
    parts = _TITLE_SEPARATOR.split(entry.value)
    if len(parts) == 2 and {detect_side(part) for part in parts} == {"zh", "en"}:
        texts = [part.strip(" ") for part in parts]
    for text in texts:
        side = detect_side(text) or entry.label.side or "zh"
        if side in titles and entry.label.side and entry.label.side not in titles:
            side = entry.label.side
        if side not in titles:
            titles[side] = text
        elif titles[side] != text:
            cautions.append(Caution(entry.line, "repeated-label", {"label": entry.label.name}))
            unplaced_lines.append((entry.line, entry.format_line()))
