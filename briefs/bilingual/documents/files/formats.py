"""The formats of documents that are read. Forms, messages, help and the tests of the handbook derive from this list."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """`names`: in English and Chinese. The first extension stands for the format."""

    names: tuple[str, str]
    extensions: tuple[str, ...]


WORD = DocumentFormat(("Word", "Word"), (".docx", ".docm"))
OPEN_DOCUMENT = DocumentFormat(("OpenDocument", "OpenDocument"), (".odt",))
WEB_PAGE = DocumentFormat(("web page", "網頁"), (".html", ".htm", ".xhtml"))
TEXT = DocumentFormat(("text", "文字檔"), (".txt", ".md"))
DOCUMENT_FORMATS = (TEXT, WORD, OPEN_DOCUMENT, WEB_PAGE)


def list_formats(side: Literal["zh", "en"]) -> str:
    """Return the formats in a sentence of that language: *text (.txt), Word (.docx) or web page (.html)*."""
    if side == "zh":
        items = [f"{kind.names[1]}（{kind.extensions[0]}）" for kind in DOCUMENT_FORMATS]
        return f"{'、'.join(items[:-1])}或{items[-1]}"
    items = [f"{kind.names[0]} ({kind.extensions[0]})" for kind in DOCUMENT_FORMATS]
    return f"{', '.join(items[:-1])} or {items[-1]}"


def has_extension(name: str, kind: DocumentFormat) -> bool:
    return name.lower().endswith(kind.extensions)
