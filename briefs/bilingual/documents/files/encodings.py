"""Decode bytes into lines by a strict sequence of encodings. No character is ever replaced.

White space is cleaned but wording is not. A line keeps its indent (in plain spaces, a tab counts 4 and U+3000
counts 2) because lists are nested by it; inside a line every run of spaces becomes one space.
"""

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from briefs.bilingual.documents.fields.labels import find_field, find_label
from briefs.bilingual.documents.types import Caution, DocumentRefused
from briefs.bilingual.text import count_han, detect_side
from briefs.content import SIDES, ForbiddenCharacter, remove_junk, tidy

DOCUMENT_SIZE_LIMIT = 2 * 1024 * 1024
DOCUMENT_LINE_LIMIT = 20_000
INDENT_LIMIT = 40

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16 LE, so it is tried first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x85\u2028\u2029]")
_OTHER_LINE_ENDS = ("\r\n", "\r", "\x0b", "\x85", "\u2028", "\u2029")
"""In text files Word writes U+000B for a soft break and U+000C for a page break."""

_FORM_FEED_ALONE = re.compile("(?:^|(?<=\n))\x0c|\x0c(?=\n|$)")
_END_OF_FILE = "\x1a"
"""Editors under DOS write this at the end of a text."""
_ZERO_WIDTH = "\u00ad\u200c\u200d"
"""Removed besides the characters that `tidy` removes."""
_THIN_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
_QUOTED = re.compile("(?:^|(?<=[\r\n\x0b\x85\u2028\u2029]))((?:>[ \u00a0]?)+)([^\r\n\x0b\x85\u2028\u2029]*)")
_WIDTHS = {"\t": 4, "\u3000": 2}
_SPACES = " \t\u3000"
_SPACE_RUN = re.compile(" {2,}")
# Lost characters, private use (except Word's own bullets) and Kangxi radicals.
_SUSPICIOUS = re.compile(
    "[\u2f00-\u2fd5\ufffc\ufffd\ue000-\uf0a6\uf0a8-\uf0b6\uf0b8-\uf8ff\U000f0000-\U0010fffd]"
)

# The most frequent characters of running Chinese in both scripts, with those of the labels. About half of
# real text consists of them; text decoded with the wrong encoding has hardly any.
_FREQUENT = frozenset(Path(__file__).with_name("frequent_characters.txt").read_text(encoding="utf-8")) - {
    "\n"
}

_LEAST_HAN, _LEAST_WORDS = 4, 3
"""Length of a cell in a table of two languages."""
_LEAST_FREQUENT_SHARE = 0.15
"""Minimum share of frequent characters in Chinese text. With a wrong encoding the share is near zero."""


class LineOrigin(NamedTuple):
    """The paragraph of a Word file that a line comes from, and whether the paragraph begins with this line."""

    number: int
    starts_paragraph: bool
    new_page: bool


@dataclass(frozen=True, slots=True)
class DecodedDocument:
    """`origins` has one entry per line, or is None for a text file."""

    lines: tuple[str, ...]
    encoding: str
    cautions: tuple[Caution, ...] = ()
    origins: tuple[LineOrigin, ...] | None = None


def decode_text_file(data: bytes) -> DecodedDocument:
    """Decode a text file. Raise `DocumentRefused`, with the line where known."""
    if len(data) > DOCUMENT_SIZE_LIMIT:
        raise DocumentRefused(None, "too-large", {"limit": f"{DOCUMENT_SIZE_LIMIT // 1024 // 1024} MB"})
    text, encoding, doubtful = decode_text(data)
    lines = split_clean_lines(strip_mail_quotes(text.rstrip(_END_OF_FILE)))
    if not any(lines):
        raise DocumentRefused(None, "empty")
    cautions = [Caution(None, "encoding-doubtful", {"encoding": encoding})] if doubtful else []
    return DecodedDocument(lines, encoding, (*cautions, *find_suspicious_characters(lines)))


