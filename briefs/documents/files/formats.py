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
RICH_TEXT = DocumentFormat(("rich text", "RTF"), (".rtf",))
WEB_PAGE = DocumentFormat(("web page", "網頁"), (".html", ".htm", ".xhtml"))
MAIL = DocumentFormat(("mail", "電子郵件"), (".eml",))
TEXT = DocumentFormat(("text", "文字檔"), (".txt", ".md"))
DOCUMENT_FORMATS = (TEXT, WORD, OPEN_DOCUMENT, RICH_TEXT, WEB_PAGE, MAIL)


def list_formats(side: Literal["zh", "en"]) -> str:
    """Return the formats in a sentence of that language: *text (.txt), Word (.docx) or mail (.eml)*."""
    if side == "zh":
        items = [f"{kind.names[1]}（{kind.extensions[0]}）" for kind in DOCUMENT_FORMATS]
        return f"{'、'.join(items[:-1])}或{items[-1]}"
    items = [f"{kind.names[0]} ({kind.extensions[0]})" for kind in DOCUMENT_FORMATS]
    return f"{', '.join(items[:-1])} or {items[-1]}"


def has_extension(name: str, kind: DocumentFormat) -> bool:
    return name.lower().endswith(kind.extensions)


def has_document_extension(name: str) -> bool:
    return any(has_extension(name, kind) for kind in DOCUMENT_FORMATS)
