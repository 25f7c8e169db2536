"""A citation as people keep it (RIS, BibTeX, CSL-JSON) → the facts of its article. Told by content.

Nothing here makes rows or believes anything: an editor takes each fact or leaves it.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from ...documents.files.encodings import decode_text
from ...documents.types import DocumentRefused
from . import bibtex_reader, csl_reader, ris_reader
from .citation_facts import CitationUntaken, Cited, CitedName

type Format = Literal["ris", "bibtex", "csl"]

LIMIT: Final = 100_000
FORMATS: Final[dict[Format, Any]] = {"ris": ris_reader, "bibtex": bibtex_reader, "csl": csl_reader}
_BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]+")
_RIS: Final = re.compile(r"^[ \t\ufeff]{0,20}TY {0,2}- ", re.MULTILINE)
_BIBTEX: Final = re.compile(r"@\s{0,5}[A-Za-z]{1,40}\s{0,5}[{(]")

__all__ = ["LIMIT", "CitationReading", "CitationUntaken", "Cited", "CitedName", "decoded", "read_citation"]


@dataclass(frozen=True, slots=True)
class CitationReading:
    """The first entry, and how many there were."""

    format: Format
    cited: Cited
    entries: int


def read_citation(text: str) -> CitationReading:
    """Raises CitationUntaken."""
    if len(text) > LIMIT:
        raise CitationUntaken("too-large")
    text = text.strip("\ufeff \t\r\n")
    if not text:
        raise CitationUntaken("empty")
    form = _format(text)
    found = FORMATS[form].entries(text)
    if not found:
        raise CitationUntaken("broken")
    cited: Cited = FORMATS[form].cited(found[0])
    if cited.is_empty:
        raise CitationUntaken("no-facts")
    return CitationReading(form, cited, len(found))


def _format(text: str) -> Format:
    if text[0] in "{[":
        return "csl"
    if _RIS.search(text):
        return "ris"
    if _BIBTEX.search(text):
        return "bibtex"
    raise CitationUntaken("unknown")


def decoded(data: bytes) -> str:
    """A file's text: UTF-8, as a document in Chinese would be read, or as older publishers write it."""
    if len(data) > 4 * LIMIT:
        raise CitationUntaken("too-large")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _chinese(data) or data.decode("cp1252", "replace")


def _chinese(data: bytes) -> str:
    """Empty where it is not. In Big5 and GB18030 most bytes beyond ASCII touch another, in cp1252 few do."""
    runs = _BEYOND_ASCII.findall(data)
    if 2 * sum(len(run) for run in runs if len(run) > 1) <= sum(map(len, runs)):
        return ""
    try:
        text, encoding, is_doubtful = decode_text(data)
    except DocumentRefused:
        return ""
    return "" if is_doubtful and encoding != "gb18030" else text