def split_clean_lines(text: str) -> tuple[str, ...]:
    """Split text into clean lines: NFC, no zero-width characters, one kind of space, the indent kept."""
    text = remove_junk(text)
    # Many single replacements are ten times as fast as one pattern over the whole text.
    for character in _ZERO_WIDTH:
        text = text.replace(character, "")
    for character in _THIN_SPACES:
        text = text.replace(character, " ")
    for character in _OTHER_LINE_ENDS:
        text = text.replace(character, "\n")
    if "\x0c" in text:
        text = _FORM_FEED_ALONE.sub("", text).replace("\x0c", "\n")
    lines = unicodedata.normalize("NFC", text).split("\n")
    if len(lines) > DOCUMENT_LINE_LIMIT:
        raise DocumentRefused(None, "too-many-lines", {"limit": DOCUMENT_LINE_LIMIT})
    cleaned = tuple(map(_clean_line, _join_cells(lines) if "\t" in text else lines))
    if not all(map(str.isprintable, cleaned)):
        _refuse_control_characters(text)
    return cleaned


def _refuse_control_characters(text: str) -> None:
    try:
        tidy(text)
    except ForbiddenCharacter as untidy:
        name = f"U+{ord(untidy.character):04X}"
        raise DocumentRefused(untidy.line, "control-character", {"character": name}) from None


def _clean_line(line: str) -> str:
    words = line.strip(_SPACES)
    if not words:
        return ""
    indent = 0
    if line[0] in _SPACES:
        edge = line[: len(line) - len(line.lstrip(_SPACES))]
        indent = min(sum(_WIDTHS.get(space, 1) for space in edge), INDENT_LIMIT)
    words = words.replace("\u3000", " ")
    return " " * indent + (_SPACE_RUN.sub(" ", words) if "  " in words else words)


def _join_cells(lines: Sequence[str]) -> Iterator[str]:
    """Replace tabs within lines with spaces, or with bars in the rows of a table.

    A row begins with a label, has the same cells as a row of labels above, or has a cell in each language.
    """
    columns = 0
    for line in lines:
        words = line.strip(_SPACES)
        if "\t" not in words:
            columns = 0
            yield line
            continue
        cells = [cell.strip(_SPACES) for cell in words.split("\t")]
        labels = [find_field(cell) is not None for cell in cells]
        is_below_labels = len(cells) == columns
        is_row = (labels[0] and any(cells[1:])) or is_below_labels or _are_in_both_languages(cells)
        columns = len(cells) if is_below_labels or all(labels) else 0
        if is_row:
            cells = [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell for cell in cells]
        filled = cells if is_below_labels else filter(None, cells)
        yield line[: len(line) - len(line.lstrip(_SPACES))] + (" | " if is_row else " ").join(filled)


def _are_in_both_languages(cells: Sequence[str]) -> bool:
    """Return whether there is a cell of some words in each language, or a label for each."""
    sides = {
        detect_side(cell)
        for cell in cells
        if count_han(cell) >= _LEAST_HAN or len(cell.split()) >= _LEAST_WORDS or find_field(cell)
    }
    return sides >= set(SIDES)


def strip_mail_quotes(text: str) -> str:
    """Remove the `>` of a quoted mail, only if a label is quoted: some people type `>` as a bullet."""
    if ">" not in text or not any(find_label(match[2].strip(_SPACES)) for match in _QUOTED.finditer(text)):
        return text
    # Some mail programs put a space after `>`. If one quoted line has none, spaces after `>` are indents.
    is_spaced = all(match[1][-1] in " \u00a0" for match in _QUOTED.finditer(text) if match[2])
    if is_spaced:
        return _QUOTED.sub(lambda match: match[2], text)
    return _QUOTED.sub(lambda match: match[1][len(match[1].rstrip(" \u00a0")) :] + match[2], text)


