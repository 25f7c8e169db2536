"""The labelled lines above the text → the facts of the article."""

import re
from dataclasses import dataclass, replace
from typing import Any

from briefs.content import Side
from briefs.documents.fields.authors import goes_on, split_authors, split_keywords
from briefs.documents.fields.dates import DateOrder, in_chinese, in_english, read_date
from briefs.documents.fields.labels import WEB_ADDRESS, Label, linked
from briefs.documents.lines import Line
from briefs.documents.types import Caution, ParsedDate
from briefs.text.scripts import is_wider, join_wrapped, side_of

WRAPPED_FROM = 50
LINE_WRAPPED_FROM = 64
"""Columns. A value, or a line with its label, that is shorter than this was not wrapped by a mail program."""

VALUE_LIMIT = 2_000
"""Characters, from which on no line is added to a value."""

ENDS_OF_SENTENCES = "。！？!?:："

_OPEN_END = re.compile(r"(?:[,，、;；&與和及/-]|\band)$")
_SOURCE_AND_URL = re.compile(r"(.+?)[ ,，;；:：(（<-]*(https?://[^\s()（）<>，；]+)[)）> ]*", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi: ?)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_LINKED_WORDS = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)[.。]?", re.IGNORECASE)
_TWO_TITLES = re.compile(r" [/|] |[／｜]")
_WANTED = {
    "authors": ("an author", "作者"),
    "source": ("a source", "來源"),
    "date": ("a date", "日期"),
}


@dataclass(slots=True)
class Entry:
    """A labelled line and its value, which may stand on the lines below."""

    line: int
    label: Label
    value: str
    written: str
    second: str = ""
    closed: bool = False

    def whole(self) -> str:
        """The label and its value as one line."""
        return self.written if self.label.value else f"{self.label.name}: {self.value}"

    def take(self, line: Line) -> bool:
        """Whether a line without a label is the value, or the rest of it."""
        if self.closed or len(self.value) > VALUE_LIMIT:
            return False
        if not self.value:
            self.value, self.line = line.text, line.number
            return True
        if self._is_rest_of_address(line):
            self.value += line.text
            return True
        if line.blanks or self.label.field in ("date", "url", "doi"):
            self.closed = True
            return False
        if self.label.field == "title" and not self.second and self._is_second_title(line.text):
            self.second = line.text
            return True
        if self._is_next_name(line.text):
            self.value = f"{self.value}; {line.text}"
            return True
        if joint := self._joint(line):
            self.value = f"{self.value}{joint}{line.text}"
            return True
        if line.apart:
            self.closed = True
            return False
        if not self._is_long(line.text) and not _OPEN_END.search(self.value[-8:]):
            self.closed = True
            return False
        self.value = join_wrapped(self.value, line.text)
        return True

    def _is_rest_of_address(self, line: Line) -> bool:
        is_open = self.label.field == "url" and self.value[-1] in "/-_=&?." and not line.blanks
        return is_open and re.fullmatch(r"[\w/.%=&?#~+-]+", line.text, re.ASCII) is not None

    def take_item(self, line: Line, text: str) -> bool:
        """Whether a short list item directly below is one of the names or keywords of an empty label."""
        if self.label.value or self.label.field not in ("authors", "keywords") or line.blanks or self.closed:
            return False
        if is_wider(text, WRAPPED_FROM):
            return False
        self.value = f"{self.value}; {text}" if self.value else text
        return True

    def _is_long(self, below: str) -> bool:
        """Whether a mail program can have wrapped it: the line, label and all, had no room for the next word."""
        if is_wider(self.value, WRAPPED_FROM):
            return True
        word = below.partition(" ")[0] if below[0].isascii() else below[0]
        return self.label.value == self.value and is_wider(f"{self.written} {word}", LINE_WRAPPED_FROM)

    def _is_next_name(self, text: str) -> bool:
        """Names or keywords one below the other, under a label that stands alone."""
        if self.label.value or self.label.field not in ("authors", "keywords"):
            return False
        if _OPEN_END.search(self.value[-8:]) or text[-1] in ENDS_OF_SENTENCES:
            return False
        return not is_wider(text, WRAPPED_FROM) and not is_wider(self.value.rpartition("; ")[2], WRAPPED_FROM)

    def _joint(self, line: Line) -> str:
        """What comes between names and more of them on a line of their own, which `and` or an indent tells."""
        if self.label.field != "authors" or is_wider(line.text, WRAPPED_FROM):
            return ""
        if _OPEN_END.search(self.value[-8:]) or line.text[-1] in ENDS_OF_SENTENCES:
            return ""
        is_indented = line.indent > 0 and not line.runs_on and not self._is_long(line.text)
        return goes_on(self.value, line.text, is_indented=is_indented)

    def _is_second_title(self, text: str) -> bool:
        above, below = side_of(self.value), side_of(text)
        return above != below and self.label.side in (None, above)


