"""Write a brief as a parallel table for an outside translator or reviewer: number, Chinese, English, note."""

from typing import Final

from briefs.bilingual.documents import TABLE_PROPERTY
from briefs.bilingual.text import detect_side
from briefs.content import SIDES, Content, Side
from briefs.models import Brief

from .word_parts import TITLE_STYLES, TWIPS_PER_COLUMN, build_paragraph, build_run, build_word_file

COLUMN_NAMES: Final = {
    "number": ("編號", "No."),
    "zh": ("中文",),
    "en": ("English",),
    "note": ("備註", "Note"),
}
"""Names of the columns, in order. One is enough to recognize a column."""
LEAD_NAMES: Final = {"headline": ("標題", "Headline"), "summary": ("摘要", "Summary")}
_WIDTHS: Final = {"number": 1250, "zh": 5150, "en": 5150, "note": 3248}
_WHOLE_ROW_LIMIT: Final = 4_000
"""Characters of markup of a row that is kept on one page. A longer one may be broken."""
_INSTRUCTIONS: Final[dict[Side, str]] = {
    "zh": "請直接修改「中文」與「English」兩欄，意見寫在「備註」欄，也可使用追蹤修訂與註解。請勿更動「編號」欄；列的順序可以調整。",
    "en": "Edit the two text columns; write remarks under Note. Tracked changes and comments are welcome. Leave the numbers as they are; "
    "rows may be moved.",
}


def build_checksum(content: Content) -> str:
    """Return the first characters of the content's hash, so that a table of another site is recognized."""
    return content.hash_all()[:8]


def write_table_file(brief: Brief, content: Content, revision: int) -> bytes:
    """Return the Word file. `revision` is the number of the revision with this content."""
    checksum = build_checksum(content)
    identity = f"文摘 Brief {brief.pk} · 版本 Revision {revision} · {checksum}"
    titles = {side: content.headline(side) for side in SIDES if content.headline(side)}
    title = next(iter(titles.values()), str(brief))
    body = [
        *(build_paragraph(build_run(text, side), TITLE_STYLES[side]) for side, text in titles.items()),
        *([] if titles else [build_paragraph(build_run(title, detect_side(title) or "zh"), "Title")]),
        build_paragraph(build_run(identity, "zh"), "Small"),
        *(build_paragraph(build_run(_INSTRUCTIONS[side], side), "Small") for side in SIDES),
        _build_table(content),
        build_paragraph("", "Gap"),
    ]
    values = {TABLE_PROPERTY: f"{brief.pk}/{revision}/{checksum}"}
    return build_word_file(body, title=title, properties=values, landscape=True)


def _build_table(content: Content) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS.values())
    head = "".join(_build_cell(name, _build_head(*names)) for name, names in COLUMN_NAMES.items())
    rows = [_build_lead(name, content) for name in LEAD_NAMES]
    for bullet in content.bullets:
        cells: dict[str, str] = {
            side: _build_text(bullet.text(side), side, bullet.level(side)) for side in SIDES
        }
        rows.append(_build_row(_build_head(f"#{bullet.number}"), cells))
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="ParallelTable"/>'
        f'<w:tblW w:w="{sum(_WIDTHS.values())}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"
        f"{''.join(rows)}</w:tbl>"
    )


def _build_lead(name: str, content: Content) -> str:
    texts: dict[str, str] = {side: _build_text(getattr(content, f"{name}_{side}"), side) for side in SIDES}
    return _build_row(_build_head(*LEAD_NAMES[name]), texts)


def _build_row(head: str, texts: dict[str, str]) -> str:
    whole = "<w:trPr><w:cantSplit/></w:trPr>" if sum(map(len, texts.values())) < _WHOLE_ROW_LIMIT else ""
    cells = {"number": head, **texts, "note": build_paragraph("", "Cell")}
    built = "".join(_build_cell(name, cells[name]) for name in COLUMN_NAMES)
    return f"<w:tr>{whole}{built}</w:tr>"


def _build_cell(name: str, paragraphs: str) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{_WIDTHS[name]}" w:type="dxa"/></w:tcPr>{paragraphs}</w:tc>'


def _build_head(*names: str) -> str:
    sides: tuple[Side, ...] = ("zh", "en") if len(names) > 1 else ("en" if names[0].isascii() else "zh",)
    runs = build_run(" ", "en").join(build_run(name, side) for name, side in zip(names, sides, strict=True))
    return build_paragraph(runs, "CellHead")


def _build_text(text: str, side: Side, level: int = 0) -> str:
    indent = f'<w:ind w:left="{2 * level * TWIPS_PER_COLUMN}"/>' if level else ""
    return "".join(build_paragraph(build_run(part, side), "Cell", indent) for part in text.split("\n\n"))
