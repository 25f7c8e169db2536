"""Remove what scanners, chat programs and printing add to a text: in its lines, and in its classified lines."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from briefs.bilingual.documents.fields.labels import find_field
from briefs.bilingual.documents.markers import ends_sentence, is_page_furniture
from briefs.bilingual.text import is_wider

from .line_classifier import DocumentLine

_CHAT_SENDER = re.compile(
    r"\[?\d{4}[/.-]\d{1,2}[/.-]\d{1,2},? (?:[上下]午 ?)?\d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?\]? (?:- )?[^:：\s]{1,20}[:：] ?"
)
_STARRED = re.compile(r"([*_])([^*_\s][^*_]{0,20})\1(?= |$) ?")
_SPACED_HAN = re.compile(r"(?<=[㐀-鿿，。、；：！？「」『』（）]) (?=[㐀-鿿，。、；：！？「」『』（）])")
_CLOSE_HAN = re.compile(r"(?<=[㐀-鿿])(?=[㐀-鿿])")
_LEAST_SPACES = 12
_MISREAD_ONE = re.compile(r"(?P<indent> *)[(（]?[lI|!] ?[)）.．、。] ?(?=\S)")
_TWO = re.compile(r" *[(（]?2[)）.．、] ?(?=\S)")
_FARTHEST_TWO = 12


def clean_typed_lines(lines: Sequence[str]) -> list[str]:
    """Return the lines as their writer meant them. Their number stays."""
    cleaned = list(lines)
    if sum(_CHAT_SENDER.match(line) is not None for line in lines) > 1:
        cleaned = [_CHAT_SENDER.sub("", line, count=1) for line in cleaned]
    if any(line[:1] in ("*", "_") for line in cleaned):
        cleaned = [_strip_stars(line) for line in cleaned]
    text = "\n".join(cleaned)
    spaces = len(_SPACED_HAN.findall(text))
    if spaces > _LEAST_SPACES and spaces > len(_CLOSE_HAN.findall(text)):
        cleaned = _SPACED_HAN.sub("", text).split("\n")
    for at, line in enumerate(cleaned):
        if (match := _MISREAD_ONE.match(line)) and (two := _find_two(cleaned, at)):
            cleaned[at] = f"{match['indent']}{two.replace('2', '1', 1)}{line[match.end() :]}"
    return cleaned


def _strip_stars(line: str) -> str:
    """Rewrite the label `*摘要*` as `摘要:`."""
    match = _STARRED.match(line)
    name = match[2].rstrip(" :：") if match else ""
    return f"{name}: {line[match.end() :]}" if match and find_field(name) else line


def _find_two(lines: Sequence[str], at: int) -> str:
    """Return the marker of the item 2 after an item that may be 1, without its indent."""
    for line in lines[at + 1 : at + 1 + _FARTHEST_TWO]:
        if match := _TWO.match(line):
            return match[0].lstrip(" ")
        if _MISREAD_ONE.match(line):
            return ""
    return ""


_NOTE_MARK = r"\[\^?(?:\d{1,3}|[a-z])\]|[（(\[]註 ?\d{1,3}[)）\]]|註 ?\d{1,3}|[¹²³⁴-⁹]{1,3}|[①-⑳]|[*†‡]"
_NOTE = re.compile(rf"(?P<mark>{_NOTE_MARK})[:：]? ?(?=\S)")
_MARK_AT_END = re.compile(rf"^[^*].*[^\s*] ?(?P<mark>{_NOTE_MARK})$")
_SUPERSCRIPT = re.compile(r"(?<=[。！？」』.!?”)）])[¹²³⁴-⁹]{1,3}(?=$| |[㐀-鿿])")
_WIDEST_HEAD = 60


def remove_page_furniture(
    lines: Sequence[DocumentLine],
) -> tuple[list[DocumentLine], list[DocumentLine], list[int]]:
    """Return the lines of the text, without note marks, those of the page (numbers, running heads, notes), and the
    numbers of the lines that had marks.
    """
    marks = {match["mark"] for line in lines if (match := _MARK_AT_END.match(line.text))}
    if marks:
        begun = Counter(match["mark"] for line in lines if (match := _NOTE.match(line.text)))
        marks = {mark for mark in marks if begun[mark] <= 1}
    heads = _find_running_heads(lines)
    text: list[DocumentLine] = []
    page: list[DocumentLine] = []
    notes: set[str] = set()
    for line in lines:
        note = _NOTE.match(line.text) if marks and not line.is_escaped and text and text[-1].text else None
        if note and note["mark"] in marks and not line.label:
            notes.add(note["mark"])
            page.append(line)
        elif not line.is_escaped and not line.label and (is_page_furniture(line.text) or line.text in heads):
            page.append(line)
        else:
            above = text[-1].text if text else "."
            if (
                page
                and page[-1].index == line.index - 1 - line.blank_lines_above
                and not ends_sentence(above)
            ):
                line = replace(line, blank_lines_above=0, starts_paragraph=False)
            text.append(line)
    unmarked = [_remove_note_marks(line, notes) for line in text] if marks else text
    marked = [line.number for line, old in zip(unmarked, text, strict=True) if line is not old]
    return unmarked, page, marked


def _find_running_heads(lines: Sequence[DocumentLine]) -> set[str]:
    """Return short lines that stand above the first label and again below it."""
    first = next((n for n, line in enumerate(lines) if line.label), 0)
    counts = Counter(line.text for line in lines) if first else {}
    return {
        line.text
        for line in lines[:first]
        if counts[line.text] > 1 and not line.list_marker and not is_wider(line.text, _WIDEST_HEAD)
    }


def _remove_note_marks(line: DocumentLine, notes: set[str]) -> DocumentLine:
    def clean(text: str) -> str:
        match = _MARK_AT_END.match(text)
        return _SUPERSCRIPT.sub(
            "", text[: match.start("mark")].rstrip() if match and match["mark"] in notes else text
        )

    if (text := clean(line.text)) == line.text:
        return line
    mark = line.list_marker and replace(line.list_marker, item_text=clean(line.list_marker.item_text))
    label = line.label and replace(line.label, value=clean(line.label.value))
    return replace(line, text=text, list_marker=mark, label=label)