def facts(
    entries: list[Entry], order: DateOrder, cautions: list[Caution], unplaced: list[tuple[int, str]]
) -> dict[str, Any]:
    """The fields of a ParsedDocument that its header gives. Adds to `cautions` and `unplaced`."""
    found: dict[str, Any] = {"title": {}}
    lists: dict[str, dict[str, None]] = {"authors": {}, "keywords": {}}
    for entry in _with_addresses(entries, cautions):
        if not entry.value:
            continue
        name = entry.label.field
        if name == "title":
            _title(entry, found["title"], cautions, unplaced)
            continue
        value = _value(entry, order, cautions, unplaced)
        if name == "source" and value and WEB_ADDRESS.fullmatch(value):
            cautions.append(Caution(entry.line, "source-is-link", {"text": value}))
            name = "url"
        if name in lists and value:
            if lists[name] and not lists[name].keys() >= set(value):
                cautions.append(Caution(entry.line, "repeated-label", {"label": entry.label.name}))
            lists[name].update(dict.fromkeys(value))
        elif name not in lists:
            _add(found, name, value, entry, cautions, unplaced)
    found.update({name: tuple(values) for name, values in lists.items()})
    cautions.extend(
        Caution(None, "field-missing", {"what_en": en, "what_zh": zh})
        for name, (en, zh) in _WANTED.items()
        if not any(entry.label.field == name and entry.value for entry in entries)
    )
    return found


def _with_addresses(entries: list[Entry], cautions: list[Caution]) -> list[Entry]:
    """`Foreign Policy (https://…)` gives the source and, where no label does, the address."""
    if any(entry.label.field == "url" and entry.value for entry in entries):
        return entries
    for number, entry in enumerate(entries):
        is_source = entry.label.field == "source" and len(entry.value) < VALUE_LIMIT
        words = _LINKED_WORDS.fullmatch(entry.value) if is_source else None
        match = words or (_SOURCE_AND_URL.fullmatch(entry.value) if is_source else None)
        if match:
            label = Label("url", entry.label.sides, entry.label.name, match[2])
            cautions.append(Caution(entry.line, "source-is-link", {"text": match[2]}))
            source = replace(entry, value=match[1].rstrip(" ,，;；:：-–—(（<"))
            return [*entries[:number], source, Entry(entry.line, label, match[2], ""), *entries[number + 1 :]]
    return entries


def _add(
    found: dict[str, Any],
    name: str,
    value: Any,
    entry: Entry,
    cautions: list[Caution],
    unplaced: list[tuple[int, str]],
) -> None:
    known = found.get(name)
    same_day = isinstance(value, ParsedDate) and isinstance(known, ParsedDate) and known.iso == value.iso
    if not value or known == value or same_day:
        return
    if not found.get(name):
        found[name] = value
        return
    cautions.append(Caution(entry.line, "repeated-label", {"label": entry.label.name}))
    unplaced.append((entry.line, entry.whole()))


def _value(entry: Entry, order: DateOrder, cautions: list[Caution], unplaced: list[tuple[int, str]]) -> Any:
    name, text = entry.label.field, entry.value
    if name == "authors":
        names, doubtful = split_authors(text)
        if doubtful:
            cautions.append(Caution(entry.line, "authors-doubtful", {"text": text}))
        return names
    if name == "keywords":
        return split_keywords(text)
    if name == "date":
        return _date(entry, order, cautions, unplaced)
    if name == "url":
        return _url(entry, cautions)
    if name == "doi":
        match = _DOI.fullmatch(text)
        return match[1] if match else text
    return text


def _url(entry: Entry, cautions: list[Caution]) -> str:
    url = linked(entry.value) or entry.value
    if not WEB_ADDRESS.fullmatch(url):
        cautions.append(Caution(entry.line, "url-doubtful", {"text": url}))
    return url


def _date(
    entry: Entry, order: DateOrder, cautions: list[Caution], unplaced: list[tuple[int, str]]
) -> ParsedDate | None:
    read = read_date(entry.value, order)
    if read is None:
        cautions.append(Caution(entry.line, "date-unreadable", {"text": entry.value}))
        unplaced.append((entry.line, entry.whole()))
        return None
    date, traits = read
    values = {
        "raw": date.raw,
        "iso": date.iso,
        "first_en": in_english(date.iso),
        "first_zh": in_chinese(date.iso),
    }
    if date.ambiguous:
        other = {"second_en": in_english(date.alternative), "second_zh": in_chinese(date.alternative)}
        cautions.append(
            Caution(entry.line, "date-ambiguous", {**values, "alternative": date.alternative, **other})
        )
    cautions.extend(Caution(entry.line, f"date-{trait}", values) for trait in sorted(traits))
    return date


def _title(
    entry: Entry, titles: dict[Side, str], cautions: list[Caution], unplaced: list[tuple[int, str]]
) -> None:
    """The side is told by script; the label decides where the script's own side is taken."""
    texts = [entry.value, entry.second] if entry.second else [entry.value]
    parts = _TWO_TITLES.split(entry.value)
    if len(parts) == 2 and {side_of(part) for part in parts} == {"zh", "en"}:
        texts = [part.strip(" ") for part in parts]
    for text in texts:
        side = side_of(text) or entry.label.side or "zh"
        if side in titles and entry.label.side and entry.label.side not in titles:
            side = entry.label.side
        if side not in titles:
            titles[side] = text
        elif titles[side] != text:
            cautions.append(Caution(entry.line, "repeated-label", {"label": entry.label.name}))
            unplaced.append((entry.line, entry.whole()))
