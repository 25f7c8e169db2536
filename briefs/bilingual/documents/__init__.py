"""Read documents and write them, without a database. Begin with `parser`: bytes → lines (`files/`) → classified lines
→ fields, summaries and points (`sections`, `fields/`), paired in `alignment`. `types` has the result of each step;
`writer` writes the same layout.
"""

from .fields.authors import (
    HAN_ORGANIZATION,
    HAN_TITLE,
    JOB_TITLE,
    NOT_A_NAME,
    is_han_person,
    is_inverted,
    is_person,
    split_keywords,
)
from .fields.date_reader import DateOrder, read_date
from .files.archive import ArchiveLimits, read_zip_directory, unpack_parts
from .files.decoder import require_word_format
from .files.encodings import decode_text, split_clean_lines
from .files.formats import DOCUMENT_FORMATS, list_formats
from .files.word import ParagraphReader, decode_word, iterate_parts
from .files.word_package import TABLE_PROPERTY, open_package
from .files.xml_reader import read_xml
from .markers import close_level_gaps, find_marker
from .parser import read_document
from .pasted_lines import read_pasted_lines
from .types import (
    Caution,
    DocumentRefused,
    ParsedDate,
    ParsedDocument,
    ParsedSide,
    ParseResult,
    Point,
    PointPair,
    serialize_pairing,
    serialize_parsed_document,
)

__all__ = [
    "DOCUMENT_FORMATS",
    "HAN_ORGANIZATION",
    "HAN_TITLE",
    "JOB_TITLE",
    "NOT_A_NAME",
    "TABLE_PROPERTY",
    "ArchiveLimits",
    "Caution",
    "DateOrder",
    "DocumentRefused",
    "ParagraphReader",
    "ParseResult",
    "ParsedDate",
    "ParsedDocument",
    "ParsedSide",
    "Point",
    "PointPair",
    "close_level_gaps",
    "decode_text",
    "decode_word",
    "find_marker",
    "is_han_person",
    "is_inverted",
    "is_person",
    "iterate_parts",
    "list_formats",
    "open_package",
    "read_date",
    "read_document",
    "read_pasted_lines",
    "read_xml",
    "read_zip_directory",
    "require_word_format",
    "serialize_pairing",
    "serialize_parsed_document",
    "split_clean_lines",
    "split_keywords",
    "unpack_parts",
    "writer",
]
