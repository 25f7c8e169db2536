"""Read a citation (RIS, BibTeX, CSL-JSON or a bare address; detected from the text) into the facts of its article.

Creates no database rows: an editor accepts or rejects each fact.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from briefs.bilingual.documents import DocumentRefused, decode_text

from . import bibtex, csl, ris
from .cited_article import CitationRejected, CitedArticle, parse_doi, parse_link

type CitationFormat = Literal["address", "ris", "bibtex", "csl"]

CITATION_SIZE_LIMIT: Final = 100_000
CITATION_FILE_LIMIT: Final = 4 * CITATION_SIZE_LIMIT
FORMATS: Final[dict[str, Any]] = {"ris": ris, "bibtex": bibtex, "csl": csl}
_BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]+")
_RIS: Final = re.compile(r"^[ \t\ufeff]{0,20}TY {0,2}- ", re.MULTILINE)
_BIBTEX: Final = re.compile(r"@\s{0,5}[A-Za-z]{1,40}\s{0,5}[{(]")


@dataclass(frozen=True, slots=True)
class CitationReading:
    """The format, the article of the first entry, and the number of entries."""

    format: CitationFormat
    article: CitedArticle
    entry_count: int


def read_citation(text: str) -> CitationReading:
    """Detect the format and parse the first entry. Raise CitationRejected."""
    if len(text) > CITATION_SIZE_LIMIT:
        raise CitationRejected("too-large")
    text = text.strip("\ufeff \t\r\n")
    if not text:
        raise CitationRejected("empty")
    if address := _read_address(text):
        return CitationReading("address", address, 1)
    form = _detect_format(text)
    entries = FORMATS[form].parse_entries(text)
    if not entries:
        raise CitationRejected("broken")
    cited: CitedArticle = FORMATS[form].build_cited_article(entries[0])
    if cited.is_empty:
        raise CitationRejected("no-facts")
    return CitationReading(form, cited, len(entries))


def _read_address(text: str) -> CitedArticle | None:
    """Parse a text that is only a web address or a DOI, else return None."""
    if len(text.split()) > 1:
        return None
    doi = parse_doi(text)
    if (
        doi
        and text.casefold().removeprefix("doi:").endswith(doi.casefold())
        and (not parse_link(text) or "doi.org/" in text)
    ):
        return CitedArticle(facts={"doi": doi})
    url = parse_link(text)
    return CitedArticle(facts={"url": url}) if url else None


def _detect_format(text: str) -> CitationFormat:
    if text[0] in "{[":
        return "csl"
    if _RIS.search(text):
        return "ris"
    if _BIBTEX.search(text):
        return "bibtex"
    raise CitationRejected("unknown")


def decode_citation(data: bytes) -> str:
    """Decode UTF-16 with a byte order mark, UTF-8, a Chinese encoding or cp1252. Raise CitationRejected."""
    if len(data) > CITATION_FILE_LIMIT:
        raise CitationRejected("too-large")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode_chinese(data) or data.decode("cp1252", "replace")


def _decode_chinese(data: bytes) -> str:
    """Decode as Chinese, or return "" if the bytes do not look Chinese.

    In Big5 and GB18030 most non-ASCII bytes stand beside another, in cp1252 few do.
    """
    runs = _BEYOND_ASCII.findall(data)
    if 2 * sum(len(run) for run in runs if len(run) > 1) <= sum(map(len, runs)):
        return ""
    try:
        text, encoding, is_doubtful = decode_text(data)
    except DocumentRefused:
        return ""
    return "" if is_doubtful and encoding != "gb18030" else text
