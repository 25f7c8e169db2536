"""Write the parts of a Word file: paragraphs, runs with a language, lists, and the package around them.

python-docx is not used: it has no API for numbering, East Asian fonts, language tags, repeated header rows and custom
properties, so it would add lxml and save no code. `parts/` has the fixed parts.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from briefs.content import Side

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"
_PROPERTY_SET = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The format's identifier of custom properties."""

WORD_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TWIPS_PER_COLUMN: Final = 120
"""Width that the reader counts as one column of an indent."""
_HANGING = 300
_DEEPEST_LEVEL = 9
_BULLET, _NUMBER = 0, 1
TITLE_STYLES: Final[Mapping[Side, str]] = {"zh": "Title", "en": "Subtitle"}
_LANGUAGES: Final[Mapping[Side, str]] = {
    "zh": '<w:rFonts w:hint="eastAsia"/>{}<w:lang w:val="zh-TW" w:eastAsia="zh-TW"/>',
    "en": '{}<w:lang w:val="en-US" w:eastAsia="zh-TW"/>',
}


def build_run(text: str, side: Side, *, bold: bool = False) -> str:
    """Return a run (`w:r`) with its language. Line ends become breaks."""
    lines = (f'<w:t xml:space="preserve">{escape(line)}</w:t>' if line else "" for line in text.split("\n"))
    properties = _LANGUAGES[side].format("<w:b/><w:bCs/>" if bold else "")
    return f"<w:r><w:rPr>{properties}</w:rPr>{'<w:br/>'.join(lines)}</w:r>"


def build_paragraph(runs: str, style: str = "", properties: str = "") -> str:
    """Return a paragraph. `properties` follow the style, in the order of the format."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def build_indent(columns: int, *, hanging: int = _HANGING) -> str:
    """Return an indent whose first line begins at the column."""
    return f'<w:ind w:left="{columns * TWIPS_PER_COLUMN + hanging}" w:hanging="{hanging}"/>'


@dataclass(slots=True)
class ListNumbering:
    """The lists of one document: one per bullet level, and a new one at each number 1."""

    lists: list[tuple[int, int]] = field(
        default_factory=lambda: [(_BULLET, n) for n in range(_DEEPEST_LEVEL)]
    )
    """Abstract list and level of each list."""
    running: dict[int, int] = field(default_factory=dict)
    """The list of the latest number on each level."""

    def build_item_properties(self, level: int, ordinal: int, columns: int) -> str:
        """Return the properties of a list item. The ordinal of a bullet is 0."""
        level = min(level, _DEEPEST_LEVEL - 1)
        number = level + 1
        if ordinal:
            if ordinal == 1:
                self.lists.append((_NUMBER, level))
                self.running[level] = len(self.lists)
            number = self.running[level]
        item = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        return item + build_indent(columns)

    def build_part(self) -> str:
        abstract = "".join(_build_abstract_list(kind) for kind in (_BULLET, _NUMBER))
        lists = "".join(
            f'<w:num w:numId="{n}"><w:abstractNumId w:val="{kind}"/>'
            + (
                f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="1"/></w:lvlOverride>'
                if kind == _NUMBER
                else ""
            )
            + "</w:num>"
            for n, (kind, level) in enumerate(self.lists, 1)
        )
        return f'{_HEAD}<w:numbering xmlns:w="{_MAIN}">{abstract}{lists}</w:numbering>'


def _build_abstract_list(kind: int) -> str:
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/>'
        f'<w:numFmt w:val="{"bullet" if kind == _BULLET else "decimal"}"/>'
        f'<w:lvlText w:val="{"•" if kind == _BULLET else f"%{level + 1}."}"/><w:lvlJc w:val="left"/>'
        f"<w:pPr>{build_indent(2 * (level + 1))}</w:pPr></w:lvl>"
        for level in range(_DEEPEST_LEVEL)
    )
    return f'<w:abstractNum w:abstractNumId="{kind}"><w:multiLevelType w:val="hybridMultilevel"/>{levels}</w:abstractNum>'


def build_word_file(
    body: Iterable[str],
    *,
    title: str,
    numbering: ListNumbering | None = None,
    properties: Mapping[str, str] | None = None,
    landscape: bool = False,
) -> bytes:
    """Return an A4 document as a Word file. The same content gives the same bytes."""
    width, height = (16838, 11906) if landscape else (11906, 16838)
    side = 1020 if landscape else 1304
    section = (
        f'<w:sectPr><w:footerReference w:type="default" r:id="rId5"/><w:pgSz w:w="{width}" w:h="{height}"'
        f'{" w:orient='landscape'" if landscape else ""}/><w:pgMar w:top="1134" w:right="{side}" w:bottom="1134" '
        f'w:left="{side}" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )
    document = (
        f'{_HEAD}<w:document xmlns:w="{_MAIN}" xmlns:r="{_RELATIONS}">'
        f"<w:body>{''.join(body)}{section}</w:body></w:document>"
    )
    parts = {
        "[Content_Types].xml": _build_content_types(),
        "_rels/.rels": _build_relations(
            "word/document.xml",
            f"{_PACKAGE}/relationships/metadata/core-properties docProps/core.xml",
            "docProps/custom.xml",
        ),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _build_relations(*_DOCUMENT_PARTS),
        "word/numbering.xml": (numbering or ListNumbering()).build_part(),
        **{f"word/{name}": _read_part(name) for name in _DOCUMENT_PARTS if name != "numbering.xml"},
        "docProps/core.xml": _build_core_properties(title),
        "docProps/custom.xml": _build_custom_properties(properties or {}),
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return output.getvalue()


_DOCUMENT_PARTS = ("styles.xml", "numbering.xml", "settings.xml", "fontTable.xml", "footer1.xml")
"""Parts beside the document, in the order of their relationship ids. The section refers to the footer as rId5."""
_KINDS = {
    "document": "officeDocument",
    "custom": "custom-properties",
    "footer1": "footer",
}


@cache
def _read_part(name: str) -> str:
    return (Path(__file__).parent / "parts" / name).read_text(encoding="utf-8")


def _build_content_types() -> str:
    kinds = {"document.xml": "document.main", "footer1.xml": "footer"}
    names = ("document.xml", *_DOCUMENT_PARTS)
    types = {f"word/{name}": _TYPE.format(kinds.get(name, name.removesuffix(".xml"))) for name in names}
    types["docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    types["docProps/custom.xml"] = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items())
        + "</Types>"
    )


def _build_relations(*targets: str) -> str:
    """Return the relationships part. A target's kind is its file name, or precedes the target."""
    rows = []
    for n, target in enumerate(targets, 1):
        kind, _, path = target.rpartition(" ")
        name = Path(path).stem
        kind = kind or f"{_RELATIONS}/{_KINDS.get(name, name)}"
        rows.append(f'<Relationship Id="rId{n}" Type="{kind}" Target="{path}"/>')
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(rows)}</Relationships>'


def _build_core_properties(title: str) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>'
    )


def _build_custom_properties(properties: Mapping[str, str]) -> str:
    space = "http://schemas.openxmlformats.org/officeDocument/2006"
    rows = "".join(
        f'<property fmtid="{_PROPERTY_SET}" pid="{n}" name="{escape(name)}"><vt:lpwstr>{escape(value)}</vt:lpwstr></property>'
        for n, (name, value) in enumerate(properties.items(), 2)
    )
    return f'{_HEAD}<Properties xmlns="{space}/custom-properties" xmlns:vt="{space}/docPropsVTypes">{rows}</Properties>'
