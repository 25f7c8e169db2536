"""Build Word files: minimal ones from paragraphs, and the sample document typed into Word."""

import io
import zipfile

import docx

from briefs.bilingual.documents.parser import read_document
from briefs.bilingual.documents.types import ParseResult
from briefs.tests.bilingual.documents.test_parser import SEED, list_points

NAMESPACES = " ".join(
    f'xmlns:{prefix}="http://schemas.openxmlformats.org/{name}"'
    for prefix, name in (
        ("w", "wordprocessingml/2006/main"),
        ("r", "officeDocument/2006/relationships"),
        ("mc", "markup-compatibility/2006"),
    )
)


RELATIONSHIP_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)


CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)


def build_word_file(
    body: str = "",
    parts: dict[str, str | bytes] | None = None,
    relations: str = "",
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Build a minimal Word file. `parts` adds or replaces parts of the package."""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": RELATIONSHIPS.format(relations),
        **(parts or {}),
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return output.getvalue()


def edit_word_file(data: bytes, *changes: tuple[str, str], comments: str = "") -> bytes:
    """Return the file with its document changed as a word processor would, and with comments."""
    source, output = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            text = source.read(name).decode()
            for old, new in changes if name == "word/document.xml" else ():
                assert old in text, old
                text = text.replace(old, new)
            if name.endswith("document.xml.rels"):
                link = f'<Relationship Id="c" Type="{RELATIONSHIP_TYPE}/comments" Target="comments.xml"/></Relationships>'
                text = text.replace("</Relationships>", link)
            archive.writestr(name, text)
        archive.writestr("word/comments.xml", f"<w:comments {NAMESPACES}>{comments}</w:comments>")
    return output.getvalue()


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    content = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def plain_paragraphs(text: str) -> str:
    return "".join(paragraph(line) for line in text.split("\n"))


def list_item(text: str, num: int = 1, level: int = 0, properties: str = "") -> str:
    return paragraph(
        text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>{properties}'
    )


def read_word(data: bytes) -> ParseResult:
    readings = read_document(data, "a.docx")
    assert len(readings) == 1
    return readings[0]


def read_points(*items: str, **parts: str) -> list[tuple[int, str, str]]:
    """Return the English points of a document that contains these paragraphs."""
    named = {f"word/{name}.xml": text for name, text in parts.items()}
    relations = "".join(
        f'<Relationship Id="{n}" Type="{RELATIONSHIP_TYPE}/{n}" Target="{n}.xml"/>' for n in parts
    )
    document = read_word(
        build_word_file(plain_paragraphs("作者: a\nSummary:\nText.") + "".join(items), named, relations)
    ).parsed
    return list_points(document, "en")


def save_document(document) -> bytes:
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def build_seed_document(bullets="List Bullet", numbers="List Number"):
    document = docx.Document()
    for line in SEED.read_text().replace("\u00a0", " ").split("\n"):
        text = line.strip()
        if text.startswith("•"):
            document.add_paragraph(text[1:].strip(), style=bullets)
        elif text[:2] in ("1.", "2.", "3."):
            document.add_paragraph(text[2:].strip(), style=numbers)
        else:
            document.add_paragraph(text)
    return document