def hash_lines(lines: Sequence[str]) -> str:
    """Return a hash that does not depend on the encoding, line ends or blank lines at the edges."""
    return hashlib.sha256("\n".join(lines).strip("\n").encode()).hexdigest()


def find_suspicious_characters(lines: Sequence[str]) -> list[Caution]:
    cautions: list[Caution] = []
    if not _SUSPICIOUS.search("\n".join(lines)):
        return cautions
    for number, line in enumerate(lines, 1):
        names = sorted({f"U+{ord(character):04X}" for character in _SUSPICIOUS.findall(line)})
        if names:
            cautions.append(Caution(number, "suspicious-character", {"character": ", ".join(names)}))
    return cautions


def decode_text(data: bytes) -> tuple[str, str, bool]:
    """Return the text, its encoding, and whether the encoding is doubtful. Raise `DocumentRefused`."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode_strictly(data[len(bom) :], encoding), encoding, False
    if b"\0" in data:
        return _decode_utf16_without_bom(data)
    try:
        return data.decode("utf-8"), "utf-8", False
    except UnicodeDecodeError as error:
        return _decode_chinese(data, error)


def _decode_strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _build_undecodable_refusal(error) from None


def _build_undecodable_refusal(error: UnicodeDecodeError) -> DocumentRefused:
    before = error.object[: error.start].decode(error.encoding, "ignore")
    return DocumentRefused(len(_LINE_ENDS.findall(before)) + 1, "undecodable")


def _decode_utf16_without_bom(data: bytes) -> tuple[str, str, bool]:
    """Decode UTF-16 without a byte order mark, in the byte order that gives nearly only expected characters."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and _is_running_text(text[:4000]):
            return text, encoding, False
    before = data[: data.index(b"\0")].decode("latin-1").replace("\x85", "")
    raise DocumentRefused(len(_LINE_ENDS.findall(before)) + 1, "binary")


def _is_running_text(sample: str) -> bool:
    """Return whether nearly all characters are expected, and most are ASCII or enough are frequent Chinese."""
    if sum(map(_is_expected, sample)) < 0.9 * len(sample):
        return False
    return (
        2 * sum(map(str.isascii, sample)) > len(sample)
        or _measure_frequent_share(sample) >= _LEAST_FREQUENT_SHARE
    )


def _is_expected(character: str) -> bool:
    code = ord(character)
    return (
        0x20 <= code < 0x250
        or code in (9, 10, 13)
        or 0x2000 <= code < 0x2700
        or 0x3000 <= code < 0xA000
        or code >= 0xFF00
    )


def _is_broken_utf8(data: bytes) -> bool:
    """Return whether only a few bytes are not UTF-8. Such a text would be misread in another encoding."""
    text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    intact = sum(character > "\x7f" for character in text) - lost
    return intact > 4 * lost


def _decode_chinese(data: bytes, utf8_error: UnicodeDecodeError) -> tuple[str, str, bool]:
    if _is_broken_utf8(data):
        raise _build_undecodable_refusal(utf8_error) from None
    readings: list[tuple[float, str, str]] = []
    for encoding in ("cp950", "big5hkscs", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        readings.append((_measure_frequent_share(text), encoding, text))
    big5 = next((reading for reading in readings if reading[1] != "gb18030"), None)
    gb = next((r for r in readings if r[1] == "gb18030" and r[0] >= _LEAST_FREQUENT_SHARE), None)
    if big5 and (gb is None or big5[0] >= gb[0]):
        return big5[2], "big5" if big5[1] == "cp950" else big5[1], big5[0] < _LEAST_FREQUENT_SHARE
    if gb:
        return gb[2], "gb18030", True
    raise _build_undecodable_refusal(utf8_error) from None


def _measure_frequent_share(text: str) -> float:
    """Return the share of frequent characters among the non-ASCII characters."""
    wide = [character for character in text if character > "\x7f"]
    return sum(character in _FREQUENT for character in wide) / len(wide) if wide else 0.0
